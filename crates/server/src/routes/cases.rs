//! Cases and the matrix that their judgement is picked from.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hikeshi_desk::case::{self, CaseLine, CaseQuery, Classification};
use hikeshi_desk::comment::{self, About};
use hikeshi_desk::{Error, names};
use hikeshi_domain::incident::{IncidentType, ResponseFlow, Severity};
use hikeshi_domain::phrase::Language;
use hikeshi_domain::procedure::Entry;
use hikeshi_domain::{CaseId, OrganizationId, PersonId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::error::{ErrorBody, Failure};
use crate::extract::{Body, Parameters, Path, SignedIn};
use crate::router::App;
use crate::views::act::{Assignment, Remark};
use crate::views::alert::{AlertRow, row as alert_row};
use crate::views::case::{CaseRow, DecisionView, HarmView, NextDutyView, ProposalView, decision, harm, next_duty, proposal, row, words};
use crate::views::person::{self, CommentView, StepView};
use crate::views::word;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get))
        .routes(routes!(classify))
        .routes(routes!(add_comment))
        .routes(routes!(assign))
        .routes(routes!(close))
        .routes(routes!(matrix))
}

#[derive(Deserialize, IntoParams)]
struct ListQuery {
    /// Of one organisation.
    org: Option<Uuid>,
    /// `to_judge`, `handling`, `closed`, comma between; `open` is all but closed.
    state: Option<String>,
    /// Words.
    q: Option<String>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// 1 to 200; 50 without.
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
struct CaseList {
    items: Vec<CaseRow>,
    next_cursor: Option<String>,
    total: u64,
}

#[derive(Serialize, ToSchema)]
struct CasePage {
    case: CaseRow,
    proposal: Option<ProposalView>,
    decision: Option<DecisionView>,
    /// What is to be done next; null in a closed case.
    next_duty: Option<NextDutyView>,
    /// How bad it is, or may be; null where nobody has judged and nothing is proposed.
    harm: Option<HarmView>,
    alerts: Vec<AlertRow>,
    comments: Vec<CommentView>,
    history: Vec<StepView>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Picked {
    /// `A-1`, `A-2`, `B-1`, `B-2`, `C-1`.
    #[serde(rename = "type")]
    #[schema(value_type = word::IncidentType)]
    incident_type: String,
    /// 1 to 5.
    #[schema(value_type = word::Severity)]
    severity: u8,
    /// One or more of `record`, `prevent`, `handle`, `disclose`, `external-help`.
    #[schema(value_type = Vec<word::Flow>)]
    flows: Vec<String>,
    /// Needed for a flow outside the matrix cell, and to change a decision.
    #[serde(default)]
    reason: String,
    expected_version: u64,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Closing {
    reason: String,
    /// The version that the caller looked at: 409 where it has changed since. Absent: whatever stands now.
    expected_version: Option<u64>,
}

#[derive(Serialize, ToSchema)]
struct MatrixView {
    types: Vec<TypeView>,
    severities: Vec<SeverityView>,
    flows: Vec<FlowView>,
    cells: Vec<CellView>,
    version: String,
}

#[derive(Serialize, ToSchema)]
struct TypeView {
    #[schema(value_type = word::IncidentType)]
    id: String,
    name: String,
    definition: String,
    /// Five examples beside the choice (S4-84).
    examples: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct SeverityView {
    #[schema(value_type = word::Severity)]
    level: u8,
    name: String,
    definition: String,
    /// Five examples (S4-91).
    examples: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct FlowView {
    #[schema(value_type = word::Flow)]
    id: String,
    name: String,
    description: String,
}

#[derive(Serialize, ToSchema)]
struct CellView {
    #[serde(rename = "type")]
    #[schema(value_type = word::IncidentType)]
    incident_type: String,
    #[schema(value_type = word::Severity)]
    severity: u8,
    /// Each is an alternative or a part of the answer: the lead picks one or more.
    #[schema(value_type = Vec<word::Flow>)]
    alternatives: Vec<String>,
}

/// Cases, latest first.
#[utoipa::path(get, path = "/cases", tag = "cases", params(ListQuery), responses((status = 200, body = CaseList)))]
async fn list(State(app): State<App>, signed_in: SignedIn, Parameters(query): Parameters<ListQuery>) -> Result<Json<CaseList>, Failure> {
    let text = query.q.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let split = |states: String| states.split(',').map(|state| state.trim().to_owned()).filter(|state| !state.is_empty()).collect();
    let asked = CaseQuery {
        org: query.org.map(OrganizationId),
        phases: query.state.map(split).unwrap_or_default(),
        text,
        cursor: query.cursor,
        limit: query.limit.unwrap_or(50).clamp(1, 200),
    };
    let page = case::list(&app.desk, &signed_in.caller, asked).await?;
    let names = names(&app.desk, &signed_in.caller).await?;
    let items = page.items.iter().map(|line| row(line, &names, signed_in.language)).collect();
    Ok(Json(CaseList { items, next_cursor: page.next_cursor, total: page.total }))
}

/// One case.
#[utoipa::path(get, path = "/cases/{id}", tag = "cases", params(("id" = Uuid, Path)),
    responses((status = 200, body = CasePage), (status = 404, body = ErrorBody)))]
async fn get(State(app): State<App>, signed_in: SignedIn, Path(id): Path<Uuid>) -> Result<Json<CasePage>, Failure> {
    let line = case::get(&app.desk, &signed_in.caller, CaseId(id)).await?;
    page(&app, &signed_in, line).await
}

/// Judges a case: type, severity, flows.
#[utoipa::path(post, path = "/cases/{id}/classification", tag = "cases", params(("id" = Uuid, Path)), request_body = Picked,
    responses((status = 200, body = CasePage), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn classify(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Body(picked): Body<Picked>,
) -> Result<Json<CasePage>, Failure> {
    let wrong = |field: &str| Error::invalid("error.body").with("detail", field);
    let incident_type: IncidentType = picked.incident_type.parse().map_err(|_| wrong("type"))?;
    let severity = Severity::ALL.into_iter().find(|severity| severity.level() == picked.severity).ok_or_else(|| wrong("severity"))?;
    let flow = |word: &String| ResponseFlow::ALL.into_iter().find(|flow| flow.name() == word).ok_or_else(|| wrong("flows"));
    let flows: BTreeSet<ResponseFlow> = picked.flows.iter().map(flow).collect::<Result<_, _>>()?;
    let classification = Classification { incident_type, severity, flows, reason: picked.reason, version: picked.expected_version };
    let line = case::classify(&app.desk, &signed_in.caller, CaseId(id), classification).await?;
    page(&app, &signed_in, line).await
}

/// Adds a remark.
#[utoipa::path(post, path = "/cases/{id}/comments", tag = "cases", params(("id" = Uuid, Path)), request_body = Remark,
    responses((status = 201, body = CommentView)))]
async fn add_comment(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Body(body): Body<Remark>,
) -> Result<Response, Failure> {
    let comment = comment::add(&app.desk, &signed_in.caller, About::Case(CaseId(id)), &body.text).await?;
    let names = names(&app.desk, &signed_in.caller).await?;
    Ok((StatusCode::CREATED, Json(person::comment(&comment, &names))).into_response())
}

/// Gives a case to a person, or to nobody.
#[utoipa::path(post, path = "/cases/{id}/assign", tag = "cases", params(("id" = Uuid, Path)), request_body = Assignment,
    responses((status = 200, body = CasePage)))]
