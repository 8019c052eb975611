//! Queries that mean harm, against the real engine: each ends with an answer or a reason, and the desk goes on.

use std::time::Duration;

use hikeshi_access::Caller;
use hikeshi_desk::event::{self, Sent};
use hikeshi_domain::OrganizationId;
use hikeshi_hunt::{HuntError, HuntLimits};
use hikeshi_lake::Encoding;
use hikeshi_lake::catalogue::OrgScope;
use serde_json::json;

use crate::fixture::Fixture;

/// What becomes of a query.
#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    /// It has rows.
    Rows,
    /// A limit, or the parser, refuses it before it runs.
    Refused,
    /// It may have rows or run into a limit, as fast as the machine is.
    Either,
}

fn chain(first: &str, link: &str, count: usize) -> String {
    format!("SELECT {first}{}", link.repeat(count))
}

fn nested(column: &str, step: &str, depth: usize) -> String {
    let first = format!("SELECT {column} AS s0 FROM events");
    let of = |inner: String, at: usize| format!("SELECT {} AS s{} FROM ({inner}) t{at}", step.replace('s', &format!("s{at}")), at + 1);
    format!("SELECT max(length(s{depth})) FROM ({}) t", (0..depth).fold(first, of))
}

fn with_tables(depth: usize) -> String {
    let step = |at: usize| format!("a{} AS (SELECT x FROM a{at} UNION ALL SELECT x FROM a{at})", at + 1);
    let steps: Vec<String> = (0..depth).map(step).collect();
    format!("WITH a0 AS (SELECT 1 AS x), {} SELECT count(*) FROM a{depth}", steps.join(", "))
}

