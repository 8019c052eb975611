//! A new list of known bad is looked for in what came in before it.

use hikeshi_desk::drill;
use hikeshi_desk::open::Open;
use hikeshi_domain::OrganizationId;
use hikeshi_domain::list_search::{ListSearch, SearchState, SeenIn};
use hikeshi_domain::organization::Organization;
use hikeshi_domain::reference_list::ReferenceList;
use hikeshi_domain::role::Role;
use hikeshi_record::{Change, Context, Expect, Job};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::fixture::{Fixture, Visitor};
use crate::listed::{LIST, brought_elsewhere, call, question, reason, start};
use crate::raising::{alerts, opened, organization, send, until};
use crate::reference_lists::{HASH, add};

async fn sent_before(fixture: &Fixture, org: OrganizationId, first: &str) {
    let other = "11".repeat(32);
    let events = [
        start(first, "{11111111-0000-0000-0000-000000000001}", HASH),
        question("PC-2", 7, "c2.evil.example"),
        start("PC-3", "{11111111-0000-0000-0000-000000000003}", &other),
        call("PC-3", "{11111111-0000-0000-0000-000000000003}", "203.0.113.9"),
        start("PC-4", "{11111111-0000-0000-0000-000000000004}", &other),
        question("PC-4", 8, "good.example"),
    ];
    send(&fixture.desk, org, &events).await;
}

