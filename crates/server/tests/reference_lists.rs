//! Reference lists: uploaded, asked by the verdict, replaced and taken away; each organisation its own, those of the installation for all.

use hikeshi_domain::OrganizationId;
use hikeshi_domain::api_key::KeyScope;
use hikeshi_domain::reference_list::ReferenceList;
use hikeshi_domain::role::Role;
use hikeshi_record::{Change, Context, Query};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::fixture::{Fixture, Visitor, product_alert};

pub(crate) const HASH: &str = "aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899";

async fn sent(fixture: &Fixture, visitor: &Visitor, method: Method, path: &str, body: &str) -> (StatusCode, Value) {
    let response = fixture.by(visitor, method, path).body(body.to_owned()).send().await.unwrap();
    let status = response.status();
    (status, response.json().await.unwrap_or(Value::Null))
}

pub(crate) async fn add(fixture: &Fixture, visitor: &Visitor, org: Option<OrganizationId>, kind: &str, body: &str) -> (StatusCode, Value) {
    let org = org.map(|org| format!("&org={org}")).unwrap_or_default();
    sent(fixture, visitor, Method::POST, &format!("/lists?name=abuse&kind={kind}&source=publisher{org}"), body).await
}

/// What the latest verdict on a new alert of that hash says of an item.
async fn said(fixture: &Fixture, visitor: &Visitor, org: OrganizationId, alert: &str, item: &str) -> Option<String> {
    let key = fixture.key(org, KeyScope::Forwarder { name: "wef".to_owned() }).await;
    let (_, receipt) = fixture.alert(&key, &product_alert(alert, &format!("PC-{alert}"), HASH)).await;
    let page = fixture.triaged(visitor, receipt["id"].as_str().unwrap()).await;
    let found = find(&page, &|value| value["id"] == item && value["points"].is_number());
    found.map(|finding| finding["reason"].as_str().unwrap_or_default().to_owned())
}

pub(crate) fn find<'a>(value: &'a Value, fits: &dyn Fn(&Value) -> bool) -> Option<&'a Value> {
    if fits(value) {
        return Some(value);
    }
    match value {
        Value::Array(items) => items.iter().find_map(|item| find(item, fits)),
        Value::Object(fields) => fields.values().find_map(|field| find(field, fits)),
        _ => None,
    }
}

#[tokio::test]
async fn an_uploaded_list_is_named_by_the_verdict_until_it_is_taken_away() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let analyst = fixture.visitor(Role::Analyst, Some(org)).await;
    assert_eq!(said(&fixture, &analyst, org, "1", "E1").await, None);
    let (status, taken) = add(&fixture, &analyst, Some(org), "bad", &format!("sha256,name\n{HASH},Emotet\nnon sense,\n")).await;
    assert_eq!(status, StatusCode::CREATED, "{taken}");
    assert_eq!((&taken["item"]["entries"], &taken["item"]["rejected"], &taken["defects"][0]["line"]), (&json!(1), &json!(1), &json!(3)));
    assert!(taken["defects"][0]["reason"].as_str().unwrap().contains("neither hash, domain nor address: non sense"), "{taken}");
    let reason = said(&fixture, &analyst, org, "2", "E1").await.unwrap();
    assert!(reason.contains("abuse: Emotet, of "), "{reason}");
    let list = fixture.get(&analyst, "/lists").await["items"][0].clone();
    assert_eq!((&list["kind"], &list["source"], &list["expired"]), (&json!("bad"), &json!("publisher"), &json!(false)));
    let id = list["id"].as_str().unwrap();
    let (status, replaced) = sent(
        &fixture,
        &analyst,
        Method::PUT,
        &format!("/lists/{id}?name=abuse&kind=bad&source=publisher&expected_version=1"),
        "evil.example",
    )
    .await;
    assert_eq!((status, &replaced["item"]["version"]), (StatusCode::OK, &json!(2)), "{replaced}");
    assert_eq!(said(&fixture, &analyst, org, "3", "E1").await, None, "the new file does not name it");
    let stale = sent(&fixture, &analyst, Method::PUT, &format!("/lists/{id}?name=a&kind=bad&source=p&expected_version=1"), HASH).await;
    assert_eq!(stale.0, StatusCode::CONFLICT, "{}", stale.1);
    let without = sent(&fixture, &analyst, Method::DELETE, &format!("/lists/{id}?reason="), "").await;
    assert_eq!(without.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(sent(&fixture, &analyst, Method::DELETE, &format!("/lists/{id}?reason=wrong"), "").await.0, StatusCode::NO_CONTENT);
    assert_eq!(fixture.get(&analyst, "/lists").await["items"], json!([]));
    let kept = fixture.desk.store.list::<ReferenceList>(&Context::system("test"), Query::new()).await.unwrap();
    assert_eq!(kept.items.first().and_then(|list| list.removed.clone()).unwrap().reason, "wrong", "the record keeps it");
}