fn all() -> Vec<(&'static str, String, End)> {
    use End::{Either, Refused, Rows};
    let columns = "host, uid, raw, source, channel, provider, event_id, record_id, process_pid, process_image, time, received_at, severity";
    let hashes: Vec<String> = (0..900).map(|number| format!("'{number:064x}'")).collect();
    let likes: Vec<String> = (0..300).map(|number| format!("process_command_line LIKE '%{number}%'")).collect();
    vec![
        ("parentheses", format!("SELECT {}1{}", "(".repeat(20_000), ")".repeat(20_000)), Refused),
        ("a long sum", chain("1", "+1", 30_000), Refused),
        ("a sum that overflows a usual stack", chain("1", "+1", 400), Rows),
        ("many casts", chain("1", "::int", 12_000), Refused),
        ("is null is null", chain("1", " IS NULL", 8_000), Refused),
        ("not not", format!("SELECT {} true", "NOT ".repeat(15_000)), Refused),
        ("many ors", format!("SELECT count(*) FROM events WHERE {}", ["host = 'a'"; 5_000].join(" OR ")), Refused),
        ("some ors", format!("SELECT count(*) FROM events WHERE {}", likes.join(" OR ")), Rows),
        ("a long list", format!("SELECT count(*) FROM events WHERE file_sha256 IN ({})", hashes.join(", ")), Rows),
        ("a huge text", format!("SELECT '{}'", "x".repeat(65_000)), Rows),
        ("too long", format!("SELECT '{}'", "x".repeat(70_000)), Refused),
        ("many unions", ["SELECT host FROM events"; 1_900].join(" UNION ALL "), Refused),
        ("some unions", ["SELECT host FROM events"; 60].join(" UNION ALL "), Rows),
        ("many subqueries", format!("SELECT * FROM {}events{}", "(SELECT * FROM ".repeat(2_000), ")".repeat(2_000)), Refused),
        ("tables that double", with_tables(24), Refused),
        ("tables that double a little", with_tables(5), Rows),
        (
            "many tables",
            format!("SELECT count(*) FROM {}", (0..2_500).map(|at| format!("events e{at}")).collect::<Vec<_>>().join(", ")),
            Refused,
        ),
        (
            "ten tables",
            format!("SELECT count(*) FROM {}", (0..10).map(|at| format!("events e{at}")).collect::<Vec<_>>().join(", ")),
            Either,
        ),
        ("cross join", "SELECT count(*) FROM events a, events b, events c WHERE a.raw < b.raw AND b.raw < c.raw".to_owned(), Either),
        ("sorted cross join", "SELECT a.raw FROM events a, events b ORDER BY a.raw, b.raw".to_owned(), Either),
        ("sorted by everything", format!("SELECT * FROM events ORDER BY {columns}"), Rows),
        ("each subset", format!("SELECT count(*) FROM events GROUP BY CUBE({columns})"), Refused),
        ("some subsets", "SELECT count(*) FROM events GROUP BY CUBE(host, channel, event_id)".to_owned(), Rows),
        (
            "endless recursion",
            "WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t".to_owned(),
            Either,
        ),
        (
            "a recursion that ends",
            "WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t WHERE n < 50) SELECT count(*) FROM t".to_owned(),
            Rows,
        ),
        (
            "recursion that doubles",
            "WITH RECURSIVE t AS (SELECT 'aaaa' AS s UNION ALL SELECT s || s FROM t) SELECT count(*) FROM t".to_owned(),
            Refused,
        ),
        ("doubled twelve times", nested("raw", "s || s", 12), Refused),
        ("doubled with concat", nested("raw", "concat(s, s, s)", 6), Refused),
        ("doubled four times", nested("host", "s || s", 4), Rows),
        ("a long separator", "SELECT max(length(array_to_string(string_to_array(raw, ''), raw))) FROM events".to_owned(), Refused),
        ("gathered and made longer", "SELECT length(s || s || s) FROM (SELECT string_agg(raw, '') AS s FROM events) t".to_owned(), Refused),
        ("gathered over a window", "SELECT string_agg(raw, '') OVER (ORDER BY record_id) FROM events".to_owned(), Refused),
        ("arrays over a window", "SELECT array_length(array_agg(raw) OVER (ORDER BY record_id)) FROM events".to_owned(), Refused),
        (
            "gathered and given to each row",
            "SELECT count(*) FROM (SELECT string_agg(raw, '') AS s FROM events) a, events b WHERE length(a.s) > b.event_id".to_owned(),
            Refused,
        ),
        (
            "gathered within an expression",
            "SELECT count(*) FROM events WHERE length((SELECT string_agg(raw, '') FROM events)) > event_id".to_owned(),
            Refused,
        ),
        (
            "gathered twice",
            "SELECT string_agg(s, '') FROM (SELECT host, string_agg(raw, '') AS s FROM events GROUP BY host)".to_owned(),
            Refused,
        ),
        ("the longest beside each", "SELECT max(arrow_cast(raw, 'LargeUtf8')) OVER () FROM events".to_owned(), Refused),
        ("the last known beside each", "SELECT lag(raw) IGNORE NULLS OVER (ORDER BY time) FROM events".to_owned(), Refused),
        ("hosts of each channel", "SELECT channel, array_agg(DISTINCT host) FROM events GROUP BY channel".to_owned(), Rows),
        ("hosts as a text", "SELECT 'hosts: ' || string_agg(DISTINCT host || '.', ', ') FROM events".to_owned(), Rows),
        ("the event before", "SELECT host, lag(process_image) OVER (PARTITION BY host ORDER BY time) FROM events".to_owned(), Rows),
        ("numbered", "SELECT host, row_number() OVER (PARTITION BY host ORDER BY time) FROM events".to_owned(), Rows),
        ("left out functions", "SELECT repeat('x', 1000000000)".to_owned(), Refused),
        ("a large expression", r"SELECT count(*) FROM events WHERE regexp_like(raw, '(\w{1,60} ?){1,60}#')".to_owned(), Refused),
        ("nested repetition", "SELECT count(*) FROM events WHERE raw ~ '(a*)*(a|aa)+(.*a.*){20}q'".to_owned(), Either),
        ("an expression from data", "SELECT count(*) FROM events WHERE regexp_like(raw, process_command_line)".to_owned(), Refused),
        ("a distance between data", "SELECT max(levenshtein(raw, reverse(raw))) FROM events".to_owned(), Refused),
        ("a distance to a word", "SELECT min(levenshtein(host, 'PC-7')) FROM events".to_owned(), Rows),
        ("many wildcards", format!("SELECT count(*) FROM events WHERE raw LIKE '{}q'", "%a".repeat(3_000)), Refused),
    ]
}

