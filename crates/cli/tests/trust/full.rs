//! A full disk: ingest is refused at once with 507, the reserve keeps the record alive, ingest goes on by itself when there is room.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::disk::Disk;
use super::ledger::Ledger;
use super::served::{Operator, Server};
use super::trace::{refusal, tracer};

const DISK_MEGABYTES: u64 = 384;
/// Remarks on a case while the disk is full; each of 10,000 letters that do not shrink.
const REMARKS: usize = 60;

/// Everything that people do while no telemetry is taken; what did not work.
async fn work_on(server: &Server, operator: &Operator) -> Vec<String> {
    let mut complaints = Vec::new();
    if let Err(status) = Operator::sign_in_again(server).await {
        complaints.push(format!("sign-in: {status}"));
    }
    let alert = json!({
        "id": "av-1", "host": "PC-1", "detected_at": "2026-11-21T03:08:12Z", "source_kind": "endpoint", "product": "AV", "name": "Trojan:Test",
        "action": "detected", "file": {"path": "C:\\x.exe", "sha256": "a".repeat(64)},
    });
    let answer = server.by_key(&operator.endpoint, "/alerts", None, alert.to_string()).await.unwrap();
    let Some(alert) = answer.body["id"].as_str().filter(|_| answer.status.is_success()) else {
        complaints.push(format!("alert: {} {}", answer.status, answer.body));
        return complaints;
    };
    let placed =
        server.ask(&operator.cookie, Method::POST, &format!("/alerts/{alert}/case"), Some(&json!({ "case": null }))).await.unwrap();
    let Some(case) = placed.body["case"].as_str().filter(|_| placed.status.is_success()) else {
        complaints.push(format!("case: {} {}", placed.status, placed.body));
        return complaints;
    };
    for _ in 0..REMARKS {
        let text: String = (0..270).map(|_| uuid::Uuid::new_v4().to_string()).collect();
        let path = format!("/cases/{case}/comments");
        let mut said = server.ask(&operator.cookie, Method::POST, &path, Some(&json!({ "text": text }))).await.unwrap();
        if said.status == StatusCode::CONFLICT {
            // Triage of the alert changed the case meanwhile: as a person would, once more.
            said = server.ask(&operator.cookie, Method::POST, &path, Some(&json!({ "text": text }))).await.unwrap();
        }
        if said.status != StatusCode::CREATED {
            complaints.push(format!("remark: {} {}", said.status, said.body));
        }
    }
    for page in ["/duty", "/cases", "/alerts"] {
        let answer = server.ask(&operator.cookie, Method::GET, page, None::<&Value>).await.unwrap();
        if answer.status != StatusCode::OK {
            complaints.push(format!("{page}: {}", answer.status));
        }
    }
    complaints
}

/// Sends until nothing is taken any more; the last answer, and how many were taken.
async fn send_until_refused(server: &Server, operator: &Operator, ledger: &Ledger, most: u64) -> (super::served::Answer, u64) {
    let mut taken = 0;
    loop {
        let answer = ledger.send(server, operator, ledger.begin(), true).await.unwrap();
        if answer.status != StatusCode::ACCEPTED || taken == most {
            return (answer, taken);
        }
        taken += 1;
    }
}

// covers: S3-1
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_full_disk_refuses_events_keeps_the_record_alive_and_resumes() {
    let disk = match Disk::mounted(DISK_MEGABYTES) {
        Ok(disk) => disk,
        Err(reason) => return println!("skipped: no file system of our own here ({reason})"),
    };
    let (data, log) = (disk.mount_point().join("hikeshi"), disk.beside("server.log"));
    let server = Server::start(&data, &log, &[]);
    server.ready().await;
    let operator = Operator::set_up(&server).await;
    let ledger = Ledger::default();
    for _ in 0..20 {
        ledger.send(&server, &operator, ledger.begin(), true).await.unwrap();
    }
    let (_, total) = disk.space();
    let ballast = disk.fill_up_to(total / 100 * 5);
    let (refused, taken) = send_until_refused(&server, &operator, &ledger, 1_000).await;
    assert_eq!(refused.status, StatusCode::INSUFFICIENT_STORAGE, "after {taken}: {}", refused.body);
    assert!(refused.took < Duration::from_secs(1) && refused.retry_after.is_some(), "{refused:?}");
    assert_eq!(server.status_of("/readyz").await, Some(StatusCode::SERVICE_UNAVAILABLE));
    let warnings = operator.warnings(&server).await;
    assert!(warnings.contains("full but for its reserve"), "{warnings}");
    let complaints = work_on(&server, &operator).await;
    assert_eq!(complaints, [""; 0], "on the reserve, {} bytes free of {total}", disk.space().0);
    std::fs::remove_file(ballast).unwrap();
    let begun = Instant::now();
    let number = ledger.begin();
    while ledger.send(&server, &operator, number, true).await.unwrap().status != StatusCode::ACCEPTED {
        assert!(begun.elapsed() < Duration::from_secs(10), "ingest does not go on: {}", server.text_of("/readyz").await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let resumed = begun.elapsed();
    ledger.retry(&server, &operator).await;
    assert_eq!(ledger.settle(&server, &operator, 0..ledger.next()).await, [""; 0]);
    drop(server);
    assert_eq!(ledger.judge_offline(&data), [""; 0]);
    println!(
        r#"{{"bar":"full disk","refused_within_ms":{},"remarks_on_the_reserve":{REMARKS},"complaints":0,"resumed_after_ms":{},"acknowledged_batches":{}}}"#,
        refused.took.as_millis(),
        resumed.as_millis(),
        ledger.acknowledged().len(),
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_control_without_the_reserve_stops_the_record_too() {
    let disk = match Disk::mounted(DISK_MEGABYTES) {
        Ok(disk) => disk,
        Err(reason) => return println!("skipped: no file system of our own here ({reason})"),
    };
    if let Some(reason) = refusal() {
        return println!("skipped: nothing can be traced here ({reason})");
    }
    let (data, log) = (disk.mount_point().join("hikeshi"), disk.beside("server.log"));
    let server = Server::start(&data, &log, &[]);
    server.ready().await;
    let operator = Operator::set_up(&server).await;
    drop(server);
    // The guard is gone: the file system says that nearly all of it is free. The first words of `struct statfs` (statfs(2)): type,
    // block size, blocks, free, available.
    let words: [u64; 5] = [0xef53, 4096, 1 << 20, 1 << 19, 1 << 19];
    let lie: String = words.iter().flat_map(|word| word.to_le_bytes()).map(|byte| format!("{byte:02x}")).collect();
    let calls = "statfs,fstatfs";
    let server = Server::start(&data, &log, &tracer(&disk.beside("trace"), calls, &format!("statfs:poke_exit=@arg2={lie}")));
    server.ready().await;
    disk.fill_up_to(1 << 20);
    let ledger = Ledger::default();
    let (refused, taken) = send_until_refused(&server, &operator, &ledger, 5_000).await;
    let complaints = work_on(&server, &operator).await;
    println!(
        r#"{{"control":"full disk, no reserve","acknowledged_batches":{taken},"last_answer":{},"complaints":{}}}"#,
        refused.status.as_u16(),
        complaints.len()
    );
    assert!(!complaints.is_empty(), "{refused:?} after {taken}, {} bytes free", disk.space().0);
}
