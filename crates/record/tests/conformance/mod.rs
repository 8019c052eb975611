//! What every record does, whatever database it stands on.

use hikeshi_record::{Error, Expect, Order, Query};

use crate::fixture::*;

on_both!(smoke);

async fn smoke(place: Place) {
    let store = place.open().await;
    let context = in_org(TOKYO);
    let first = note(TOKYO, "顧客情報が漏洩した");
    store.change(&context, made(&first)).await.unwrap();
    let got = store.get::<Note>(&context, first.id).await.unwrap();
    assert_eq!((&got.entity, got.version), (&first, 1));
    assert!(matches!(store.get::<Note>(&in_org(OSAKA), first.id).await, Err(Error::NotFound { .. })));
    let page = store.list::<Note>(&context, Query::new().eq("state", "open").text("漏洩").order("rank", Order::Desc)).await.unwrap();
    assert_eq!((page.items.len(), page.total, page.next_cursor), (1, 1, None));
    let again = made(&first);
    assert_eq!(store.change(&context, again).await.unwrap_err(), Error::Conflict { kind: "note".to_owned(), id: first.id, current: 1 });
    let second =
        hikeshi_record::Change::new("note.close", "done").put(&Note { state: "closed".into(), ..first.clone() }, Expect::Version(1));
    assert_eq!(store.change(&context, second).await.unwrap().versions[0].version, 2);
    assert_eq!(store.history(&context, "note", first.id).await.unwrap().len(), 2);
    store.close().await;
}
