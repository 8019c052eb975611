//! Flash reports: issued with the triage that they tell of, read as PDF, HTML and JSON in either language; and the mail that says so.

use hikeshi_access::{Action, Caller, permit_everywhere};
use hikeshi_document::{Format, notice as wording};
use hikeshi_domain::alert::{Alert, AlertState};
use hikeshi_domain::clock::target;
use hikeshi_domain::comment::Reference;
use hikeshi_domain::flash_report::{AlertPart, FlashReport, IssuedReport, Target};
use hikeshi_domain::message::Message;
use hikeshi_domain::organization::Organization;
use hikeshi_domain::person::Person;
use hikeshi_domain::phrase::Language;
use hikeshi_domain::tlp::Tlp;
use hikeshi_domain::triage_run::TriageRun;
use hikeshi_domain::{AlertId, FlashReportId, MessageId};
use hikeshi_record::{Change, Context, Expect, Order, Query, Stored};
use uuid::Uuid;

use crate::desk::{Desk, context};
use crate::error::{Error, Result};
use crate::everything::everything;
use crate::number::{self, Number};
use crate::triage::Gathered;
use crate::{message, settings};

/// A report ready to be kept.
pub(crate) struct Issued {
    report: IssuedReport,
    expect: Expect,
    number: Option<Number>,
}

impl Issued {
    /// The report itself.
    pub(crate) fn report(&self) -> &FlashReport {
        &self.report.report
    }

    /// Keeps the report with the change that caused it; the alert is reported from now on.
    pub(crate) fn into_change(self, change: Change, alert: &mut Alert) -> Change {
        if !matches!(alert.state, AlertState::Closed { .. }) && alert.state.report().is_none() {
            alert.state = AlertState::Reported { report: self.report.id, at: self.report.report.issued_at };
        }
        if let AlertState::Closed { report, .. } = &mut alert.state {
            report.get_or_insert(self.report.id);
        }
        alert.told = Some(self.report.report.triage.judgement.verdict);
        let change = self.number.iter().fold(change, |change, number| number.taken_by(change));
        change.put(&self.report, self.expect)
    }
}

/// The flash report of an alert: the first one with a number of its own, later ones as its next versions.
pub(crate) async fn issued(desk: &Desk, context: &Context, alert: &Alert, run: &TriageRun, gathered: &Gathered) -> Result<Issued> {
    let earlier = match alert.state.report() {
        Some(report) => Some(desk.store.get::<IssuedReport>(context, report.0).await?),
        None => None,
    };
    let organization = desk.store.get::<Organization>(context, alert.org.0).await?;
    let now = desk.now();
    let number = if earlier.is_some() { None } else { Some(number::next(desk, context, alert.org, "FR").await?) };
    let reference =
        earlier.as_ref().map(|stored| stored.report.reference.clone()).or(number.as_ref().map(|number| number.reference.clone()));
    let id = earlier.as_ref().map_or_else(|| FlashReportId(Uuid::now_v7()), |stored| stored.id);
    // The clock was met or missed by the first version; what comes later adds to it.
    let met = earlier.as_ref().map_or_else(|| target(alert.due_at, now), |stored| stored.report.target);
    let report = FlashReport {
        id: Some(id),
        reference: reference.unwrap_or_default(),
        version: earlier.as_ref().map_or(1, |stored| stored.report.version.saturating_add(1)),
        tlp: Tlp::Amber,
        organization: organization.name.clone(),
        drill: alert.drill,
        alert: Some(AlertPart { id: Some(alert.id), raised: alert.raised.clone(), received_at: alert.received_at }),
        case: alert.case,
        issued_at: now,
        due_at: Some(alert.due_at),
        target: met,
        time_zone: organization.time_zone.clone(),
        block_mode: gathered.block_mode,
        advice: hikeshi_triage::advise(&run.triage, Some(&alert.raised), gathered.block_mode),
        limits: limits(run, gathered),
        triage: run.triage.clone(),
    };
    if earlier.is_none() && !alert.drill {
        desk.metrics.reports_issued.inc();
        if met == Target::Missed {
            desk.metrics.reports_missed.inc();
        }
    }
    let expect = earlier.as_ref().map_or(Expect::New, Stored::expect);
    Ok(Issued { report: IssuedReport { id, org: alert.org, alert: alert.id, triage: run.id, report }, expect, number })
}

