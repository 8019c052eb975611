//! Reference lists: known bad and known good.

use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest as _, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hikeshi_desk::reference_list::{self, Searched, Taken, Upload};
use hikeshi_desk::{Error, ErrorKind, Names, names};
use hikeshi_domain::list_search::SearchState;
use hikeshi_domain::phrase::{Language, Phrase};
use hikeshi_domain::phrases::render;
use hikeshi_domain::reference_list::{ListKind, ReferenceList};
use hikeshi_domain::{OrganizationId, ReferenceListId};
use hikeshi_record::Stored;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::error::{ErrorBody, Failure};
use crate::extract::{Parameters, Path, SignedIn};
use crate::router::App;
use crate::views::person::{Named, named};
use crate::views::word;

/// Largest file as sent: 1,000,000 SHA-256 are 65 MB as text.
const LARGEST_FILE: usize = 96 * 1024 * 1024;
/// How long sending one may take: the next sender waits meanwhile.
const LONGEST_SENDING: Duration = Duration::from_secs(120);

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(replace, remove)).layer(DefaultBodyLimit::max(LARGEST_FILE))
}

#[derive(Serialize, ToSchema)]
struct ReferenceLists {
    items: Vec<ReferenceListRow>,
}

#[derive(Serialize, ToSchema)]
struct ReferenceListRow {
    id: Uuid,
    /// `null`: it counts for every organisation of the installation.
    org: Option<Uuid>,
    org_name: String,
    name: String,
    /// `bad`, `good`.
    #[schema(value_type = word::ListKind)]
    kind: ListKind,
    source: String,
    /// Entries that can be looked up.
    entries: u64,
    /// Lines that could not be used.
    rejected: u64,
    /// SHA-256 of the file as it was uploaded.
    sha256: String,
    by: Named,
    #[schema(value_type = String, format = DateTime)]
    uploaded_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// Past its end: it still counts, and reasons say so.
    expired: bool,
    version: u64,
    /// The search of the last seven days for a list of known bad; `null`: there was none.
    search: Option<PastSearch>,
}

#[derive(Serialize, ToSchema)]
struct PastSearch {
    /// `searching`: events are looked through; `raising`: hosts are looked at; `done`; `ended`: over before all was looked at.
    #[schema(value_type = word::SearchState)]
    state: SearchState,
    /// Different values of the list that events named, in the organisations of whoever asks.
    values: u64,
    /// Hosts that named one.
    hosts: u64,
    /// Hosts that are not looked at because there are too many, or because that failed.
    not_raised: u64,
    /// There are more than were counted.
    more: bool,
}

#[derive(Serialize, ToSchema)]
struct TakenList {
    item: ReferenceListRow,
    /// The first lines that could not be used.
    defects: Vec<LineDefectView>,
}

#[derive(Serialize, ToSchema)]
struct LineDefectView {
    /// Its number, from 1; in JSON the number of the entry.
    line: u64,
    reason: String,
}

/// What is said of the file that is the body.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct About {
    /// The organisation; without it the list counts for all, which takes a role in all. Only for a new list.
    org: Option<Uuid>,
    /// Its name, as reasons show it.
    name: String,
    /// `bad` or `good`.
    #[param(value_type = word::ListKind)]
    kind: ListKind,
    /// Where it comes from.
    source: String,
    /// From when on it is out of date.
    #[param(value_type = Option<String>)]
    until: Option<Timestamp>,
    /// The version that is replaced. Not for a new list.
    expected_version: Option<u64>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Why {
    /// Why it is taken away.
    reason: String,
}

/// The lists that count, latest first; those of the installation too.
#[utoipa::path(get, path = "/lists", tag = "lists", responses((status = 200, body = ReferenceLists)))]
async fn list(State(app): State<App>, signed_in: SignedIn) -> Result<Json<ReferenceLists>, Failure> {
    let lists = reference_list::list(&app.desk, &signed_in.caller).await?;
    let names = names(&app.desk, &signed_in.caller).await?;
    let searches = reference_list::searches(&app.desk, &signed_in.caller, &lists).await?;
    let now = app.desk.now();
    Ok(Json(ReferenceLists { items: lists.iter().map(|list| row(list, &names, now, searches.get(&list.id))).collect() }))
}

