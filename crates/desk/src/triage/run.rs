//! One run of triage on an alert, as a job: done twice it has the effect of once.

use std::sync::Arc;

use hikeshi_access::{Action, Caller, permit, permit_everywhere};
use hikeshi_domain::alert::{Alert, AlertState, ProductAlert};
use hikeshi_domain::case::Case;
use hikeshi_domain::endpoint::BlockMode;
use hikeshi_domain::entity::Entity;
use hikeshi_domain::flash_report::IssuedReport;
use hikeshi_domain::phrase::Phrase;
use hikeshi_domain::procedure::Execution;
use hikeshi_domain::reference_list::ReferenceList;
use hikeshi_domain::triage::Triage;
use hikeshi_domain::triage_run::TriageRun;
use hikeshi_domain::verdict::{Unknown, Verdict};
use hikeshi_domain::{AlertId, ReferenceListId, TriageId};
use hikeshi_record::{Change, Claimed, Context, Expect, Job, Order, Query, Stored};
use hikeshi_triage::{Focus, Host, Input, Match, VerdictBook};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::answered::answered;
use super::gather::{Gathered, gather, received_to};
use super::joining::case_to_join;
use super::others::others;
use super::outcome::{LONGEST_WAIT, Telling, telling, waits_for_earlier};
use super::own::{is_of_channel, raised_for};
use crate::desk::{Desk, context};
use crate::error::{Error, Result};
use crate::windows::Look;
use crate::{case, exception, flash_report, full_list, names};

/// Queue of alerts to be triaged now: nobody has looked at them, or somebody asked.
pub(crate) const TRIAGE_QUEUE: &str = "triage";
/// Queue of alerts to be looked at again. A queue of its own: a new alert never waits behind them.
pub(crate) const FOLLOW_QUEUE: &str = "triage-follow";
/// Queue of judged alerts that a new list may change. What follows an alert comes first: lists ask for thousands of looks at once.
pub(crate) const RELOOK_QUEUE: &str = "triage-relook";
/// How often is looked whether data of the window has arrived, until the report's clock ends (design 7).
const LOOK_AGAIN: SignedDuration = SignedDuration::from_secs(60);
/// Where new data keep saying nothing new, the pause doubles so often: eight minutes.
const MOST_DOUBLINGS: u32 = 3;
/// How soon an alert is looked at again that waits for an earlier one on the same file.
const WAIT_FOR_EARLIER: SignedDuration = SignedDuration::from_secs(1);

/// How soon a look for a list comes back to an alert whose first look may be under way.
const WAIT_FOR_FIRST: SignedDuration = SignedDuration::from_secs(5);

const OMITTED: &str = "desk.unknown.omitted";

/// Most runs that a page lists.
const MOST_RUNS: u32 = 200;

/// Payload of a triage job.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct TriageJob {
    /// The alert.
    pub(crate) alert: AlertId,
    /// Run even if no data has arrived since the last run.
    pub(crate) forced: bool,
    /// Look again until the report's clock ends. One job of an alert does; those that a person or a change asks for run once.
    #[serde(default)]
    pub(crate) follows: bool,
    /// Data of the host received up to here have been looked at.
    #[serde(default)]
    pub(crate) seen_to: Option<Timestamp>,
    /// Looks in a row that found new data, but nothing else to say.
    #[serde(default)]
    pub(crate) in_vain: u32,
    /// The new list of known bad for which it looks, closed or not; a verdict that stays is not told again.
    #[serde(default)]
    pub(crate) list: Option<ReferenceListId>,
}

impl TriageJob {
    /// The job of a new alert: it runs now, and looks again until the report's clock ends.
    pub(crate) fn first(alert: AlertId) -> Self {
        TriageJob { alert, forced: true, follows: true, seen_to: None, in_vain: 0, list: None }
    }

    /// One look more, at what is there by then.
    pub(super) fn later(alert: AlertId) -> Self {
        TriageJob { forced: false, follows: false, ..TriageJob::first(alert) }
    }

    /// One look more because of a new list.
    pub(super) fn of_list(alert: AlertId, list: ReferenceListId) -> Self {
        TriageJob { list: Some(list), ..TriageJob::later(alert) }
    }
}

