//! Erasure: the key goes, a tombstone comes, the chain holds, and nothing of the text is left in the files.

use std::fs;
use std::path::Path;

use hikeshi_record::{Change, Content, Error, ErrorKind, Query};
use jiff::Timestamp;
use uuid::Uuid;

use crate::fixture::*;

on_both!(an_erased_entity_cannot_be_read_and_the_chain_holds, only_what_may_be_erased_is);

async fn an_erased_entity_cannot_be_read_and_the_chain_holds(place: Place) {
    let store = place.open().await;
    let context = in_org(TOKYO);
    let (secret, stays) = (note(TOKYO, "個人情報"), note(TOKYO, "個人情報"));
    store.change(&context, made(&secret)).await.unwrap();
    store.change(&context, made(&stays)).await.unwrap();
    place.hands.set(1_800_000_500);
    store.change(&context, Change::new("note.erase", "保存期間満了").erase::<Note>(secret.id, 1)).await.unwrap();
    let gone = Error::Erased { kind: "note".to_owned(), id: secret.id, at: place.hands.now() };
    assert_eq!(store.get::<Note>(&context, secret.id).await.unwrap_err(), gone);
    let before = Timestamp::from_second(1_800_000_000).unwrap();
    assert_eq!(store.get_as_of::<Note>(&context, secret.id, before).await.unwrap_err().kind(), ErrorKind::Gone);
    let left = store.all_as_of::<Note>(&context, &[secret.id, stays.id], Timestamp::MAX).await.unwrap();
    assert_eq!(left.iter().map(|note| note.entity.id).collect::<Vec<_>>(), [stays.id], "what was erased is left out");
    let history = store.history(&context, "note", secret.id).await.unwrap();
    let contents: Vec<_> = history.into_iter().map(|version| version.content).collect();
    assert_eq!(contents, [Content::Erased, Content::Tombstone { reason: "保存期間満了".to_owned() }]);
    assert_eq!(store.count::<Note>(&context, Query::new().text("個人")).await.unwrap(), 1);
    assert_eq!(store.count::<Note>(&context, Query::new().eq("state", "open")).await.unwrap(), 1);
    let again = Change::new("note.erase", "").erase::<Note>(secret.id, 2);
    assert_eq!(store.change(&context, again).await.unwrap_err(), gone);
    let back = Change::new("note.edit", "").put(&secret, hikeshi_record::Expect::Version(2));
    assert_eq!(store.change(&context, back).await.unwrap_err(), gone);
    assert_eq!(store.get::<Note>(&context, stays.id).await.unwrap().entity, stays);
    let verification = store.verify(&[]).await.unwrap();
    assert_eq!((verification.versions, verification.first_bad), (3, None));
}

async fn only_what_may_be_erased_is(place: Place) {
    let store = place.open().await;
    let rule = Rule { id: Uuid::now_v7(), org: Some(TOKYO), title: "x".to_owned() };
    store.change(&in_org(TOKYO), made(&rule)).await.unwrap();
    let erase = Change::new("rule.erase", "").erase::<Rule>(rule.id, 1);
    assert_eq!(store.change(&in_org(TOKYO), erase).await.unwrap_err().kind(), ErrorKind::Invalid);
    let wrong_version = note(TOKYO, "");
    store.change(&in_org(TOKYO), made(&wrong_version)).await.unwrap();
    let erase = Change::new("note.erase", "").erase::<Note>(wrong_version.id, 5);
    assert_eq!(store.change(&in_org(TOKYO), erase).await.unwrap_err().kind(), ErrorKind::Conflict);
    let missing = Change::new("note.erase", "").erase::<Note>(Uuid::now_v7(), 1);
    assert_eq!(store.change(&in_org(TOKYO), missing).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn no_byte_of_the_text_is_left_in_the_files() {
    let place = Place::embedded().unwrap();
    let store = place.open().await;
    let canary = "canary-3f9d2c71aa";
    let context = in_org(TOKYO);
    let secret = Note { tags: vec![format!("{canary}-tag")], ..note(TOKYO, &format!("{canary} 漏洩")) };
    store.change(&context, Change::new("note.make", format!("{canary}-reason")).put(&secret, hikeshi_record::Expect::New)).await.unwrap();
    for number in 0..50 {
        store.change(&context, made(&note(TOKYO, &format!("filler {number}")))).await.unwrap();
    }
    assert!(contains(place.folder.path(), canary), "the control: before erasure the search index holds the text");
    store.change(&context, Change::new("note.erase", "").erase::<Note>(secret.id, 1)).await.unwrap();
    store.close().await;
    assert!(!contains(place.folder.path(), canary));
}

fn contains(folder: &Path, needle: &str) -> bool {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    files.map(|path| fs::read(path).unwrap()).any(|bytes| bytes.windows(needle.len()).any(|window| window == needle.as_bytes()))
}
