//! A service request as the queue and its page show it.

use hikeshi_desk::Names;
use hikeshi_desk::request::ClockReading;
use hikeshi_domain::clock::Duty;
use hikeshi_domain::phrase::{Language, Phrase};
use hikeshi_domain::phrases::render;
use hikeshi_domain::request::{
    Basis, ContactItem, Declaration, Ended, RequestForm, ScopingWish, ServiceKind, ServiceRequest, Signs, Site, ThreatState, Urgency,
    Verified,
};
use hikeshi_record::Stored;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::person::{Named, named};
use super::word;

/// A line of the queue.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RequestRow {
    id: Uuid,
    /// What `expected_version` takes.
    version: u64,
    org: Uuid,
    org_name: String,
    /// Reference for people.
    reference: String,
    drill: bool,
    #[schema(value_type = String, format = DateTime)]
    received_at: Timestamp,
    #[schema(value_type = word::Channel)]
    channel: &'static str,
    /// Who wrote it down; null: the desk read it.
    written_by: Option<Named>,
    #[schema(value_type = word::RequestState)]
    state: &'static str,
    #[schema(value_type = Option<word::ServiceKind>)]
    service: Option<&'static str>,
    #[schema(value_type = word::Priority)]
    priority: &'static str,
    /// 1 comes first.
    #[schema(value_type = word::Rank)]
    rank: &'static str,
    /// Why it stands where it stands, sentence by sentence.
    why: Vec<String>,
    /// The retainer that it is worked on under; null: best effort.
    retainer: Option<String>,
    /// Whom to answer.
    contact: Option<String>,
    /// The beginning of what is asked.
    summary: Option<String>,
    #[schema(value_type = word::Language)]
    language: Language,
    sensitive: bool,
    #[schema(value_type = word::Tlp)]
    tlp: String,
    /// Items that are still missing, as keys of the form.
    missing: Vec<&'static str>,
    assignee: Option<Named>,
    /// In the order in which they are due; those that have stopped come last.
    clocks: Vec<ClockView>,
    ended: Option<EndedView>,
}

/// How a request ended.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EndedView {
    #[schema(value_type = word::Outcome)]
    outcome: &'static str,
    /// What whoever asked is told.
    reason: String,
    by: Named,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

/// A clock as it reads now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClockView {
    #[schema(value_type = word::Duty)]
    duty: &'static str,
    /// The rule's word: `elapsed:24`, `bh:8;cal=desk`.
    rule: String,
    #[schema(value_type = word::ClockSource)]
    source: &'static str,
    #[schema(value_type = word::ClockStanding)]
    standing: &'static str,
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    /// Null where it cannot be counted any more.
    #[schema(value_type = Option<String>, format = DateTime)]
    due_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    stopped_at: Option<Timestamp>,
    /// How the deadline was counted, step by step.
    steps: Vec<String>,
    pauses: Vec<PauseView>,
    /// Starts that no longer count.
    earlier: Vec<EarlierStartView>,
}

/// A span that does not count.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PauseView {
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    reason: String,
    by: Option<Named>,
}

/// A start that no longer counts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EarlierStartView {
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    replaced_at: Timestamp,
    reason: String,
    by: Option<Named>,
    /// Its deadline had passed by then.
    missed: bool,
}

/// Who declared a priority.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeclarationView {
    #[schema(value_type = word::Priority)]
    priority: &'static str,
    /// The contact, by name.
    who: String,
    #[schema(value_type = word::Channel)]
    channel: &'static str,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Who wrote it down; null: the desk read it.
    by: Option<Named>,
}

/// Who speaks.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VerifiedView {
    #[schema(value_type = word::Proof)]
    proof: &'static str,
    who: String,
    by: Named,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

/// A sign with what it suggests.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignView {
    /// Its name in the playbook.
    sign: String,
    title: String,
    /// What to ask first, in order.
    questions: Vec<String>,
    /// What to keep first, in order.
    evidence: Vec<String>,
}

/// The items of a request; every one may be missing.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct FormView {
    /// As it was written.
    organization: Option<String>,
    sites: Vec<SiteView>,
    contact: ContactView,
    #[schema(value_type = Option<word::ServiceKind>)]
    service: Option<ServiceKind>,
    #[schema(value_type = Option<word::FormUrgency>)]
    urgency: Option<Urgency>,
    #[schema(value_type = Option<word::ThreatState>)]
    state: Option<ThreatState>,
    indicators: Option<String>,
    business_impact: Option<String>,
    request: Option<String>,
    scoping_call: Option<ScopingWishView>,
}

/// An affected place.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SiteView {
    /// As it was written or said.
    raw: String,
    city: Option<String>,
    state: Option<String>,
    country: Option<String>,
}

/// Whom to answer.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ContactView {
    name: Option<String>,
    phone_primary: Option<String>,
    phone_secondary: Option<String>,
    email: Option<String>,
}

/// When the scoping call is wished.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ScopingWishView {
    /// As it was written or said.
    raw: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    wished: Option<Timestamp>,
    /// IANA name or offset.
    tz: Option<String>,
}

impl From<FormView> for RequestForm {
    fn from(form: FormView) -> Self {
        let FormView { organization, sites, contact, service, urgency, state, indicators, business_impact, request, scoping_call } = form;
        let site = |SiteView { raw, city, state, country }| Site { raw, city, state, country };
        let ContactView { name, phone_primary, phone_secondary, email } = contact;
        RequestForm {
            organization,
            sites: sites.into_iter().map(site).collect(),
            contact: ContactItem { name, phone_primary, phone_secondary, email },
            service,
            urgency,
            state,
            indicators,
            business_impact,
            request,
            scoping_call: scoping_call.map(|ScopingWishView { raw, wished, tz }| ScopingWish { raw, wished, tz }),
        }
    }
}

