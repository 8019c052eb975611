//! Alerts of our own: strong matches, grouped by subject, become one alert each, and so do the findings of products (design 7).
//! What is strong, and which products speak, stands in `playbook/raise.yaml`.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::Duration;

use hikeshi_access::Caller;
use hikeshi_domain::alert::{Action, Alert, AlertFile, AlertProcess, ProductAlert, SourceKind, host_label};
use hikeshi_domain::organization::Organization;
use hikeshi_domain::raise::{MatchFacts, Raising};
use hikeshi_domain::triage::Node;
use hikeshi_domain::{AlertId, OrganizationId};
use hikeshi_event::{Column, Event, Uid};
use hikeshi_lake::MatchRow;
use hikeshi_record::PAGE_LIMIT;
use hikeshi_record::{Context, Order, Query};
use hikeshi_triage::{Focus, Found, Host, Input, Match, VerdictBook, product_alerts};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc::UnboundedReceiver;

use super::beyond::Asked;
use super::caught_up;
use super::gather::{Gathered, gather};
use super::own::{self, Last, Own, Spoken, answers};
use crate::alert;
use crate::complaint::{Complaint, Failures};
use crate::desk::Desk;
use crate::error::{Error, ErrorKind, Result};
use crate::telemetry::HostNames;
use crate::watch::is_product;
use crate::windows::Look;

/// The product name of alerts that the desk raises itself.
pub const OWN_PRODUCT: &str = "Hikeshi";
/// Matches that come within this time are looked at together.
const GATHERING: Duration = Duration::from_secs(2);
/// An alert on the same file within this time of a match is about the same occasion.
const SAME_OCCASION: SignedDuration = SignedDuration::from_hours(24);
/// How often is kept how far matches have been raised, and what failed is tried again.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// Letters of a host's name that the log shows.
const SHOWN_LETTERS: usize = 100;

/// Where matches are to be looked at: organisation and host, in lower case.
type Place = (OrganizationId, String);

/// Matches of one place that wait to be raised.
#[derive(Clone)]
struct Waiting {
    /// The latest of them.
    around: Timestamp,
    /// Events by which products say that they found something.
    products: BTreeSet<Uid>,
}

/// Works until the lake stops sending; begins with what was committed before a crash and may not have been raised.
pub async fn work(desk: Desk, mut strong: UnboundedReceiver<MatchRow>) {
    let mut waiting: BTreeMap<Place, Waiting> = BTreeMap::new();
    let mut asked = Asked::default();
    let mut looked_back = false;
    let mut look = tokio::time::interval(LOOK_EVERY);
    let mut looking_back = Complaint::about("looking for alerts in what was committed before the start");
    let mut raising = Complaint::about("raising alerts of matches");
    let mut advancing = Complaint::about("keeping how far matches have been raised");
    loop {
        tokio::select! {
            row = strong.recv() => {
                let Some(first) = row else { return };
                note(&mut waiting, first);
                tokio::time::sleep(GATHERING).await;
            }
            _ = look.tick() => {}
        }
        while let Ok(row) = strong.try_recv() {
            note(&mut waiting, row);
        }
        if !looked_back {
            match caught_up::missed(&desk).await {
                Ok(rows) => {
                    rows.into_iter().for_each(|row| note(&mut waiting, row));
                    looked_back = true;
                }
                Err(error) => looking_back.hear(&desk, &Err::<(), _>(error)),
            }
        }
        let handled_to = desk.now();
        waiting = raise_all(&desk, waiting, &mut asked, &mut raising).await;
        if looked_back && waiting.is_empty() {
            advancing.hear(&desk, &caught_up::advance(&desk, handled_to).await);
        }
    }
}

/// A drill brings its own alerts: nothing is raised beside them, while it loads or later.
async fn is_drill(desk: &Desk, org: OrganizationId) -> Result<bool> {
    let context = Context::system("raise").within(org);
    Ok(desk.store.get::<Organization>(&context, org.0).await?.drill.is_some())
}

fn note(waiting: &mut BTreeMap<Place, Waiting>, row: MatchRow) {
    let place = (row.org, row.host.to_lowercase());
    // What a clock that is ahead claims lies in the window as well, which reaches beyond the receipt by as much as such a clock may.
    let at = row.placed_at().min(row.received_at);
    let known = waiting.entry(place).or_insert_with(|| Waiting { around: at, products: BTreeSet::new() });
    known.around = at.max(known.around);
    if is_product(&row.rule.rule_id) {
        known.products.insert(row.uid);
    }
}

