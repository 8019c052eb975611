//! What was sent, what was acknowledged, and the judge: every acknowledged event exactly once, no batch in part.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::ops::Range;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::Value;

use super::served::{Answer, Operator, Server, binary};

/// Events of a batch.
pub(super) const EVENTS: u64 = 20;
const LANES: usize = 4;
/// Batches that one question counts.
const BATCHES_A_QUESTION: u64 = 9_000;

/// How often a batch's events were found: rows, and different events.
pub(super) type Found = BTreeMap<u64, (u64, u64)>;

/// Kept outside of the server, by whoever sends.
#[derive(Clone, Default)]
pub(super) struct Ledger(Arc<Mutex<Entries>>);

#[derive(Default)]
struct Entries {
    next: u64,
    acknowledged: BTreeSet<u64>,
    /// Sent without an answer, or refused: they may be there or not, and are sent again.
    unknown: BTreeSet<u64>,
    /// The power is gone: an answer that still comes reached nobody.
    deaf: bool,
}

/// The lines of a batch.
pub(super) fn body(number: u64) -> String {
    let mut lines = String::new();
    for row in 0..EVENTS {
        let record = number * EVENTS + row;
        let second = record % 60;
        let host = number % 7;
        writeln!(
            lines,
            r#"{{"Channel":"Microsoft-Windows-Sysmon/Operational","EventID":1,"Computer":"PC-{host}","EventRecordID":{record},"TimeCreated":"2026-11-21T03:08:{second:02}Z","Image":"C:\\Windows\\System32\\cmd.exe","CommandLine":"cmd.exe /c echo {record}","User":"EXAMPLE\\user{host}","ProcessId":4{host}}}"#
        )
        .unwrap();
    }
    lines
}