async fn assign(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Body(body): Body<Assignment>,
) -> Result<Json<CasePage>, Failure> {
    let line = case::assign(&app.desk, &signed_in.caller, CaseId(id), body.person.map(PersonId), body.expected_version).await?;
    page(&app, &signed_in, line).await
}

/// Ends a case.
#[utoipa::path(post, path = "/cases/{id}/close", tag = "cases", params(("id" = Uuid, Path)), request_body = Closing,
    responses((status = 200, body = CasePage), (status = 422, body = ErrorBody)))]
async fn close(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Body(body): Body<Closing>,
) -> Result<Json<CasePage>, Failure> {
    let line = case::close(&app.desk, &signed_in.caller, CaseId(id), &body.reason, body.expected_version).await?;
    page(&app, &signed_in, line).await
}

/// The matrix in force: types, severities, flows, and what each cell offers.
#[utoipa::path(get, path = "/matrix", tag = "cases", responses((status = 200, body = MatrixView)))]
async fn matrix(State(app): State<App>, signed_in: SignedIn) -> Json<MatrixView> {
    let (matrix, language) = (app.desk.procedure.matrix(), signed_in.language);
    let cells = IncidentType::ALL.into_iter().flat_map(|incident_type| Severity::ALL.map(|severity| (incident_type, severity)));
    Json(MatrixView {
        types: matrix.types().map(|(incident_type, entry)| type_view(incident_type, entry, language)).collect(),
        severities: matrix.severities().map(|(severity, entry)| severity_view(severity, entry, language)).collect(),
        flows: matrix.flows().map(|(flow, entry)| flow_view(flow, entry, language)).collect(),
        cells: cells
            .map(|(incident_type, severity)| CellView {
                incident_type: incident_type.name().to_owned(),
                severity: severity.level(),
                alternatives: words(matrix.cell(incident_type, severity)),
            })
            .collect(),
        version: app.desk.procedure.version().to_owned(),
    })
}

