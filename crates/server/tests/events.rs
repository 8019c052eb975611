//! Events by HTTP: 202 means on disk, a retry adds nothing, whoever sends decides nothing about whose they are.

use hikeshi_domain::api_key::KeyScope;
use hikeshi_domain::role::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::fixture::{Fixture, Visitor};

const LINES: &str = concat!(
    r#"{"Channel":"Microsoft-Windows-Sysmon/Operational","EventID":1,"Computer":"PC-1","EventRecordID":1,"TimeCreated":"2026-11-21T03:08:12Z","Image":"C:\\a.exe","ProcessId":4}"#,
    "\n",
    r#"{"Channel":"Microsoft-Windows-Sysmon/Operational","EventID":1,"Computer":"PC-1","EventRecordID":2,"TimeCreated":"2026-11-21T03:08:13Z","Image":"C:\\b.exe","ProcessId":8}"#,
    "\n"
);

async fn send(fixture: &Fixture, key: &str, idempotency: &str, body: Vec<u8>, encoding: Option<&str>) -> (StatusCode, Value) {
    let mut request = fixture.request(Method::POST, "/events").bearer_auth(key).header("idempotency-key", idempotency).body(body);
    if let Some(encoding) = encoding {
        request = request.header("content-encoding", encoding);
    }
    let response = request.send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

async fn count(fixture: &Fixture, visitor: &Visitor) -> i64 {
    fixture.desk.telemetry.lake.flush().await;
    let (status, answer) = fixture.post(visitor, "/hunt", &json!({"sql": "SELECT count(*) AS n FROM events"})).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer["rows"][0][0].as_i64().unwrap()
}

// covers: S3-1, S3-2, S1-59
#[tokio::test]
async fn events_are_taken_once_and_belong_to_the_keys_organisation() {
    let fixture = Fixture::start().await;
    let (ours, theirs) = (fixture.organization("ours").await, fixture.organization("theirs").await);
    let (analyst, stranger) = (fixture.visitor(Role::Analyst, Some(ours)).await, fixture.visitor(Role::Analyst, Some(theirs)).await);
    let key = fixture.key(ours, KeyScope::Forwarder { name: "wef".to_owned() }).await;
    let (status, receipt) = send(&fixture, &key, "b-1", LINES.into(), None).await;
    assert_eq!((status, &receipt["repeated"]), (StatusCode::ACCEPTED, &json!(false)));
    let (status, receipt) = send(&fixture, &key, "b-1", LINES.into(), None).await;
    assert_eq!((status, &receipt["repeated"]), (StatusCode::ACCEPTED, &json!(true)));
    let (status, _) = send(&fixture, &key, "b-2", LINES.into(), None).await;
    assert_eq!(status, StatusCode::ACCEPTED, "the same events under another key are taken, and add nothing");
    let (status, receipt) = send(&fixture, &key, "b-3", [LINES, "no event\n"].concat().into(), None).await;
    assert_eq!((status, &receipt["rejected"]), (StatusCode::ACCEPTED, &json!(1)), "what is not kept is told");
    assert_eq!(count(&fixture, &analyst).await, 2);
    assert_eq!(count(&fixture, &stranger).await, 0, "another organisation sees none of them");
}

#[tokio::test]
async fn wrong_batches_are_refused_with_the_reason() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let key = fixture.key(org, KeyScope::Forwarder { name: "wef".to_owned() }).await;
    let host_key = fixture.key(org, KeyScope::Hosts { hosts: vec!["PC-1".to_owned()] }).await;
    let many = "{}\n".repeat(400_001);
    for (key, body, encoding, expected) in [
        (key.as_str(), many.as_str(), None, StatusCode::PAYLOAD_TOO_LARGE),
        (&key, "", None, StatusCode::UNPROCESSABLE_ENTITY),
        (&key, LINES, Some("br"), StatusCode::UNPROCESSABLE_ENTITY),
        (&key, LINES, Some("gzip"), StatusCode::UNPROCESSABLE_ENTITY),
        (&key, "no event", None, StatusCode::UNPROCESSABLE_ENTITY),
        (&host_key, LINES, None, StatusCode::UNPROCESSABLE_ENTITY),
        ("hikeshi_nobody", LINES, None, StatusCode::UNAUTHORIZED),
    ] {
        let (status, answer) = send(&fixture, key, "x", body.into(), encoding).await;
        assert_eq!(status, expected, "{answer}");
    }
}

#[tokio::test]
async fn sql_that_is_no_select_is_refused() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let analyst = fixture.visitor(Role::Analyst, Some(org)).await;
    for sql in
        ["DROP TABLE events", "COPY events TO '/tmp/x'", "SET x = 1", "SELECT 1; SELECT 2", "SELECT * FROM read_parquet('/etc/passwd')", ""]
    {
        let (status, answer) = fixture.post(&analyst, "/hunt", &json!({"sql": sql})).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{sql}: {answer}");
    }
}

// covers: S1-59
#[tokio::test]
async fn no_shape_of_a_query_shows_another_organisations_events() {
    let fixture = Fixture::start().await;
    let (ours, theirs) = (fixture.organization("ours").await, fixture.organization("theirs").await);
    let stranger = fixture.visitor(Role::Analyst, Some(theirs)).await;
    let key = fixture.key(ours, KeyScope::Forwarder { name: "wef".to_owned() }).await;
    assert_eq!(send(&fixture, &key, "b-1", LINES.into(), None).await.0, StatusCode::ACCEPTED);
    fixture.desk.telemetry.lake.flush().await;
    for sql in [
        "SELECT count(*) FROM events".to_owned(),
        "SELECT count(*) FROM (SELECT * FROM events UNION ALL SELECT * FROM events) AS both".to_owned(),
        "WITH a AS (SELECT host FROM events) SELECT count(*) FROM a JOIN events b ON a.host = b.host".to_owned(),
        format!("SELECT count(*) FROM events WHERE org = '{ours}' OR 1 = 1", ours = ours.0),
        "SELECT (SELECT count(*) FROM events)".to_owned(),
        "SELECT count(*) FROM matches".to_owned(),
    ] {
        let (status, answer) = fixture.post(&stranger, "/hunt", &json!({"sql": sql})).await;
        assert_eq!((status, &answer["rows"][0][0]), (StatusCode::OK, &json!(0)), "{sql}: {answer}");
        let (status, answer) = fixture.post(&stranger, "/hunt", &json!({"sql": sql, "org": ours.0})).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{sql}: {answer}");
    }
}

#[tokio::test]
async fn a_query_cannot_make_much_of_little() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let analyst = fixture.visitor(Role::Analyst, Some(org)).await;
    for sql in [
        "SELECT cardinality(range(1, 2000000000))",
        "SELECT repeat('x', 2147483647)",
        "SELECT lpad('x', 2147483647)",
        "SELECT * FROM generate_series(1, 2000000000)",
        "SELECT * FROM range(1, 2000000000)",
        "SELECT replace(repeat('a', 1000), 'a', 'aaaa')",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM read_csv('/etc/passwd')",
    ] {
        let (status, answer) = fixture.post(&analyst, "/hunt", &json!({"sql": sql})).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{sql}: {answer}");
    }
}
