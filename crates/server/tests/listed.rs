//! Lists of known bad act by themselves: on what comes in, and on what was judged without them.

use hikeshi_desk::open::Open;
use hikeshi_domain::api_key::KeyScope;
use hikeshi_domain::reference_list::{ListKind, ReferenceList};
use hikeshi_domain::role::Role;
use hikeshi_domain::triage_run::ObjectRef;
use hikeshi_domain::{OrganizationId, PersonId, ReferenceListId};
use hikeshi_lake::MatchQuery;
use hikeshi_lake::catalogue::OrgScope;
use hikeshi_record::{Change, Context, Expect};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::fixture::{Fixture, Visitor, product_alert};
use crate::raising::{alerts, opened, organization, send, until};
use crate::reference_lists::{HASH, add, find};

pub(crate) const LIST: &str =
    "value,name\naabbccddeeff00112233445566778899aabbccddeeff00112233445566778899,Emotet\n*.evil.example,\n203.0.113.0/24,\n";

fn sysmon(id: u32, host: &str, record: u64, fields: Value) -> Value {
    let time = Timestamp::now() - SignedDuration::from_mins(3);
    let mut event = json!({"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": id, "Computer": host, "EventRecordID": record,
        "TimeCreated": time.to_string(), "UtcTime": time.to_string()});
    event.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    event
}

/// A program in an ordinary place whose hash is given.
pub(crate) fn start(host: &str, guid: &str, sha256: &str) -> Value {
    let fields = json!({"ProcessGuid": guid, "ProcessId": 40, "Image": "C:\\Program Files\\Tool\\tool.exe", "CommandLine": "tool.exe",
        "User": "CORP\\taro", "ParentImage": "C:\\Windows\\explorer.exe", "Hashes": format!("SHA256={}", sha256.to_uppercase())});
    sysmon(1, host, 1, fields)
}

pub(crate) fn question(host: &str, record: u64, name: &str) -> Value {
    sysmon(22, host, record, json!({"QueryName": name, "QueryResults": "198.51.100.7;"}))
}

pub(crate) fn call(host: &str, guid: &str, address: &str) -> Value {
    let fields = json!({"ProcessGuid": guid, "ProcessId": 40, "Image": "C:\\Program Files\\Tool\\tool.exe", "Initiated": "true",
        "SourceIp": "10.0.0.4", "DestinationIp": address, "DestinationPort": 443, "Protocol": "tcp"});
    sysmon(3, host, 2, fields)
}

/// What is said of an item of evidence on an alert's page.
pub(crate) fn reason<'a>(page: &'a Value, item: &str) -> Option<&'a str> {
    find(page, &|value| value["id"] == item && value["points"].is_number())?["reason"].as_str()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_list_calls_bad_raises_an_alert_when_it_comes_in() {
    let fixture = Fixture::start().await;
    let (ours, theirs) = (fixture.organization("ours").await, fixture.organization("theirs").await);
    let analyst = fixture.visitor(Role::Analyst, Some(ours)).await;
    assert_eq!(add(&fixture, &analyst, Some(ours), "bad", LIST).await.0, StatusCode::CREATED);
    let other = "11".repeat(32);
    let events = [
        start("PC-1", "{11111111-0000-0000-0000-000000000001}", HASH),
        question("PC-2", 7, "c2.evil.example"),
        start("PC-3", "{11111111-0000-0000-0000-000000000003}", &other),
        call("PC-3", "{11111111-0000-0000-0000-000000000003}", "203.0.113.9"),
        start("PC-4", "{11111111-0000-0000-0000-000000000004}", &other),
        question("PC-4", 8, "good.example"),
    ];
    for org in [theirs, ours] {
        send(&fixture.desk, org, &events).await;
    }
    let mut raised = until(&fixture.desk, ours, 3).await;
    raised.sort_by(|a, b| a.host.cmp(&b.host));
    let told: Vec<(&str, &str)> = raised.iter().map(|alert| (alert.host.as_str(), alert.name.as_str())).collect();
    assert_eq!(
        told,
        [("PC-1", format!("abuse: {HASH} (Emotet)").as_str()), ("PC-2", "abuse: c2.evil.example"), ("PC-3", "abuse: 203.0.113.9")]
    );
    assert!(alerts(&fixture.desk, theirs).await.is_empty(), "another organisation's list");
    let rows = fixture.get(&analyst, "/alerts").await;
    for (host, item, word) in [("PC-1", "E1", "abuse: Emotet, of "), ("PC-2", "E29", "evil"), ("PC-3", "E29", "203")] {
        let row = rows["items"].as_array().unwrap().iter().find(|row| row["host"] == host).unwrap();
        let page = fixture.triaged(&analyst, row["id"].as_str().unwrap()).await;
        let said = reason(&page, item).unwrap_or_else(|| panic!("{host} has no {item}: {page}"));
        assert!(said.contains(word) && said.contains("abuse"), "{said}");
    }
}

/// A hundred connections a minute were a million matches in a week, which pushed those of rules out of the verdict.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_process_keeps_calling_is_one_match_a_minute() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let analyst = fixture.visitor(Role::Analyst, Some(org)).await;
    assert_eq!(add(&fixture, &analyst, Some(org), "bad", LIST).await.0, StatusCode::CREATED);
    let guid = "{11111111-0000-0000-0000-000000000001}";
    let mut events = vec![start("PC-1", guid, &"11".repeat(32))];
    for record in 10..210 {
        let mut event = call("PC-1", guid, "203.0.113.9");
        event["EventRecordID"] = record.into();
        events.push(event);
    }
    send(&fixture.desk, org, &events).await;
    until(&fixture.desk, org, 1).await;
    let (from, to) = (Timestamp::now() - SignedDuration::from_hours(1), Timestamp::now());
    let query = MatchQuery { scope: OrgScope::one(org), host: None, from, to, limit: 1_000 };
    let mut listed = fixture.desk.telemetry.lake.matches(query).await.unwrap();
    listed.retain(|row| row.rule.rule_id == "hikeshi.listed");
    assert_eq!(listed.len(), 1);
    let metrics = reqwest::get(format!("{}/metrics", fixture.base)).await.unwrap().text().await.unwrap();
    assert!(metrics.contains("hikeshi_listed_left_out 199"), "{metrics}");
}

