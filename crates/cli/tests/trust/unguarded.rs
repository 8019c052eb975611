//! The controls of the judge: what a server would leave that acknowledges too early, takes a retry for news, or shows a batch in part.
//! The server that runs has its guards; the sender does what their absence would have done.

use std::path::Path;
use std::time::{Duration, Instant};

use reqwest::StatusCode;

use super::killed::Place;
use super::ledger::{EVENTS, Ledger, body};
use super::served::{Operator, Server};

/// Some acknowledged batches.
async fn sent(server: &Server, operator: &Operator, batches: u64) -> Ledger {
    let ledger = Ledger::default();
    for _ in 0..batches {
        ledger.send(server, operator, ledger.begin(), true).await.unwrap();
    }
    assert_eq!(ledger.acknowledged().len() as u64, batches);
    ledger
}

/// Sends lines that the ledger does not know of.
async fn slip_in(server: &Server, operator: &Operator, lines: String) {
    let answer = server.by_key(&operator.forwarder, "/events", None, lines).await.unwrap();
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
}

/// What whoever looks at the running server complains of, once there is something.
async fn seen_running(ledger: &Ledger, server: &Server, operator: &Operator) -> Vec<String> {
    let begun = Instant::now();
    loop {
        let complaints = ledger.look(server, operator, 0).await.unwrap();
        if !complaints.is_empty() || begun.elapsed() > Duration::from_secs(20) {
            return complaints;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_control_whose_log_lost_its_end_is_noticed() {
    let place = Place::new();
    let server = place.start();
    let operator = Operator::set_up(&server).await;
    let ledger = sent(&server, &operator, 8).await;
    drop(server);
    cut_in_half(&place.data.join("lake/log"));
    let complaints = ledger.judge_offline(&place.data);
    println!(r#"{{"control":"kill -9, half of the log cut off","acknowledged_batches":8,"complaints":{}}}"#, complaints.len());
    assert!(complaints.iter().any(|complaint| complaint.ends_with("is lost")), "{complaints:?}");
}

/// What a server that acknowledges before it writes would leave.
fn cut_in_half(log: &Path) {
    let files = std::fs::read_dir(log).unwrap().map(|entry| entry.unwrap().path());
    let longest = files.max_by_key(|path| path.metadata().unwrap().len()).unwrap();
    let length = longest.metadata().unwrap().len();
    std::fs::File::options().write(true).open(longest).unwrap().set_len(length / 2).unwrap();
}

/// A retry is known by its name, and where that is forgotten by the uids of its events. A blank in each line makes other uids of the same
/// events: what both guards would have let through.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_control_whose_retry_is_taken_for_news_is_noticed() {
    let place = Place::new();
    let server = place.start();
    let operator = Operator::set_up(&server).await;
    let ledger = sent(&server, &operator, 4).await;
    slip_in(&server, &operator, body(2)).await;
    assert_eq!(ledger.settle(&server, &operator, 0..4).await, [""; 0], "the guards hold: the same lines without a name add nothing");
    slip_in(&server, &operator, body(2).replace("}\n", " }\n")).await;
    let doubled = [format!("batch 2 is there with {} rows of {EVENTS} events", 2 * EVENTS)];
    assert_eq!(seen_running(&ledger, &server, &operator).await, doubled, "seen while the server runs");
    drop(server);
    let complaints = ledger.judge_offline(&place.data);
    println!(r#"{{"control":"a retry taken for news","acknowledged_batches":4,"complaints":{}}}"#, complaints.len());
    assert_eq!(complaints, doubled);
}

/// A batch that is kept in two pieces, the process killed between them.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_control_that_shows_half_a_batch_is_noticed() {
    let place = Place::new();
    let server = place.start();
    let operator = Operator::set_up(&server).await;
    let ledger = sent(&server, &operator, 4).await;
    let half: String = body(ledger.begin()).lines().take(EVENTS as usize / 2).map(|line| format!("{line}\n")).collect();
    slip_in(&server, &operator, half).await;
    let torn = [format!("batch 4 is there with {0} rows of {0} events", EVENTS / 2)];
    assert_eq!(seen_running(&ledger, &server, &operator).await, torn, "seen while the server runs, acknowledged or not");
    server.kill();
    drop(server);
    let complaints = ledger.judge_offline(&place.data);
    println!(r#"{{"control":"half a batch shown","acknowledged_batches":4,"complaints":{}}}"#, complaints.len());
    assert_eq!(complaints, torn);
}
