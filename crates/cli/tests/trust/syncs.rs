//! A sync that fails: nothing is acknowledged on it or after it until the stream was taken up in a new file, the failed sync is not
//! tried again, ingest answers 503, an alarm is raised, reading goes on.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use reqwest::StatusCode;

use super::ledger::{EVENTS, Ledger};
use super::rounds;
use super::served::{Operator, Server};
use super::trace::{Sync, refusal, retried, syncs, tracer};

struct Place {
    folder: tempfile::TempDir,
    operator: Operator,
}

/// What the sender saw while the n-th sync of the stream failed.
#[derive(Debug, Default)]
struct Seen {
    acknowledged_before: u64,
    refused: u64,
    /// Refusals that were no 503 with `Retry-After`.
    wrong_refusals: Vec<String>,
    readyz_while_failed: Option<StatusCode>,
    warnings_while_failed: String,
    read_while_failed: u64,
    recovered_after: Duration,
    warnings_after: String,
}

impl Place {
    async fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(&folder.path().join("data"), &folder.path().join("server.log"), &[]);
        server.ready().await;
        let operator = Operator::set_up(&server).await;
        Place { folder, operator }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn start(&self, through: &[String]) -> Server {
        Server::start(&self.data(), &self.folder.path().join("server.log"), through)
    }

    fn trace(&self) -> PathBuf {
        self.folder.path().join("trace")
    }

    /// The syncs of the stream's files.
    fn stream_syncs(&self) -> Vec<Sync> {
        let stream = self.data().join("lake/log");
        syncs(&self.trace()).into_iter().filter(|sync| Path::new(&sync.path).parent() == Some(&stream)).collect()
    }
}

/// Sends batch after batch, a refused one again and again, until so many are acknowledged behind the failure.
async fn send_through_the_failure(place: &Place, server: &Server, ledger: &Ledger, batches: u64) -> Seen {
    let mut seen = Seen::default();
    let mut failed_at = None;
    for _ in 0..batches {
        let number = ledger.begin();
        let begun = Instant::now();
        loop {
            assert!(begun.elapsed() < Duration::from_secs(60), "the stream does not come back: {seen:?}");
            let answer = ledger.send(server, &place.operator, number, true).await.unwrap();
            if answer.status == StatusCode::ACCEPTED {
                break;
            }
            seen.refused += 1;
            if answer.status != StatusCode::SERVICE_UNAVAILABLE || answer.retry_after.is_none() || answer.took > Duration::from_secs(1) {
                seen.wrong_refusals.push(format!("{answer:?}"));
            }
            if failed_at.is_none() {
                failed_at = Some(Instant::now());
                seen.acknowledged_before = number;
                seen.readyz_while_failed = server.status_of("/readyz").await;
                seen.warnings_while_failed = place.operator.warnings(server).await;
                let rows = place.operator.hunt(server, "SELECT count(*) FROM events").await.unwrap();
                seen.read_while_failed = rows[0][0].as_u64().unwrap();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        if let Some(at) = failed_at.filter(|_| seen.recovered_after.is_zero()) {
            seen.recovered_after = at.elapsed();
        }
    }
    seen.warnings_after = place.operator.warnings(server).await;
    seen
}

/// What is wrong, given that sync `nth` of the stream was made to fail.
fn complaints(seen: &Seen, stream: &[Sync], nth: u64) -> Vec<String> {
    let mut complaints = seen.wrong_refusals.clone();
    let mut must = |holds: bool, what: &str| complaints.extend((!holds).then(|| what.to_owned()));
    must(seen.refused > 0, "a batch was acknowledged although its sync failed");
    must(seen.acknowledged_before == nth - 1, "what was acknowledged is not what was synced");
    must(seen.readyz_while_failed == Some(StatusCode::SERVICE_UNAVAILABLE), "/readyz says nothing of a failed sync");
    must(seen.warnings_while_failed.contains("ingest stands still"), "no alarm while the stream stood still");
    must(seen.warnings_after.contains("Ingest went on by itself"), "no trace of the failure afterwards");
    must(seen.read_while_failed.is_multiple_of(EVENTS), "half a batch was shown");
    // The first file of a stream goes when nothing in it was ever synced; the next one bears its name.
    must(nth == 1 || retried(stream).is_empty(), "a failed sync was tried again");
    complaints
}

// covers: S3-1
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn after_a_failed_sync_nothing_is_acknowledged_until_the_stream_is_taken_up_again() {
    if let Some(reason) = refusal() {
        return println!("skipped: nothing can be traced here ({reason})");
    }
    let wanted = rounds("HIKESHI_TRUST_SYNCS", 3);
    let mut slowest = Duration::ZERO;
    for round in 0..wanted {
        let place = Place::new().await;
        // 1, 2, 5, 10, 17 …: the first sync of a file, and ever later ones.
        let nth = round * round + 1;
        let server = place.start(&tracer(&place.trace(), "fsync,fdatasync", &format!("fdatasync:error=EIO:when={nth}")));
        server.ready().await;
        let ledger = Ledger::default();
        let seen = send_through_the_failure(&place, &server, &ledger, nth + 3).await;
        assert_eq!(complaints(&seen, &place.stream_syncs(), nth), [""; 0], "sync {nth}: {seen:?}");
        assert_eq!(ledger.settle(&server, &place.operator, 0..ledger.next()).await, [""; 0], "sync {nth}, before a restart");
        drop(server);
        assert_eq!(ledger.judge_offline(&place.data()), [""; 0], "sync {nth}, after a restart");
        slowest = slowest.max(seen.recovered_after);
    }
    println!(r#"{{"bar":"failed sync","rounds":{wanted},"complaints":0,"slowest_recovery_ms":{}}}"#, slowest.as_millis());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_control_that_takes_a_failed_sync_for_a_good_one_is_noticed() {
    if let Some(reason) = refusal() {
        return println!("skipped: nothing can be traced here ({reason})");
    }
    let place = Place::new().await;
    let server = place.start(&tracer(&place.trace(), "fsync,fdatasync", "fdatasync:retval=0:when=2"));
    server.ready().await;
    let seen = send_through_the_failure(&place, &server, &Ledger::default(), 4).await;
    let complaints = complaints(&seen, &place.stream_syncs(), 2);
    println!(r#"{{"control":"failed sync, taken for a good one","complaints":{}}}"#, complaints.len());
    assert!(complaints.iter().any(|complaint| complaint.contains("although its sync failed")), "{complaints:?}");
}

#[test]
fn the_control_that_tries_a_failed_sync_again_is_noticed() {
    if let Some(reason) = refusal() {
        return println!("skipped: nothing can be traced here ({reason})");
    }
    const RETRIES: &str =
        "import os, sys\nf = os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY)\ntry:\n  os.fdatasync(f)\nexcept OSError:\n  os.fdatasync(f)\n";
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let words = tracer(&trace, "fsync,fdatasync", "fdatasync:error=EIO:when=1");
    let status = Command::new(&words[0]).args(&words[1..]).args(["python3", "-c", RETRIES]).arg(folder.path().join("1.log")).status();
    if !status.is_ok_and(|status| status.success()) {
        return println!("skipped: no python3");
    }
    let begun = Instant::now();
    while syncs(&trace).len() < 2 && begun.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(10));
    }
    let found = syncs(&trace);
    println!(r#"{{"control":"failed sync, tried again","complaints":{}}}"#, retried(&found).len());
    assert_eq!(retried(&found).len(), 1, "{found:?}");
}