impl Ledger {
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap()
    }

    /// The number of the next batch; from now on it may be there.
    pub(super) fn begin(&self) -> u64 {
        let mut entries = self.entries();
        let number = entries.next;
        entries.next += 1;
        entries.unknown.insert(number);
        number
    }

    fn acknowledge(&self, number: u64) {
        let mut entries = self.entries();
        if !entries.deaf {
            entries.unknown.remove(&number);
            entries.acknowledged.insert(number);
        }
    }

    /// From now on no answer counts, or each does again.
    pub(super) fn be_deaf(&self, deaf: bool) {
        self.entries().deaf = deaf;
    }

    pub(super) fn next(&self) -> u64 {
        self.entries().next
    }

    pub(super) fn acknowledged(&self) -> BTreeSet<u64> {
        self.entries().acknowledged.clone()
    }

    pub(super) fn unknown(&self) -> BTreeSet<u64> {
        self.entries().unknown.clone()
    }

    /// Sends a batch, named or unnamed; `None` when the server is gone. A 202 goes into the ledger before anything else happens.
    pub(super) async fn send(&self, server: &Server, operator: &Operator, number: u64, named: bool) -> Option<Answer> {
        let name = format!("batch-{number}");
        let answer = server.by_key(&operator.forwarder, "/events", named.then_some(name.as_str()), body(number)).await?;
        if answer.status == StatusCode::ACCEPTED {
            self.acknowledge(number);
        }
        Some(answer)
    }

    /// Sends batches on several connections until the server is gone.
    pub(super) async fn load(&self, server: &Arc<Server>, operator: &Arc<Operator>) {
        let lane = || {
            let (ledger, server, operator) = (self.clone(), server.clone(), operator.clone());
            tokio::spawn(async move { while ledger.send(&server, &operator, ledger.begin(), true).await.is_some() {} })
        };
        for lane in [(); LANES].map(|()| lane()) {
            lane.await.unwrap();
        }
    }

    /// Sends what was never acknowledged again, under the same names, and some of what was, named and unnamed: none of it may add.
    pub(super) async fn retry(&self, server: &Server, operator: &Operator) {
        for number in self.unknown() {
            let answer = self.send(server, operator, number, true).await.unwrap();
            assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
        }
        for (number, named) in self.acknowledged().into_iter().rev().take(4).zip([true, false, true, false]) {
            let answer = self.send(server, operator, number, named).await.unwrap();
            assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
        }
    }

    /// What a running server shows of these batches; `None` when it is gone.
    pub(super) async fn shown(&self, server: &Server, operator: &Operator, batches: Range<u64>) -> Option<Found> {
        let mut found = Found::new();
        let mut from = batches.start;
        while from < batches.end {
            let to = batches.end.min(from + BATCHES_A_QUESTION);
            for row in operator.hunt(server, &question(from..to)).await? {
                found.insert(row[0].as_u64().unwrap(), (row[1].as_u64().unwrap(), row[2].as_u64().unwrap()));
            }
            from = to;
        }
        Some(found)
    }

    /// Waits until the server shows everything acknowledged of these batches; the judge's complaints if it does not.
    pub(super) async fn settle(&self, server: &Server, operator: &Operator, batches: Range<u64>) -> Vec<String> {
        let begun = Instant::now();
        loop {
            let found = self.shown(server, operator, batches.clone()).await.unwrap();
            let complaints = judge(&self.acknowledged().range(batches.clone()).copied().collect(), &found);
            if complaints.is_empty() || begun.elapsed() > Duration::from_secs(20) {
                return complaints;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Watches while others send: whatever is seen is whole. Ends when the server is gone.
    pub(super) async fn watch(&self, server: &Server, operator: &Operator, from: u64) -> (u64, Vec<String>) {
        let mut looks = 0;
        let mut complaints = Vec::new();
        while let Some(seen) = self.look(server, operator, from).await {
            looks += 1;
            complaints.extend(seen);
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        (looks, complaints)
    }

    /// What is wrong with what a running server shows now, whatever was acknowledged; `None` when it is gone.
    pub(super) async fn look(&self, server: &Server, operator: &Operator, from: u64) -> Option<Vec<String>> {
        let found = self.shown(server, operator, from..from + BATCHES_A_QUESTION).await?;
        Some(judge(&BTreeSet::new(), &found))
    }

    /// The judge over what lies on the disk, by `hikeshi query`, while no server runs.
    pub(super) fn judge_offline(&self, data: &Path) -> Vec<String> {
        let output = Command::new(binary()).arg("query").arg("--data").arg(data).arg(question(0..u64::MAX / EVENTS / 4)).output().unwrap();
        if !output.status.success() {
            return vec![format!("the lake cannot be read: {}", String::from_utf8_lossy(&output.stderr))];
        }
        let row = |line: &str| -> (u64, (u64, u64)) {
            let row: Value = serde_json::from_str(line).unwrap();
            (row["batch"].as_u64().unwrap(), (row["rows"].as_u64().unwrap(), row["events"].as_u64().unwrap()))
        };
        let found = String::from_utf8(output.stdout).unwrap().lines().map(row).collect();
        judge(&self.acknowledged(), &found)
    }
}

fn question(batches: Range<u64>) -> String {
    let (from, to) = (batches.start * EVENTS, batches.end * EVENTS);
    format!(
        "SELECT CAST(record_id AS BIGINT) / {EVENTS} AS batch, count(*) AS rows, count(DISTINCT record_id) AS events FROM events \
         WHERE record_id >= {from} AND record_id < {to} GROUP BY 1"
    )
}

/// What is wrong with what was found, given what was acknowledged.
pub(super) fn judge(acknowledged: &BTreeSet<u64>, found: &Found) -> Vec<String> {
    let lost = acknowledged.iter().filter(|number| !found.contains_key(number)).map(|number| format!("batch {number} is lost"));
    let unequal = found.iter().filter(|(_, counts)| **counts != (EVENTS, EVENTS));
    lost.chain(unequal.map(|(number, (rows, events))| format!("batch {number} is there with {rows} rows of {events} events"))).collect()
}

#[test]
fn the_judge_sees_what_is_lost_doubled_or_half_there() {
    let acknowledged = BTreeSet::from([1, 2, 3]);
    let whole: Found = [1, 2, 3, 4].map(|number| (number, (EVENTS, EVENTS))).into();
    assert!(judge(&acknowledged, &whole).is_empty());
    for (number, counts) in [(2, (EVENTS + 1, EVENTS)), (3, (EVENTS - 1, EVENTS - 1)), (4, (1, 1))] {
        let mut wrong = whole.clone();
        wrong.insert(number, counts);
        assert_eq!(judge(&acknowledged, &wrong).len(), 1);
    }
    let mut lost = whole;
    lost.remove(&1);
    assert_eq!(judge(&acknowledged, &lost), ["batch 1 is lost"]);
}
