//! Entities: put, got, put again; who was faster; how it was then.

use hikeshi_record::{Actor, Change, Content, Error, ErrorKind, Expect};
use uuid::Uuid;

use crate::fixture::*;

on_both!(
    a_version_follows_a_version,
    the_slower_of_two_learns_the_current_version,
    a_change_is_whole_or_not_at_all,
    the_past_stays_readable,
    time_never_runs_back,
    many_at_once_are_numbered_without_a_gap,
    what_was_acknowledged_is_there_after_opening_again,
);

async fn a_version_follows_a_version(place: Place) {
    let store = place.open().await;
    let context = in_org(TOKYO);
    let first = note(TOKYO, "一");
    store.change(&context, made(&first)).await.unwrap();
    let got = store.get::<Note>(&context, first.id).await.unwrap();
    assert_eq!((&got.entity, got.version, got.seq, got.at), (&first, 1, 1, place.hands.now()));
    let second = Note { state: "closed".to_owned(), ..first.clone() };
    let change = Change::new("note.close", "誤検知").put(&second, got.expect());
    let committed = store.change(&context, change).await.unwrap();
    assert_eq!((committed.versions[0].version, committed.versions[0].seq), (2, 2));
    assert_eq!(store.get::<Note>(&context, first.id).await.unwrap().entity, second);
    let history = store.history(&context, "note", first.id).await.unwrap();
    let [_, last] = history.as_slice() else { panic!("two versions") };
    assert_eq!((last.action.as_str(), last.request.as_str(), last.org), ("note.close", "r-1", Some(TOKYO)));
    assert!(matches!(last.actor, Actor::Person(_)));
    let body = serde_json::to_value(&second).unwrap();
    assert_eq!(last.content, Content::Kept { reason: "誤検知".to_owned(), body });
    assert_eq!(store.journal(&context, 1, 10).await.unwrap(), history[1..]);
    let unknown = store.get::<Note>(&context, Uuid::nil()).await.unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::NotFound);
}

async fn the_slower_of_two_learns_the_current_version(place: Place) {
    let store = place.open().await;
    let context = in_org(TOKYO);
    let entity = note(TOKYO, "");
    store.change(&context, made(&entity)).await.unwrap();
    let put = |expect| Change::new("note.edit", "").put(&entity, expect);
    store.change(&context, put(Expect::Version(1))).await.unwrap();
    let conflict = Error::Conflict { kind: "note".to_owned(), id: entity.id, current: 2 };
    assert_eq!(store.change(&context, put(Expect::Version(1))).await.unwrap_err(), conflict);
    assert_eq!(store.change(&context, put(Expect::New)).await.unwrap_err(), conflict);
    let missing = note(TOKYO, "");
    let missing = Change::new("note.edit", "").put(&missing, Expect::Version(1));
    assert_eq!(store.change(&context, missing).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(store.verify(&[]).await.unwrap().versions, 2);
}

async fn a_change_is_whole_or_not_at_all(place: Place) {
    let store = place.open().await;
    let context = in_org(TOKYO);
    let (good, bad) = (note(TOKYO, "前半"), note(TOKYO, ""));
    let change = made(&good).claim_key("test", "k", "x").put(&bad, Expect::Version(4));
    assert!(store.change(&context, change).await.is_err());
    assert!(store.get::<Note>(&context, good.id).await.is_err());
    assert_eq!(store.count::<Note>(&context, hikeshi_record::Query::new().text("前半")).await.unwrap(), 0);
    assert_eq!(store.key_holder(&context, Some(TOKYO), "test", "k").await.unwrap(), None);
    store.change(&context, made(&good)).await.unwrap();
    assert_eq!(store.get::<Note>(&context, good.id).await.unwrap().seq, 1);
}

async fn the_past_stays_readable(place: Place) {
    let store = place.open().await;
    let context = in_org(TOKYO);
    let first = note(TOKYO, "");
    let start = place.hands.now();
    store.change(&context, made(&first)).await.unwrap();
    place.hands.set(1_800_000_100);
    let second = Note { state: "closed".to_owned(), ..first.clone() };
    store.change(&context, Change::new("note.close", "").put(&second, Expect::Version(1))).await.unwrap();
    let as_of = async |seconds: i64| {
        let instant = jiff::Timestamp::from_second(seconds).unwrap();
        store.get_as_of::<Note>(&context, first.id, instant).await.map(|stored| stored.entity)
    };
    assert_eq!(as_of(start.as_second() - 1).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(as_of(start.as_second()).await.unwrap(), first);
    assert_eq!(as_of(1_800_000_099).await.unwrap(), first);
    assert_eq!(as_of(1_800_000_100).await.unwrap(), second);
    assert_eq!(store.get_version::<Note>(&context, first.id, 1).await.unwrap().entity, first);
    let later = note(TOKYO, "");
    store.change(&context, made(&later)).await.unwrap();
    let all = async |seconds: i64| {
        let instant = jiff::Timestamp::from_second(seconds).unwrap();
        let ids = [first.id, later.id, uuid::Uuid::from_u128(1)];
        let mut found: Vec<Note> =
            store.all_as_of(&context, &ids, instant).await.unwrap().into_iter().map(|stored| stored.entity).collect();
        found.sort_by_key(|note| note.id);
        found
    };
    assert_eq!(all(start.as_second() - 1).await, []);
    assert_eq!(all(1_800_000_099).await, std::slice::from_ref(&first));
    let mut both = [second, later.clone()];
    both.sort_by_key(|note| note.id);
    assert_eq!(all(1_800_000_100).await, both);
    assert_eq!(store.all_as_of::<Note>(&in_org(OSAKA), &[first.id], jiff::Timestamp::MAX).await.unwrap().len(), 0);
}

async fn time_never_runs_back(place: Place) {
    let store = place.open().await;
    let context = in_org(TOKYO);
    store.change(&context, made(&note(TOKYO, ""))).await.unwrap();
    place.hands.set(1_700_000_000);
    let committed = store.change(&context, made(&note(TOKYO, ""))).await.unwrap();
    assert_eq!(committed.at.as_second(), 1_800_000_000);
    assert_eq!(store.verify(&[]).await.unwrap().first_bad, None);
}

async fn many_at_once_are_numbered_without_a_gap(place: Place) {
    let store = place.open().await;
    let tasks: Vec<_> = (0..200)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move {
                let expect = if number % 5 == 0 { Expect::Version(9) } else { Expect::New };
                store.change(&in_org(TOKYO), Change::new("test", "").put(&note(TOKYO, "並行"), expect)).await.is_ok()
            })
        })
        .collect();
    let mut kept = 0;
    for task in tasks {
        kept += u64::from(task.await.unwrap());
    }
    let verification = store.verify(&[]).await.unwrap();
    assert_eq!((kept, verification.versions, verification.first_bad), (160, 160, None));
}

async fn what_was_acknowledged_is_there_after_opening_again(place: Place) {
    let context = in_org(TOKYO);
    let entity = note(TOKYO, "");
    let store = place.open().await;
    store.change(&context, made(&entity)).await.unwrap();
    store.close().await;
    let store = place.open().await;
    assert_eq!(store.get::<Note>(&context, entity.id).await.unwrap().entity, entity);
    let verification = store.verify(&[]).await.unwrap();
    assert_eq!((verification.signed_seq, verification.first_bad), (1, None));
}