async fn page(app: &App, signed_in: &SignedIn, line: CaseLine) -> Result<Json<CasePage>, Failure> {
    let (desk, caller, language) = (&app.desk, &signed_in.caller, signed_in.language);
    let names = names(desk, caller).await?;
    let about = About::Case(line.case.id);
    let now = desk.now();
    let alerts = case::alerts(desk, caller, line.case.id).await?;
    let title = |id| {
        let raised = alerts.iter().map(|line| &line.alert).find(|alert| alert.id == id).map(|alert| &alert.raised)?;
        Some(format!("{} {}", raised.host, names.alert(raised, language)))
    };
    Ok(Json(CasePage {
        proposal: line.case.proposed.as_ref().map(|proposed| proposal(proposed, language)),
        decision: line.case.decided.as_ref().map(|decided| decision(decided, &names)),
        next_duty: case::next_duty(desk, &line.case, &alerts, &signed_in.person.time_zone).map(|duty| next_duty(&duty, language)),
        harm: case::harm(desk, &line.case, language).map(harm),
        alerts: alerts.iter().map(|alert| alert_row(alert, &names, language, now)).collect(),
        comments: comment::list(desk, caller, about).await?.iter().map(|comment| person::comment(comment, &names)).collect(),
        history: comment::history(desk, caller, about).await?.into_iter().map(|step| person::step(step, &names, title)).collect(),
        case: row(&line, &names, language),
    }))
}

fn examples(entry: &Entry, language: Language) -> Vec<String> {
    entry.examples.iter().map(|example| example.get(language).to_owned()).collect()
}

fn type_view(incident_type: IncidentType, entry: &Entry, language: Language) -> TypeView {
    TypeView {
        id: incident_type.name().to_owned(),
        name: entry.name.get(language).to_owned(),
        definition: entry.meaning.get(language).to_owned(),
        examples: examples(entry, language),
    }
}

fn severity_view(severity: Severity, entry: &Entry, language: Language) -> SeverityView {
    SeverityView {
        level: severity.level(),
        name: entry.name.get(language).to_owned(),
        definition: entry.meaning.get(language).to_owned(),
        examples: examples(entry, language),
    }
}

fn flow_view(flow: ResponseFlow, entry: &Entry, language: Language) -> FlowView {
    FlowView { id: flow.name().to_owned(), name: entry.name.get(language).to_owned(), description: entry.meaning.get(language).to_owned() }
}
