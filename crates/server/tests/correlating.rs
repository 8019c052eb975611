//! Correlations on the stream: through a restart, out of order, sent twice.

use std::path::Path;

use hikeshi_access::Caller;
use hikeshi_desk::Desk;
use hikeshi_desk::event::{self, Sent};
use hikeshi_desk::open::Open;
use hikeshi_domain::OrganizationId;
use hikeshi_lake::catalogue::OrgScope;
use hikeshi_lake::{Encoding, MatchQuery};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::raising::{alerts, opened, organization, until};

const MANY_FAILED: &str = "Many failed logons on one account from one address";
const THEN_SUCCESS: &str = "Logon succeeds after many failures";

/// A logon of one account from one address, so many seconds after an instant of a few minutes ago.
fn logon(begun: Timestamp, second: i64, id: u32) -> Value {
    let time = (begun + SignedDuration::from_secs(second)).to_string();
    json!({
        "Channel": "Security", "Provider": "Microsoft-Windows-Security-Auditing", "EventID": id, "Computer": "SRV-1", "EventRecordID": second,
        "TimeCreated": time, "TargetUserName": "taro", "TargetDomainName": "CORP", "IpAddress": "203.0.113.9", "LogonType": "3",
        "SubStatus": "0xc000006a",
    })
}

fn failures(begun: Timestamp, seconds: std::ops::Range<i64>) -> Vec<Value> {
    seconds.map(|second| logon(begun, second, 4625)).collect()
}

async fn send(desk: &Desk, org: OrganizationId, events: &[Value]) {
    let lines: String = events.iter().map(|event| format!("{event}\n")).collect();
    let sent = Sent { source: "wef".to_owned(), idempotency_key: None, encoding: Encoding::Plain, body: lines.into() };
    event::receive(desk, &Caller::desk("test", "test"), org, sent).await.unwrap();
    desk.telemetry.lake.flush().await;
}

/// Titles of what correlations found, with the number of their events.
async fn found(desk: &Desk, org: OrganizationId) -> Vec<(String, usize)> {
    let query = MatchQuery { scope: OrgScope::one(org), host: None, from: Timestamp::MIN, to: Timestamp::MAX, limit: 1_000 };
    let rows = desk.telemetry.lake.matches(query).await.unwrap();
    rows.into_iter().filter(|row| !row.events.is_empty()).map(|row| (row.rule.title, row.events.len())).collect()
}

/// A few minutes ago, so that no time is implausible.
fn begun() -> Timestamp {
    Timestamp::now() - SignedDuration::from_mins(4)
}

async fn reopened(folder: &Path, mut before: Open) -> Open {
    before.background.shutdown().await;
    drop(before);
    opened(folder).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_brute_force_that_a_restart_cuts_in_two_is_found_once() {
    let (folder, begun) = (tempfile::tempdir().unwrap(), begun());
    let first = opened(folder.path()).await;
    let (org, control) = (organization(&first.desk).await, organization(&first.desk).await);
    send(&first.desk, org, &failures(begun, 0..10)).await;
    send(&first.desk, control, &failures(begun, 0..9)).await;
    assert_eq!(found(&first.desk, org).await, [], "ten of twenty");

    let second = reopened(folder.path(), first).await;
    send(&second.desk, control, &failures(begun, 10..20)).await;
    let rest = [failures(begun, 10..20), vec![logon(begun, 30, 4624)]].concat();
    send(&second.desk, org, &rest).await;
    let told = [(MANY_FAILED.to_owned(), 20), (THEN_SUCCESS.to_owned(), 21)];
    assert_eq!(found(&second.desk, org).await, told);
    assert_eq!(found(&second.desk, control).await, [], "nineteen are not twenty, and organisations do not add up");
    assert_eq!(until(&second.desk, org, 1).await.len(), 1);

    // More of the same after another restart, and all of it again: the burst was told.
    let third = reopened(folder.path(), second).await;
    send(&third.desk, org, &rest).await;
    send(&third.desk, org, &[failures(begun, 31..40), vec![logon(begun, 41, 4624)]].concat()).await;
    assert_eq!(found(&third.desk, org).await, told);
    assert_eq!(alerts(&third.desk, org).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_brute_force_that_comes_backwards_and_twice_is_found_once() {
    let (folder, begun) = (tempfile::tempdir().unwrap(), begun());
    let open = opened(folder.path()).await;
    let org = organization(&open.desk).await;
    send(&open.desk, org, &[logon(begun, 30, 4624)]).await;
    for from in [15, 10, 5] {
        let mut events = failures(begun, from..from + 5);
        events.reverse();
        send(&open.desk, org, &events).await;
        send(&open.desk, org, &events).await;
    }
    assert_eq!(found(&open.desk, org).await, [], "fifteen, each twice");
    send(&open.desk, org, &failures(begun, 0..5)).await;
    assert_eq!(found(&open.desk, org).await, [(MANY_FAILED.to_owned(), 20), (THEN_SUCCESS.to_owned(), 21)]);
}