/// The list as the page shows it once the search is over.
async fn searched(fixture: &Fixture, visitor: &Visitor) -> Value {
    let page = fixture.until(visitor, "/lists", |page| page["items"][0]["search"]["state"] == "done").await;
    page["items"][0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_in_before_a_list_raises_alerts_too_and_once() {
    let fixture = Fixture::start().await;
    let (ours, theirs) = (fixture.organization("ours").await, fixture.organization("theirs").await);
    let analyst = fixture.visitor(Role::Analyst, Some(ours)).await;
    for org in [ours, theirs] {
        sent_before(&fixture, org, "PC-1").await;
    }
    let (status, taken) = add(&fixture, &analyst, Some(ours), "bad", LIST).await;
    assert_eq!((status, taken["item"]["search"].is_object()), (StatusCode::CREATED, true), "{taken}");
    let mut raised = until(&fixture.desk, ours, 3).await;
    raised.sort_by(|a, b| a.host.cmp(&b.host));
    let told: Vec<(&str, &str)> = raised.iter().map(|alert| (alert.host.as_str(), alert.name.as_str())).collect();
    assert_eq!(
        told,
        [("PC-1", format!("abuse: {HASH} (Emotet)").as_str()), ("PC-2", "abuse: c2.evil.example"), ("PC-3", "abuse: 203.0.113.9")]
    );
    let found = json!({"state": "done", "values": 3, "hosts": 3, "not_raised": 0, "more": false});
    let list = searched(&fixture, &analyst).await;
    assert_eq!(list["search"], found, "{list}");
    let rows = fixture.get(&analyst, "/alerts").await;
    for (host, item) in [("PC-1", "E1"), ("PC-2", "E29"), ("PC-3", "E29")] {
        let row = rows["items"].as_array().unwrap().iter().find(|row| row["host"] == host).unwrap();
        let page = fixture.triaged(&analyst, row["id"].as_str().unwrap()).await;
        assert!(reason(&page, item).is_some_and(|said| said.contains("abuse")), "{host} has no {item}: {page}");
    }
    // The same file again is searched for again, and raises nothing again.
    let path = format!("/lists/{}?name=abuse&kind=bad&source=p&expected_version=1", list["id"].as_str().unwrap());
    let replaced = fixture.by(&analyst, Method::PUT, &path).body(LIST).send().await.unwrap();
    assert_eq!(replaced.status(), StatusCode::OK);
    assert_eq!(searched(&fixture, &analyst).await["search"], found);
    assert_eq!(alerts(&fixture.desk, ours).await.len(), 3);
    assert!(alerts(&fixture.desk, theirs).await.is_empty(), "another organisation's list");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_list_for_all_each_organisation_learns_what_was_found_in_its_own_logs() {
    let fixture = Fixture::start().await;
    let (ours, theirs) = (fixture.organization("ours").await, fixture.organization("theirs").await);
    let operator = fixture.visitor(Role::Operator, None).await;
    let stranger = fixture.visitor(Role::Analyst, Some(theirs)).await;
    sent_before(&fixture, ours, "PC-1").await;
    send(&fixture.desk, theirs, &[question("PC-2", 7, "c2.evil.example"), question("PC-5", 7, "other.example")]).await;
    assert_eq!(add(&fixture, &operator, None, "bad", LIST).await.0, StatusCode::CREATED);
    let seen = |values: u32, hosts: u32| json!({"state": "done", "values": values, "hosts": hosts, "not_raised": 0, "more": false});
    assert_eq!(searched(&fixture, &operator).await["search"], seen(4, 4));
    assert_eq!(searched(&fixture, &stranger).await["search"], seen(1, 1));
    assert_eq!((until(&fixture.desk, ours, 3).await.len(), until(&fixture.desk, theirs, 1).await.len()), (3, 1));
    assert_eq!(add(&fixture, &operator, None, "good", "known.example").await.1["item"]["search"], Value::Null);
}

/// A drill's week as an organisation's own: the page counts what a hunt over the same events counts.
#[tokio::test(flavor = "multi_thread")]
async fn a_drills_week_is_searched_for_a_name_of_its_noise() {
    let fixture = Fixture::start().await;
    let operator = fixture.visitor(Role::Operator, None).await;
    let drill::Loaded::New { org, .. } = drill::load(&fixture.desk, "company-week", |_| ()).await.unwrap() else { panic!("loaded before") };
    let system = Context::system("test");
    let drill = fixture.desk.store.get::<Organization>(&system, org.0).await.unwrap();
    let own = Organization { drill: None, ..drill.entity.clone() };
    fixture.desk.store.change(&system, Change::new("test", "").put(&own, drill.expect())).await.unwrap();
    let sql = "SELECT dns_query, count(DISTINCT host) AS hosts FROM events WHERE dns_query IS NOT NULL GROUP BY dns_query \
               HAVING min(time) > now() - INTERVAL '6 days' ORDER BY hosts DESC, dns_query LIMIT 1";
    let (_, answer) = fixture.post(&operator, "/hunt", &json!({ "sql": sql })).await;
    let (name, hosts) = (answer["rows"][0][0].as_str().unwrap_or_else(|| panic!("{answer}")), answer["rows"][0][1].as_u64().unwrap());
    let known = alerts(&fixture.desk, org).await.len();
    assert_eq!(add(&fixture, &operator, Some(org), "bad", name).await.0, StatusCode::CREATED);
    let list = searched(&fixture, &operator).await;
    assert_eq!(list["search"], json!({"state": "done", "values": 1, "hosts": hosts, "not_raised": 0, "more": false}), "{name}");
    let raised = alerts(&fixture.desk, org).await;
    assert!(raised.len() > known && raised.iter().any(|alert| alert.name == format!("abuse: {name}")), "{name}: {raised:?}");
}

/// What a search is to do, as its job says it.
async fn resumed(folder: &std::path::Path, list: impl Fn(ReferenceList) -> ReferenceList, lost: bool) -> (ListSearch, Vec<String>) {
    let Open { desk, mut background } = opened(folder).await;
    let org = organization(&desk).await;
    let brought = brought_elsewhere(&desk, org).await;
    background.shutdown().await;
    send(&desk, org, &[start("PC-1", "{11111111-0000-0000-0000-000000000001}", HASH)]).await;
    let list = list(brought.clone());
    let nobody = OrganizationId(uuid::Uuid::nil());
    let seen = [org, nobody].map(|org| SeenIn { org, values: 1, hosts: 1, not_raised: 0, more: false }).to_vec();
    let search = ListSearch { id: list.id, org: Some(org), uploaded_at: list.uploaded_at, state: SearchState::Raising, seen };
    let here = json!({"org": org, "host": "PC-1", "at": [desk.now()]});
    let nowhere = json!({"org": nobody, "host": "PC-2", "at": [desk.now()]});
    let waiting = if lost { vec![here, nowhere] } else { vec![here] };
    let job = json!({"list": list.id, "uploaded_at": list.uploaded_at, "after": null, "found": {}, "to_raise": waiting,
        "given_up": []});
    let change = Change::new("test", "").put(&list, Expect::Version(1)).put(&search, Expect::New).owner(Some(org));
    desk.store.change(&Context::system("test"), change.enqueue(Job::new("list-past", &job))).await.unwrap();
    drop(desk);
    let Open { desk, background: _working } = opened(folder).await;
    for _ in 0..600 {
        let search = desk.store.get::<ListSearch>(&Context::system("test"), list.id.0).await.unwrap();
        if search.state != SearchState::Raising {
            let raised = alerts(&desk, org).await;
            return (search.entity.clone(), raised.into_iter().map(|alert| alert.name).collect());
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the search is not over within 30 seconds");
}

/// The host that cannot be looked at stood first, failed again and again, and nobody looked at the others.
#[tokio::test(flavor = "multi_thread")]
async fn one_host_that_fails_keeps_no_other_one_from_being_raised() {
    let folder = tempfile::tempdir().unwrap();
    let (search, raised) = resumed(folder.path(), |list| list, true).await;
    assert_eq!(search.state, SearchState::Done);
    assert_eq!((search.seen[0].not_raised, search.seen[1].not_raised), (0, 1), "counted as not looked at: {search:?}");
    assert_eq!(raised, [format!("elsewhere: {HASH} (Emotet)")]);
}

/// The page of a list that passed its end meanwhile said for ever that it was searched for.
#[tokio::test(flavor = "multi_thread")]
async fn the_search_for_a_list_that_passes_its_end_is_told_as_ended() {
    let folder = tempfile::tempdir().unwrap();
    let past = |list: ReferenceList| ReferenceList { until: Some(list.uploaded_at), ..list };
    let (search, raised) = resumed(folder.path(), past, false).await;
    assert_eq!((search.state, search.seen[0].hosts), (SearchState::Ended, 1), "what was found stands");
    assert!(raised.is_empty(), "{raised:?}");
}
