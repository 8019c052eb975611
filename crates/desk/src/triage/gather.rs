//! What triage rests on, fetched: a host's window, the matches on it, the exception list, prevalence.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;

use hikeshi_domain::OrganizationId;
use hikeshi_domain::endpoint::BlockMode;
use hikeshi_domain::exception::Exception;
use hikeshi_domain::verdict::Unknown;
use hikeshi_event::{Column, Event, MOST_AHEAD, Uid};
use hikeshi_lake::catalogue::{OrgScope, PrevalenceKind};
use hikeshi_lake::{MatchQuery, MatchRow, Places};
use hikeshi_record::{Context, Query};
use hikeshi_triage::{Counted, LOOK_AHEAD, LOOK_BACK, Level, Lists, Prevalence, Rule, Seen, Shifts, one_clock};
use jiff::{SignedDuration, Timestamp};

use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::everything::everything;
use crate::names;
use crate::reference_list;
use crate::telemetry::{JapaneseTitles, SentAs, host_as_sent};
use crate::watch::is_product;
use crate::windows::{Look, Room};

/// Most events of one host that a triage reads, those nearest to the detection: about ten days of a busy endpoint. An event takes about two
/// kilobytes.
const MOST_EVENTS: usize = 100_000;
/// Most events beyond those that are read because a rule matched on them.
const MOST_BEYOND: usize = 500;
const MOST_MATCHES: usize = 50_000;
/// So far ahead is the clock of no other node.
const OTHER_NODES: SignedDuration = SignedDuration::from_mins(1);
/// Most values that prevalence is asked for.
const MOST_VALUES: usize = 20_000;

/// Everything that one triage rests on.
pub(crate) struct Gathered {
    /// The host as its events write it.
    pub(crate) host: String,
    /// Hosts of a like name, whose events are not among these.
    pub(crate) alike: Vec<String>,
    /// Its events in the window, ascending; those in segments without `raw`.
    pub(crate) events: Vec<Event<'static>>,
    /// Where they can be read whole.
    pub(crate) places: Places,
    /// Events of the window that were left out because there are too many: none within `complete`, and none that a rule matched.
    pub(crate) omitted: usize,
    /// Of this span every event is there.
    pub(crate) complete: Range<Timestamp>,
    /// How the events were brought to one clock.
    pub(crate) clocks: Shifts,
    /// Matches: place of the event, place of the rule.
    pub(crate) matches: Vec<(usize, usize)>,
    /// The rules of those matches.
    pub(crate) rules: Vec<Rule>,
    /// The organisation's exception list.
    pub(crate) exceptions: Vec<Exception>,
    /// The reference lists in force.
    pub(crate) lists: Lists,
    /// Those that could not be asked.
    pub(crate) lists_unread: Vec<Unknown>,
    /// What is known of hashes and names.
    pub(crate) prevalence: Known,
    /// Whether the endpoint's protection blocks.
    pub(crate) block_mode: BlockMode,
    /// Data of the host received up to here, as far as the window reaches.
    pub(crate) received_to: Timestamp,
    /// When it was gathered.
    pub(crate) now: Timestamp,
    /// Given back when all this is dropped.
    _room: Room,
}

/// Prevalence, asked for once.
#[derive(Default)]
pub(crate) struct Known(HashMap<(Counted, String), Seen>);

impl Prevalence for Known {
    fn seen(&self, counted: Counted, value: &str) -> Option<Seen> {
        self.0.get(&(counted, value.trim_end_matches('.').to_lowercase())).copied()
    }
}

