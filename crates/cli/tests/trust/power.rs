//! Power loss: what was acknowledged is on the medium, what was not is whole or not there.

use std::sync::Arc;
use std::time::Duration;

use super::disk::Disk;
use super::ledger::Ledger;
use super::served::{Operator, Server};
use super::trace::{refusal, tracer};
use super::{Dice, longest_start, rounds};

const DISK_MEGABYTES: u64 = 512;

/// One life of the server on the disk: senders send, the power goes in the middle.
async fn load_until_power_is_lost(disk: &Disk, server: Server, operator: &Arc<Operator>, ledger: &Ledger, after: Duration) {
    let server = Arc::new(server);
    let sending = {
        let (server, operator, ledger) = (server.clone(), operator.clone(), ledger.clone());
        tokio::spawn(async move { ledger.load(&server, &operator).await })
    };
    tokio::time::sleep(after).await;
    disk.lose_power(|| ledger.be_deaf(true));
    server.kill();
    sending.await.unwrap();
    drop(server);
    disk.restore_power();
    ledger.be_deaf(false);
}

// covers: S3-1
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_acknowledged_event_survives_power_loss_exactly_once() {
    let disk = match Disk::mounted(DISK_MEGABYTES) {
        Ok(disk) => disk,
        Err(reason) => return println!("skipped: no file system of our own here ({reason})"),
    };
    let mut dice = Dice::new();
    let (seed, wanted) = (dice.0, rounds("HIKESHI_TRUST_POWER_LOSSES", 10));
    let (data, log) = (disk.mount_point().join("var/hikeshi"), disk.beside("server.log"));
    let server = Server::start(&data, &log, &[]);
    let mut slowest = server.ready().await;
    let operator = Arc::new(Operator::set_up(&server).await);
    let ledger = Ledger::default();
    // The very first start counts too: its folders are new.
    load_until_power_is_lost(&disk, server, &operator, &ledger, dice.pause(20, 300)).await;
    for round in 1..wanted {
        let server = Server::start(&data, &log, &[]);
        slowest = slowest.max(server.ready().await);
        let recent = ledger.next().saturating_sub(2_000)..ledger.next();
        assert_eq!(ledger.settle(&server, &operator, recent).await, [""; 0], "round {round}, seed {seed}");
        ledger.retry(&server, &operator).await;
        load_until_power_is_lost(&disk, server, &operator, &ledger, dice.pause(20, 500)).await;
    }
    let complaints = ledger.judge_offline(&data);
    println!(
        r#"{{"bar":"power loss","rounds":{wanted},"seed":{seed},"acknowledged_batches":{},"complaints":{},"slowest_start_ms":{}}}"#,
        ledger.acknowledged().len(),
        complaints.len(),
        slowest.as_millis(),
    );
    assert_eq!(complaints, [""; 0], "seed {seed}");
    assert!(slowest < longest_start(), "a start took {slowest:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_control_without_syncs_loses_what_it_acknowledged() {
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
    let operator = Arc::new(Operator::set_up(&server).await);
    drop(server);
    disk.rest();
    // The guard is gone: each sync says that it succeeded, and does nothing.
    let through = tracer(&disk.beside("trace"), "fsync,fdatasync", "fsync,fdatasync:retval=0");
    let server = Server::start(&data, &log, &through);
    server.ready().await;
    let ledger = Ledger::default();
    load_until_power_is_lost(&disk, server, &operator, &ledger, Duration::from_millis(500)).await;
    let acknowledged = ledger.acknowledged().len();
    let complaints = ledger.judge_offline(&data);
    println!(r#"{{"control":"power loss, syncs skipped","acknowledged_batches":{acknowledged},"complaints":{}}}"#, complaints.len());
    assert!(acknowledged > 0 && complaints.iter().any(|complaint| complaint.contains("lost")), "{complaints:?}");
}