#[tokio::test]
async fn a_list_counts_for_its_organisation_and_one_of_the_installation_for_all() {
    let fixture = Fixture::start().await;
    let (ours, theirs) = (fixture.organization("ours").await, fixture.organization("theirs").await);
    let operator = fixture.visitor(Role::Operator, None).await;
    let ours_analyst = fixture.visitor(Role::Analyst, Some(ours)).await;
    let theirs_analyst = fixture.visitor(Role::Analyst, Some(theirs)).await;
    assert_eq!(add(&fixture, &theirs_analyst, Some(theirs), "bad", HASH).await.0, StatusCode::CREATED);
    assert_eq!(said(&fixture, &ours_analyst, ours, "1", "E1").await, None, "another organisation's list");
    assert_eq!(fixture.get(&ours_analyst, "/lists").await["items"], json!([]));
    assert_eq!(add(&fixture, &ours_analyst, None, "good", HASH).await.0, StatusCode::FORBIDDEN);
    let (status, taken) = add(&fixture, &operator, None, "good", HASH).await;
    assert_eq!((status, &taken["item"]["org"]), (StatusCode::CREATED, &Value::Null), "{taken}");
    assert!(said(&fixture, &ours_analyst, ours, "2", "E2").await.unwrap().contains("abuse"));
    let shown = fixture.get(&ours_analyst, "/lists").await;
    assert_eq!(shown["items"].as_array().unwrap().len(), 1, "what every verdict asks may be known: {shown}");
    let id = shown["items"][0]["id"].as_str().unwrap();
    let removed = sent(&fixture, &ours_analyst, Method::DELETE, &format!("/lists/{id}?reason=r"), "").await;
    assert_eq!(removed.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_file_that_cannot_be_read_to_its_end_or_holds_nothing_is_refused_in_words() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let analyst = fixture.visitor(Role::Analyst, Some(org)).await;
    for (body, word) in [("{\"list\": [\"evil.example\"", "JSON"), ("non sense\n", "Nothing in the file"), ("", "Nothing in the file")] {
        let (status, answer) = add(&fixture, &analyst, Some(org), "bad", body).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer["error"]["message"].as_str().unwrap().contains(word), "{answer}");
    }
    let past = format!("/lists?name=n&kind=bad&source=s&org={org}&until=2020-01-01T00:00:00Z");
    assert_eq!(sent(&fixture, &analyst, Method::POST, &past, HASH).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(fixture.get(&analyst, "/lists").await["items"], json!([]));
}

/// Two hundred lists of two million entries each were fourteen gigabytes.
#[tokio::test]
async fn all_lists_of_an_organisation_together_take_a_bounded_part_of_memory() {
    let fixture = Fixture::start().await;
    let (ours, theirs) = (fixture.organization("ours").await, fixture.organization("theirs").await);
    let operator = fixture.visitor(Role::Operator, None).await;
    let (_, first) = add(&fixture, &operator, Some(ours), "bad", HASH).await;
    grown(&fixture, &first["item"]["id"], 14_000_000 - 100).await;
    assert_eq!(add(&fixture, &operator, Some(ours), "bad", "evil.example").await.0, StatusCode::CREATED, "52 bytes");
    let (status, answer) = add(&fixture, &operator, Some(ours), "bad", "other.example").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(message.contains("Its other lists take 14.0 MB, and the 0.1 MB of this file are too many"), "{message}");
    assert_eq!(
        add(&fixture, &operator, Some(theirs), "bad", "other.example").await.0,
        StatusCode::CREATED,
        "another organisation's are its own"
    );
    let path = format!("/lists/{}?name=a&kind=bad&source=p&expected_version=2", first["item"]["id"].as_str().unwrap());
    let replaced = sent(&fixture, &operator, Method::PUT, &path, "a.example\nb.example").await;
    assert_eq!(replaced.0, StatusCode::OK, "what is replaced does not count: {}", replaced.1);
}

/// Entries that the desk holds in memory.
pub(crate) async fn held(fixture: &Fixture) -> String {
    let text = reqwest::get(format!("{}/metrics", fixture.base)).await.unwrap().text().await.unwrap();
    text.lines().find_map(|line| line.strip_prefix("hikeshi_list_entries ")).unwrap().to_owned()
}

/// Each file that was brought stayed in memory for up to an hour, whatever became of its list.
#[tokio::test]
async fn memory_holds_what_the_lists_name_and_nothing_else() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let analyst = fixture.visitor(Role::Analyst, Some(org)).await;
    let (_, added) = add(&fixture, &analyst, Some(org), "bad", "one.example").await;
    assert_eq!(held(&fixture).await, "1");
    let path =
        |version: u64| format!("/lists/{}?name=a&kind=bad&source=p&expected_version={version}", added["item"]["id"].as_str().unwrap());
    let stale = sent(&fixture, &analyst, Method::PUT, &path(7), "a.example\nb.example\nc.example").await;
    assert_eq!((stale.0, held(&fixture).await.as_str()), (StatusCode::CONFLICT, "1"), "it was refused");
    let replaced = sent(&fixture, &analyst, Method::PUT, &path(1), "a.example\nb.example").await;
    assert_eq!((replaced.0, held(&fixture).await.as_str()), (StatusCode::OK, "2"), "the old file is named by no list");
    let (_, twin) = add(&fixture, &analyst, Some(org), "good", "a.example\nb.example").await;
    assert_eq!(held(&fixture).await, "2", "the same file is held once");
    let gone = |id: &Value| format!("/lists/{}?reason=r", id.as_str().unwrap());
    sent(&fixture, &analyst, Method::DELETE, &gone(&added["item"]["id"]), "").await;
    assert_eq!(held(&fixture).await, "2", "another list names it");
    sent(&fixture, &analyst, Method::DELETE, &gone(&twin["item"]["id"]), "").await;
    assert_eq!(held(&fixture).await, "0");
}