/// One run of triage more, now.
pub(crate) fn job(alert: AlertId) -> Job {
    Job::new(TRIAGE_QUEUE, &TriageJob { follows: false, ..TriageJob::first(alert) })
}

/// A look at what was told again of an alert: one that was judged takes no place that is kept for new ones.
pub(crate) fn told_again(alert: &Alert) -> Job {
    match alert.verdict {
        Some(_) => Job::new(FOLLOW_QUEUE, &TriageJob { forced: true, ..TriageJob::later(alert.id) }),
        None => job(alert.id),
    }
}

/// Asks for triage to run again now.
///
/// # Errors
/// `NotFound` where the caller does not see the alert.
pub async fn again(desk: &Desk, caller: &Caller, alert: AlertId) -> Result<()> {
    let reading = context(&permit_everywhere(caller, Action::ReadAlerts)?);
    let alert = desk.store.get::<Alert>(&reading, alert.0).await?;
    let context = context(&permit(caller, Action::WorkAlerts, alert.org)?);
    desk.store.change(&context.within(alert.org), Change::new("alert.triage", "").enqueue(job(alert.id))).await?;
    Ok(())
}

/// Runs triage on the alert of a job, keeps what came out and ends the job in the same change.
///
/// # Errors
/// Whatever a store says; the job is tried again then.
pub(crate) async fn run(desk: &Desk, claimed: &Claimed, job: TriageJob) -> Result<()> {
    let everywhere = Context::system("triage");
    let alert = desk.store.get::<Alert>(&everywhere, job.alert.0).await?;
    let context = everywhere.within(alert.org);
    match for_list(desk, &alert, job).await? {
        ForList::Look => {}
        ForList::Nothing => return finish(desk, &context, claimed, &alert, job, Change::new("triage.wait", "")).await,
        ForList::Wait => return put_back(desk, &context, claimed, job, RELOOK_QUEUE, WAIT_FOR_FIRST).await,
    }
    if waits_for_earlier(desk, &context, &alert).await? {
        return put_back(desk, &context, claimed, job, TRIAGE_QUEUE, WAIT_FOR_EARLIER).await;
    }
    let earlier = latest_run(desk, &context, alert.id).await?;
    let closed = matches!(alert.state, AlertState::Closed { .. }) && !alert.owes_black_mail() && job.list.is_none();
    let again = !job.forced && alert.verdict.is_some();
    // Asked before anything is read: most looks end here, and what comes in from now on is news. `None` while the lake knows no such host.
    let seen_to = received_to(desk, alert.org, &alert.raised.host).await?;
    if closed || (again && job.list.is_none() && job.seen_to >= seen_to) {
        return finish(desk, &context, claimed, &alert, job, Change::new("triage.wait", "")).await;
    }
    let first = claimed.queue == TRIAGE_QUEUE && !again;
    let look = if first { Look::First } else { Look::Later };
    let gathered = gather(desk, &context, alert.org, &alert.raised.host, alert.placed_at(), look).await?;
    let others = others(desk, &context, &alert).await?;
    let (triage, gathered) = judge(desk, &alert, others, gathered).await?;
    let same = if job.list.is_some() { rests_on_the_same } else { says_the_same };
    if again && earlier.as_ref().is_some_and(|earlier| same(&earlier.triage, &triage)) {
        let job = TriageJob { seen_to, in_vain: job.in_vain.saturating_add(1), ..job };
        return finish(desk, &context, claimed, &alert, job, Change::new("triage.wait", "")).await;
    }
    let number = earlier.as_ref().map_or(1, |run| run.number.saturating_add(1));
    let job = TriageJob { forced: false, seen_to, in_vain: 0, ..job };
    keep(desk, &context, (claimed, job), alert, number, triage, &gathered).await
}

/// What a look for a new list has to do with an alert.
enum ForList {
    Look,
    /// Later: the first look may be under way, and may have asked the lists of before.
    Wait,
    /// What it repeats speaks for it, or whoever closed it untriaged does, or its first look is still to begin and asks the new list.
    Nothing,
}

async fn for_list(desk: &Desk, alert: &Alert, job: TriageJob) -> Result<ForList> {
    let Some(list) = job.list else { return Ok(ForList::Look) };
    if alert.state.repeats().is_some() {
        return Ok(ForList::Nothing);
    }
    if alert.verdict.is_some() {
        return Ok(ForList::Look);
    }
    let list = desk.store.get::<ReferenceList>(&Context::system("triage"), list.0).await?;
    let recent = desk.now().duration_since(list.uploaded_at) < LONGEST_WAIT;
    Ok(if recent && !alert.state.is_closed() { ForList::Wait } else { ForList::Nothing })
}

