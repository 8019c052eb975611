//! Triage over files: reads them twice, so that memory holds only what subjects need.
//!
//! The first pass runs the rules, counts what each host sent, and keeps process starts and ends and the events that matched: from
//! these the subjects are known. The second pass keeps the events of their processes and what tells how their files came.
//! Within a file the work runs on all cores; the outcome does not depend on their number.

mod first;
mod names;
mod second;

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use hikeshi_detect::{Correlator, RuleIndex, RuleSet};
use hikeshi_domain::OrganizationId;
use hikeshi_domain::alert::ProductAlert;
use hikeshi_domain::raise::Raising;
use hikeshi_event::{Defect, Event, Input as File, Intake, Limits, Totals, Uid, process};
use jiff::Timestamp;

use crate::book::VerdictBook;
use crate::clock::Shifts;
use crate::coverage::Coverage;
use crate::evidence::{DEVICE_FIELDS, names_store};
use crate::host::Host;
use crate::input::{Match, Rule};
use crate::lists::{LISTED_RULE, Lists};
use crate::product::product_alerts;

use first::{First, FirstHost};
use names::Names;
pub use names::same_host;
use second::{Second, Wanted};

/// Stands among the rules of an event that a list of known bad speaks of.
const LISTED: RuleIndex = RuleIndex(u32::MAX);

/// Events kept of one rule on one host; more of the same tell nothing new.
const MATCHES_KEPT: usize = 500;

/// Which time the files are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// Rules, process starts, counts.
    First,
    /// Events of the subjects.
    Second,
}

/// One host as the files tell it.
#[derive(Debug)]
pub struct HostFiles {
    /// The host's name.
    pub host: String,
    /// The events that its subjects need, ascending by time.
    pub events: Vec<Event<'static>>,
    /// The file of each event.
    pub paths: Vec<Arc<str>>,
    /// Which rule matched which event, by position; ascending.
    pub matches: Vec<(usize, RuleIndex)>,
    /// What the host sent, everything counted.
    pub coverage: Coverage,
    /// How the events were brought to one clock; the coverage is, too.
    pub clocks: Shifts,
    /// What products found on the host, where no alert was given: subjects beside those of rules ([`Host::covers`]).
    pub raised: Vec<ProductAlert>,
}

/// What the files gave.
#[derive(Debug, Default)]
pub struct Gathered {
    /// Hosts with subjects, by name.
    pub hosts: Vec<HostFiles>,
    /// What could not be read.
    pub defects: Vec<Defect>,
    /// Events and bytes of the first pass.
    pub totals: Totals,
}

/// How the files are read.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// Limits on foreign bytes.
    pub limits: &'a Limits,
    /// Worker threads.
    pub threads: usize,
    /// The instant that counts as receipt.
    pub received_at: Timestamp,
    /// Which events of products are alerts by themselves.
    pub raising: &'a Raising,
    /// Lists: what they call bad is a subject, whether or not a rule matched.
    pub lists: &'a Lists,
}

/// An event that is kept, the file that it came from, and the rules that matched it.
#[derive(Debug)]
struct Kept {
    event: Event<'static>,
    path: Arc<str>,
    rules: Vec<RuleIndex>,
}

/// The rules as triage needs them, by index.
pub fn rule_table(rules: &RuleSet) -> Vec<Rule> {
    let table = rules.iter().map(|(_, info)| Rule {
        id: info.id.clone(),
        title: info.title.clone(),
        title_ja: info.title_ja.clone(),
        level: info.level,
        author: info.author.clone(),
        tags: info.tags.clone(),
    });
    table.collect()
}

/// The matches of a host, with their rules.
pub fn matches_of<'a>(host: &HostFiles, table: &'a [Rule]) -> Vec<Match<'a>> {
    let matches = host.matches.iter().filter_map(|(event, rule)| Some(Match { event: *event, rule: rule_of(*rule, table)? }));
    matches.collect()
}

fn rule_of(index: RuleIndex, table: &[Rule]) -> Option<&Rule> {
    if index == LISTED { Some(&LISTED_RULE) } else { table.get(index.0 as usize) }
}