/// As if the list took so many bytes of memory.
pub(crate) async fn grown(fixture: &Fixture, id: &Value, bytes: u64) {
    let system = Context::system("test");
    let standing = fixture.desk.store.list::<ReferenceList>(&system, Query::new()).await.unwrap().items;
    let list = standing.into_iter().find(|list| list.id.to_string() == id.as_str().unwrap()).unwrap();
    let large = ReferenceList { memory_bytes: Some(bytes), ..list.entity.clone() };
    fixture.desk.store.change(&system, Change::new("test", "").put(&large, list.expect())).await.unwrap();
}

/// Each looked at what stood before the others were saved.
#[tokio::test]
async fn uploads_at_the_same_time_keep_the_bound_together() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let analyst = fixture.visitor(Role::Analyst, Some(org)).await;
    let (_, first) = add(&fixture, &analyst, Some(org), "bad", "one.example").await;
    grown(&fixture, &first["item"]["id"], 14_000_000 - 60).await;
    let (a, b, c, d) = tokio::join!(
        add(&fixture, &analyst, Some(org), "bad", "a.example"),
        add(&fixture, &analyst, Some(org), "bad", "b.example"),
        add(&fixture, &analyst, Some(org), "bad", "c.example"),
        add(&fixture, &analyst, Some(org), "bad", "d.example"),
    );
    let taken = [a.0, b.0, c.0, d.0];
    assert_eq!(taken.iter().filter(|status| **status == StatusCode::CREATED).count(), 1, "{taken:?}");
}