/// Gathers a host's window around an instant.
pub(crate) async fn gather(
    desk: &Desk,
    context: &Context,
    org: OrganizationId,
    host: &str,
    around: Timestamp,
    look: Look,
) -> Result<Gathered> {
    let room = desk.telemetry.windows.room(look).await?;
    // Asked before the events are read: what comes in between is looked at again.
    let received = received_to(desk, org, host).await?;
    let SentAs { name: host, alike } = host_as_sent(desk, org, host).await?;
    let lake = &desk.telemetry.lake;
    let from = around.saturating_sub(LOOK_BACK).map_err(Error::internal)?;
    let now = desk.now();
    let to = around.saturating_add(LOOK_AHEAD).map_err(Error::internal)?;
    let times = from..to.min(latest(now)?);
    let mut window = lake.host_window(org, &host, times.clone(), around, MOST_EVENTS).await.map_err(Error::internal)?;
    let query = MatchQuery { scope: OrgScope::one(org), host: Some(host.clone()), from: times.start, to: times.end, limit: MOST_MATCHES };
    let rows = lake.matches(query).await.map_err(Error::internal)?;
    let (rows, events) = with_listed(desk, rows, window.events).await?;
    window.events = events;
    let mut complete = times.clone();
    if window.omitted > 0 {
        complete = complete_span(&window.events, around, &times);
        let beyond = matched_beyond(&window.events, &rows);
        let matched = lake.host_events(org, &host, beyond, times.start, times.end).await.map_err(Error::internal)?;
        window.omitted = window.omitted.saturating_sub(matched.len());
        window.events.extend(matched);
        window.events.sort_by_key(|event| (event.placed_at(), event.seq));
    }
    let clocks = one_clock(&mut window.events);
    let (matches, rules) = placed(&window.events, &rows, &desk.telemetry.japanese);
    let exceptions = everything::<Exception>(desk, context, Query::new()).await?;
    let (lists, lists_unread) = reference_list::in_force(desk, context, org).await?;
    let endpoints = names::endpoints(desk, context, [host.clone()]).await?;
    Ok(Gathered {
        prevalence: prevalence(desk, org, &window.events).await?,
        events: window.events,
        places: window.places,
        omitted: window.omitted,
        clocks,
        complete,
        matches,
        rules,
        exceptions: exceptions.into_iter().map(|stored| stored.entity).collect(),
        lists,
        lists_unread,
        block_mode: endpoints.get(&(org, host.to_lowercase())).map_or(BlockMode::Unknown, |endpoint| endpoint.block_mode),
        received_to: received.unwrap_or(around).min(to),
        alike,
        now,
        host,
        _room: room,
    })
}

/// The matches with what lists say now of the events, on a thread of its own: a hundred thousand events take a while.
async fn with_listed(desk: &Desk, mut rows: Vec<MatchRow>, events: Vec<Event<'static>>) -> Result<(Vec<MatchRow>, Vec<Event<'static>>)> {
    let listed = desk.telemetry.listed.clone();
    let asked = move || {
        listed.add_to(&mut rows, &events);
        (rows, events)
    };
    tokio::task::spawn_blocking(asked).await.map_err(Error::internal)
}

/// Behind what the desk may have received by then. The clock of a host may be ahead of its own by [`MOST_AHEAD`], that of another node by a
/// moment.
pub(crate) fn latest(now: Timestamp) -> Result<Timestamp> {
    now.saturating_add(MOST_AHEAD).and_then(|to| to.saturating_add(OTHER_NODES)).map_err(Error::internal)
}

/// Up to when data of a host have been received and can be read; `None` if none ever were.
pub(super) async fn received_to(desk: &Desk, org: OrganizationId, host: &str) -> Result<Option<Timestamp>> {
    let SentAs { name, .. } = host_as_sent(desk, org, host).await?;
    let sources = desk.telemetry.lake.sources_of(org, host).await.map_err(Error::internal)?;
    let of_host = sources.iter().filter(|source| source.host.eq_ignore_ascii_case(&name));
    Ok(of_host.map(|source| source.last_received_at).max())
}

