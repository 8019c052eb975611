//! Prints how many changes a second the record takes, alone and in company, and how long a page of a list takes then.
//!
//! `throughput DIR [ADDRESS]`: the folder must be empty; with an address, the record is on that PostgreSQL database.

use std::error::Error;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use hikeshi_record::{Change, Context, Entity, Expect, IndexValue, Order, Query, Settings, Store};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

const CHANGES: usize = 10_000;

/// An entity of the size and shape of an alert.
#[derive(Serialize, Deserialize)]
struct Sample {
    id: Uuid,
    received_at: Timestamp,
    state: String,
    text: String,
    filler: String,
}

impl Entity for Sample {
    const KIND: &'static str = "sample";
    const ERASABLE: bool = true;

    fn id(&self) -> Uuid {
        self.id
    }

    fn org(&self) -> Option<hikeshi_domain::OrganizationId> {
        Some(hikeshi_domain::OrganizationId(Uuid::from_u128(1)))
    }

    fn index(&self) -> Vec<(&'static str, IndexValue)> {
        vec![("state", self.state.as_str().into()), ("received_at", self.received_at.into())]
    }

    fn search_text(&self) -> String {
        self.text.clone()
    }
}

fn sample(number: usize) -> Sample {
    let text =
        format!("端末 PC-{number:05} で Trojan:Win32/Sample.{number} を検知し、C:\\Users\\user{number}\\Downloads\\請求書.xlsm を隔離した");
    Sample { id: Uuid::now_v7(), received_at: Timestamp::now(), state: format!("state-{}", number % 5), text, filler: "x".repeat(600) }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("usage: throughput DIR [ADDRESS]")?);
    let settings = match arguments.next() {
        None => Settings::embedded(folder),
        Some(address) => Settings::postgres(folder, address),
    };
    let store = Store::open(settings).await?;
    for (writers, changes) in [(1, CHANGES / 10), (16, CHANGES), (256, CHANGES)] {
        let (took, mut waits) = write(&store, writers, changes).await?;
        waits.sort();
        let at = |share: usize| waits.get(waits.len() * share / 100).copied().unwrap_or_default();
        let rate = changes as f64 / took.as_secs_f64();
        println!("{changes} changes by {writers} writers: {rate:.0} a second, p50 {:?}, p99 {:?}", at(50), at(99));
    }
    let context = Context::system("throughput");
    let queries = [
        ("newest 50 of a state", Query::new().eq("state", "state-3").order("received_at", Order::Desc)),
        ("50 with a word", Query::new().text("請求書 PC-00042").order("received_at", Order::Desc)),
    ];
    for (name, query) in queries {
        let started = Instant::now();
        let page = store.list::<Sample>(&context, query).await?;
        println!("{name}, of {} found: {:?}", page.total, started.elapsed());
    }
    let started = Instant::now();
    let found = store.verify(&[]).await?;
    println!("{} versions verified in {:?}, first bad: {:?}", found.versions, started.elapsed(), found.first_bad);
    store.close().await;
    Ok(())
}

/// Makes the changes, shared among the writers; how long it took, and how long each waited.
async fn write(store: &Store, writers: usize, changes: usize) -> Result<(Duration, Vec<Duration>), Box<dyn Error>> {
    let started = Instant::now();
    let tasks: Vec<_> = (0..writers)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut waits = Vec::new();
                for number in (writer..changes).step_by(writers) {
                    let entity = sample(number);
                    let started = Instant::now();
                    store.change(&Context::system("throughput"), Change::new("sample.make", "").put(&entity, Expect::New)).await?;
                    waits.push(started.elapsed());
                }
                Ok::<_, hikeshi_record::Error>(waits)
            })
        })
        .collect();
    let mut waits = Vec::with_capacity(changes);
    for task in tasks {
        waits.extend(task.await??);
    }
    Ok((started.elapsed(), waits))
}
