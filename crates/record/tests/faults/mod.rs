//! A disk that fails to sync, and one that is full: nothing acknowledged is lost, reading goes on, writing comes back.

use std::path::Path;
use std::process::{Command, Output};

use hikeshi_record::{Change, Error, Expect, Settings, Store};
use uuid::Uuid;

use crate::fixture::*;

const FOLDER: &str = "HIKESHI_TEST_FAULT_FOLDER";
const TEST: [&str; 4] = ["faults::worker", "--exact", "--nocapture", "--test-threads=1"];

/// The process that suffers the fault: says what it was told. Does nothing when run as a test.
#[tokio::test]
async fn worker() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let folder = Path::new(&folder);
    let ballast = folder.join("ballast");
    std::fs::write(&ballast, vec![7; 1 << 20]).unwrap();
    let store = Store::open(Settings::embedded(folder)).await.unwrap();
    let first = note(TOKYO, "最初");
    store.change(&in_org(TOKYO), made(&first)).await.unwrap();
    let mut faults = 0;
    for _ in 0..400 {
        // Plain bodies of random letters, so that nothing shrinks.
        let entity = Rule { id: Uuid::now_v7(), org: Some(TOKYO), title: (0..500).map(|_| Uuid::new_v4().to_string()).collect() };
        match store.change(&in_org(TOKYO), Change::new("fill", "").put(&entity, Expect::New)).await {
            Ok(_) => println!("\nack {}", entity.id),
            Err(error) => {
                let kind = error.kind();
                assert!(matches!(error, Error::Full(_) | Error::Unavailable(_)), "{error:?}");
                assert!(store.fault().is_some(), "the alarm is raised");
                assert_eq!(store.get::<Note>(&in_org(TOKYO), first.id).await.unwrap().entity, first, "reading goes on");
                println!("\nfault {kind:?}");
                faults += 1;
                let _ = std::fs::remove_file(&ballast);
            }
        }
        if faults == 2 {
            break;
        }
    }
    let last = note(TOKYO, "最後");
    if store.change(&in_org(TOKYO), made(&last)).await.is_ok() {
        assert_eq!(store.fault(), None);
        println!("\nresumed");
    }
    store.close().await;
    let store = Store::open(Settings::embedded(folder)).await.unwrap();
    let found = store.verify(&[]).await.unwrap();
    assert_eq!(found.first_bad, None);
    println!("\nversions {}", found.versions);
}

struct Told {
    acknowledged: Vec<Uuid>,
    faults: Vec<String>,
    resumed: bool,
    versions: usize,
}

fn told(output: &Output) -> Told {
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    let after = |word: &'static str| text.lines().filter_map(move |line| line.strip_prefix(word));
    Told {
        acknowledged: after("ack ").map(|id| id.parse().unwrap()).collect(),
        faults: after("fault ").map(str::to_owned).collect(),
        resumed: text.lines().any(|line| line == "resumed"),
        versions: after("versions ").next().unwrap().parse().unwrap(),
    }
}

#[tokio::test]
async fn a_failed_sync_is_never_acknowledged() {
    let place = folder();
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:error=EIO:when=12"]);
    let Ok(output) = strace.arg(std::env::current_exe().unwrap()).args(TEST).env(FOLDER, place.path()).output() else {
        println!("skipped: no strace");
        return;
    };
    if String::from_utf8_lossy(&output.stderr).contains("Operation not permitted") {
        println!("skipped: strace may not trace here");
        return;
    }
    let told = told(&output);
    assert!(told.faults.iter().all(|kind| kind == "Unavailable") && !told.faults.is_empty(), "{:?}", told.faults);
    assert!(told.resumed);
    let store = Store::open(Settings::embedded(place.path())).await.unwrap();
    for id in &told.acknowledged {
        store.get::<Rule>(&in_org(TOKYO), *id).await.unwrap();
    }
}

#[test]
fn a_full_disk_says_so_and_recovers() {
    let place = folder();
    let script = r#"mount -t tmpfs -o size=6m none "$1" && shift && exec "$@""#;
    let mut shell = Command::new("unshare");
    shell.args(["-Urm", "sh", "-c", script, "sh"]).arg(place.path()).arg(std::env::current_exe().unwrap()).args(TEST);
    let output = shell.env(FOLDER, place.path()).output();
    let refused = |output: &Output| {
        let said = String::from_utf8_lossy(&output.stderr);
        !output.status.success() && (said.contains("unshare:") || said.contains("mount:"))
    };
    let Some(output) = output.ok().filter(|output| !refused(output)) else {
        println!("skipped: no mounts of our own here");
        return;
    };
    let told = told(&output);
    assert!(told.faults.iter().all(|kind| kind == "Full") && !told.faults.is_empty(), "{:?}", told.faults);
    assert!(told.acknowledged.len() > 10);
    assert!(told.versions > told.acknowledged.len(), "{} versions", told.versions);
}