/// Reads the files. With alerts, their hosts are gathered whole (from seven days before the alert on); without, each host that
/// holds a match of level medium or higher, the finding of a product, or something that a list calls bad.
pub fn gather(
    files: &[File],
    rules: &Arc<RuleSet>,
    alerts: &[ProductAlert],
    reading: Reading<'_>,
    book: &VerdictBook,
    mut progress: impl FnMut(Pass, u64),
) -> Gathered {
    let intake = Intake { org: OrganizationId(uuid::Uuid::nil()), source: "", received_at: reading.received_at };
    let mut gathered = Gathered::default();
    let mut hosts: HashMap<String, FirstHost> = HashMap::new();
    let first = First { rules, raising: reading.raising, lists: reading.lists, intake };
    let mut observations = Vec::new();
    let mut counts: HashMap<(String, RuleIndex), usize> = HashMap::new();
    gathered.totals = process(files, reading.limits, reading.threads, &first, |block| {
        progress(Pass::First, block.disk_bytes);
        gathered.defects.extend(block.defects);
        for (name, seen) in block.out.hosts {
            let host = hosts.entry(name.clone()).or_default();
            host.coverage.merge(&seen.coverage);
            host.clocks.merge(&seen.clocks);
            let kept = seen.kept.into_iter().filter(|kept| few_enough(&mut counts, &name, &kept.rules));
            host.kept.extend(kept.map(|kept| Kept { event: kept.event, path: Arc::clone(&block.path), rules: kept.rules }));
        }
        observations.extend(block.out.observations);
        ControlFlow::Continue(())
    });
    correlate(rules, observations, &mut hosts);
    let mut hosts = Names::of(hosts.keys().map(String::as_str)).join(hosts);
    let wanted = wanted(&mut hosts, rules, alerts, book, reading.raising);
    let second = Second { wanted: &wanted, intake };
    let mut more: HashMap<String, Vec<Kept>> = HashMap::new();
    process(files, reading.limits, reading.threads, &second, |block| {
        progress(Pass::Second, block.disk_bytes);
        for (name, events) in block.out.hosts {
            let kept = events.into_iter().map(|event| Kept { event, path: Arc::clone(&block.path), rules: Vec::new() });
            more.entry(name).or_default().extend(kept);
        }
        ControlFlow::Continue(())
    });
    let chosen = hosts.into_iter().filter(|(name, _)| wanted.hosts.contains_key(name));
    gathered.hosts = chosen.map(|(name, first)| assemble(name.clone(), first, more.remove(&name).unwrap_or_default())).collect();
    if alerts.is_empty() {
        gathered.hosts.iter_mut().for_each(|host| host.raised = product_alerts(&host.events, reading.raising));
    }
    gathered.hosts.sort_by(|a, b| a.host.cmp(&b.host));
    gathered
}

/// Counts matches; an event whose rules have all been seen often enough is dropped. Process starts and ends stay.
fn few_enough(counts: &mut HashMap<(String, RuleIndex), usize>, host: &str, rules: &[RuleIndex]) -> bool {
    let mut wanted = rules.is_empty();
    for rule in rules {
        let count = counts.entry((host.to_owned(), *rule)).or_default();
        *count += 1;
        wanted |= *count <= MATCHES_KEPT;
    }
    wanted
}

/// Correlations need the order of time, which files do not keep.
fn correlate(rules: &Arc<RuleSet>, mut observations: Vec<hikeshi_detect::Observation<Uid>>, hosts: &mut HashMap<String, FirstHost>) {
    if observations.is_empty() {
        return;
    }
    observations.sort_by_key(|observation| (observation.time, observation.event));
    let mut correlator = Correlator::new(Arc::clone(rules));
    let mut fired = Vec::new();
    for observation in observations {
        correlator.feed(observation, &mut fired);
    }
    correlator.finish(&mut fired);
    let by_event: HashMap<Uid, RuleIndex> = fired.iter().filter_map(|hit| Some((*hit.events.last()?, hit.rule))).collect();
    for kept in hosts.values_mut().flat_map(|host| &mut host.kept) {
        kept.rules.extend(by_event.get(&kept.event.uid));
    }
}

