//! Tenants: what lies outside the caller's scope is not there, by any way of asking.

use std::collections::BTreeSet;

use hikeshi_record::{Actor, Change, Context, ErrorKind, Expect, Job, JobState, Order, Query, Scope};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::fixture::*;

on_both!(
    nothing_is_seen_across_tenants,
    nothing_is_changed_across_tenants,
    several_organisations_are_seen_together,
    an_empty_scope_sees_nothing,
    the_nil_id_is_no_organisation,
);

fn several(orgs: &[hikeshi_domain::OrganizationId]) -> Context {
    Context::new(Scope::Organizations(orgs.iter().copied().collect::<BTreeSet<_>>()), Actor::System("test".to_owned()), "r-2")
}

async fn nothing_is_seen_across_tenants(place: Place) {
    let store = place.open().await;
    let theirs = Note { rank: Some(1), ..note(OSAKA, "大阪の秘密") };
    let change = made(&theirs).claim_key("dedup", "k", theirs.id).take_number("report", 1).enqueue(Job::new("mail", &"x"));
    store.change(&in_org(OSAKA), change).await.unwrap();
    store.change(&in_org(TOKYO), made(&note(TOKYO, "東京"))).await.unwrap();
    for caller in [in_org(TOKYO), several(&[]), several(&[hikeshi_domain::OrganizationId(Uuid::from_u128(99))])] {
        assert_eq!(store.get::<Note>(&caller, theirs.id).await.unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(store.get_as_of::<Note>(&caller, theirs.id, Timestamp::MAX).await.unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(store.get_version::<Note>(&caller, theirs.id, 1).await.unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(store.history(&caller, "note", theirs.id).await.unwrap_err().kind(), ErrorKind::NotFound);
        assert!(store.journal(&caller, 0, 100).await.unwrap().iter().all(|version| version.org == Some(TOKYO)));
        for query in [
            Query::new().text("秘密"),
            Query::new().eq("rank", 1),
            Query::new().at_least("rank", 0),
            Query::new().order("rank", Order::Asc),
        ] {
            let page = store.list::<Note>(&caller, query.clone()).await.unwrap();
            assert!(page.items.iter().all(|item| item.org == Some(TOKYO)) && page.total <= 1);
            assert!(store.count::<Note>(&caller, query).await.unwrap() <= 1);
        }
        assert_eq!(store.key_holder(&caller, Some(OSAKA), "dedup", "k").await.unwrap(), None);
        assert_eq!(store.next_number(&caller, Some(OSAKA), "report").await.unwrap(), 1);
        assert!(store.jobs(&caller, "mail", JobState::Waiting, 10).await.unwrap().is_empty());
        assert!(store.claim_jobs(&caller, "mail", 10, SignedDuration::from_secs(60)).await.unwrap().is_empty());
    }
    assert_eq!(store.next_number(&in_org(OSAKA), Some(OSAKA), "report").await.unwrap(), 2);
}

async fn nothing_is_changed_across_tenants(place: Place) {
    let store = place.open().await;
    let theirs = note(OSAKA, "");
    store.change(&in_org(OSAKA), made(&theirs).enqueue(Job::new("mail", &"x"))).await.unwrap();
    let caller = in_org(TOKYO);
    let edit = Change::new("edit", "").put(&theirs, Expect::Version(1));
    assert_eq!(store.change(&caller, edit).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(store.change(&caller, made(&note(OSAKA, ""))).await.unwrap_err().kind(), ErrorKind::NotFound);
    let erase = Change::new("erase", "").erase::<Note>(theirs.id, 1);
    assert_eq!(store.change(&caller, erase).await.unwrap_err().kind(), ErrorKind::NotFound);
    // Their id as one of ours: it is taken, and no more is said.
    let stolen = Note { org: Some(TOKYO), ..theirs.clone() };
    assert_eq!(store.change(&caller, made(&stolen)).await.unwrap_err().kind(), ErrorKind::Conflict);
    let stolen = Change::new("edit", "").put(&stolen, Expect::Version(1));
    assert_eq!(store.change(&caller, stolen).await.unwrap_err().kind(), ErrorKind::NotFound);
    let foreign_key = Change::new("claim", "").owner(Some(OSAKA)).claim_key("a", "b", "c");
    assert_eq!(store.change(&caller, foreign_key).await.unwrap_err().kind(), ErrorKind::Invalid);
    let [job] = store.claim_jobs(&in_org(OSAKA), "mail", 10, SignedDuration::from_secs(60)).await.unwrap().try_into().unwrap();
    assert_eq!(store.finish_job(&caller, &job).await.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(store.change(&caller, Change::new("done", "").finish(&job)).await.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(store.get::<Note>(&in_org(OSAKA), theirs.id).await.unwrap().version, 1);
    store.finish_job(&in_org(OSAKA), &job).await.unwrap();
}

async fn several_organisations_are_seen_together(place: Place) {
    let store = place.open().await;
    let installation_wide = Rule { id: Uuid::now_v7(), org: None, title: "全体".to_owned() };
    store.change(&in_org(TOKYO), made(&note(TOKYO, "共通"))).await.unwrap();
    store.change(&in_org(OSAKA), made(&note(OSAKA, "共通"))).await.unwrap();
    store.change(&everywhere(), made(&installation_wide)).await.unwrap();
    assert_eq!(
        store.change(&in_org(TOKYO), made(&Rule { id: Uuid::now_v7(), ..installation_wide.clone() })).await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
    let both = several(&[TOKYO, OSAKA]);
    for caller in [&both, &everywhere()] {
        let page = store.list::<Note>(caller, Query::new().text("共通").eq("state", "open").order("state", Order::Desc)).await.unwrap();
        assert_eq!(page.total, 2);
    }
    assert!(store.get::<Rule>(&both, installation_wide.id).await.is_err());
    assert_eq!(store.get::<Rule>(&everywhere(), installation_wide.id).await.unwrap().entity, installation_wide);
    assert_eq!(store.count::<Rule>(&both, Query::new()).await.unwrap(), 0);
}

async fn an_empty_scope_sees_nothing(place: Place) {
    let store = place.open().await;
    store.change(&in_org(TOKYO), made(&note(TOKYO, "x"))).await.unwrap();
    let page = store.list::<Note>(&several(&[]), Query::new()).await.unwrap();
    assert_eq!((page.total, page.items.len()), (0, 0));
}

#[tokio::test]
async fn the_database_itself_keeps_tenants_apart() {
    let Some(place) = Place::postgres() else { return };
    let store = place.open().await;
    store.change(&in_org(TOKYO), made(&note(TOKYO, "東京")).claim_key("a", "b", "c").enqueue(Job::new("mail", &"x"))).await.unwrap();
    store.change(&in_org(OSAKA), made(&note(OSAKA, "大阪"))).await.unwrap();
    let address = place.address.as_ref().unwrap();
    let count = |tenants: &str, table: &str| -> i64 {
        let statement =
            format!("BEGIN; SET LOCAL ROLE hikeshi; SET LOCAL hikeshi.tenants = '{tenants}'; SELECT count(*) FROM {table}; COMMIT");
        server::as_superuser(address, &statement).parse().unwrap()
    };
    for table in ["entity", "version", "found", "field"] {
        assert_eq!((count("1", table), count("2", table), count("*", table), count("", table)), (1, 1, 2, 0), "{table}");
    }
    for table in ["claim", "job"] {
        assert_eq!((count("1", table), count("2", table), count("", table)), (1, 0, 0), "{table}");
    }
    let owner = format!("host={} user=admin dbname=", address.split_once("host=").unwrap().1.split(' ').next().unwrap());
    let all_powerful =
        hikeshi_record::Settings::postgres(place.folder.path(), format!("{owner}{}", address.rsplit_once("dbname=").unwrap().1));
    let refused = hikeshi_record::Store::open(all_powerful).await.err().unwrap().to_string();
    assert!(refused.contains("BYPASSRLS"), "{refused}");
}

/// It was taken for the installation when read, and hashed as an organisation when written: the chain did not hold any more.
async fn the_nil_id_is_no_organisation(place: Place) {
    let store = place.open().await;
    let nil = hikeshi_domain::OrganizationId(Uuid::nil());
    let ours = Rule { id: Uuid::now_v7(), org: None, title: "the installation's".to_owned() };
    store.change(&everywhere(), made(&ours)).await.unwrap();
    for caller in [everywhere(), in_org(nil)] {
        assert_eq!(store.change(&caller, made(&note(nil, "x"))).await.unwrap_err().kind(), ErrorKind::Invalid);
    }
    assert_eq!(store.get::<Rule>(&in_org(nil), ours.id).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert!(store.journal(&in_org(nil), 0, 10).await.unwrap().is_empty());
    assert_eq!(store.verify(&[]).await.unwrap().first_bad, None);
}