/// Ends the job with one that does the same a little later.
async fn put_back(desk: &Desk, context: &Context, claimed: &Claimed, job: TriageJob, queue: &str, pause: SignedDuration) -> Result<()> {
    let later = desk.now().saturating_add(pause).map_err(Error::internal)?;
    let again = Job::new(queue, &job).not_before(later);
    desk.store.change(context, Change::new("triage.wait", "").finish(claimed).enqueue(again)).await?;
    Ok(())
}

/// Whether two runs tell the same: how far the data reach, and how many events of the host lie around, is no news.
fn says_the_same(earlier: &Triage, later: &Triage) -> bool {
    let bare = |triage: &Triage| {
        let mut triage = triage.clone();
        (triage.window.to, triage.events_seen) = (triage.window.from, 0);
        triage.unknown.retain(|unknown| unknown.reason.key != OMITTED);
        triage
    };
    bare(earlier) == bare(later)
}

/// Whether two runs have the same grounds. With a new list less is unknown, and the dates in reasons are others: for that alone thousands
/// of reports are not issued anew.
fn rests_on_the_same(earlier: &Triage, later: &Triage) -> bool {
    let grounds =
        |triage: &Triage| -> Vec<(String, i32)> { triage.findings.iter().map(|finding| (finding.id.clone(), finding.points)).collect() };
    (earlier.judgement.verdict, grounds(earlier)) == (later.judgement.verdict, grounds(later))
}

/// Judges, and says what could not be looked at.
async fn judge(desk: &Desk, alert: &Alert, others: Vec<ProductAlert>, gathered: Gathered) -> Result<(Triage, Gathered)> {
    let (mut triage, gathered) = look(desk, alert, others, gathered, |host, input, book| host.triage(input, book)).await?;
    triage.unknown.extend(not_examined(&gathered));
    triage.unknown.extend(not_joined(&gathered));
    triage.unknown.extend(gathered.lists_unread.iter().cloned());
    Ok((triage, gathered))
}

/// Looks at an alert with what was gathered, on a thread of its own: a busy host takes a while.
pub(crate) async fn look<T: Send + 'static>(
    desk: &Desk,
    alert: &Alert,
    others: Vec<ProductAlert>,
    gathered: Gathered,
    see: impl FnOnce(&Host<'_>, &Input<'_>, &VerdictBook) -> T + Send + 'static,
) -> Result<(T, Gathered)> {
    let (book, rules): (Arc<VerdictBook>, String) = (desk.verdicts.clone(), desk.telemetry.rules.version().to_owned());
    let mut raised = alert.raised.clone();
    let answers = answered(desk, alert).await?;
    // A clock that is ahead (a local time sent as UTC, a wrong year) must not move the window away from what happened.
    raised.detected_at = alert.placed_at();
    let work = move || {
        let matches: Vec<Match<'_>> =
            gathered.matches.iter().filter_map(|(event, rule)| Some(Match { event: *event, rule: gathered.rules.get(*rule)? })).collect();
        let host = Host::read(&gathered.events, &book);
        let received_at = |hit: usize| gathered.events.get(matches.get(hit)?.event).map(|event| event.received_at);
        // Without a process an alert of our own is about what it was raised for.
        let own = is_of_channel(&raised)
            .then(|| host.subjects(&matches).into_iter().find_map(|found| raised_for(&raised, &gathered.host, found, received_at)))
            .flatten();
        let input = Input {
            host: &gathered.host,
            focus: own.as_ref().map_or(Focus::Alert(&raised), Focus::Found),
            others: &others,
            events: &gathered.events,
            matches: &matches,
            exceptions: &gathered.exceptions,
            prevalence: Some(&gathered.prevalence),
            lists: Some(&gathered.lists).filter(|lists| !lists.is_empty()),
            answers: &answers,
            block_mode: gathered.block_mode,
            received_to: gathered.received_to,
            now: gathered.now,
            coverage: None,
            place: None,
            rules_version: &rules,
        };
        let seen = see(&host, &input, &book);
        drop(host);
        (seen, gathered)
    };
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)
}

