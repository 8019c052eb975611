//! Alerts: received by key, listed, looked at, worked on.

use axum::Json;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use hikeshi_desk::alert::{self, AlertQuery, AlertSort, Assigned, Received};
use hikeshi_desk::comment::{self, About};
use hikeshi_desk::full_list::{self, Extent, Standing};
use hikeshi_desk::{Error, ErrorKind, flash_report, names, triage};
use hikeshi_domain::alert::ProductAlert;
use hikeshi_domain::phrase::{Language, Phrase};
use hikeshi_domain::phrases::{in_zone, render};
use hikeshi_domain::procedure::Execution;
use hikeshi_domain::tlp::Tlp;
use hikeshi_domain::verdict::Verdict;
use hikeshi_domain::{AlertId, CaseId, OrganizationId, PersonId};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::error::{ErrorBody, Failure};
use crate::extract::{Body, KeyHolder, Parameters, Path, SignedIn};
use crate::router::App;
use crate::views::act::{Assignment, Bulk, Changed, Remark};
use crate::views::alert::{AlertRow, AnswerTold, OverrideView, RaisedView, ToldView, answers, overridden, row, told};
use crate::views::person::{self, CommentView, StepView};
use crate::views::triage::TriageView;
use crate::views::word;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, receive))
        .routes(routes!(get))
        .routes(routes!(judge))
        .routes(routes!(assign))
        .routes(routes!(add_comment))
        .routes(routes!(put_into_case))
        .routes(routes!(triage_again))
        .routes(routes!(close))
        .routes(routes!(reopen))
        .routes(routes!(report))
}