/// A crash keeps acknowledged events in the stream: they are asked of the lists after it, too.
#[tokio::test(flavor = "multi_thread")]
async fn the_stream_waits_for_the_lists_at_a_start() {
    let folder = tempfile::tempdir().unwrap();
    let Open { desk, mut background } = opened(folder.path()).await;
    let org = organization(&desk).await;
    let list = brought_elsewhere(&desk, org).await;
    background.shutdown().await;
    drop(desk);
    let Open { desk, background: _working } = opened(folder.path()).await;
    send(&desk, org, &[start("PC-1", "{11111111-0000-0000-0000-000000000001}", HASH)]).await;
    let raised = until(&desk, org, 1).await;
    assert_eq!(raised[0].name, format!("{}: {HASH} (Emotet)", list.name));
}

/// A list that another node took.
pub(crate) async fn brought_elsewhere(desk: &hikeshi_desk::Desk, org: OrganizationId) -> ReferenceList {
    let id = desk.objects.put(LIST.into()).await.unwrap();
    let list = ReferenceList {
        id: ReferenceListId(Uuid::now_v7()),
        org: Some(org),
        name: "elsewhere".to_owned(),
        kind: ListKind::Bad,
        source: "publisher".to_owned(),
        entries: ObjectRef { sha256: id.to_string(), size_bytes: u64::try_from(LIST.len()).unwrap() },
        count: 3,
        memory_bytes: None,
        rejected: 0,
        by: PersonId(Uuid::nil()),
        uploaded_at: desk.now(),
        until: None,
        removed: None,
    };
    desk.store.change(&Context::system("test"), Change::new("test", "").put(&list, Expect::New)).await.unwrap();
    list
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_are_judged_again_when_a_list_of_known_bad_comes() {
    judged_again(&Fixture::start().await).await;
}

/// Open and closed alerts of the organisation learn what a new list says, with the reason in their history; others stay as they are.
pub(crate) async fn judged_again(fixture: &Fixture) {
    let (ours, theirs) = (fixture.organization("ours").await, fixture.organization("theirs").await);
    let analyst = fixture.visitor(Role::Analyst, Some(ours)).await;
    let stranger = fixture.visitor(Role::Analyst, Some(theirs)).await;
    let other = "22".repeat(32);
    let open = received(fixture, &analyst, ours, "PC-1", HASH).await;
    let closed = received(fixture, &analyst, ours, "PC-2", HASH).await;
    let unlisted = received(fixture, &analyst, ours, "PC-3", &other).await;
    let foreign = received(fixture, &stranger, theirs, "PC-1", HASH).await;
    let (status, answer) = fixture.post(&analyst, "/alerts/close", &json!({"ids": [closed], "reason": "handled"})).await;
    assert_eq!(status, StatusCode::OK, "{answer}");

    let (status, taken) = add(fixture, &analyst, Some(ours), "bad", HASH).await;
    assert_eq!(status, StatusCode::CREATED, "{taken}");
    for alert in [&open, &closed] {
        let page = fixture.until(&analyst, &format!("/alerts/{alert}"), |page| reason(page, "E1").is_some()).await;
        let step = page["history"].as_array().unwrap().iter().find(|step| step["action"] == "triage.list");
        assert_eq!(step.map(|step| &step["reason"]), Some(&json!("abuse")), "{page}");
        assert_eq!(page["versions"].as_array().map(Vec::len), Some(2), "{page}");
    }
    let page = fixture.get(&analyst, &format!("/alerts/{closed}")).await;
    assert_eq!(page["alert"]["state"], "closed", "whoever closed it decides");

    // Another file in its place is another version: it is asked, too. By then the first one's looks are over.
    let id = taken["item"]["id"].as_str().unwrap();
    let path = format!("/lists/{id}?name=abuse&kind=bad&source=publisher&expected_version=1");
    let replaced = fixture.by(&analyst, Method::PUT, &path).body(other.clone()).send().await.unwrap();
    assert_eq!(replaced.status(), StatusCode::OK);
    let page = fixture.until(&analyst, &format!("/alerts/{unlisted}"), |page| reason(page, "E1").is_some()).await;
    assert_eq!(page["versions"].as_array().map(Vec::len), Some(2), "the first list said nothing of it, and made no run: {page}");
    let page = fixture.get(&stranger, &format!("/alerts/{foreign}")).await;
    assert_eq!((reason(&page, "E1"), page["versions"].as_array().map(Vec::len)), (None, Some(1)), "another organisation's: {page}");
}

/// An alert on a file, once triage has looked.
async fn received(fixture: &Fixture, visitor: &Visitor, org: OrganizationId, host: &str, sha256: &str) -> String {
    let key = fixture.key(org, KeyScope::Forwarder { name: "wef".to_owned() }).await;
    let (status, receipt) = fixture.alert(&key, &product_alert("1", host, sha256)).await;
    assert_eq!(status, StatusCode::CREATED, "{receipt}");
    let id = receipt["id"].as_str().unwrap().to_owned();
    fixture.triaged(visitor, &id).await;
    id
}