/// Raises what waits; what fails waits for the next time.
async fn raise_all(
    desk: &Desk,
    waiting: BTreeMap<Place, Waiting>,
    asked: &mut Asked,
    complaint: &mut Complaint,
) -> BTreeMap<Place, Waiting> {
    let mut failed = BTreeMap::new();
    let mut failures = Failures::default();
    for ((org, host), what) in waiting {
        let raised = match is_drill(desk, org).await {
            Ok(true) => Ok(()),
            Ok(false) => raise(desk, org, &host, &what, asked).await.map(drop),
            Err(error) => Err(error),
        };
        if let Err(error) = raised {
            failures.add(format_args!("host `{host}` of organisation {org}"), &error);
            failed.insert((org, host), what);
        }
    }
    complaint.hear(desk, &failures.outcome());
    failed
}

/// Looks at a host as if a match had come in now that a list of known bad has on an event of that time. The span of which every event was
/// looked at; of a drill everything counts as looked at.
pub(crate) async fn raise_listed(desk: &Desk, org: OrganizationId, host: &str, at: Timestamp) -> Result<Range<Timestamp>> {
    match is_drill(desk, org).await? {
        true => Ok(Timestamp::MIN..Timestamp::MAX),
        false => raise(desk, org, &host.to_lowercase(), &Waiting { around: at, products: BTreeSet::new() }, &mut Asked::default()).await,
    }
}

/// Raises an alert for each subject of a host that holds a strong match and that no alert names yet, and for what products found. An open
/// alert that names one is looked at again where its clock is over.
///
/// The span of which every event of the host was looked at.
async fn raise(desk: &Desk, org: OrganizationId, host: &str, what: &Waiting, asked: &mut Asked) -> Result<Range<Timestamp>> {
    let caller = Caller::desk("raise", "raise");
    let context = Context::system("raise").within(org);
    let gathered = gather(desk, &context, org, host, what.around, Look::Later).await?;
    // Delivered late or early, what was done last by the events' own times is what was done in the end.
    let new = product_alerts(gathered.events.iter().filter(|event| what.products.contains(&event.uid)), &desk.raising);
    let news: BTreeSet<String> = new.into_iter().map(|alert| alert.id).collect();
    let known = if news.is_empty() { Vec::new() } else { product_alerts(&gathered.events, &desk.raising) };
    for alert in known.into_iter().filter(|alert| news.contains(&alert.id)) {
        receive(desk, &caller, org, alert).await?;
    }
    let (name, complete) = (gathered.host.clone(), gathered.complete.clone());
    let (book, raising) = (desk.verdicts.clone(), desk.raising.clone());
    let query = Query::new().eq("host_label", host_label(host)).order("received_at", Order::Desc).limit(PAGE_LIMIT);
    let mut known = desk.store.list::<Alert>(&context, query).await?.items;
    let hosts = HostNames::load(desk, org, host).await?;
    known.retain(|alert| hosts.same_host(host, &alert.raised.host));
    let own = Own::of(known.iter().map(|alert| &alert.entity));
    let subjects = tokio::task::spawn_blocking(move || subjects(&gathered, &book, &raising, &own)).await.map_err(Error::internal)?;
    for subject in subjects {
        match subject {
            Subject::Spoken(by) => asked.look(desk, &context, known.iter().find(|alert| alert.id == by)).await?,
            Subject::Strong(subject) if known.iter().any(|alert| subject.is_named_by(alert)) => {
                let open = known.iter().find(|alert| !alert.state.is_closed() && subject.is_named_by(alert));
                asked.look(desk, &context, open).await?;
            }
            Subject::Strong(subject) => {
                receive(desk, &caller, org, product_alert(&name, *subject)).await?;
            }
        }
    }
    Ok(complete)
}

/// Receives an alert made of what a host logged. One that cannot be an alert is told in the log and left out: the host's others do not wait
/// for what will never be.
async fn receive(desk: &Desk, caller: &Caller, org: OrganizationId, raised: ProductAlert) -> Result<()> {
    let raised = ProductAlert { id: own::within_bounds(raised.id), name: own::within_bounds(raised.name), ..raised };
    let host: String = raised.host.chars().take(SHOWN_LETTERS).collect();
    match alert::receive(desk, caller, org, raised).await {
        Err(error) if error.kind() == ErrorKind::Invalid => {
            tracing::warn!(%org, host, %error, "what a host logged cannot be an alert; it is not raised");
            Ok(())
        }
        received => received.map(drop),
    }
}

/// A subject that holds a strong match.
enum Subject {
    /// An open alert of our own speaks of it.
    Spoken(AlertId),
    /// None of our own does.
    Strong(Box<Strong>),
}

