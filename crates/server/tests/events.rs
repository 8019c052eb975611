//! Events by HTTP: 202 means on disk, a retry adds nothing, whoever sends decides nothing about whose they are.

use std::io::Write;
use std::time::Duration;

use hikeshi_desk::open::Opening;
use hikeshi_domain::api_key::KeyScope;
use hikeshi_domain::role::Role;
use hikeshi_lake::LakeConfig;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::fixture::{Fixture, Visitor};
use crate::waiting::until;

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

/// Lines as no serialiser would write them, so that what comes out is what was sent.
const SENT: [&str; 2] = [
    r#"{ "Channel":"System" ,"EventID":7045,"Computer":"PC-1","EventRecordID":1,"TimeCreated":"2026-11-21T03:08:12Z","ServiceName":"\u0041\u3042 あ","n":1.0e1}"#,
    r#"{"EventRecordID":2,"Computer":"PC-1","Channel":"System","EventID":7045,"TimeCreated":"2026-11-21T03:08:13Z","ServiceName":"\/" }"#,
];

#[tokio::test]
async fn compressed_events_come_out_byte_for_byte() {
    let body = SENT.join("\n");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(body.as_bytes()).unwrap();
    for (encoding, body) in [("gzip", gzip.finish().unwrap()), ("zstd", zstd::encode_all(body.as_bytes(), 3).unwrap())] {
        let fixture = Fixture::start().await;
        let org = fixture.organization("ours").await;
        let analyst = fixture.visitor(Role::Analyst, Some(org)).await;
        let key = fixture.key(org, KeyScope::Forwarder { name: "wef".to_owned() }).await;
        let (status, answer) = send(&fixture, &key, "b-1", body.clone(), Some(encoding)).await;
        assert_eq!((status, &answer["rejected"]), (StatusCode::ACCEPTED, &json!(0)), "{encoding}: {answer}");
        let (status, answer) = send(&fixture, &key, "b-1", body.clone(), Some(encoding)).await;
        assert_eq!((status, &answer["repeated"]), (StatusCode::ACCEPTED, &json!(true)), "{encoding}: {answer}");
        fixture.desk.telemetry.lake.flush().await;
        let (_, answer) = fixture.post(&analyst, "/hunt", &json!({"sql": "SELECT raw FROM events ORDER BY record_id"})).await;
        assert_eq!(answer["rows"], json!([[SENT[0]], [SENT[1]]]), "{encoding}");
        let (status, _) = send(&fixture, &key, "b-2", body[..body.len() - 5].to_vec(), Some(encoding)).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{encoding}: cut short");
    }
}

#[tokio::test]
async fn a_full_backlog_asks_to_come_again_and_drops_nothing() {
    // Each batch fills a file of the stream, and two files are too much to wait.
    let lake = LakeConfig { backlog_bytes: 600, log_part_bytes: 1, flush_after: Duration::from_secs(3_600), ..LakeConfig::default() };
    let fixture = Fixture::start_as(|opening| Opening { lake, ..opening }).await;
    let org = fixture.organization("ours").await;
    let analyst = fixture.visitor(Role::Analyst, Some(org)).await;
    let key = fixture.key(org, KeyScope::Forwarder { name: "wef".to_owned() }).await;
    let batch = |number: usize| LINES.replace("PC-1", &format!("PC-{number}"));
    let (mut taken, mut refused) = (0, None);
    while refused.is_none() && taken < 10 {
        let name = format!("b-{taken}");
        let request = fixture.request(Method::POST, "/events").bearer_auth(&key).header("idempotency-key", name).body(batch(taken));
        let response = request.send().await.unwrap();
        match response.status() {
            StatusCode::ACCEPTED => taken += 1,
            _ => refused = Some(response),
        }
    }
    let refused = refused.expect("the backlog has an end");
    assert_eq!((refused.status(), taken), (StatusCode::TOO_MANY_REQUESTS, 2));
    let wait: u64 = refused.headers().get("retry-after").unwrap().to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(refused.json::<Value>().await.unwrap()["error"]["kind"], "busy");
    assert_eq!(count(&fixture, &analyst).await, 4, "what was taken is there, and nothing of what was refused");
    // Files that are written leave the stream a moment after their commit.
    until("there is room again", async || {
        let (status, _) = send(&fixture, &key, "b-2", batch(2).into(), None).await;
        assert!([StatusCode::ACCEPTED, StatusCode::TOO_MANY_REQUESTS].contains(&status), "{status}");
        (status == StatusCode::ACCEPTED).then_some(())
    })
    .await;
    assert_eq!(count(&fixture, &analyst).await, 6, "the same batch, sent again, is there once");
}

/// A stranger could keep 32 MiB of memory busy for each connection.
#[tokio::test]
async fn a_wrong_key_is_refused_before_the_body_is_read() {
    let fixture = Fixture::start().await;
    let address = fixture.base.strip_prefix("http://").unwrap();
    for path in ["events", "alerts"] {
        for key in ["Authorization: Bearer hikeshi_nobody\r\n", ""] {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let head = format!("POST /api/v1/{path} HTTP/1.1\r\nHost: {address}\r\n{key}Content-Length: 30000000\r\n\r\n");
            stream.write_all(head.as_bytes()).await.unwrap();
            // Nothing of the body is ever sent: whoever waits for it never answers.
            let mut answer = [0; 12];
            tokio::time::timeout(Duration::from_secs(30), stream.read_exact(&mut answer)).await.unwrap().unwrap();
            assert_eq!(String::from_utf8_lossy(&answer), "HTTP/1.1 401", "{path} {key}");
        }
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