#[derive(Deserialize, IntoParams)]
struct ListQuery {
    /// Of one organisation.
    org: Option<Uuid>,
    /// States, comma between; `open` is all but closed.
    state: Option<String>,
    /// `black`, `grey`, `white`.
    verdict: Option<String>,
    /// A person, `me`, or `none`.
    assignee: Option<String>,
    /// Words.
    q: Option<String>,
    /// Host.
    host: Option<String>,
    /// `urgency`, `newest`, `oldest`, `score`, `due`.
    sort: Option<String>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// 1 to 1000; 100 without.
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
struct AlertList {
    items: Vec<AlertRow>,
    next_cursor: Option<String>,
    /// On all pages.
    total: u64,
}

#[derive(Serialize, ToSchema)]
struct AlertPage {
    alert: AlertRow,
    /// The first telling, with what others of the same detection added.
    raised: RaisedView,
    /// Other tellings of the same detection, oldest first, the latest 20: what a product sent and what its log told are one alert.
    also_told: Vec<ToldView>,
    /// The latest run of triage.
    triage: Option<TriageView>,
    /// All runs, latest first.
    versions: Vec<RunView>,
    #[serde(rename = "override")]
    overridden: Option<OverrideView>,
    /// What people said when they were asked, the latest first.
    answers: Vec<AnswerTold>,
    comments: Vec<CommentView>,
    history: Vec<StepView>,
    /// Whether the file ran, or could have: from what is recorded, what the product did and the endpoint's protection (S3-22, S3-23).
    execution: String,
    advice: Vec<String>,
    limits: Vec<String>,
    /// How the deadline was counted.
    due_steps: Vec<String>,
    report: Option<ReportView>,
    /// The list of every row of the sections; null while it is being written, and without triage.
    full_list: Option<ExtentView>,
    /// It could not be written; the failed job says why.
    full_list_failed: bool,
    /// The latest run cites events that can be downloaded.
    cites_events: bool,
}

/// How far the full list goes.
#[derive(Serialize, ToSchema)]
struct ExtentView {
    /// Rows in it.
    rows: usize,
    /// Rows that there are.
    total: usize,
}

#[derive(Serialize, ToSchema)]
struct RunView {
    n: u32,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    #[schema(value_type = word::Verdict)]
    verdict: &'static str,
    score: i32,
    /// Data received up to here.
    #[schema(value_type = String, format = DateTime)]
    data_to: Timestamp,
}

#[derive(Serialize, ToSchema)]
struct ReportView {
    id: Uuid,
    reference: String,
    version: u32,
    /// Who may read it: the label of the Traffic Light Protocol 2.0.
    #[schema(value_type = word::Tlp)]
    tlp: Tlp,
    #[schema(value_type = String, format = DateTime)]
    issued_at: Timestamp,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Judgement {
    /// `black`, `grey`, `white`.
    #[schema(value_type = word::Verdict)]
    verdict: String,
    reason: String,
    expected_version: u64,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Placement {
    /// Absent or null: a new case.
    case: Option<Uuid>,
}

#[derive(Serialize, ToSchema)]
struct Placed {
    case: Uuid,
}

#[derive(Serialize, ToSchema)]
struct Receipt {
    id: Uuid,
    /// It is known: sent before, or told by the product's log. What the alert did not know was added.
    repeated: bool,
}

#[derive(Deserialize, IntoParams)]
struct ReportQuery {
    /// `ja` or `en`; else by `Accept-Language`.
    lang: Option<String>,
}

/// Alerts, the most urgent first.
#[utoipa::path(get, path = "/alerts", tag = "alerts", params(ListQuery), responses((status = 200, body = AlertList)))]
async fn list(State(app): State<App>, signed_in: SignedIn, Parameters(query): Parameters<ListQuery>) -> Result<Json<AlertList>, Failure> {
    let query = parsed(query, &signed_in)?;
    let page = alert::list(&app.desk, &signed_in.caller, query).await?;
    let names = names(&app.desk, &signed_in.caller).await?;
    let now = app.desk.now();
    let items = page.lines.iter().map(|line| row(line, &names, signed_in.language, now)).collect();
    Ok(Json(AlertList { items, next_cursor: page.next_cursor, total: page.total }))
}

/// Receives an alert of a product: our shape, or an OCSF Detection Finding (class 2004). The organisation is the key's.
#[utoipa::path(post, path = "/alerts", tag = "alerts", request_body(content = Object),
    responses((status = 201, body = Receipt), (status = 200, body = Receipt), (status = 401, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn receive(State(app): State<App>, holder: KeyHolder, Body(body): Body<serde_json::Value>) -> Result<Response, Failure> {
    let raised = ProductAlert::from_json(body).map_err(|error| Error::invalid("error.body").with("detail", error.to_string()))?;
    if !holder.key.scope.allows(&raised.host) {
        return Err(Failure(Error::new(ErrorKind::Forbidden, Phrase::new("error.host_not_allowed").with("host", raised.host))));
    }
    let (id, repeated, status) = match alert::receive(&app.desk, &holder.caller, holder.key.org, raised).await? {
        Received::New(id) => (id, false, StatusCode::CREATED),
        Received::Again(id) => (id, true, StatusCode::OK),
    };
    Ok((status, Json(Receipt { id: id.0, repeated })).into_response())
}

/// One alert with its triage, history and report.
#[utoipa::path(get, path = "/alerts/{id}", tag = "alerts", params(("id" = Uuid, Path)),
    responses((status = 200, body = AlertPage), (status = 404, body = ErrorBody)))]
async fn get(State(app): State<App>, signed_in: SignedIn, Path(id): Path<Uuid>) -> Result<Json<AlertPage>, Failure> {
    let (desk, caller, language) = (&app.desk, &signed_in.caller, signed_in.language);
    let line = alert::line(desk, caller, AlertId(id)).await?;
    let names = names(desk, caller).await?;
    let runs = triage::runs(desk, caller, AlertId(id)).await?;
    let about = About::Alert(AlertId(id));
    let report = match line.alert.state.report() {
        Some(_) => Some(flash_report::of_alert(desk, caller, AlertId(id)).await?),
        None => None,
    };
    let full_list = match runs.first() {
        Some(run) => full_list::standing(desk, caller, run).await?,
        None => Standing::Pending,
    };
    let zone = TimeZone::get(&signed_in.person.time_zone).unwrap_or(TimeZone::UTC);
    let words = |phrases: &[Phrase]| phrases.iter().map(|phrase| render(&in_zone(phrase, &zone), language)).collect::<Vec<_>>();
    let weight = |id: &str| desk.verdicts.item(id).map_or(0, |item| item.points.unsigned_abs());
    let execution = Execution::of(runs.first().map(|run| &run.triage), Some(line.alert.raised.action), line.block_mode);
    Ok(Json(AlertPage {
        execution: render(&execution.phrase(), language),
        alert: row(&line, &names, language, desk.now()),
        raised: RaisedView::named(&line.alert.raised, names.alert(&line.alert.raised, language)),
        also_told: line.alert.also_told.iter().map(told).collect(),
        triage: runs.first().map(|run| TriageView::new(&run.triage, language, &zone, weight)),
        versions: runs.iter().map(|run| run_view(run)).collect(),
        overridden: overridden(&line.alert, &names),
        answers: answers(&line.alert, &names),
        comments: comment::list(desk, caller, about).await?.iter().map(|comment| person::comment(comment, &names)).collect(),
        history: comment::history(desk, caller, about).await?.into_iter().map(|step| person::step(step, &names, |_| None)).collect(),
        advice: report.as_ref().map(|issued| words(&issued.report.advice)).unwrap_or_default(),
        limits: report.as_ref().map(|issued| words(&issued.report.limits)).unwrap_or_default(),
        due_steps: words(&alert::due_steps(desk, &line.alert, &signed_in.person.time_zone)),
        report: report.map(|issued| ReportView {
            id: issued.id.0,
            reference: issued.report.reference.clone(),
            version: issued.report.version,
            tlp: issued.report.tlp,
            issued_at: issued.report.issued_at,
        }),
        full_list_failed: full_list == Standing::Failed,
        full_list: match full_list {
            Standing::Written(Extent { rows, total }) => Some(ExtentView { rows, total }),
            Standing::Pending | Standing::Failed => None,
        },
        cites_events: runs.first().is_some_and(|run| run.cited.is_some()),
    }))
}

/// Judges an alert otherwise than the machine did; both verdicts stay.
#[utoipa::path(post, path = "/alerts/{id}/override", tag = "alerts", params(("id" = Uuid, Path)), request_body = Judgement,
    responses((status = 200, body = AlertRow), (status = 409, body = ErrorBody)))]
async fn judge(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Body(body): Body<Judgement>,
) -> Result<Json<AlertRow>, Failure> {
    let verdict = verdict(&body.verdict)?;
    alert::judge(&app.desk, &signed_in.caller, AlertId(id), verdict, &body.reason, body.expected_version).await?;
    one(&app, &signed_in, id).await
}

/// Gives an alert to a person, or to nobody.
#[utoipa::path(post, path = "/alerts/{id}/assign", tag = "alerts", params(("id" = Uuid, Path)), request_body = Assignment,
    responses((status = 200, body = AlertRow), (status = 409, body = ErrorBody)))]