/// Events with long texts.
async fn send(fixture: &Fixture, org: OrganizationId) {
    let event = |number: usize, length: usize| {
        json!({
            "Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 1, "Computer": format!("PC-{}", number % 20), "EventRecordID": number,
            "TimeCreated": "2026-11-20T01:00:00Z", "Image": "C:\\Windows\\a.exe", "ProcessId": number, "CommandLine": "a".repeat(length),
        })
    };
    let lines: String = (0..5_000).map(|number| format!("{}\n", event(number, if number % 500 == 0 { 60_000 } else { 500 }))).collect();
    let sent = Sent { source: "wef".to_owned(), idempotency_key: None, encoding: Encoding::Plain, body: lines.into() };
    event::receive(&fixture.desk, &Caller::desk("test", "test"), org, sent).await.unwrap();
    fixture.desk.telemetry.lake.flush().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_query_takes_the_desk_down() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    send(&fixture, org).await;
    let scope = OrgScope::one(org);
    // What must give rows has the time that an analyst has; what may run on for ever is stopped soon.
    let limits = |expected| match expected {
        End::Rows => HuntLimits::default(),
        End::Refused | End::Either => HuntLimits { time: Duration::from_secs(5), ..HuntLimits::default() },
    };
    let hunt = &fixture.desk.telemetry.hunt;
    for (name, sql, expected) in all() {
        let end = hunt.query(&scope, &sql, &limits(expected)).await;
        let as_expected = match (expected, &end) {
            (End::Rows, Ok(found)) => !found.rows.is_empty(),
            (End::Refused, Err(HuntError::Limit { limit })) => !limit.ends_with(" s") && limit != "memory",
            (End::Refused, Err(HuntError::Syntax { .. } | HuntError::Invalid { .. } | HuntError::Refused { .. })) => true,
            (End::Either, Ok(_) | Err(HuntError::Limit { .. })) => true,
            _ => false,
        };
        assert!(as_expected, "{name}: {:?}", end.map(|found| found.rows.len()));
    }
    // The places are free again, and nothing of it stayed.
    let plain = hunt.query(&scope, "SELECT count(*) FROM events", &HuntLimits::default()).await.unwrap();
    assert_eq!(plain.rows, [[json!(5_000)]]);
}

/// The engine accounts for nothing that its windows hold: one query over a month's events was the whole month in memory, twice.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_window_holds_counts_against_the_memory_of_the_query() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    send(&fixture, org).await;
    let asked = async |sql: &str, memory_bytes| {
        let limits = HuntLimits { memory_bytes, ..HuntLimits::default() };
        fixture.desk.telemetry.hunt.query(&OrgScope::one(org), sql, &limits).await.map(|found| found.rows.len())
    };
    let memory = Err(HuntError::Limit { limit: "memory".to_owned() });
    // The originals are 4 MB.
    let little = 6 << 20;
    for sql in ["SELECT raw, count(*) OVER () FROM events", "SELECT raw, row_number() OVER () FROM events"] {
        assert_eq!(asked(sql, little).await, memory, "{sql}");
        assert_eq!(asked(sql, 64 << 20).await, Ok(5_000), "{sql}");
    }
    assert_eq!(asked("SELECT raw FROM events", little).await, Ok(5_000), "without a window they pass through");
}