/// What the second pass must keep: for each host with a subject the processes and files of its trees.
fn wanted(
    hosts: &mut HashMap<String, FirstHost>,
    rules: &RuleSet,
    alerts: &[ProductAlert],
    book: &VerdictBook,
    raising: &Raising,
) -> Wanted {
    let table = rule_table(rules);
    let mut wanted = Wanted::default();
    for (name, host) in hosts.iter_mut() {
        let shifts = host.clocks.shifts();
        host.kept.iter_mut().for_each(|kept| shifts.apply(&mut kept.event));
        host.kept.sort_by(|a, b| order(a).cmp(&order(b)));
        let named: Vec<&ProductAlert> = alerts.iter().filter(|alert| names::same_host(&alert.host, name)).collect();
        if let Some(first) = named.iter().map(|alert| alert.detected_at).min() {
            wanted.whole(name, first.saturating_sub(crate::scope::LOOK_BACK).unwrap_or(Timestamp::MIN));
        } else if alerts.is_empty() {
            let (events, paths): (Vec<_>, Vec<_>) =
                std::mem::take(&mut host.kept).into_iter().map(|kept| (kept.event, (kept.path, kept.rules))).unzip();
            want_trees(name, &events, &paths, &table, book, &mut wanted);
            want_found_by_products(name, &events, raising, book, &mut wanted);
            host.kept = events.into_iter().zip(paths).map(|(event, (path, rules))| Kept { event, path, rules }).collect();
        }
        wanted.clock(name, shifts);
        for alias in &host.aliases {
            wanted.alias(alias, name);
        }
    }
    wanted
}

type Origin = (Arc<str>, Vec<RuleIndex>);

fn want_trees(name: &str, events: &[Event<'static>], origins: &[Origin], table: &[Rule], book: &VerdictBook, wanted: &mut Wanted) {
    let host = Host::read(events, book);
    let hits = origins.iter().enumerate().flat_map(|(event, (_, rules))| rules.iter().map(move |rule| (event, rule)));
    let matches: Vec<Match<'_>> = hits.filter_map(|(event, rule)| Some(Match { event, rule: rule_of(*rule, table)? })).collect();
    for found in host.subjects(&matches) {
        let wanted = wanted.host(name);
        for member in host.members(&found) {
            if let Some(known) = host.processes.get(member) {
                wanted.process(known);
            }
        }
    }
}

/// The trees of what products found, and how its files came.
fn want_found_by_products(name: &str, events: &[Event<'static>], raising: &Raising, book: &VerdictBook, wanted: &mut Wanted) {
    let alerts = product_alerts(events, raising);
    if alerts.is_empty() {
        return;
    }
    let host = Host::read(events, book);
    let wanted = wanted.host(name);
    for alert in &alerts {
        wanted.file(alert.file.as_ref().and_then(|file| file.path.as_deref()));
        for member in host.tree_of_alert(alert) {
            if let Some(known) = host.processes.get(member) {
                wanted.process(known);
            }
        }
    }
}

/// By time; what happened in the same instant by file and by the log's own number.
fn order(kept: &Kept) -> (Timestamp, &str, Option<u64>, Uid) {
    (kept.event.time, &kept.path, kept.event.record_id, kept.event.uid)
}

fn assemble(host: String, first: FirstHost, more: Vec<Kept>) -> HostFiles {
    let mut all = first.kept;
    all.extend(more);
    // The same record in two files is one record; the copy that rules matched came first and stays.
    let mut seen = HashSet::with_capacity(all.len());
    all.retain(|kept| seen.insert(kept.event.uid));
    all.sort_by(|a, b| order(a).cmp(&order(b)));
    let clocks = first.clocks.shifts();
    let mut coverage = first.coverage;
    coverage.shift(&clocks);
    let mut files = HostFiles {
        host,
        events: Vec::with_capacity(all.len()),
        paths: Vec::with_capacity(all.len()),
        matches: Vec::new(),
        coverage,
        clocks,
        raised: Vec::new(),
    };
    for (at, kept) in all.into_iter().enumerate() {
        files.matches.extend(kept.rules.into_iter().map(|rule| (at, rule)));
        files.events.push(kept.event);
        files.paths.push(kept.path);
    }
    files
}

/// The event without what triage does not read.
fn slim(event: Event<'_>) -> Event<'static> {
    const READ: [&str; 10] = [
        "Properties",
        "AuditPolicyChanges",
        "DetectionID",
        "BusType",
        "Capacity",
        "DeviceDescription",
        "traffic.bytes_out",
        "traffic.bytes_in",
        "flow.bytes_toserver",
        "flow.bytes_toclient",
    ];
    let mut event = event;
    event.raw = Vec::new().into();
    event.unmapped.retain(|(name, text)| READ.contains(&name.as_ref()) || DEVICE_FIELDS.contains(&name.as_ref()) || names_store(text));
    event.into_owned()
}