async fn assign(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Body(body): Body<Assignment>,
) -> Result<Json<AlertRow>, Failure> {
    alert::assign(&app.desk, &signed_in.caller, AlertId(id), body.person.map(PersonId), body.expected_version).await?;
    one(&app, &signed_in, id).await
}

/// Adds a remark.
#[utoipa::path(post, path = "/alerts/{id}/comments", tag = "alerts", params(("id" = Uuid, Path)), request_body = Remark,
    responses((status = 201, body = CommentView)))]
async fn add_comment(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Body(body): Body<Remark>,
) -> Result<Response, Failure> {
    let comment = comment::add(&app.desk, &signed_in.caller, About::Alert(AlertId(id)), &body.text).await?;
    let names = names(&app.desk, &signed_in.caller).await?;
    Ok((StatusCode::CREATED, Json(person::comment(&comment, &names))).into_response())
}

/// Puts an alert into a case, or opens one for it.
#[utoipa::path(post, path = "/alerts/{id}/case", tag = "alerts", params(("id" = Uuid, Path)), request_body = Placement,
    responses((status = 200, body = Placed)))]
async fn put_into_case(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Body(body): Body<Placement>,
) -> Result<Json<Placed>, Failure> {
    let case = alert::put_into_case(&app.desk, &signed_in.caller, AlertId(id), body.case.map(CaseId)).await?;
    Ok(Json(Placed { case: case.0 }))
}

/// Runs triage again.
#[utoipa::path(post, path = "/alerts/{id}/triage", tag = "alerts", params(("id" = Uuid, Path)), responses((status = 202)))]
async fn triage_again(State(app): State<App>, signed_in: SignedIn, Path(id): Path<Uuid>) -> Result<StatusCode, Failure> {
    triage::again(&app.desk, &signed_in.caller, AlertId(id)).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Closes alerts with one reason, all or none.
#[utoipa::path(post, path = "/alerts/close", tag = "alerts", request_body = Bulk,
    responses((status = 200, body = Changed), (status = 409, body = ErrorBody)))]
