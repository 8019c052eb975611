//! Cases.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hikeshi_desk::alert::AlertLine;
use hikeshi_desk::case::{self, CaseLine, CaseQuery};
use hikeshi_desk::comment::{self, About};
use hikeshi_desk::names;
use hikeshi_domain::{CaseId, EndpointId, OrganizationId, PersonId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::error::{ErrorBody, Failure};
use crate::extract::{Body, Parameters, Path, SignedIn};
use crate::router::App;
use crate::views::act::{Assignment, Bulk, Changed, Remark};
use crate::views::alert::{AlertRow, row as alert_row};
use crate::views::case::{CaseRow, DecisionView, HarmView, NextDutyView, ProposalView, decision, harm, next_duty, proposal, row};
use crate::views::person::{self, CommentView, StepView};

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get))
        .routes(routes!(add_comment))
        .routes(routes!(assign))
        .routes(routes!(close))
        .routes(routes!(close_together))
}

#[derive(Deserialize, IntoParams)]
struct ListQuery {
    /// Of one organisation.
    org: Option<Uuid>,
    /// `to_judge`, `handling`, `closed`, comma between; `open` is all but closed.
    state: Option<String>,
    /// That concern this endpoint.
    endpoint: Option<Uuid>,
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
pub(super) struct CasePage {
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
    /// The instant that was asked for; null where the page is today's.
    #[schema(value_type = Option<String>, format = DateTime)]
    as_of: Option<Timestamp>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AsOf {
    /// As it stood at this instant (RFC 3339).
    #[param(value_type = Option<String>, format = DateTime)]
    as_of: Option<Timestamp>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Closing {
    reason: String,
    /// The version that the caller looked at: 409 where somebody has acted on it since. Absent: whatever stands now.
    expected_version: Option<u64>,
}

/// Cases, latest first.
#[utoipa::path(get, path = "/cases", tag = "cases", params(ListQuery), responses((status = 200, body = CaseList)))]
async fn list(State(app): State<App>, signed_in: SignedIn, Parameters(query): Parameters<ListQuery>) -> Result<Json<CaseList>, Failure> {
    let text = query.q.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let split = |states: String| states.split(',').map(|state| state.trim().to_owned()).filter(|state| !state.is_empty()).collect();
    let asked = CaseQuery {
        org: query.org.map(OrganizationId),
        phases: query.state.map(split).unwrap_or_default(),
        endpoint: query.endpoint.map(EndpointId),
        text,
        cursor: query.cursor,
        limit: query.limit.unwrap_or(50).clamp(1, 200),
    };
    let page = case::list(&app.desk, &signed_in.caller, asked).await?;
    let names = names(&app.desk, &signed_in.caller).await?;
    let items = page.items.iter().map(|line| row(line, &names, signed_in.language)).collect();
    Ok(Json(CaseList { items, next_cursor: page.next_cursor, total: page.total }))
}

/// One case; with `as_of` as it stood at that instant, 404 where it had not been opened yet.
#[utoipa::path(get, path = "/cases/{id}", tag = "cases", params(("id" = Uuid, Path), AsOf),
    responses((status = 200, body = CasePage), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn get(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Parameters(asked): Parameters<AsOf>,
) -> Result<Json<CasePage>, Failure> {
    if let Some(instant) = asked.as_of {
        let (line, alerts) = case::get_as_of(&app.desk, &signed_in.caller, CaseId(id), instant).await?;
        return page_of(&app, &signed_in, line, alerts, Some(instant)).await;
    }
    let line = case::get(&app.desk, &signed_in.caller, CaseId(id)).await?;
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

/// Ends several cases with one reason: all of them, or none.
#[utoipa::path(post, path = "/cases/close", tag = "cases", request_body = Bulk,
    responses((status = 200, body = Changed), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn close_together(State(app): State<App>, signed_in: SignedIn, Body(body): Body<Bulk>) -> Result<Json<Changed>, Failure> {
    Ok(Json(Changed { changed: case::close_together(&app.desk, &signed_in.caller, &body.chosen(CaseId), &body.reason).await? }))
}

pub(super) async fn page(app: &App, signed_in: &SignedIn, line: CaseLine) -> Result<Json<CasePage>, Failure> {
    let alerts = case::alerts(&app.desk, &signed_in.caller, line.case.id).await?;
    page_of(app, signed_in, line, alerts, None).await
}

async fn page_of(
    app: &App,
    signed_in: &SignedIn,
    line: CaseLine,
    alerts: Vec<AlertLine>,
    as_of: Option<Timestamp>,
) -> Result<Json<CasePage>, Failure> {
    let (desk, caller, language) = (&app.desk, &signed_in.caller, signed_in.language);
    let names = names(desk, caller).await?;
    let about = About::Case(line.case.id);
    let stood = |at: Timestamp| as_of.is_none_or(|instant| at <= instant);
    let title = |id| {
        let raised = alerts.iter().map(|line| &line.alert).find(|alert| alert.id == id).map(|alert| &alert.raised)?;
        Some(format!("{} {}", raised.host, names.alert(raised, language)))
    };
    let comments = comment::list(desk, caller, about).await?;
    let history = comment::history(desk, caller, about).await?;
    Ok(Json(CasePage {
        proposal: line.case.proposed.as_ref().map(|proposed| proposal(proposed, language)),
        decision: line.case.decided.as_ref().map(|decided| decision(decided, &names)),
        next_duty: case::next_duty(desk, &line.case, &alerts, &signed_in.person.time_zone).map(|duty| next_duty(&duty, language)),
        harm: case::harm(desk, &line.case, language).map(harm),
        alerts: alerts.iter().map(|alert| alert_row(alert, &names, language, as_of.unwrap_or(desk.now()))).collect(),
        comments: comments.iter().filter(|comment| stood(comment.at)).map(|comment| person::comment(comment, &names)).collect(),
        history: history.into_iter().filter(|step| stood(step.at)).map(|step| person::step(step, &names, title)).collect(),
        case: row(&line, &names, language),
        as_of,
    }))
}