/// A subject of which no alert of our own speaks.
struct Strong {
    found: Found,
    /// The name of its alert.
    id: String,
    /// When what raises it began.
    detected_at: Timestamp,
    /// Title of its strongest rule, or list and entry.
    rule: String,
    /// The processes around it.
    nodes: Vec<Node>,
    /// The last of its strong matches.
    last: Last,
}

impl Strong {
    /// Whether an alert speaks of it: it names a process of its tree, or the same file near in time. A path alone says nothing: the next
    /// run of a program is another subject. None answers for what came after it was closed or its window was over.
    fn is_named_by(&self, alert: &Alert) -> bool {
        if !answers(alert, self.last) {
            return false;
        }
        let raised = &alert.raised;
        let sha256 = raised.file.as_ref().and_then(|file| file.sha256.as_deref());
        let near = raised.detected_at.duration_since(self.found.detected_at).abs() <= SAME_OCCASION;
        self.nodes.iter().any(|node| {
            let same_process = raised.process.as_ref().is_some_and(|process| is_process(process, raised.detected_at, node));
            let same_file = sha256.zip(node.sha256.as_deref()).is_some_and(|(a, b)| a.eq_ignore_ascii_case(b));
            same_process || (same_file && near)
        })
    }
}

/// Subjects with a match that raises, but those whose alert was closed after all of it had come.
fn subjects(gathered: &Gathered, book: &VerdictBook, raising: &Raising, own: &Own) -> Vec<Subject> {
    let matches: Vec<Match<'_>> =
        gathered.matches.iter().filter_map(|(event, rule)| Some(Match { event: *event, rule: gathered.rules.get(*rule)? })).collect();
    let host = Host::read(&gathered.events, book);
    let with_nodes = host.subjects(&matches).into_iter().filter_map(|found| {
        let hits = || found.matches.iter().filter_map(|place| matches.get(*place)).filter(|hit| strong(gathered, raising, hit));
        let events = || hits().filter_map(|hit| gathered.events.get(hit.event));
        let last = Last { received_at: events().map(|event| event.received_at).max()?, placed_at: events().map(Event::placed_at).max()? };
        let (id, since) = match own.speaks(&gathered.host, &found, last) {
            Spoken::Not(id, since) => (id, since),
            Spoken::Open(alert) => return Some(Subject::Spoken(alert)),
            Spoken::Closed => return None,
        };
        let rule = hits().max_by_key(|hit| hit.rule.level).map(|hit| hit.rule.title.clone()).unwrap_or_default();
        let later = since.and_then(|since| {
            let came = || events().filter(|event| event.received_at > since).map(Event::placed_at);
            came().filter(|at| *at > since).min().or_else(|| came().min())
        });
        let detected_at = later.unwrap_or(found.detected_at);
        let input = Input {
            host: &gathered.host,
            focus: Focus::Found(&found),
            others: &[],
            events: &gathered.events,
            matches: &matches,
            exceptions: &gathered.exceptions,
            prevalence: Some(&gathered.prevalence),
            lists: None,
            answers: &[],
            block_mode: gathered.block_mode,
            received_to: gathered.received_to,
            now: gathered.now,
            coverage: None,
            place: None,
            rules_version: "",
        };
        let nodes = host.triage(&input, book).tree.nodes;
        Some(Subject::Strong(Box::new(Strong { found, id, detected_at, rule, nodes, last })))
    });
    with_nodes.collect()
}

fn is_process(named: &AlertProcess, at: Timestamp, node: &Node) -> bool {
    if let Some(guid) = &named.guid {
        // A node is named without the braces that products write.
        return guid.trim().trim_matches(['{', '}']).eq_ignore_ascii_case(node.id.trim_matches(['{', '}']));
    }
    let lived = node.started_at.is_some_and(|began| began <= at) && node.ended_at.is_none_or(|ended| ended >= at);
    // Without its end in the log, an id is only believed near the start: ids are given again.
    let near_start = node.started_at.is_some_and(|began| at.duration_since(began) <= SAME_OCCASION);
    named.pid.is_some() && named.pid == node.pid && lived && (node.ended_at.is_some() || near_start)
}

fn strong(gathered: &Gathered, raising: &Raising, hit: &Match<'_>) -> bool {
    let Some(event) = gathered.events.get(hit.event) else { return false };
    raising.raises(&MatchFacts {
        rule: &hit.rule.id,
        level: hit.rule.level.name(),
        tags: &hit.rule.tags,
        channel: &event.channel,
        host: &event.host,
        image: event.text(Column::ProcessImage),
    })
}