/// Takes a list: the body is the file. One hash, domain or address a line, CSV with a header, a MISP warning list or a STIX bundle, plain or
/// gzip. Lines that cannot be used are counted and named; a file that cannot be read to its end is refused.
#[utoipa::path(post, path = "/lists", tag = "lists", params(About), request_body(content = String, content_type = "application/octet-stream"),
    responses((status = 201, body = TakenList), (status = 413, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn add(
    State(app): State<App>,
    signed_in: SignedIn,
    Parameters(about): Parameters<About>,
    request: Request,
) -> Result<Response, Failure> {
    let org = about.org.map(OrganizationId);
    reference_list::may_add(&signed_in.caller, org)?;
    let turn = reference_list::turn(&app.desk, org).await?;
    let upload = upload(about, file(request, &app).await?);
    let taken = reference_list::add(&app.desk, &signed_in.caller, org, upload, turn).await?;
    Ok((StatusCode::CREATED, Json(view(&app, &signed_in, &taken).await?)).into_response())
}

/// Puts a new file in the place of the list's old one.
#[utoipa::path(put, path = "/lists/{id}", tag = "lists", params(("id" = Uuid, Path), About), request_body(content = String, content_type = "application/octet-stream"),
    responses((status = 200, body = TakenList), (status = 409, body = ErrorBody), (status = 413, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn replace(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Parameters(about): Parameters<About>,
    request: Request,
) -> Result<Json<TakenList>, Failure> {
    let (list, version) = (ReferenceListId(id), about.expected_version.unwrap_or_default());
    let owner = reference_list::may_replace(&app.desk, &signed_in.caller, list, version).await?;
    let turn = reference_list::turn(&app.desk, owner).await?;
    let upload = upload(about, file(request, &app).await?);
    let taken = reference_list::replace(&app.desk, &signed_in.caller, list, upload, version, turn).await?;
    Ok(Json(view(&app, &signed_in, &taken).await?))
}

/// Takes a list away: no verdict asks it any more.
#[utoipa::path(delete, path = "/lists/{id}", tag = "lists", params(("id" = Uuid, Path), Why), responses((status = 204), (status = 422, body = ErrorBody)))]
async fn remove(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Parameters(why): Parameters<Why>,
) -> Result<StatusCode, Failure> {
    reference_list::remove(&app.desk, &signed_in.caller, ReferenceListId(id), &why.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The body, once its sender may send it: nothing of it is read before. Whoever sends slowly does not keep others waiting for ever.
async fn file(request: Request, app: &App) -> Result<Bytes, Failure> {
    let slow = || Error::invalid("error.list_slow").with("seconds", LONGEST_SENDING.as_secs().to_string());
    let sent = tokio::time::timeout(LONGEST_SENDING, Bytes::from_request(request, app)).await.map_err(|_| Failure(slow()))?;
    sent.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Failure(Error::new(ErrorKind::TooLarge, Phrase::new("error.body_too_large"))),
        _ => Failure(Error::invalid("error.body").with("detail", rejection.body_text())),
    })
}

fn upload(about: About, bytes: Bytes) -> Upload {
    Upload { name: about.name, kind: about.kind, source: about.source, until: about.until, bytes }
}

async fn view(app: &App, signed_in: &SignedIn, taken: &Taken) -> Result<TakenList, Failure> {
    let names = names(&app.desk, &signed_in.caller).await?;
    let searches = reference_list::searches(&app.desk, &signed_in.caller, std::slice::from_ref(&taken.list)).await?;
    let item = row(&taken.list, &names, app.desk.now(), searches.get(&taken.list.id));
    Ok(TakenList { item, defects: defects(taken, signed_in.language) })
}

fn defects(taken: &Taken, language: Language) -> Vec<LineDefectView> {
    taken.defects.iter().map(|defect| LineDefectView { line: defect.line, reason: render(&defect.reason, language) }).collect()
}

fn row(list: &Stored<ReferenceList>, names: &Names, now: Timestamp, search: Option<&Searched>) -> ReferenceListRow {
    ReferenceListRow {
        id: list.id.0,
        org: list.org.map(|org| org.0),
        org_name: list.org.map_or("", |org| names.organization(org)).to_owned(),
        name: list.name.clone(),
        kind: list.kind,
        source: list.source.clone(),
        entries: list.count,
        rejected: list.rejected,
        sha256: list.entries.sha256.clone(),
        by: named(list.by, names),
        uploaded_at: list.uploaded_at,
        until: list.until,
        expired: list.expired(now),
        version: list.version,
        search: search.map(|search| PastSearch {
            state: search.state,
            values: search.values,
            hosts: search.hosts,
            not_raised: search.not_raised,
            more: search.more,
        }),
    }
}
