//! Lists: what filters, words, order, cursor and total find, against a plain model in memory.

use hikeshi_domain::OrganizationId;
use hikeshi_record::{Actor, Change, Context, Error, Expect, Order, Query, Scope, Store};
use uuid::Uuid;

use crate::fixture::*;

on_both!(
    filters_narrow,
    any_number_of_values_may_be_asked_for,
    every_page_follows_the_one_before,
    two_character_words_are_found,
    what_changed_is_found_by_its_new_words_only,
    a_foreign_cursor_is_refused,
    long_values_are_found_exactly,
    a_scope_of_thousands_of_organisations_is_one_value,
);

async fn put_all(store: &Store, context: &Context, notes: &[Note]) {
    let change = notes.iter().fold(Change::new("test.make", ""), |change, note| change.put(note, Expect::New));
    store.change(context, change).await.unwrap();
}

async fn found(store: &Store, query: Query) -> Vec<String> {
    let page = store.list::<Note>(&in_org(TOKYO), query.limit(1000)).await.unwrap();
    assert_eq!(page.total, page.items.len() as u64);
    page.items.iter().map(|item| item.text.clone()).collect()
}

async fn filters_narrow(place: Place) {
    let store = place.open().await;
    let ranked = |text: &str, state: &str, rank: Option<i64>, tags: &[&str]| Note {
        state: state.to_owned(),
        rank,
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        ..note(TOKYO, text)
    };
    let notes = [
        ranked("a", "open", Some(-5), &["x", "y"]),
        ranked("b", "closed", Some(7), &["y"]),
        ranked("c", "open", None, &[]),
        ranked("d", "odd", Some(30), &["z"]),
    ];
    put_all(&store, &in_org(TOKYO), &notes).await;
    let cases = [
        (Query::new(), "abcd"),
        (Query::new().eq("state", "open"), "ac"),
        (Query::new().any_of("state", ["open", "odd"]), "acd"),
        (Query::new().any_of("state", Vec::<String>::new()), ""),
        (Query::new().eq("tag", "y"), "ab"),
        (Query::new().eq("tag", "y").eq("state", "closed"), "b"),
        (Query::new().missing("rank"), "c"),
        (Query::new().at_least("rank", 7), "bd"),
        (Query::new().before("rank", 7), "a"),
        (Query::new().between("rank", -5, 30), "ab"),
        (Query::new().at_least("state", "odd"), "acd"),
        (Query::new().between("state", "closed", "odd"), "b"),
        (Query::new().eq("rank", 30), "d"),
        (Query::new().eq("nothing", "x"), ""),
    ];
    for (query, expected) in cases {
        let shown = format!("{query:?}");
        assert_eq!(found(&store, query).await.concat(), expected, "{shown}");
    }
}

/// SQLite takes 32,766 values and expressions of a depth of 1,000 (<https://www.sqlite.org/limits.html>), PostgreSQL 65,535 values.
async fn any_number_of_values_may_be_asked_for(place: Place) {
    const MANY: i64 = 70_000;
    let store = place.open().await;
    let notes: Vec<Note> =
        (0..7_i64).map(|rank| Note { rank: Some(rank * 10_000 - 1), state: format!("s{rank}"), ..note(TOKYO, "a") }).collect();
    put_all(&store, &in_org(TOKYO), &notes).await;
    let ranks = || Query::new().any_of("rank", 0..MANY);
    assert_eq!(store.count::<Note>(&in_org(TOKYO), ranks()).await.unwrap(), 6, "all but the one below zero");
    let states = || (0..MANY).map(|number| format!("s{}", number + 2));
    let both = ranks().any_of("state", states().chain(["\"漏', $1 @ \\u0000".to_owned()]));
    let page = store.list::<Note>(&in_org(TOKYO), both.order("rank", Order::Desc).limit(3)).await.unwrap();
    assert_eq!((page.total, page.items.iter().filter_map(|item| item.rank).collect()), (5, vec![59_999, 49_999, 39_999]));
    assert_eq!(found(&store, Query::new().any_of("tag", states())).await, Vec::<String>::new());
}

async fn every_page_follows_the_one_before(place: Place) {
    let store = place.open().await;
    // Ranks with ties, and some without.
    let notes: Vec<Note> = (0..57_i64)
        .map(|number| Note { rank: (number % 4 != 3).then_some(number * 7 % 10), ..note(TOKYO, &format!("{number:02}")) })
        .collect();
    put_all(&store, &in_org(TOKYO), &notes).await;
    for order in [None, Some(Order::Asc), Some(Order::Desc)] {
        let mut expected: Vec<&Note> = notes.iter().collect();
        match order {
            None => {}
            Some(Order::Asc) => expected.sort_by_key(|note| (note.rank.is_none(), note.rank, note.text.clone())),
            Some(Order::Desc) => expected.sort_by_key(|note| (note.rank.is_none(), note.rank.map(|rank| -rank))),
        }
        if order == Some(Order::Desc) {
            let ranked = expected.iter().filter(|note| note.rank.is_some()).count();
            let (first, _) = expected.split_at_mut(ranked);
            first.sort_by(|a, b| (b.rank, &b.text).cmp(&(a.rank, &a.text)));
        }
        for limit in [1, 10, 57, 100] {
            let mut seen = Vec::new();
            let mut cursor = None;
            loop {
                let query = order.map_or_else(Query::new, |order| Query::new().order("rank", order)).limit(limit);
                let page = store.list::<Note>(&in_org(TOKYO), query.after(cursor)).await.unwrap();
                assert_eq!(page.total, 57);
                seen.extend(page.items.into_iter().map(|item| item.entity));
                cursor = page.next_cursor;
                if cursor.is_none() {
                    break;
                }
            }
            assert!(seen.iter().eq(expected.iter().copied()), "order {order:?}, {limit} a page");
        }
    }
}