fn product_alert(host: &str, subject: Strong) -> ProductAlert {
    let found = subject.found;
    ProductAlert {
        id: subject.id,
        host: host.to_owned(),
        detected_at: subject.detected_at,
        source_kind: SourceKind::Endpoint,
        product: OWN_PRODUCT.to_owned(),
        name: subject.rule,
        action: Action::Detected,
        file: found.image.as_ref().map(|image| AlertFile { path: Some(image.clone()), ..AlertFile::default() }),
        process: found.by_process.then(|| AlertProcess { guid: found.process_guid.clone(), pid: found.pid }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hikeshi_domain::PersonId;
    use hikeshi_domain::alert::AlertState;
    use serde_json::json;

    const RAN_AT: &str = "2026-11-21T03:00:00Z";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn alert(named: serde_json::Value, detected_at: &str) -> Alert {
        let mut raised = json!({"id": "1", "host": "PC-1", "detected_at": detected_at, "source_kind": "endpoint", "product": "AV", "name": "n",
            "action": "detected"});
        raised.as_object_mut().unwrap().extend(named.as_object().unwrap().clone());
        serde_json::from_value(json!({
            "id": AlertId(uuid::Uuid::nil()), "org": OrganizationId(uuid::Uuid::nil()), "raised": raised, "received_at": detected_at,
            "due_at": detected_at, "state": {"state": "received"}, "repeats": 0, "drill": false,
        }))
        .unwrap()
    }

    fn node() -> Node {
        serde_json::from_value(json!({
            "id": "{G-1}", "ghost": false, "origin": "recorded", "subject": true, "pid": 7, "image": r"C:\Temp\a.exe",
            "sha256": "ab", "started_at": RAN_AT, "after_detection": false, "matches": [], "findings": [],
        }))
        .unwrap()
    }

    fn names(alert: &Alert) -> bool {
        let found = Found {
            key: "{G-1}".to_owned(),
            by_process: true,
            image: None,
            process_guid: None,
            pid: None,
            user: None,
            channel: None,
            level: hikeshi_triage::Level::High,
            detected_at: at(RAN_AT),
            matches: Vec::new(),
            repeats: Vec::new(),
        };
        let ended = at("2026-11-21T03:01:00Z");
        let (nodes, last) = (vec![node()], Last { received_at: ended, placed_at: ended });
        Strong { found, id: String::new(), detected_at: at(RAN_AT), rule: String::new(), nodes, last }.is_named_by(alert)
    }

    #[test]
    fn the_next_run_of_a_program_is_raised_although_an_alert_names_its_path() {
        let path = json!({"file": {"path": r"C:\Temp\a.exe"}});
        assert!(!names(&alert(path.clone(), "2026-11-10T00:00:00Z")), "last week");
        assert!(!names(&alert(path, RAN_AT)), "a path alone says nothing");
        assert!(!names(&alert(json!({"process": {"guid": "{G-0}"}, "file": {"path": r"C:\Temp\a.exe"}}), RAN_AT)), "another process");
    }

    #[test]
    fn the_same_process_is_known_by_guid_else_by_id_while_it_lived() {
        assert!(names(&alert(json!({"process": {"guid": "{g-1}"}}), "2026-11-19T00:00:00Z")));
        assert!(!names(&alert(json!({"process": {"guid": "{g-1}"}}), "2026-11-10T00:00:00Z")), "no look at it sees what came now");
        assert!(names(&alert(json!({"process": {"pid": 7}}), "2026-11-21T03:10:00Z")));
        assert!(!names(&alert(json!({"process": {"pid": 7}}), "2026-11-20T03:10:00Z")), "before it began");
        assert!(!names(&alert(json!({"process": {"pid": 7}}), "2026-11-24T03:10:00Z")), "the id may be another's by then");
    }

    #[test]
    fn the_same_file_is_known_near_in_time() {
        let file = json!({"file": {"sha256": "AB"}});
        assert!(names(&alert(file.clone(), "2026-11-21T05:00:00Z")));
        assert!(!names(&alert(file, "2026-11-18T05:00:00Z")), "days before");
    }

    #[test]
    fn what_was_closed_does_not_answer_for_what_came_after() {
        let mut same = alert(json!({"process": {"guid": "{G-1}"}}), RAN_AT);
        for (closed_at, expected) in [("2026-11-21T03:00:30Z", false), ("2026-11-21T03:01:30Z", true)] {
            let by = PersonId(uuid::Uuid::nil());
            same.state = AlertState::Closed { by, at: at(closed_at), reason: "done".to_owned(), report: None, before: None };
            assert_eq!(names(&same), expected, "closed at {closed_at}");
        }
    }
}
