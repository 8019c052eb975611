//! Kill -9 at random instants, during ingest and during start-up.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::ledger::Ledger;
use super::served::{Operator, Server};
use super::{Dice, longest_start, rounds};

/// The data folder of a test and the server's log.
pub(super) struct Place {
    _folder: tempfile::TempDir,
    pub(super) data: PathBuf,
    log: PathBuf,
}

impl Place {
    pub(super) fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        Place { data: folder.path().join("data"), log: folder.path().join("server.log"), _folder: folder }
    }

    pub(super) fn start(&self) -> Server {
        Server::start(&self.data, &self.log, &[])
    }
}

/// Lets senders send and a reader look on, kills the server in the middle; how often the reader looked, and its complaints.
async fn load_and_kill(server: Server, operator: &Arc<Operator>, ledger: &Ledger, after: Duration) -> (u64, Vec<String>) {
    let server = Arc::new(server);
    let watching = {
        let (server, operator, ledger, from) = (server.clone(), operator.clone(), ledger.clone(), ledger.next());
        tokio::spawn(async move { ledger.watch(&server, &operator, from).await })
    };
    let sending = {
        let (server, operator, ledger) = (server.clone(), operator.clone(), ledger.clone());
        tokio::spawn(async move { ledger.load(&server, &operator).await })
    };
    tokio::time::sleep(after).await;
    server.kill();
    sending.await.unwrap();
    watching.await.unwrap()
}

// covers: S3-1
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_acknowledged_event_survives_kill_9_exactly_once() {
    let (place, mut dice) = (Place::new(), Dice::new());
    let (seed, wanted) = (dice.0, rounds("HIKESHI_TRUST_KILLS", 20));
    let server = place.start();
    let mut slowest = server.ready().await;
    let operator = Arc::new(Operator::set_up(&server).await);
    drop(server);
    let (ledger, mut looks, mut kills_at_start) = (Ledger::default(), 0, 0);
    for round in 0..wanted {
        if round % 4 == 3 {
            kill_while_starting(&place, dice.pause(1, 400)).await;
            kills_at_start += 1;
        }
        let server = place.start();
        slowest = slowest.max(server.ready().await);
        let recent = ledger.next().saturating_sub(2_000)..ledger.next();
        assert_eq!(ledger.settle(&server, &operator, recent.clone()).await, [""; 0], "round {round}, seed {seed}");
        ledger.retry(&server, &operator).await;
        let (looked, complaints) = load_and_kill(server, &operator, &ledger, dice.pause(20, 500)).await;
        assert_eq!(complaints, [""; 0], "round {round}, seed {seed}: seen while being written");
        looks += looked;
    }
    let complaints = ledger.judge_offline(&place.data);
    println!(
        r#"{{"bar":"kill -9","rounds":{wanted},"kills_during_start":{kills_at_start},"seed":{seed},"acknowledged_batches":{},"unanswered_at_the_end":{},"looks_while_writing":{looks},"complaints":{},"slowest_start_ms":{}}}"#,
        ledger.acknowledged().len(),
        ledger.unknown().len(),
        complaints.len(),
        slowest.as_millis(),
    );
    assert_eq!(complaints, [""; 0], "seed {seed}");
    assert!(slowest < longest_start(), "a start took {slowest:?}");
}

/// Kills a server that may not have come up yet.
async fn kill_while_starting(place: &Place, after: Duration) {
    let mut child = std::process::Command::new(super::served::binary())
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(&place.data)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    tokio::time::sleep(after).await;
    child.kill().unwrap();
    child.wait().unwrap();
}