async fn close(State(app): State<App>, signed_in: SignedIn, Body(body): Body<Bulk>) -> Result<Json<Changed>, Failure> {
    Ok(Json(Changed { changed: alert::close(&app.desk, &signed_in.caller, &body.chosen(AlertId), &body.reason).await? }))
}

/// Opens closed alerts again.
#[utoipa::path(post, path = "/alerts/reopen", tag = "alerts", request_body = Bulk,
    responses((status = 200, body = Changed), (status = 409, body = ErrorBody)))]
async fn reopen(State(app): State<App>, signed_in: SignedIn, Body(body): Body<Bulk>) -> Result<Json<Changed>, Failure> {
    Ok(Json(Changed { changed: alert::reopen(&app.desk, &signed_in.caller, &body.chosen(AlertId), &body.reason).await? }))
}

/// The flash report: `report.pdf`, `report.html`, `report.json`.
#[utoipa::path(get, path = "/alerts/{id}/{report}", tag = "alerts", params(("id" = Uuid, Path), ("report" = String, Path), ReportQuery),
    responses((status = 200, content_type = "application/pdf"), (status = 404, body = ErrorBody)))]
async fn report(
    State(app): State<App>,
    signed_in: SignedIn,
    Path((id, file)): Path<(Uuid, String)>,
    Parameters(query): Parameters<ReportQuery>,
) -> Result<Response, Failure> {
    let ending = file.strip_prefix("report.").ok_or_else(Error::not_found)?;
    let format: hikeshi_document::Format = ending.parse().map_err(|_| Error::not_found())?;
    let language = match query.lang.as_deref() {
        Some("en") => Language::En,
        Some("ja") => Language::Ja,
        _ => signed_in.language,
    };
    let rendered = flash_report::render(&app.desk, &signed_in.caller, AlertId(id), language, format).await?;
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(format.media_type()));
    // Named and sent as a file: a report never renders inside the console's origin.
    let disposition = format!("attachment; filename=\"{}\"", rendered.file_name);
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_str(&disposition).map_err(Error::internal)?);
    Ok((headers, rendered.bytes).into_response())
}

async fn one(app: &App, signed_in: &SignedIn, id: Uuid) -> Result<Json<AlertRow>, Failure> {
    let line = alert::line(&app.desk, &signed_in.caller, AlertId(id)).await?;
    let names = names(&app.desk, &signed_in.caller).await?;
    Ok(Json(row(&line, &names, signed_in.language, app.desk.now())))
}

fn run_view(run: &hikeshi_domain::triage_run::TriageRun) -> RunView {
    let judgement = &run.triage.judgement;
    RunView { n: run.number, at: run.at, verdict: judgement.verdict.name(), score: judgement.score, data_to: run.triage.window.to }
}

fn verdict(word: &str) -> Result<Verdict, Error> {
    let all = [Verdict::Black, Verdict::Grey, Verdict::White];
    all.into_iter().find(|verdict| verdict.name() == word).ok_or_else(|| Error::invalid("error.verdict"))
}

fn parsed(query: ListQuery, signed_in: &SignedIn) -> Result<AlertQuery, Error> {
    let wrong = |detail: &str| Error::invalid("error.query").with("detail", detail);
    let assigned = match query.assignee.as_deref() {
        None | Some("") => None,
        Some("me") => signed_in.caller.person().map(Assigned::To),
        Some("none") => Some(Assigned::Nobody),
        Some(person) => Some(Assigned::To(person.parse().map_err(|_| wrong("assignee"))?)),
    };
    let sort = match query.sort.as_deref() {
        None | Some("" | "urgency") => AlertSort::Urgency,
        Some("newest") => AlertSort::Newest,
        Some("oldest") => AlertSort::Oldest,
        Some("score") => AlertSort::Score,
        Some("due") => AlertSort::Due,
        Some(_) => return Err(wrong("sort: urgency, newest, oldest, score, due")),
    };
    let words = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let states = words(query.state).map(|states| states.split(',').map(|state| state.trim().to_owned()).collect()).unwrap_or_default();
    Ok(AlertQuery {
        org: query.org.map(OrganizationId),
        states,
        verdict: words(query.verdict).map(|word| verdict(&word)).transpose()?,
        assigned,
        host: words(query.host),
        case: None,
        text: words(query.q),
        sort,
        cursor: words(query.cursor),
        limit: query.limit.unwrap_or(100).clamp(1, 1_000),
    })
}