fn limits(run: &TriageRun, gathered: &Gathered) -> Vec<hikeshi_domain::phrase::Phrase> {
    let mut limits = hikeshi_triage::limits(&run.triage);
    limits.extend(gathered.clocks.limits());
    if gathered.omitted > 0 {
        limits.push(hikeshi_domain::phrase::Phrase::new("desk.limit.omitted").with("count", gathered.omitted.to_string()));
    }
    limits
}

/// Writes the mail on a black verdict, once an alert, whenever it turned black: by triage, by later data, by a person (S3-35).
pub(crate) async fn tell_black(desk: &Desk, context: &Context, change: Change, alert: &mut Alert, report: &FlashReport) -> Result<Change> {
    if !alert.owes_black_mail() {
        return Ok(change);
    }
    // A mail that cannot be written must not undo the verdict; the next run of triage tries again.
    let Some(mail) = notice(desk, context, alert, report).await? else { return Ok(change) };
    alert.black_told_at = Some(desk.now());
    Ok(message::with_job(change.put(&mail, Expect::New), &mail))
}

/// The mail on a black verdict (S3-35): a reference, a time and a link; no customer, host, user or file name (design 9).
async fn notice(desk: &Desk, context: &Context, alert: &Alert, report: &FlashReport) -> Result<Option<Message>> {
    let organization = desk.store.get::<Organization>(context, alert.org.0).await?;
    let (settings, _) = settings::read(desk, &Context::system("outbox")).await?;
    // An address that was set before addresses were checked, and that no mail may carry, gives way to the desk's own.
    let base = settings.public_url.filter(|url| wording::may_carry(url)).unwrap_or_else(|| desk.address.clone());
    let told = wording::Told {
        reference: &report.reference,
        issued_at: report.issued_at,
        time_zone: &organization.time_zone,
        link: &format!("{base}/alerts/{}", alert.id),
        tlp: report.tlp,
        drill: alert.drill,
    };
    let mail = match wording::write(&told, organization.language) {
        Ok(mail) => mail,
        Err(error) => {
            tracing::error!(alert = %alert.id, %error, "the mail on a black verdict cannot be written");
            return Ok(None);
        }
    };
    Ok(Some(Message {
        id: MessageId(Uuid::now_v7()),
        org: alert.org,
        to: recipients(desk, &organization).await?,
        subject: mail.subject,
        body: mail.text,
        language: organization.language,
        about: Some(Reference::to(alert)),
        created_at: desk.now(),
        delivery: message::first_delivery(desk, alert.drill).await?,
        drill: alert.drill,
        taken_for: Vec::new(),
    }))
}

/// The organisation's contacts; where none is named, the people of the desk who may read its alerts.
async fn recipients(desk: &Desk, organization: &Organization) -> Result<Vec<String>> {
    if !organization.contacts.is_empty() {
        return Ok(organization.contacts.clone());
    }
    let people = everything::<Person>(desk, &Context::system("outbox"), Query::new().eq("disabled", false)).await?;
    let may_read = |person: &&Stored<Person>| person.grants.iter().any(|grant| grant.org.is_none_or(|org| org == organization.id));
    Ok(people.iter().filter(may_read).map(|person| person.email.clone()).collect())
}

/// The flash report of an alert as it stands.
///
/// # Errors
/// `NotFound` where there is none, or the caller does not see it.
pub async fn of_alert(desk: &Desk, caller: &Caller, alert: AlertId) -> Result<Stored<IssuedReport>> {
    let context = context(&permit_everywhere(caller, Action::ReadAlerts)?);
    let query = Query::new().eq("alert", alert.to_string()).order("issued_at", Order::Desc).limit(1);
    desk.store.list::<IssuedReport>(&context, query).await?.items.into_iter().next().ok_or_else(Error::not_found)
}

/// A report to be downloaded.
pub struct Rendered {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its name as a file.
    pub file_name: String,
}

/// Renders the flash report of an alert.
///
/// # Errors
/// `NotFound` where there is none, or the caller does not see it.
pub async fn render(desk: &Desk, caller: &Caller, alert: AlertId, language: Language, format: Format) -> Result<Rendered> {
    let issued = of_alert(desk, caller, alert).await?;
    let file_name = format!("{}-v{}.{}", issued.report.reference, issued.report.version, format.extension());
    let render = move || hikeshi_document::render(&issued.report, language, format);
    let bytes = tokio::task::spawn_blocking(render).await.map_err(Error::internal)?.map_err(Error::internal)?;
    Ok(Rendered { bytes, file_name })
}