/// Where a host sent more than a triage may hold, nothing is said of what lies farther off (E40: no evidence of absence).
fn not_examined(gathered: &Gathered) -> Option<Unknown> {
    let reason = Phrase::new(OMITTED).with("count", gathered.omitted.to_string());
    let reason = reason.with("from", gathered.complete.start.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    let reason = reason.with("to", gathered.complete.end.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    (gathered.omitted > 0).then(|| Unknown { id: "E40".to_owned(), reason })
}

/// Hosts of a like name may be this one: their events were not taken for its own.
fn not_joined(gathered: &Gathered) -> Option<Unknown> {
    const SHOWN: usize = 5;
    let names: Vec<&str> = gathered.alike.iter().take(SHOWN).map(String::as_str).collect();
    let reason = Phrase::new("desk.unknown.alike").with("host", gathered.host.as_str()).with("others", names.join(", "));
    (!names.is_empty()).then(|| Unknown { id: "E40".to_owned(), reason })
}

/// Keeps a run and all that follows from it in one change.
async fn keep(
    desk: &Desk,
    context: &Context,
    (claimed, job): (&Claimed, TriageJob),
    stored: Stored<Alert>,
    number: u32,
    triage: Triage,
    gathered: &Gathered,
) -> Result<()> {
    let verdict = triage.judgement.verdict;
    let cited = crate::cited::keep(desk, &triage, gathered).await?;
    let run = TriageRun { id: TriageId(Uuid::now_v7()), org: stored.org, alert: stored.id, number, at: desk.now(), triage, cited };
    let execution = Execution::of(Some(&run.triage), Some(stored.raised.action), gathered.block_mode);
    let score = Some(run.triage.judgement.score);
    let mut alert = Alert { verdict: Some(verdict), score, execution: Some(execution), ..stored.entity.clone() };
    let mut change = full_list::with_job(reason(desk, job).await?.put(&run, Expect::New), &run);
    let telling = telling(desk, context, &alert, &run.triage).await?;
    change = place(desk, context, change, &mut alert, &run.triage, gathered.block_mode, telling).await?;
    match telling {
        Telling::Report => {
            let issued = flash_report::issued(desk, context, &alert, &run, gathered).await?;
            change = flash_report::tell_black(desk, context, change, &mut alert, issued.report()).await?;
            change = issued.into_change(change, &mut alert);
        }
        Telling::Repeat(of) => {
            let first = desk.store.get::<Alert>(context, of.0).await?;
            if stored.state.repeats().is_none() {
                let counted = Alert { repeats: first.repeats.saturating_add(1), ..first.entity.clone() };
                change = change.put(&counted, first.expect());
            }
            settle(&mut alert, AlertState::Repeat { of });
        }
        Telling::Harmless => {
            change = exception::cleared_by_list(desk, context, change, alert.org, &run.triage, &gathered.exceptions).await?;
            settle(&mut alert, AlertState::Harmless);
        }
    }
    change = change.put(&alert, stored.expect());
    finish(desk, context, claimed, &alert, job, change).await?;
    desk.metrics.triages.inc();
    desk.tell(Alert::KIND, alert.id.0, Some(alert.org));
    Ok(())
}

/// Where the alert stands from now on; whoever closed it decides, and finds it there when it is opened again.
fn settle(alert: &mut Alert, state: AlertState) {
    match &mut alert.state {
        AlertState::Closed { report: None, before, .. } => *before = Some(Box::new(state)),
        AlertState::Closed { .. } => {}
        standing => *standing = state,
    }
}

/// Why it looked, as the history of the alert tells it.
async fn reason(desk: &Desk, job: TriageJob) -> Result<Change> {
    let Some(list) = job.list else { return Ok(Change::new("triage.run", "")) };
    let list = desk.store.get::<ReferenceList>(&Context::system("triage"), list.0).await?;
    Ok(Change::new("triage.list", list.name.clone()))
}

/// What follows when a person judges an alert black: a case and a mail. One without a report gets it by a run of triage.
pub(crate) async fn turned_black(desk: &Desk, context: &Context, change: Change, alert: &mut Alert) -> Result<Change> {
    let run = latest_run(desk, context, alert.id).await?;
    let (Some(run), Some(report)) = (run, alert.state.report()) else {
        return Ok(change.enqueue(job(alert.id)));
    };
    let issued = desk.store.get::<IssuedReport>(context, report.0).await?;
    let endpoints = names::endpoints(desk, context, [alert.raised.host.clone()]).await?;
    let endpoint = endpoints.get(&(alert.org, alert.raised.host.to_lowercase()));
    let block_mode = endpoint.map_or(BlockMode::Unknown, |endpoint| endpoint.block_mode);
    let change = place(desk, context, change, alert, &run.triage, block_mode, Telling::Report).await?;
    flash_report::tell_black(desk, context, change, alert, &issued.report).await
}

/// Puts the alert into the case that it belongs to: an open one that shares file or tree, or, on black, a new one.
async fn place(
    desk: &Desk,
    context: &Context,
    change: Change,
    alert: &mut Alert,
    triage: &Triage,
    block_mode: BlockMode,
    telling: Telling,
) -> Result<Change> {
    let standing = match alert.case {
        Some(case) => Some(desk.store.get::<Case>(context, case.0).await?).filter(|case| case.closed.is_none()),
        None => case_to_join(desk, context, alert, triage).await?,
    };
    let (mut case, expect, change) = match standing {
        Some(stored) => (stored.entity.clone(), stored.expect(), change),
        None if alert.case.is_none() && alert.effective_verdict() == Some(Verdict::Black) && telling == Telling::Report => {
            let (case, number) = case::opened(desk, context, alert, None).await?;
            (case, Expect::New, number.taken_by(change))
        }
        None => return Ok(change),
    };
    case = case::joined(desk, context, case, alert).await?;
    case.proposed = Some(case::proposal(desk, context, &case, alert, triage, block_mode).await?);
    alert.case = Some(case.id);
    desk.tell(Case::KIND, case.id.0, Some(case.org));
    Ok(change.put(&case, expect))
}

/// Ends the job; one that follows its alert looks again until the report's clock ends, closed or not: who reopens it finds it followed.
async fn finish(desk: &Desk, context: &Context, claimed: &Claimed, alert: &Alert, job: TriageJob, change: Change) -> Result<()> {
    let mut change = change.finish(claimed);
    if job.follows && desk.now() < alert.due_at {
        let pause = LOOK_AGAIN.saturating_mul(1 << job.in_vain.min(MOST_DOUBLINGS));
        let later = desk.now().saturating_add(pause).map_err(Error::internal)?;
        change = change.enqueue(Job::new(FOLLOW_QUEUE, &TriageJob { forced: false, ..job }).not_before(later));
    }
    desk.store.change(context, change).await?;
    Ok(())
}

/// The latest run on an alert.
pub(crate) async fn latest_run(desk: &Desk, context: &Context, alert: AlertId) -> Result<Option<Stored<TriageRun>>> {
    let query = Query::new().eq("alert", alert.to_string()).order("number", Order::Desc).limit(1);
    Ok(desk.store.list::<TriageRun>(context, query).await?.items.into_iter().next())
}

/// The run on an alert of that number; without one, the latest.
///
/// # Errors
/// `NotFound` where the caller does not see the alert, or there is no such run.
pub(crate) async fn run_of(desk: &Desk, caller: &Caller, alert: AlertId, number: Option<u32>) -> Result<Stored<TriageRun>> {
    let context = context(&permit_everywhere(caller, Action::ReadAlerts)?);
    let found = match number {
        None => latest_run(desk, &context, alert).await?,
        Some(number) => {
            let query = Query::new().eq("alert", alert.to_string()).eq("number", i64::from(number)).limit(1);
            desk.store.list::<TriageRun>(&context, query).await?.items.into_iter().next()
        }
    };
    found.ok_or_else(Error::not_found)
}

/// All runs of triage on an alert, latest first.
///
/// # Errors
/// `NotFound` where the caller does not see the alert.
pub async fn runs(desk: &Desk, caller: &Caller, alert: AlertId) -> Result<Vec<Stored<TriageRun>>> {
    let context = context(&permit_everywhere(caller, Action::ReadAlerts)?);
    let query = Query::new().eq("alert", alert.to_string()).order("number", Order::Desc).limit(MOST_RUNS);
    Ok(desk.store.list::<TriageRun>(&context, query).await?.items)
}
