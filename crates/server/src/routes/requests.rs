//! Service requests: the queue, the call sheet, a request's page.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hikeshi_desk::alert::Assigned;
use hikeshi_desk::comment::{self, About};
use hikeshi_desk::request::{self, ClockAct, RequestQuery, Said, Written};
use hikeshi_desk::{Error, names};
use hikeshi_domain::clock::Duty;
use hikeshi_domain::phrase::Language;
use hikeshi_domain::request::{Channel, Outcome, Priority, Proof, RequestState, ServiceKind, ServiceRequest, Sign};
use hikeshi_domain::tlp::Tlp;
use hikeshi_domain::{OrganizationId, PersonId, ServiceRequestId};
use hikeshi_record::Stored;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::error::{ErrorBody, Failure};
use crate::extract::{Body, Parameters, Path, SignedIn};
use crate::router::App;
use crate::views::act::{Assignment, Remark};
use crate::views::person::{self, CommentView, StepView};
use crate::views::request::{DeclarationView, FormView, RequestRow, SignView, VerifiedView, declaration, form, row, signs, verified};
use crate::views::word;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, receive))
        .routes(routes!(get, write))
        .routes(routes!(assign))
        .routes(routes!(declare))
        .routes(routes!(verify))
        .routes(routes!(clock))
        .routes(routes!(end))
        .routes(routes!(add_comment))
        .routes(routes!(list_signs))
}

