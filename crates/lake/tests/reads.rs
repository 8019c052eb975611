//! Reads: windows, hashes, matches, prevalence, sources; each sees its organisation only.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hikeshi_event::{Event, Record};
use hikeshi_lake::catalogue::{OrgScope, PrevalenceKind};
use hikeshi_lake::{MatchQuery, MatchRow, MatchedRule, Tap, TapWorker};
use jiff::civil::date;

use crate::fixture::{ORG, OTHER, all_time, batch, config, everything, open, open_with, process_event};

const HASH: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

fn events_of(host: &str, day: u32) -> String {
    (0..50)
        .map(|number| {
            let hash = if number == 7 { HASH.to_owned() } else { format!("{number:064x}") };
            process_event(u64::from(day) * 1000 + number, host, &format!("2026-11-{day:02}T10:00:{number:02}.000Z"), &hash)
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_holds_the_hosts_events_of_the_span_committed_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path()).await;
    for day in 10..14 {
        lake.append(batch(ORG, &format!("{day}"), events_of("PC-1.example", day) + &events_of("pc-2.example", day))).await.unwrap();
        if day < 13 {
            lake.flush().await;
        }
    }
    while lake.lag().tail_events < 100 {
        tokio::task::yield_now().await;
    }
    let (from, to) = ("2026-11-11T00:00:00Z".parse().unwrap(), "2026-11-13T10:00:10Z".parse().unwrap());
    let window = lake.host_window(ORG, "pc-1.EXAMPLE", from..to, to, usize::MAX).await.unwrap();
    assert_eq!(window.events.len(), 50 + 50 + 10);
    assert!(window.events.is_sorted_by_key(|event| event.time));
    assert!(window.events.iter().all(|event| event.host == "PC-1.example"));
    let less = lake.host_window(ORG, "pc-1.example", from..to, to, 30).await.unwrap();
    assert_eq!((less.events.len(), less.omitted), (30, 80));
    assert_eq!(less.events, window.events[80..], "what lies nearest to the instant stays");
    let (bare, held): (Vec<_>, Vec<_>) = window.events.iter().partition(|event| event.raw.is_empty());
    assert_eq!((bare.len(), held.len()), (100, 10), "only what is in memory is whole");
    let asked = [bare[3], bare[51], held[0]].map(|event| event.uid);
    let originals = lake.originals(&window.places, &asked.into()).await.unwrap();
    assert_eq!(originals.len(), 2);
    for event in [bare[3], bare[51]] {
        let raw = String::from_utf8_lossy(&originals[&event.uid]);
        assert!(raw.contains(&format!("\"EventRecordID\":{},", event.record_id.unwrap())), "{raw}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_busy_host_the_nearest_events_are_read_and_others_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path()).await;
    // Written day by day, the latest day first: the order of arrival must not count.
    for day in [13, 10, 12, 11] {
        lake.append(batch(ORG, &format!("{day}"), events_of("pc", day) + &events_of("other", day))).await.unwrap();
        lake.flush().await;
    }
    let (from, to) = ("2026-11-10T00:00:00Z".parse().unwrap(), "2026-11-14T00:00:00Z".parse().unwrap());
    let all = lake.host_window(ORG, "pc", from..to, to, usize::MAX).await.unwrap();
    for limit in [1, 49, 50, 70, 120, 199, 200] {
        let window = lake.host_window(ORG, "pc", from..to, to, limit).await.unwrap();
        assert_eq!((window.events.len(), window.omitted), (limit, 200 - limit));
        assert_eq!(window.events, all.events[200 - limit..], "the latest {limit}");
    }
    for place in [0, 1, 49, 50, 101, 160, 199] {
        let around = all.events[place].time;
        for limit in [1, 7, 50, 70, 120, 199] {
            let window = lake.host_window(ORG, "pc", from..to, around, limit).await.unwrap();
            assert_eq!((window.events.len(), window.omitted), (limit, 200 - limit));
            let mut distances: Vec<_> = all.events.iter().map(|event| event.time.duration_since(around).abs()).collect();
            distances.sort_unstable();
            let farthest = window.events.iter().map(|event| event.time.duration_since(around).abs()).max();
            assert_eq!(farthest, distances.get(limit - 1).copied(), "the {limit} nearest to event {place}");
            assert!(window.events.is_sorted_by_key(|event| event.time));
        }
    }
    let uids = [3, 60, 61].map(|place: usize| all.events[place].uid);
    let named = lake.host_events(ORG, "PC", uids.into(), from, to).await.unwrap();
    assert_eq!(named.iter().map(|event| event.uid).collect::<Vec<_>>(), uids);
    assert_eq!(lake.host_events(OTHER, "pc", uids.into(), from, to).await.unwrap(), []);
}

/// Whoever set the clock of a busy host to 1970 was left out of its window: the rows stand by their claim, the window by the receipt.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_claims_to_be_old_lies_where_it_was_received() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path()).await;
    let body: String = (0..40)
        .map(|number| {
            let time =
                if number < 10 { format!("1970-01-01T00:00:{number:02}.000Z") } else { format!("2026-11-22T10:00:{number:02}.000Z") };
            process_event(number, "pc", &time, &format!("{number:064x}"))
        })
        .collect();
    let received_at = "2026-11-22T12:00:00Z".parse().unwrap();
    lake.append(hikeshi_lake::Batch { received_at, ..batch(ORG, "a", body) }).await.unwrap();
    lake.flush().await;
    let (from, to) = ("2026-11-20T00:00:00Z".parse().unwrap(), "2026-11-23T00:00:00Z".parse().unwrap());
    let all = lake.host_window(ORG, "pc", from..to, to, usize::MAX).await.unwrap();
    let old = all.events.iter().filter(|event| event.time_suspect).count();
    assert_eq!((all.events.len(), old), (40, 10));
    for limit in [1, 9, 10, 15, 39] {
        let window = lake.host_window(ORG, "pc", from..to, to, limit).await.unwrap();
        assert_eq!((window.events.as_slice(), window.omitted), (&all.events[40 - limit..], 40 - limit), "the latest {limit}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hash_is_found_wherever_it_is_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path()).await;
    for (org, host, day) in [(ORG, "a", 10), (ORG, "b", 11), (OTHER, "c", 11), (ORG, "d", 12)] {
        lake.append(batch(org, host, events_of(host, day))).await.unwrap();
        if day < 12 {
            lake.flush().await;
        }
    }
    while lake.lag().tail_events < 50 {
        tokio::task::yield_now().await;
    }
    let hosts = async |scope: OrgScope| {
        let hits = lake.find_hash(&scope, &HASH.to_uppercase(), 10).await.unwrap();
        hits.events.iter().map(|event| event.host.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(hosts(OrgScope::one(ORG)).await, ["a", "b", "d"]);
    assert_eq!(hosts(OrgScope::one(OTHER)).await, ["c"]);
    assert_eq!(hosts(OrgScope::All).await.len(), 4);
    assert_eq!(hosts(OrgScope::Only([].into())).await.len(), 0);
    let some = lake.find_hash(&OrgScope::All, HASH, 2).await.unwrap();
    assert!(some.more && some.events.len() == 2);
    assert!(lake.find_hash(&OrgScope::All, &"b".repeat(64), 2).await.unwrap().events.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_read_shows_another_organisations_rows() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path()).await;
    lake.append(batch(OTHER, "theirs", events_of("pc", 10))).await.unwrap();
    lake.flush().await;
    lake.append(batch(OTHER, "theirs-2", events_of("pc", 11))).await.unwrap();
    while lake.lag().tail_events < 50 {
        tokio::task::yield_now().await;
    }
    let (from, to) = all_time();
    let ours = OrgScope::one(ORG);
    assert!(everything(&lake, ORG, "pc").await.is_empty());
    assert!(lake.find_hash(&ours, HASH, 9).await.unwrap().events.is_empty());
    assert!(lake.matches(MatchQuery { scope: ours.clone(), host: None, from, to, limit: 9 }).await.unwrap().is_empty());
    assert_eq!(lake.prevalence(ORG, &[(PrevalenceKind::Sha256, HASH.into())]).await.unwrap(), [None]);
    assert!(lake.sources(&ours).await.unwrap().is_empty());
    assert_eq!(lake.sources(&OrgScope::one(OTHER)).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn retention_forgets_one_organisations_old_days_and_prevalence_stays() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path()).await;
    for (org, day) in [(ORG, 10), (ORG, 11), (OTHER, 10)] {
        lake.append(batch(org, &format!("{org}{day}"), events_of("pc", day))).await.unwrap();
        lake.flush().await;
    }
    assert_eq!(everything(&lake, ORG, "pc").await.len(), 100);
    assert_eq!(lake.expire(ORG, date(2026, 11, 11)).await.unwrap(), 1);
    assert_eq!(lake.expire(ORG, date(2026, 11, 11)).await.unwrap(), 0, "a second time has no effect");
    assert_eq!((everything(&lake, ORG, "pc").await.len(), everything(&lake, OTHER, "pc").await.len()), (50, 50));
    let known = lake.prevalence(ORG, &[(PrevalenceKind::Sha256, HASH.into())]).await.unwrap();
    assert_eq!(known[0].map(|seen| (seen.hosts, seen.first_seen_at.to_string())), Some((1, "2026-11-15T00:00:00Z".into())));
    let files = |folder: &std::path::Path| std::fs::read_dir(folder).map_or(0, Iterator::count);
    let old = folder.path().join(format!("lake/events/org={ORG}/day=2026-11-10"));
    while files(&old) > 0 {
        tokio::task::yield_now().await; // The writer looks away from them within its next round.
    }
    let open_files = std::fs::read_dir("/proc/self/fd").unwrap().flatten().filter_map(|entry| std::fs::read_link(entry.path()).ok());
    assert_eq!(open_files.filter(|path| path.starts_with(&old)).count(), 0, "a file that is open takes its room on the disk");
    drop(lake);
    assert_eq!(everything(&open(folder.path()).await, ORG, "pc").await.len(), 50);
}

/// Matches every event whose record id ends in 7.
#[derive(Default)]
struct Sevens(Mutex<Vec<MatchRow>>);

struct SevensWorker;

impl Tap for Sevens {
    fn worker(&self) -> Box<dyn TapWorker> {
        Box::new(SevensWorker)
    }

    fn committed(&self, matches: &[MatchRow]) {
        self.0.lock().unwrap().extend_from_slice(matches);
    }
}

impl TapWorker for SevensWorker {
    fn see(&mut self, record: &Record<'_>, event: &Event<'_>, matches: &mut Vec<MatchRow>) {
        if record.record_id.is_some_and(|id| id % 10 == 7) {
            let rule =
                MatchedRule { rule_id: "seven".into(), level: "high".into(), tags: vec!["attack.t1".into()], ..MatchedRule::default() };
            matches.push(MatchRow::of(event, rule));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn matches_are_committed_with_their_events_and_once() {
    let folder = tempfile::tempdir().unwrap();
    let tap = Arc::new(Sevens::default());
    let lake = open_with(folder.path(), config(), Some(tap.clone())).await;
    for key in ["a", "again"] {
        lake.append(batch(ORG, key, events_of("pc", 10))).await.unwrap();
        lake.flush().await;
    }
    let (from, to) = all_time();
    let query = |host: &str| MatchQuery { scope: OrgScope::one(ORG), host: Some(host.into()), from, to, limit: 100 };
    let rows = lake.matches(query("PC")).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.record_id.unwrap() % 1000).collect::<Vec<_>>(), [7, 17, 27, 37, 47]);
    assert!(lake.matches(query("other")).await.unwrap().is_empty());
    assert_eq!(*tap.0.lock().unwrap(), rows);
    drop(lake);
    assert_eq!(open(folder.path()).await.matches(query("pc")).await.unwrap(), rows);
}

/// What `look_through` shows of the past, going on where it stopped.
async fn looked_through(lake: &hikeshi_lake::Lake, org: OrgScope, sought: hikeshi_lake::Sought, patience: Duration) -> (Vec<String>, u32) {
    let (sought, shown) = (Arc::new(sought), Arc::new(Mutex::new(Vec::new())));
    let (from, to) = ("2026-11-11T00:00:00Z".parse().unwrap(), "2026-11-14T00:00:00Z".parse().unwrap());
    let (mut after, mut steps) = (None, 0);
    loop {
        let past = hikeshi_lake::Past { scope: org.clone(), from, to, after, sought: sought.clone() };
        let list = shown.clone();
        let visit = move |event: &Event<'_>| {
            if event.text(hikeshi_event::Column::ProcessSha256).is_some_and(|hash| hash.eq_ignore_ascii_case(HASH)) {
                list.lock().unwrap().push(format!("{} {}", event.host, event.time));
            }
        };
        after = lake.look_through(past, patience, visit).await.unwrap();
        steps += 1;
        if after.is_none() {
            let mut shown = shown.lock().unwrap().clone();
            shown.sort();
            return (shown, steps);
        }
    }
}

/// The search of the past for a new list: by the indexes, or through all; in one go, or file by file.
#[tokio::test(flavor = "multi_thread")]
async fn the_past_is_looked_through_for_what_is_sought() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path()).await;
    for day in 10..14 {
        lake.append(batch(ORG, &format!("{day}"), events_of("PC-1.example", day))).await.unwrap();
        lake.append(batch(OTHER, &format!("o{day}"), events_of("PC-9.example", day))).await.unwrap();
        if day < 13 {
            lake.flush().await;
        }
    }
    while lake.lag().tail_events < 100 {
        tokio::task::yield_now().await;
    }
    let expected: Vec<String> = (11..14).map(|day| format!("PC-1.example 2026-11-{day}T10:00:07Z")).collect();
    let (all, one) = (Duration::from_secs(60), OrgScope::one(ORG));
    let values = || hikeshi_lake::Sought::values([HASH.to_uppercase(), "ff".repeat(32)].into_iter());
    assert_eq!(looked_through(&lake, one.clone(), values(), all).await, (expected.clone(), 1));
    let (shown, steps) = looked_through(&lake, one.clone(), hikeshi_lake::Sought::Anything, Duration::ZERO).await;
    assert_eq!(shown, expected);
    assert!(steps >= 2, "{steps}: a file at a time");
    assert_eq!(looked_through(&lake, OrgScope::All, values(), all).await.0.len(), 6);
    let unknown = hikeshi_lake::Sought::values(["ff".repeat(32)].into_iter());
    assert_eq!(looked_through(&lake, one, unknown, all).await.0, expected[2..], "what is not written yet is shown whatever it holds");
}