pub(crate) fn form(form: &RequestForm) -> FormView {
    let RequestForm { organization, sites, contact, service, urgency, state, indicators, business_impact, request, scoping_call } =
        form.clone();
    let site = |Site { raw, city, state, country }| SiteView { raw, city, state, country };
    let ContactItem { name, phone_primary, phone_secondary, email } = contact;
    FormView {
        organization,
        sites: sites.into_iter().map(site).collect(),
        contact: ContactView { name, phone_primary, phone_secondary, email },
        service,
        urgency,
        state,
        indicators,
        business_impact,
        request,
        scoping_call: scoping_call.map(|ScopingWish { raw, wished, tz }| ScopingWishView { raw, wished, tz }),
    }
}

pub(crate) fn row(request: &Stored<ServiceRequest>, clocks: &[ClockReading], names: &Names, language: Language) -> RequestRow {
    const SUMMARY: usize = 160;
    let rank = request.rank();
    RequestRow {
        id: request.id.0,
        version: request.version,
        org: request.org.0,
        org_name: names.organization(request.org).to_owned(),
        reference: request.reference.clone(),
        drill: request.drill,
        received_at: request.received_at,
        channel: request.channel.name(),
        written_by: request.written_by.map(|person| named(person, names)),
        state: request.state().name(),
        service: request.service().map(ServiceKind::name),
        priority: request.priority().name(),
        rank: rank.name(),
        why: why(request).iter().map(|phrase| render(phrase, language)).collect(),
        retainer: match &request.basis {
            Basis::Retainer { reference, .. } => Some(reference.clone()),
            Basis::OnDemand => None,
        },
        contact: request.form.contact.name.clone(),
        summary: request.form.request.as_ref().map(|text| text.chars().take(SUMMARY).collect()),
        language: request.language,
        sensitive: request.sensitive,
        tlp: request.tlp.label().to_owned(),
        missing: request.missing(),
        assignee: request.assignee.map(|person| named(person, names)),
        clocks: clocks.iter().map(|reading| clock(reading, names, language)).collect(),
        ended: request.ended.as_ref().map(|ended| self::ended(ended, names)),
    }
}

/// Why it stands where it stands: the ground, then who declared what.
fn why(request: &ServiceRequest) -> Vec<Phrase> {
    let ground = Phrase::new(format!("request.rank.{}", request.rank().name()));
    let ground = match &request.basis {
        Basis::Retainer { reference, .. } => ground.with("retainer", reference.clone()),
        Basis::OnDemand => ground,
    };
    let declared = match request.declared.last() {
        Some(said) => Phrase::new("request.declared")
            .with("who", said.who.clone())
            .with("priority", said.priority.name())
            .with("channel", said.channel.name()),
        None => Phrase::new("request.not_declared"),
    };
    vec![ground, declared]
}

fn ended(ended: &Ended, names: &Names) -> EndedView {
    EndedView { outcome: ended.outcome.name(), reason: ended.reason.clone(), by: named(ended.by, names), at: ended.at }
}

fn clock(reading: &ClockReading, names: &Names, language: Language) -> ClockView {
    let clock = &reading.clock;
    let by = |person: Option<hikeshi_domain::PersonId>| person.map(|person| named(person, names));
    ClockView {
        duty: Duty::name(clock.duty),
        rule: clock.rule.to_string(),
        source: clock.source.name(),
        standing: reading.standing.name(),
        started_at: clock.start.at,
        due_at: reading.deadline.as_ref().map(|deadline| deadline.at),
        stopped_at: clock.stopped.as_ref().map(|stopped| stopped.at),
        steps: reading.deadline.iter().flat_map(|deadline| &deadline.steps).map(|step| render(step, language)).collect(),
        pauses: clock
            .pauses
            .iter()
            .map(|pause| PauseView {
                from: pause.from.at,
                until: pause.until.as_ref().map(|until| until.at),
                reason: pause.reason.clone(),
                by: by(pause.from.by),
            })
            .collect(),
        earlier: clock
            .earlier
            .iter()
            .map(|start| EarlierStartView {
                started_at: start.start.at,
                replaced_at: start.replaced.at,
                reason: start.reason.clone(),
                by: by(start.replaced.by),
                missed: start.missed,
            })
            .collect(),
    }
}

pub(crate) fn declaration(said: &Declaration, names: &Names) -> DeclarationView {
    DeclarationView {
        priority: said.priority.name(),
        who: said.who.clone(),
        channel: said.channel.name(),
        at: said.at,
        by: said.by.map(|person| named(person, names)),
    }
}

pub(crate) fn verified(verified: &Verified, names: &Names) -> VerifiedView {
    VerifiedView { proof: verified.proof.name(), who: verified.who.clone(), by: named(verified.by, names), at: verified.at }
}

/// The playbook's signs in a language.
pub(crate) fn signs(signs: &Signs, language: Language) -> Vec<SignView> {
    let texts = |texts: &[hikeshi_domain::request::Bilingual]| texts.iter().map(|text| text.text(language).to_owned()).collect();
    let view = |(name, advice): (&str, &hikeshi_domain::request::SignAdvice)| SignView {
        sign: name.to_owned(),
        title: advice.title.text(language).to_owned(),
        questions: texts(&advice.questions),
        evidence: texts(&advice.evidence),
    };
    signs.all().map(view).collect()
}