/// Three organisations could take all that there was: others, and the operator, were refused their first entry.
#[tokio::test]
async fn organisations_leave_room_for_others_and_for_the_installation() {
    let fixture = Fixture::start().await;
    let operator = fixture.visitor(Role::Operator, None).await;
    for (name, bytes) in [("a", 14_000_000), ("b", 10_500_000)] {
        let org = fixture.organization(name).await;
        let (_, list) = add(&fixture, &operator, Some(org), "bad", "one.example").await;
        grown(&fixture, &list["item"]["id"], bytes).await;
    }
    let (status, shared) = add(&fixture, &operator, None, "bad", "shared.example").await;
    assert_eq!(status, StatusCode::CREATED, "a part is kept for the installation: {shared}");
    grown(&fixture, &shared["item"]["id"], 72_000_000).await;
    let (status, answer) = add(&fixture, &operator, None, "bad", "more.example").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
    assert!(answer["error"]["message"].as_str().unwrap().contains("at most 72.0 MB of memory together (other lists 72.0 MB"), "{answer}");
    let last = fixture.organization("c").await;
    let analyst = fixture.visitor(Role::Analyst, Some(last)).await;
    let (status, own) = add(&fixture, &analyst, Some(last), "bad", "a.example").await;
    assert_eq!(status, StatusCode::CREATED, "{own}");
    grown(&fixture, &own["item"]["id"], (56_000_000 - 24_500_000) / 4).await;
    let (status, answer) = add(&fixture, &analyst, Some(last), "bad", "b.example").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(!message.contains("24.5"), "what others hold is theirs: {message}");
}