/// The span around an instant of which no event was left out, when those farthest from it were.
fn complete_span(events: &[Event<'_>], around: Timestamp, times: &Range<Timestamp>) -> Range<Timestamp> {
    let farthest = events.iter().map(|event| event.placed_at().duration_since(around).abs()).max().unwrap_or_default();
    let from = around.saturating_sub(farthest).map_or(times.start, |from| from.max(times.start));
    let to = around.saturating_add(farthest).map_or(times.end, |to| to.min(times.end));
    from..to
}

/// The events beyond the window's that rules matched, of the strongest rules and the latest first.
fn matched_beyond(events: &[Event<'_>], rows: &[MatchRow]) -> HashSet<Uid> {
    let here: HashSet<Uid> = events.iter().map(|event| event.uid).collect();
    let mut missing: Vec<&MatchRow> = rows.iter().filter(|row| !here.contains(&row.uid)).collect();
    missing.sort_by_key(|row| std::cmp::Reverse((Level::by_name(&row.rule.level), row.time)));
    let named = missing.into_iter().flat_map(|row| std::iter::once(&row.uid).chain(&row.events)).copied();
    named.filter(|uid| !here.contains(uid)).take(MOST_BEYOND).collect()
}

/// Matches by place of their event, and the rules they name, each once.
fn placed(events: &[Event<'_>], rows: &[MatchRow], japanese: &JapaneseTitles) -> (Vec<(usize, usize)>, Vec<Rule>) {
    let by_uid: HashMap<_, usize> = events.iter().enumerate().map(|(place, event)| (event.uid, place)).collect();
    let mut rules: Vec<Rule> = Vec::new();
    // A list's matches bear one id, and tell in the title which entry it was.
    let mut by_name: HashMap<(&str, &str), usize> = HashMap::new();
    let mut matches = Vec::new();
    for row in rows.iter().filter(|row| !is_product(&row.rule.rule_id)) {
        let rule = *by_name.entry((row.rule.rule_id.as_str(), row.rule.title.as_str())).or_insert_with(|| {
            rules.push(rule_of(row, japanese));
            rules.len().saturating_sub(1)
        });
        let named = std::iter::once(&row.uid).chain(&row.events).collect::<BTreeSet<_>>();
        matches.extend(named.into_iter().filter_map(|uid| by_uid.get(uid)).map(|event| (*event, rule)));
    }
    matches.sort_unstable();
    matches.dedup();
    (matches, rules)
}

fn rule_of(row: &MatchRow, japanese: &JapaneseTitles) -> Rule {
    Rule {
        id: row.rule.rule_id.clone(),
        title: row.rule.title.clone(),
        title_ja: japanese.get(&row.rule.title).cloned(),
        level: Level::by_name(&row.rule.level),
        author: row.rule.author.clone(),
        tags: row.rule.tags.clone(),
    }
}

async fn prevalence(desk: &Desk, org: OrganizationId, events: &[Event<'_>]) -> Result<Known> {
    const WANTED: [(Column, Counted, PrevalenceKind); 9] = [
        (Column::ProcessSha256, Counted::Hash, PrevalenceKind::Sha256),
        (Column::ProcessSha1, Counted::Hash, PrevalenceKind::Sha1),
        (Column::ProcessMd5, Counted::Hash, PrevalenceKind::Md5),
        (Column::FileSha256, Counted::Hash, PrevalenceKind::Sha256),
        (Column::FileSha1, Counted::Hash, PrevalenceKind::Sha1),
        (Column::FileMd5, Counted::Hash, PrevalenceKind::Md5),
        (Column::DnsQuery, Counted::Domain, PrevalenceKind::Domain),
        (Column::NetworkDstHost, Counted::Domain, PrevalenceKind::Domain),
        (Column::NetworkSrcHost, Counted::Domain, PrevalenceKind::Domain),
    ];
    let mut values: BTreeSet<(PrevalenceKind, String)> = BTreeSet::new();
    for event in events {
        for (column, _, kind) in WANTED {
            if let Some(text) = event.text(column)
                && values.len() < MOST_VALUES
            {
                values.insert((kind, text.trim_end_matches('.').to_lowercase()));
            }
        }
    }
    let values: Vec<_> = values.into_iter().collect();
    let known = desk.telemetry.lake.prevalence(org, &values).await.map_err(Error::internal)?;
    let counted = |kind| if kind == PrevalenceKind::Domain { Counted::Domain } else { Counted::Hash };
    let pairs = values.into_iter().zip(known);
    let known = pairs.filter_map(|((kind, value), known)| Some(((counted(kind), value), known?)));
    Ok(Known(known.map(|(key, known)| (key, Seen { first_at: known.first_seen_at, hosts: known.hosts })).collect()))
}