#[derive(Deserialize, IntoParams)]
struct ListQuery {
    /// Of one organisation.
    org: Option<Uuid>,
    /// `open`, `taken`, `ended`, comma between; `unended` is all but ended.
    state: Option<String>,
    /// `emergency`, `proactive`, `inquiry`.
    service: Option<String>,
    /// `normal`, `urgent`, `emergency`.
    priority: Option<String>,
    /// A person, `me`, or `none`.
    assignee: Option<String>,
    /// Words.
    q: Option<String>,
    /// `queue` (without), `newest`.
    sort: Option<String>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// 1 to 200; 50 without.
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
struct RequestList {
    items: Vec<RequestRow>,
    next_cursor: Option<String>,
    /// On all pages.
    total: u64,
}

#[derive(Serialize, ToSchema)]
struct RequestPage {
    request: RequestRow,
    form: FormView,
    /// Names of the signs that the caller tells of.
    signs: Vec<String>,
    /// Priorities declared, oldest first; the last one counts.
    declared: Vec<DeclarationView>,
    verified: Option<VerifiedView>,
    comments: Vec<CommentView>,
    history: Vec<StepView>,
}

#[derive(Serialize, ToSchema)]
struct SignList {
    items: Vec<SignView>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewRequest {
    org: Uuid,
    #[schema(value_type = word::Channel)]
    channel: Channel,
    /// When the call began, when the mail came; absent: now. Clocks start here.
    #[schema(value_type = Option<String>, format = DateTime)]
    received_at: Option<Timestamp>,
    #[serde(default)]
    form: FormView,
    /// Names of signs of the playbook.
    signs: Option<Vec<String>>,
    /// The language to answer in; absent: the organisation's.
    #[schema(value_type = Option<word::Language>)]
    language: Option<Language>,
    /// Absent: no.
    sensitive: Option<bool>,
    /// Absent: TLP:AMBER.
    #[schema(value_type = Option<word::Tlp>)]
    tlp: Option<Tlp>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RequestWritten {
    form: FormView,
    /// Absent: as they stand; so the three that follow.
    signs: Option<Vec<String>>,
    #[schema(value_type = Option<word::Language>)]
    language: Option<Language>,
    sensitive: Option<bool>,
    #[schema(value_type = Option<word::Tlp>)]
    tlp: Option<Tlp>,
    /// The version that the caller looked at.
    expected_version: u64,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Declared {
    #[schema(value_type = word::Priority)]
    priority: Priority,
    /// The contact who said so, by name.
    who: String,
    #[schema(value_type = word::Channel)]
    channel: Channel,
    /// When they said it; absent: now.
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
    expected_version: Option<u64>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Verification {
    #[schema(value_type = word::Proof)]
    proof: Proof,
    /// Who speaks, by name.
    who: String,
    expected_version: Option<u64>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ClockActed {
    #[schema(value_type = word::Duty)]
    duty: Duty,
    #[schema(value_type = word::ClockAct)]
    act: ClockAct,
    /// When it happened; absent: now. Of `rebase`, the new start.
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
    /// Why; `pause` and `rebase` need it.
    #[serde(default)]
    reason: String,
    expected_version: Option<u64>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RequestEnd {
    #[schema(value_type = word::Outcome)]
    outcome: Outcome,
    /// What whoever asked is told.
    reason: String,
    expected_version: Option<u64>,
}

/// Requests in the order of the queue, each with the reason for its place.
#[utoipa::path(get, path = "/requests", tag = "requests", params(ListQuery),
    responses((status = 200, body = RequestList), (status = 422, body = ErrorBody)))]
async fn list(State(app): State<App>, signed_in: SignedIn, Parameters(query): Parameters<ListQuery>) -> Result<Json<RequestList>, Failure> {
    let unknown = |detail: &str| Error::invalid("error.query").with("detail", detail);
    let service = query.service.map(|word| ServiceKind::ALL.into_iter().find(|kind| kind.name() == word).ok_or_else(|| unknown("service")));
    let priorities = [Priority::Normal, Priority::Urgent, Priority::Emergency];
    let priority = query.priority.map(|word| priorities.into_iter().find(|known| known.name() == word).ok_or_else(|| unknown("priority")));
    let assigned = match query.assignee.as_deref() {
        None => None,
        Some("none") => Some(Assigned::Nobody),
        Some("me") => Some(Assigned::To(signed_in.person.id)),
        Some(person) => Some(Assigned::To(person.parse().map_err(|_| unknown("assignee"))?)),
    };
    let mut words: Vec<&str> =
        query.state.as_deref().unwrap_or_default().split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
    let unended = words.contains(&"unended");
    words.retain(|word| *word != "unended");
    let known = [RequestState::Open, RequestState::Taken, RequestState::Ended];
    let state = |word: &&str| known.into_iter().find(|state| state.name() == *word).ok_or_else(|| unknown("state"));
    let asked = RequestQuery {
        org: query.org.map(OrganizationId),
        states: words.iter().map(state).collect::<Result<_, _>>()?,
        unended,
        service: service.transpose()?,
        priority: priority.transpose()?,
        assigned,
        text: query.q.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()),
        newest: match query.sort.as_deref() {
            None | Some("queue") => false,
            Some("newest") => true,
            Some(_) => return Err(unknown("sort").into()),
        },
        cursor: query.cursor,
        limit: query.limit.unwrap_or(50).clamp(1, 200),
    };
    let page = request::list(&app.desk, &signed_in.caller, asked).await?;
    let names = names(&app.desk, &signed_in.caller).await?;
    let line = |stored: &Stored<ServiceRequest>| row(stored, &request::readings(&app.desk, stored), &names, signed_in.language);
    Ok(Json(RequestList { items: page.items.iter().map(line).collect(), next_cursor: page.next_cursor, total: page.total }))
}

/// Takes a request in. Its clocks start at `received_at`.
#[utoipa::path(post, path = "/requests", tag = "requests", request_body = NewRequest,
    responses((status = 201, body = RequestPage), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn receive(State(app): State<App>, signed_in: SignedIn, Body(body): Body<NewRequest>) -> Result<Response, Failure> {
    let written = Written {
        form: body.form.into(),
        signs: body.signs.map(|signs| signs.into_iter().map(Sign).collect()),
        language: body.language,
        sensitive: body.sensitive,
        tlp: body.tlp,
    };
    let (org, desk) = (OrganizationId(body.org), &app.desk);
    let stored = request::receive(desk, &signed_in.caller, org, body.channel, body.received_at, written).await?;
    Ok((StatusCode::CREATED, page(&app, &signed_in, stored).await?).into_response())
}

/// One request.
#[utoipa::path(get, path = "/requests/{id}", tag = "requests", params(("id" = Uuid, Path)),
    responses((status = 200, body = RequestPage), (status = 404, body = ErrorBody)))]
async fn get(State(app): State<App>, signed_in: SignedIn, Path(id): Path<Uuid>) -> Result<Json<RequestPage>, Failure> {
    let stored = request::get(&app.desk, &signed_in.caller, ServiceRequestId(id)).await?;
    page(&app, &signed_in, stored).await
}

/// Writes the items anew; those before are earlier versions.
#[utoipa::path(put, path = "/requests/{id}", tag = "requests", params(("id" = Uuid, Path)), request_body = RequestWritten,
    responses((status = 200, body = RequestPage), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn write(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Body(body): Body<RequestWritten>,
) -> Result<Json<RequestPage>, Failure> {
    let written = Written {
        form: body.form.into(),
        signs: body.signs.map(|signs| signs.into_iter().map(Sign).collect()),
        language: body.language,
        sensitive: body.sensitive,
        tlp: body.tlp,
    };
    let stored = request::write(&app.desk, &signed_in.caller, ServiceRequestId(id), written, body.expected_version).await?;
    page(&app, &signed_in, stored).await
}

/// Gives a request to a person, or to nobody.
#[utoipa::path(post, path = "/requests/{id}/assign", tag = "requests", params(("id" = Uuid, Path)), request_body = Assignment,
    responses((status = 200, body = RequestPage), (status = 409, body = ErrorBody)))]
async fn assign(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Body(body): Body<Assignment>,
) -> Result<Json<RequestPage>, Failure> {
    let (desk, caller) = (&app.desk, &signed_in.caller);
    let stored = request::assign(desk, caller, ServiceRequestId(id), body.person.map(PersonId), body.expected_version).await?;
    page(&app, &signed_in, stored).await
}

/// Writes down that a contact said how pressing it is.
#[utoipa::path(post, path = "/requests/{id}/declare", tag = "requests", params(("id" = Uuid, Path)), request_body = Declared,
    responses((status = 200, body = RequestPage), (status = 422, body = ErrorBody)))]