async fn two_character_words_are_found(place: Place) {
    let store = place.open().await;
    let notes = [
        note(TOKYO, "顧客情報が漏洩した"),
        note(TOKYO, "漏れと洩れ"),
        note(TOKYO, "ＰＯＷＥＲＳＨＥＬＬ 100%"),
        note(TOKYO, "ﾗﾝｻﾑｳｪｱ a_b"),
    ];
    put_all(&store, &in_org(TOKYO), &notes).await;
    let cases = [
        ("漏洩", vec![0]),
        ("洩", vec![0, 1]),
        ("powershell", vec![2]),
        ("ランサム", vec![3]),
        ("顧客 漏洩", vec![0]),
        ("顧客 漏れ", vec![]),
        ("0%", vec![2]),
        ("a_b", vec![3]),
        ("axb", vec![]),
        ("情が", vec![]),
        (" ", vec![0, 1, 2, 3]),
    ];
    for (words, expected) in cases {
        let expected: Vec<String> = expected.into_iter().map(|at: usize| notes[at].text.clone()).collect();
        assert_eq!(found(&store, Query::new().text(words)).await, expected, "{words}");
    }
}

async fn what_changed_is_found_by_its_new_words_only(place: Place) {
    let store = place.open().await;
    let first = Note { rank: Some(1), tags: vec!["x".to_owned()], ..note(TOKYO, "隔離済み") };
    put_all(&store, &in_org(TOKYO), std::slice::from_ref(&first)).await;
    let second = Note { rank: None, tags: vec!["y".to_owned()], text: "復旧済み".to_owned(), ..first };
    store.change(&in_org(TOKYO), Change::new("edit", "").put(&second, Expect::Version(1))).await.unwrap();
    let one = vec![second.text.clone()];
    assert_eq!(found(&store, Query::new().text("復旧")).await, one);
    assert_eq!(found(&store, Query::new().text("済み")).await, one);
    assert_eq!(found(&store, Query::new().text("隔離")).await, Vec::<String>::new());
    assert_eq!(found(&store, Query::new().eq("tag", "x")).await, Vec::<String>::new());
    assert_eq!(found(&store, Query::new().missing("rank").eq("tag", "y")).await, one);
}

async fn a_foreign_cursor_is_refused(place: Place) {
    let store = place.open().await;
    for cursor in ["", "zz", "7b7d"] {
        let query = Query::new().after(cursor.to_owned());
        assert!(matches!(store.list::<Note>(&in_org(TOKYO), query).await, Err(Error::Invalid(_))), "{cursor}");
    }
}

async fn long_values_are_found_exactly(place: Place) {
    let store = place.open().await;
    let long = "漏".repeat(5_000);
    let other = format!("{long}洩");
    let notes = [Note { state: long.clone(), ..note(TOKYO, "a") }, Note { state: other.clone(), ..note(TOKYO, "b\0c") }];
    put_all(&store, &in_org(TOKYO), &notes).await;
    assert_eq!(found(&store, Query::new().eq("state", long)).await, ["a"]);
    assert_eq!(found(&store, Query::new().eq("state", other)).await, ["b\0c"]);
}

/// Each organisation was a value of its own, five times a statement: SQLite takes 32,766 of them, PostgreSQL 65,535.
async fn a_scope_of_thousands_of_organisations_is_one_value(place: Place) {
    const ORGS: usize = 7_000;
    let store = place.open().await;
    let org = |number: usize| OrganizationId(Uuid::from_u128(0x9000_0000 + number as u128));
    let notes: Vec<Note> =
        (0..ORGS + 100).map(|number| Note { rank: Some(number as i64 % 7), ..note(org(number), "in all of them") }).collect();
    for some in notes.chunks(500) {
        put_all(&store, &everywhere(), some).await;
    }
    let context = Context::new(Scope::Organizations((0..ORGS).map(org).collect()), Actor::System("test".to_owned()), "r-1");
    let query = Query::new().eq("rank", 3).text("all").order("state", Order::Asc).limit(100);
    let page = store.list::<Note>(&context, query).await.unwrap();
    assert_eq!((page.total, page.items.len()), (ORGS as u64 / 7, 100));
    assert!(page.items.iter().all(|item| context.scope.sees(item.entity.org)));
    assert_eq!(store.count::<Note>(&context, Query::new()).await.unwrap(), ORGS as u64);
    assert_eq!(store.journal(&context, 0, 10_000).await.unwrap().len(), ORGS);
}
