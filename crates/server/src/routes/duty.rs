//! The duty officer's page.

use axum::Json;
use axum::extract::State;
use hikeshi_desk::duty::{self, Card};
use hikeshi_desk::{Names, names};
use hikeshi_domain::OrganizationId;
use hikeshi_domain::alert::{Alert, AlertState};
use hikeshi_domain::case::Case;
use hikeshi_domain::phrase::{Language, Phrase};
use hikeshi_domain::phrases::render;
use hikeshi_domain::urgency::urgency;
use hikeshi_domain::verdict::Verdict;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::error::Failure;
use crate::extract::{Parameters, SignedIn};
use crate::router::App;
use crate::views::person::{Named, named};
use crate::views::word;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(page))
}

#[derive(Deserialize, IntoParams)]
struct DutyQuery {
    /// Of one organisation.
    org: Option<Uuid>,
}

#[derive(Serialize, ToSchema)]
struct DutyPage {
    lanes: LanesView,
    trend: Vec<DayView>,
    health: HealthView,
}

#[derive(Serialize, ToSchema)]
struct LanesView {
    overdue: Vec<CardView>,
    within_two_hours: Vec<CardView>,
    waiting: Vec<CardView>,
    watch: Vec<CardView>,
}

#[derive(Serialize, ToSchema)]
struct CardView {
    /// `alert` or `case`.
    #[schema(value_type = word::WorkKind)]
    kind: &'static str,
    id: Uuid,
    title: String,
    line: String,
    #[schema(value_type = Option<word::Verdict>)]
    verdict: Option<&'static str>,
    #[schema(value_type = Option<word::Severity>)]
    severity: Option<u8>,
    #[schema(value_type = Option<String>, format = DateTime)]
    due_at: Option<Timestamp>,
    owner: Option<Named>,
    org_name: String,
    drill: bool,
}

#[derive(Serialize, ToSchema)]
struct DayView {
    day: String,
    black: u64,
    grey: u64,
    white: u64,
}

#[derive(Serialize, ToSchema)]
struct HealthView {
    ingest_lag_ms: i64,
    sources: Vec<SourceView>,
    warnings: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct SourceView {
    source: String,
    hosts: usize,
    #[schema(value_type = String, format = DateTime)]
    last_event_at: Timestamp,
    silent: bool,
    /// Hosts that have fallen silent.
    silent_hosts: Vec<String>,
}

/// What needs a person now, the week's trend, the desk's own health.
#[utoipa::path(get, path = "/duty", tag = "duty", params(DutyQuery), responses((status = 200, body = DutyPage)))]
async fn page(State(app): State<App>, signed_in: SignedIn, Parameters(query): Parameters<DutyQuery>) -> Result<Json<DutyPage>, Failure> {
    let zone = TimeZone::get(&signed_in.person.time_zone).unwrap_or(TimeZone::UTC);
    let duty = duty::duty(&app.desk, &signed_in.caller, query.org.map(OrganizationId), &zone).await?;
    let names = names(&app.desk, &signed_in.caller).await?;
    let now = app.desk.now();
    let cards = |lane: Vec<Card>| lane.iter().map(|entry| card(entry, &names, signed_in.language, now)).collect();
    Ok(Json(DutyPage {
        lanes: LanesView {
            overdue: cards(duty.lanes.overdue),
            within_two_hours: cards(duty.lanes.within_two_hours),
            waiting: cards(duty.lanes.waiting),
            watch: cards(duty.lanes.watch),
        },
        trend: duty
            .trend
            .into_iter()
            .map(|(day, counts)| DayView { day: day.to_string(), black: counts.black, grey: counts.grey, white: counts.white })
            .collect(),
        health: HealthView {
            ingest_lag_ms: i64::try_from(duty.ingest_lag.as_millis()).unwrap_or(i64::MAX),
            sources: duty.sources.into_iter().map(source).collect(),
            warnings: duty.warnings.iter().map(|warning| render(warning, signed_in.language)).collect(),
        },
    }))
}

fn card(card: &Card, names: &Names, language: Language, now: Timestamp) -> CardView {
    match card {
        Card::Alert(alert) => alert_card(alert, names, language, now),
        Card::Case(case, due_at) => case_card(case, *due_at, names, language),
    }
}

fn alert_card(alert: &Alert, names: &Names, language: Language, now: Timestamp) -> CardView {
    let file = alert.raised.file.as_ref().and_then(|file| file.path.as_deref());
    let file = file.map(|path| path.rsplit(['\\', '/']).next().unwrap_or(path));
    CardView {
        kind: "alert",
        id: alert.id.0,
        title: format!("{} {}", alert.raised.host, file.unwrap_or_else(|| names.alert(&alert.raised, language))),
        line: render(&urgency(alert, now).reason, language),
        verdict: alert.effective_verdict().map(Verdict::name),
        severity: None,
        due_at: matches!(alert.state, AlertState::Received).then_some(alert.due_at),
        owner: alert.assignee.map(|person| named(person, names)),
        org_name: names.organization(alert.org).to_owned(),
        drill: alert.drill,
    }
}

fn case_card(case: &Case, due_at: Option<Timestamp>, names: &Names, language: Language) -> CardView {
    CardView {
        kind: "case",
        id: case.id.0,
        title: format!("{} {}", case.reference, case.titled(language)),
        line: render(&Phrase::new(format!("case.phase.{}", case.phase().name())), language),
        verdict: None,
        severity: case.classification().map(|(_, severity)| severity.level()),
        due_at,
        owner: case.assignee.map(|person| named(person, names)),
        org_name: names.organization(case.org).to_owned(),
        drill: case.drill,
    }
}

fn source(source: duty::Source) -> SourceView {
    SourceView {
        silent: !source.silent.is_empty(),
        source: source.source,
        hosts: source.hosts,
        last_event_at: source.last_event_at,
        silent_hosts: source.silent,
    }
}