/// Sends the head of a request whose body is held back until it is asked for.
async fn begun(fixture: &Fixture, visitor: &Visitor, request: &str) -> TcpStream {
    let host = fixture.base.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).await.unwrap();
    let head = format!(
        "{request} HTTP/1.1\r\nHost: {host}\r\nCookie: {}\r\nX-Hikeshi: 1\r\nContent-Length: 90000000\r\nExpect: 100-continue\r\n\r\n",
        visitor.cookie
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// The first line of the answer.
async fn first_line(stream: &mut TcpStream) -> String {
    let mut line = Vec::new();
    while !line.ends_with(b"\r\n") {
        line.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(line).unwrap().trim_end().to_owned()
}

async fn asked_first(fixture: &Fixture, visitor: &Visitor, request: &str) -> String {
    first_line(&mut begun(fixture, visitor, request).await).await
}

/// All that were sent at the same time lay in memory, 96 MiB each, before the first was read.
#[tokio::test]
async fn one_file_at_a_time_is_taken_off_the_wire() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let analyst = fixture.visitor(Role::Analyst, Some(org)).await;
    let new = format!("POST /api/v1/lists?name=n&kind=bad&source=s&org={org}");
    let mut first = begun(&fixture, &analyst, &new).await;
    assert_eq!(first_line(&mut first).await, "HTTP/1.1 100 Continue");
    let mut second = begun(&fixture, &analyst, &new).await;
    let waits = tokio::time::timeout(std::time::Duration::from_millis(300), first_line(&mut second)).await;
    assert!(waits.is_err(), "{waits:?}");
    drop(first);
    assert_eq!(first_line(&mut second).await, "HTTP/1.1 100 Continue", "its sender went away");
}

/// Up to 96 MiB were read of whoever had signed in.
#[tokio::test]
async fn no_file_is_read_of_somebody_who_may_not_bring_it() {
    let fixture = Fixture::start().await;
    let (ours, theirs) = (fixture.organization("ours").await, fixture.organization("theirs").await);
    let analyst = fixture.visitor(Role::Analyst, Some(ours)).await;
    let reader = fixture.visitor(Role::Reader, Some(ours)).await;
    let stranger = fixture.visitor(Role::Analyst, Some(theirs)).await;
    let (_, added) = add(&fixture, &analyst, Some(ours), "bad", "one.example").await;
    let about = "name=n&kind=bad&source=s";
    let new = format!("POST /api/v1/lists?{about}&org={ours}");
    let everywhere = format!("POST /api/v1/lists?{about}");
    let put = |version: u64| format!("PUT /api/v1/lists/{}?{about}&expected_version={version}", added["item"]["id"].as_str().unwrap());
    for (who, request, expected) in [
        (&reader, &new, "HTTP/1.1 403 Forbidden"),
        (&analyst, &everywhere, "HTTP/1.1 403 Forbidden"),
        (&stranger, &new, "HTTP/1.1 404 Not Found"),
        (&reader, &put(1), "HTTP/1.1 403 Forbidden"),
        (&stranger, &put(1), "HTTP/1.1 404 Not Found"),
        (&analyst, &put(7), "HTTP/1.1 409 Conflict"),
        (&analyst, &new, "HTTP/1.1 100 Continue"),
        (&analyst, &put(1), "HTTP/1.1 100 Continue"),
    ] {
        assert_eq!(asked_first(&fixture, who, request).await, expected, "{request}");
    }
}

/// What a list of known good cleared left no trace on the exception list.
// covers: S3-111
#[tokio::test]
async fn a_file_that_a_list_clears_gets_an_entry_that_names_the_list() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let analyst = fixture.visitor(Role::Analyst, Some(org)).await;
    let key = fixture.key(org, KeyScope::Forwarder { name: "wef".to_owned() }).await;
    let (_, list) = add(&fixture, &analyst, Some(org), "good", HASH).await;
    let id = list["item"]["id"].as_str().unwrap();
    let state = async |alert: &str| {
        let mut raised = product_alert(alert, &format!("PC-{alert}"), HASH);
        raised["file"]["path"] = json!(r"C:\Apps\keiri\keiri.exe");
        let (_, receipt) = fixture.alert(&key, &raised).await;
        fixture.triaged(&analyst, receipt["id"].as_str().unwrap()).await["alert"]["state"].clone()
    };
    let entries = async || fixture.get(&analyst, "/exceptions").await["items"].as_array().unwrap().clone();
    assert_eq!(state("1").await, "harmless");
    let [entry] = entries().await.try_into().unwrap();
    assert_eq!((&entry["kind"], &entry["value"], &entry["reason"]), (&json!("hash"), &json!(HASH), &json!("publisher")), "{entry}");
    assert_eq!(
        (&entry["list"]["id"], &entry["list"]["name"], &entry["list"]["version"]),
        (&json!(id), &json!("abuse"), &json!(1)),
        "{entry}"
    );
    assert_eq!(entry["effect"], "registered", "the list excuses, not the entry");
    assert_eq!((state("2").await, entries().await.len()), (json!("harmless"), 1), "it is there already");
    // A person ended it: the same version of the list brings it back no more.
    let path = format!("/exceptions/{}", entry["id"].as_str().unwrap());
    assert_eq!(sent(&fixture, &analyst, Method::DELETE, &path, "").await.0, StatusCode::NO_CONTENT);
    assert_eq!((state("3").await, entries().await.len()), (json!("harmless"), 1));
    let path = format!("/lists/{id}?name=abuse&kind=good&source=publisher&expected_version=1");
    assert_eq!(sent(&fixture, &analyst, Method::PUT, &path, HASH).await.0, StatusCode::OK);
    assert_eq!((state("4").await, entries().await.len()), (json!("harmless"), 2));
    assert_eq!(entries().await[0]["list"]["version"], 2);
    // Without the list nothing excuses.
    assert_eq!(sent(&fixture, &analyst, Method::DELETE, &format!("/lists/{id}?reason=r"), "").await.0, StatusCode::NO_CONTENT);
    assert_eq!(state("5").await, "reported");
}
