//! Killed at any instant, the lake holds every acknowledged batch once.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use hikeshi_lake::LakeConfig;

use crate::fixture::{ORG, batch, config, everything, open, open_with, process_event};

const CHILD: &str = "HIKESHI_LAKE_CHILD";
const ROUNDS: u64 = 20;
const EVENTS_A_BATCH: u64 = 20;

fn body(number: u64) -> String {
    (0..EVENTS_A_BATCH)
        .map(|row| process_event(number * EVENTS_A_BATCH + row, "pc", "2026-11-20T10:00:00.000Z", &format!("{number:064x}")))
        .collect()
}

/// Not a test by itself: the process that is killed. Appends from a given number on and prints each number once it is acknowledged.
#[tokio::test(flavor = "multi_thread")]
async fn appends_until_it_is_killed() {
    let Ok(task) = std::env::var(CHILD) else { return };
    let (first, folder) = task.split_once(' ').unwrap();
    let small =
        LakeConfig { flush_rows: 100, flush_after: Duration::from_millis(5), merge_segments_closed: 3, log_part_bytes: 20_000, ..config() };
    let lake = Arc::new(open_with(Path::new(folder), small, None).await);
    let first: u64 = first.parse().unwrap();
    let senders = (0..4).map(|lane| {
        let lake = lake.clone();
        tokio::spawn(async move {
            for number in (first + lane..).step_by(4) {
                lake.append(batch(ORG, &number.to_string(), body(number))).await.unwrap();
                println!("\nacknowledged {number}");
            }
        })
    });
    for sender in senders.collect::<Vec<_>>() {
        sender.await.unwrap();
    }
}

/// Starts the process, lets it acknowledge so many batches, kills it; what it said until then.
fn run_and_kill(folder: &Path, first: u64, after: u64) -> BTreeSet<u64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::appends_until_it_is_killed", "--nocapture"])
        .env(CHILD, format!("{first} {}", folder.display()))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let number = |line: String| line.strip_prefix("acknowledged ")?.parse::<u64>().ok();
    let mut acknowledged: BTreeSet<u64> = lines.by_ref().filter_map(number).take(usize::try_from(after).unwrap()).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    acknowledged.extend(lines.filter_map(number));
    acknowledged
}

#[tokio::test(flavor = "multi_thread")]
async fn every_acknowledged_batch_survives_kill_9_exactly_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = BTreeSet::new();
    for round in 0..ROUNDS {
        let first = round * 100_000;
        let said = run_and_kill(folder.path(), first, 5 + round * 7 % 40);
        assert!(!said.is_empty(), "round {round}");
        acknowledged.extend(said);
    }
    let lake = open(folder.path()).await;
    // The last round's clients did not hear of their last batches: they send them again.
    for number in acknowledged.iter().rev().take(20) {
        lake.append(batch(ORG, &number.to_string(), body(*number))).await.unwrap();
    }
    lake.flush().await;
    let mut found: BTreeMap<u64, u64> = BTreeMap::new();
    let events = everything(&lake, ORG, "pc").await;
    for event in &events {
        *found.entry(event.record_id.unwrap() / EVENTS_A_BATCH).or_default() += 1;
    }
    let lost: Vec<_> = acknowledged.iter().filter(|number| found.get(number) != Some(&EVENTS_A_BATCH)).collect();
    assert!(lost.is_empty(), "{} of {} acknowledged batches are not there whole: {lost:?}", lost.len(), acknowledged.len());
    assert!(found.values().all(|count| *count == EVENTS_A_BATCH), "a batch is there in part or twice");
    let uids: BTreeSet<_> = events.iter().map(|event| event.uid).collect();
    assert_eq!(uids.len(), events.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_that_was_never_committed_is_swept_and_a_lost_index_built_again() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path()).await;
    lake.append(batch(ORG, "a", body(1))).await.unwrap();
    lake.flush().await;
    let before = everything(&lake, ORG, "pc").await;
    drop(lake);
    let day = folder.path().join(format!("lake/events/org={ORG}/day=2026-11-20"));
    let stray = day.join(format!("{}.parquet", uuid::Uuid::now_v7()));
    std::fs::write(&stray, b"half").unwrap();
    std::fs::write(stray.with_extension("part"), b"half").unwrap();
    for entry in std::fs::read_dir(&day).unwrap().flatten().filter(|entry| entry.path().extension().is_some_and(|end| end == "idx")) {
        std::fs::write(entry.path(), b"damaged").unwrap();
    }
    let lake = open(folder.path()).await;
    assert!(!stray.exists() && !stray.with_extension("part").exists());
    assert_eq!(everything(&lake, ORG, "pc").await, before);
    lake.append(batch(ORG, "b", body(1))).await.unwrap();
    lake.flush().await;
    assert_eq!(lake.lag().totals.added, 0);
}