async fn declare(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Body(body): Body<Declared>,
) -> Result<Json<RequestPage>, Failure> {
    let said = Said { priority: body.priority, who: body.who, channel: body.channel, at: body.at };
    let stored = request::declare(&app.desk, &signed_in.caller, ServiceRequestId(id), said, body.expected_version).await?;
    page(&app, &signed_in, stored).await
}

/// Writes down that it is certain who speaks.
#[utoipa::path(post, path = "/requests/{id}/verify", tag = "requests", params(("id" = Uuid, Path)), request_body = Verification,
    responses((status = 200, body = RequestPage), (status = 422, body = ErrorBody)))]
async fn verify(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Body(body): Body<Verification>,
) -> Result<Json<RequestPage>, Failure> {
    let (desk, caller) = (&app.desk, &signed_in.caller);
    let stored = request::verify(desk, caller, ServiceRequestId(id), body.proof, &body.who, body.expected_version).await?;
    page(&app, &signed_in, stored).await
}

/// Starts, pauses, resumes, restarts or stops the clock of a duty.
#[utoipa::path(post, path = "/requests/{id}/clock", tag = "requests", params(("id" = Uuid, Path)), request_body = ClockActed,
    responses((status = 200, body = RequestPage), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn clock(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Body(body): Body<ClockActed>,
) -> Result<Json<RequestPage>, Failure> {
    let acted = request::Acted { duty: body.duty, act: body.act, at: body.at, reason: body.reason };
    let stored = request::clock(&app.desk, &signed_in.caller, ServiceRequestId(id), acted, body.expected_version).await?;
    page(&app, &signed_in, stored).await
}

/// Ends a request.
#[utoipa::path(post, path = "/requests/{id}/end", tag = "requests", params(("id" = Uuid, Path)), request_body = RequestEnd,
    responses((status = 200, body = RequestPage), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn end(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Body(body): Body<RequestEnd>,
) -> Result<Json<RequestPage>, Failure> {
    let (desk, caller) = (&app.desk, &signed_in.caller);
    let stored = request::end(desk, caller, ServiceRequestId(id), body.outcome, &body.reason, body.expected_version).await?;
    page(&app, &signed_in, stored).await
}

/// Adds a remark.
#[utoipa::path(post, path = "/requests/{id}/comments", tag = "requests", params(("id" = Uuid, Path)), request_body = Remark,
    responses((status = 201, body = CommentView)))]
async fn add_comment(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Body(body): Body<Remark>,
) -> Result<Response, Failure> {
    let comment = comment::add(&app.desk, &signed_in.caller, About::Request(ServiceRequestId(id)), &body.text).await?;
    let names = names(&app.desk, &signed_in.caller).await?;
    Ok((StatusCode::CREATED, Json(person::comment(&comment, &names))).into_response())
}

/// The signs of an incident that callers tell of, with the first questions and the first evidence to keep.
#[utoipa::path(get, path = "/signs", tag = "requests", responses((status = 200, body = SignList)))]
async fn list_signs(State(app): State<App>, signed_in: SignedIn) -> Json<SignList> {
    Json(SignList { items: signs(&app.desk.signs, signed_in.language) })
}

async fn page(app: &App, signed_in: &SignedIn, stored: Stored<ServiceRequest>) -> Result<Json<RequestPage>, Failure> {
    let (desk, caller) = (&app.desk, &signed_in.caller);
    let names = names(desk, caller).await?;
    let about = About::Request(stored.id);
    let comments = comment::list(desk, caller, about).await?;
    let history = comment::history(desk, caller, about).await?;
    Ok(Json(RequestPage {
        request: row(&stored, &request::readings(desk, &stored), &names, signed_in.language),
        form: form(&stored.form),
        signs: stored.signs.iter().map(|sign| sign.0.clone()).collect(),
        declared: stored.declared.iter().map(|said| declaration(said, &names)).collect(),
        verified: stored.verified.as_ref().map(|who| verified(who, &names)),
        comments: comments.iter().map(|comment| person::comment(comment, &names)).collect(),
        history: history.into_iter().map(|step| person::step(step, &names, |_| None)).collect(),
    }))
}
