//! What goes in is there, once, byte for byte.

use std::collections::BTreeSet;

use hikeshi_event::Event;
use hikeshi_lake::Lake;
use hikeshi_lake::catalogue::OrgScope;

use crate::fixture::{ORG, batch, config, everything, open, open_with, originals, process_event, shared};

async fn append_all(lake: &Lake, blocks: &[Vec<u8>], key: &str) {
    for (number, block) in blocks.iter().enumerate() {
        lake.append(batch(ORG, &format!("{key}-{number}"), block.clone())).await.unwrap();
    }
    lake.flush().await;
}

async fn all_hosts(lake: &Lake) -> Vec<Event<'static>> {
    let mut events = Vec::new();
    let hosts: BTreeSet<String> =
        lake.sources(&OrgScope::one(ORG)).await.unwrap().into_iter().map(|source| source.host.to_lowercase()).collect();
    for host in hosts {
        events.extend(everything(lake, ORG, &host).await);
    }
    events
}

#[tokio::test(flavor = "multi_thread")]
async fn real_logs_come_back_byte_for_byte_and_a_second_time_adds_nothing() {
    let Some(data) = shared("data/security-datasets", "real_logs_come_back_byte_for_byte") else { return };
    let (blocks, totals) = originals(&data);
    assert!(totals.events > 100_000, "the data are there: {totals:?}");
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path()).await;
    append_all(&lake, &blocks, "first").await;
    let first = lake.lag().totals;
    assert_eq!(first.events, totals.events);
    append_all(&lake, &blocks, "second").await;
    let second = lake.lag().totals;
    assert_eq!((second.events, second.added), (2 * totals.events, first.added));

    let events = all_hosts(&lake).await;
    assert_eq!(events.len() as u64, first.added);
    let uids: BTreeSet<_> = events.iter().map(|event| event.uid).collect();
    assert_eq!(uids.len(), events.len());
    let lines = |block: &Vec<u8>| block.split(|byte| *byte == b'\n').map(blake3::hash).map(|hash| *hash.as_bytes()).collect::<Vec<_>>();
    let mut given: BTreeSet<[u8; 32]> = blocks.iter().flat_map(lines).collect();
    given.remove(blake3::hash(b"").as_bytes());
    let kept: BTreeSet<[u8; 32]> = events.iter().map(|event| *blake3::hash(&event.raw).as_bytes()).collect();
    assert_eq!((given.len(), given.difference(&kept).count()), (kept.len(), 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn repetitions_are_known_in_the_tail_in_segments_and_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let body: String =
        (0..500).map(|number| process_event(number, "pc-1", "2026-11-20T10:00:00.000Z", &format!("{number:064x}"))).collect();
    let lake = open(folder.path()).await;
    for key in ["a", "b"] {
        lake.append(batch(ORG, key, body.clone())).await.unwrap();
    }
    lake.flush().await;
    assert_eq!(lake.lag().totals.added, 500);
    lake.append(batch(ORG, "c", body.clone())).await.unwrap();
    lake.flush().await;
    assert_eq!((lake.lag().totals.added, lake.lag().totals.repeated), (500, 1000));
    drop(lake);
    let lake = open(folder.path()).await;
    lake.append(batch(ORG, "d", body)).await.unwrap();
    lake.flush().await;
    assert_eq!((lake.lag().totals.added, lake.lag().totals.repeated), (0, 500));
    assert_eq!(everything(&lake, ORG, "PC-1").await.len(), 500);
}

#[tokio::test(flavor = "multi_thread")]
async fn small_segments_are_merged_and_nothing_changes() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open_with(folder.path(), hikeshi_lake::LakeConfig { merge_segments_closed: 4, ..config() }, None).await;
    for number in 0..12_u64 {
        let host = format!("pc-{}", number % 3);
        let body: String = (0..100)
            .map(|row| {
                process_event(
                    number * 1000 + row,
                    &host,
                    &format!("2026-11-20T10:{:02}:{:02}.000Z", row % 60, number),
                    &format!("{row:064x}"),
                )
            })
            .collect();
        lake.append(batch(ORG, &number.to_string(), body)).await.unwrap();
        lake.flush().await;
    }
    while lake.lag().totals.merged < 12 {
        tokio::task::yield_now().await;
    }
    let events = all_hosts(&lake).await;
    assert_eq!(events.len(), 1200);
    assert!(events.windows(2).all(|pair| pair[0].host != pair[1].host || pair[0].time <= pair[1].time));
    drop(lake);
    let lake = open(folder.path()).await;
    assert_eq!(all_hosts(&lake).await, events);
}
