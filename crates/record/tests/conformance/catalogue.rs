//! The lake's catalogue: one step is whole or not at all.

use hikeshi_lake::catalogue::{
    Advance, Catalogue, CatalogueError, Commit, OrgScope, Prevalence, PrevalenceKind, SegmentKind, SegmentRow, Sighting, SourceRow,
};
use jiff::Timestamp;
use uuid::Uuid;

use crate::fixture::*;

on_both!(segments_and_offset_move_together, values_are_counted_once_a_host, sources_add_up);

fn second(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

pub(crate) fn segment(id: u128) -> SegmentRow {
    SegmentRow {
        id: Uuid::from_u128(id),
        org: TOKYO,
        day: "2026-11-22".parse().unwrap(),
        kind: SegmentKind::Events,
        level: 1,
        rows: 10,
        size_bytes: 4_096,
        time_min: second(1_000),
        time_max: second(2_000),
        host_min: "a".to_owned(),
        host_max: "端末".to_owned(),
        created_at: second(3_000),
    }
}

fn advance(from: u64, to: u64) -> Option<Advance> {
    Some(Advance { stream: "local".to_owned(), from, to })
}

async fn segments_and_offset_move_together(place: Place) {
    let catalogue = place.open().await.catalogue();
    assert_eq!((catalogue.offset("local").await.unwrap(), catalogue.segments().await.unwrap()), (0, vec![]));
    catalogue.commit(Commit { add: vec![segment(1), segment(2)], advance: advance(0, 50), ..Commit::default() }).await.unwrap();
    assert_eq!((catalogue.offset("local").await.unwrap(), catalogue.segments().await.unwrap()), (50, vec![segment(1), segment(2)]));
    let behind = Commit { add: vec![segment(3)], advance: advance(40, 60), ..Commit::default() };
    assert!(matches!(catalogue.commit(behind).await, Err(CatalogueError::Conflict(_))));
    let merged = Commit { add: vec![segment(3)], remove: vec![Uuid::from_u128(1), Uuid::from_u128(2)], ..Commit::default() };
    catalogue.commit(merged.clone()).await.unwrap();
    assert!(matches!(catalogue.commit(merged).await, Err(CatalogueError::Conflict(_))));
    assert_eq!((catalogue.offset("local").await.unwrap(), catalogue.segments().await.unwrap()), (50, vec![segment(3)]));
}

async fn values_are_counted_once_a_host(place: Place) {
    let catalogue = place.open().await.catalogue();
    let sighting = |value: &str, host_key, first| Sighting {
        org: TOKYO,
        kind: PrevalenceKind::Sha256,
        value: value.to_owned(),
        host_key,
        first_seen_at: second(first),
    };
    let seen = async |sightings: Vec<Sighting>| catalogue.commit(Commit { sightings, ..Commit::default() }).await.unwrap();
    seen(vec![sighting("aa", 1, 500), sighting("aa", 2, 400), sighting("aa", 1, 300), sighting("bb", 1, 900)]).await;
    seen(vec![sighting("aa", 2, 600), sighting("aa", -3, 700)]).await;
    seen((0..200).map(|host| sighting("cc", host, 100)).collect()).await;
    seen((0..200).map(|value| sighting(&format!("v{value}"), 1, 100)).collect()).await;
    let ask = |value: &str| (PrevalenceKind::Sha256, value.to_owned());
    let asked = [ask("bb"), ask("aa"), ask("none"), (PrevalenceKind::Domain, "aa".to_owned()), ask("cc"), ask("v199")];
    let known = |first, hosts| Some(Prevalence { first_seen_at: second(first), hosts });
    let expected = [known(900, 1), known(300, 3), None, None, known(100, 200), known(100, 1)];
    assert_eq!(catalogue.prevalence(TOKYO, &asked).await.unwrap(), expected);
    assert_eq!(catalogue.prevalence(OSAKA, &asked).await.unwrap(), [None; 6]);
}

async fn sources_add_up(place: Place) {
    let catalogue = place.open().await.catalogue();
    let row = |org, host: &str, received, event, events| SourceRow {
        org,
        source: "winlogbeat".to_owned(),
        host: host.to_owned(),
        last_received_at: second(received),
        last_event_at: second(event),
        events,
    };
    let commit = async |sources: Vec<SourceRow>| catalogue.commit(Commit { sources, ..Commit::default() }).await.unwrap();
    commit(vec![row(TOKYO, "PC-1", 10, 9, 5), row(OSAKA, "PC-1", 1, 1, 1)]).await;
    commit(vec![row(TOKYO, "pc-1", 20, 4, 7)]).await;
    let tokyo = vec![row(TOKYO, "pc-1", 20, 9, 12)];
    assert_eq!(catalogue.sources(&OrgScope::one(TOKYO)).await.unwrap(), tokyo);
    assert_eq!(catalogue.sources(&OrgScope::All).await.unwrap().len(), 2);
    assert_eq!(catalogue.sources(&OrgScope::Only([].into())).await.unwrap(), vec![]);
    // Asked by name: the short and the full ones, of this organisation, and no neighbour in the order of names.
    let near = ["pc-1.corp.example", "PC-1.Branch.example", "pc-1-old", "pc-10", "pc-1/x", "pc-", "ＰＣ-1"];
    commit(near.iter().map(|host| row(TOKYO, host, 30, 30, 1)).collect()).await;
    let of =
        async |host: &str| -> Vec<String> { catalogue.sources_of(TOKYO, host).await.unwrap().into_iter().map(|row| row.host).collect() };
    assert_eq!(of("PC-1.corp.example").await, ["pc-1", "PC-1.Branch.example", "pc-1.corp.example"]);
    assert_eq!(of("pc-1").await.len(), 3);
    assert_eq!(of("pc-10").await, ["pc-10"]);
    assert_eq!(of("ｐｃ-1").await, ["ＰＣ-1"]);
    assert_eq!(of("pc-2").await, Vec::<String>::new());
}
