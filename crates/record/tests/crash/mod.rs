//! A process that writes is killed at many moments: what it was told is done is there, whole, and the chain holds.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use hikeshi_record::{ErrorKind, Expect, Settings, Store};
use uuid::Uuid;

use crate::fixture::*;

const FOLDER: &str = "HIKESHI_TEST_CRASH_FOLDER";
const EARLY: &str = "HIKESHI_TEST_CRASH_EARLY";
const WRITERS: usize = 8;

/// The process that is killed: writes until then, and says what it was told. Does nothing when run as a test.
#[tokio::test]
async fn writer() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let early = std::env::var(EARLY).is_ok();
    let store = Store::open(Settings::embedded(folder)).await.unwrap();
    let tasks: Vec<_> = (0..WRITERS).map(|_| tokio::spawn(write(store.clone(), early))).collect();
    for task in tasks {
        task.await.unwrap();
    }
}

async fn write(store: Store, early: bool) {
    loop {
        let (first, second) = (note(TOKYO, "前半"), note(TOKYO, "後半"));
        let say = || writeln!(std::io::stdout().lock(), "\nack {} {}", first.id, second.id).unwrap();
        if early {
            say();
        }
        store.change(&in_org(TOKYO), made(&first).put(&second, Expect::New)).await.unwrap();
        if !early {
            say();
        }
    }
}

/// Starts the process, kills it after that many acknowledgements, and returns all that it had given.
fn killed_after(folder: &Path, acknowledgements: usize, early: bool) -> Vec<(Uuid, Uuid)> {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["crash::writer", "--exact", "--nocapture", "--test-threads=1"]).env(FOLDER, folder).stdout(Stdio::piped());
    if early {
        child.env(EARLY, "1");
    }
    let mut child = child.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let pair = |line: String| {
        let (first, second) = line.strip_prefix("ack ")?.split_once(' ')?;
        Some((first.parse::<Uuid>().ok()?, second.parse::<Uuid>().ok()?))
    };
    let mut given: Vec<_> = lines.by_ref().filter_map(pair).take(acknowledgements).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    given.extend(lines.filter_map(pair));
    given
}

/// How many of the entities that were acknowledged in three rounds on one record are missing.
async fn missing_after_kills(early: bool) -> usize {
    let place = folder();
    let mut acknowledged = Vec::new();
    let mut missing = 0;
    for round in 0..6 {
        acknowledged.extend(killed_after(place.path(), 1 + round * 37 % 101, early));
        let store = Store::open(Settings::embedded(place.path())).await.unwrap();
        let found = store.verify(&[]).await.unwrap();
        assert_eq!((found.first_bad, found.versions % 2), (None, 0), "a change is whole or not there");
        missing = 0;
        for (first, second) in &acknowledged {
            let kept = [store.get::<Note>(&in_org(TOKYO), *first).await, store.get::<Note>(&in_org(TOKYO), *second).await];
            let lost = kept.iter().filter(|kept| kept.as_ref().is_err_and(|error| error.kind() == ErrorKind::NotFound)).count();
            assert!(lost == 0 || lost == 2);
            missing += lost;
        }
        store.close().await;
    }
    missing
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_when_the_writer_is_killed() {
    assert_eq!(missing_after_kills(false).await, 0);
}

#[tokio::test]
async fn the_control_acknowledging_before_the_commit_loses_something() {
    assert!(missing_after_kills(true).await > 0);
}
