//! Endpoints.

use axum::Json;
use axum::extract::State;
use hikeshi_desk::endpoint::{self, EndpointLine, EndpointQuery};
use hikeshi_desk::{Error, Names, names};
use hikeshi_domain::endpoint::BlockMode;
use hikeshi_domain::{EndpointId, OrganizationId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::error::{ErrorBody, Failure};
use crate::extract::{Body, Parameters, Path, SignedIn};
use crate::router::App;
use crate::views::person::{Named, named};
use crate::views::word;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get, describe)).routes(routes!(retire)).routes(routes!(restore))
}

#[derive(Deserialize, IntoParams)]
struct ListQuery {
    /// Of one organisation.
    org: Option<Uuid>,
    /// Words in name or note.
    q: Option<String>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// 1 to 1000; 200 without.
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
struct EndpointList {
    items: Vec<EndpointRow>,
    next_cursor: Option<String>,
    total: u64,
}

#[derive(Serialize, ToSchema)]
struct EndpointRow {
    id: Uuid,
    /// What `expected_version` takes.
    version: u64,
    host: String,
    org: Uuid,
    org_name: String,
    #[schema(value_type = String, format = DateTime)]
    first_seen_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    last_seen_at: Timestamp,
    /// Nothing was heard of it for a day, although a forwarder with a key sends of it and nobody took it out of service.
    silent: bool,
    /// `block`, `non_block`, `unknown`.
    #[schema(value_type = word::BlockMode)]
    block_mode: BlockMode,
    /// Part of a service for customers: an attack on it is proposed as one on the service (B-2).
    serves: bool,
    note: String,
    /// Why it is out of service; null while it is in service.
    retired: Option<RetiredView>,
    alerts_open: u64,
}

/// Out of service.
#[derive(Serialize, ToSchema)]
struct RetiredView {
    by: Named,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    reason: String,
    /// It has sent again since: its silence counts as that of one in service.
    resumed: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Description {
    /// `block`, `non_block`, `unknown`.
    #[schema(value_type = word::BlockMode)]
    block_mode: String,
    /// Part of a service for customers. Absent: as it stands.
    serves: Option<bool>,
    note: String,
    expected_version: u64,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Retirement {
    reason: String,
    expected_version: u64,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Restoration {
    expected_version: u64,
}

/// Endpoints by name.
#[utoipa::path(get, path = "/endpoints", tag = "endpoints", params(ListQuery), responses((status = 200, body = EndpointList)))]
async fn list(
    State(app): State<App>,
    signed_in: SignedIn,
    Parameters(query): Parameters<ListQuery>,
) -> Result<Json<EndpointList>, Failure> {
    let text = query.q.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let asked =
        EndpointQuery { org: query.org.map(OrganizationId), text, cursor: query.cursor, limit: query.limit.unwrap_or(200).clamp(1, 1_000) };
    let page = endpoint::list(&app.desk, &signed_in.caller, asked).await?;
    let names = names(&app.desk, &signed_in.caller).await?;
    let items = page.items.iter().map(|line| row(line, &names)).collect();
    Ok(Json(EndpointList { items, next_cursor: page.next_cursor, total: page.total }))
}

/// One endpoint.
#[utoipa::path(get, path = "/endpoints/{id}", tag = "endpoints", params(("id" = Uuid, Path)),
    responses((status = 200, body = EndpointRow), (status = 404, body = ErrorBody)))]
async fn get(State(app): State<App>, signed_in: SignedIn, Path(id): Path<Uuid>) -> Result<Json<EndpointRow>, Failure> {
    let line = endpoint::get(&app.desk, &signed_in.caller, EndpointId(id)).await?;
    shown(&app, &signed_in, &line).await
}

/// Says whether its protection blocks (S3-22, S3-23), whether it serves customers (S4-82), and what it is for.
#[utoipa::path(put, path = "/endpoints/{id}", tag = "endpoints", params(("id" = Uuid, Path)), request_body = Description,
    responses((status = 200, body = EndpointRow), (status = 409, body = ErrorBody)))]
async fn describe(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Body(body): Body<Description>,
) -> Result<Json<EndpointRow>, Failure> {
    let block_mode = match body.block_mode.as_str() {
        "block" => BlockMode::Block,
        "non_block" => BlockMode::NonBlock,
        "unknown" => BlockMode::Unknown,
        _ => return Err(Failure(Error::invalid("error.body").with("detail", "block_mode"))),
    };
    let said = endpoint::Description { block_mode, serves: body.serves, note: body.note };
    let line = endpoint::describe(&app.desk, &signed_in.caller, EndpointId(id), said, body.expected_version).await?;
    shown(&app, &signed_in, &line).await
}

/// Takes it out of service: nobody is warned of its silence from now on.
#[utoipa::path(post, path = "/endpoints/{id}/retire", tag = "endpoints", params(("id" = Uuid, Path)), request_body = Retirement,
    responses((status = 200, body = EndpointRow), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn retire(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Body(body): Body<Retirement>,
) -> Result<Json<EndpointRow>, Failure> {
    let line = endpoint::retire(&app.desk, &signed_in.caller, EndpointId(id), &body.reason, body.expected_version).await?;
    shown(&app, &signed_in, &line).await
}

/// Takes it back into service.
#[utoipa::path(post, path = "/endpoints/{id}/restore", tag = "endpoints", params(("id" = Uuid, Path)), request_body = Restoration,
    responses((status = 200, body = EndpointRow), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn restore(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Body(body): Body<Restoration>,
) -> Result<Json<EndpointRow>, Failure> {
    let line = endpoint::restore(&app.desk, &signed_in.caller, EndpointId(id), body.expected_version).await?;
    shown(&app, &signed_in, &line).await
}

async fn shown(app: &App, signed_in: &SignedIn, line: &EndpointLine) -> Result<Json<EndpointRow>, Failure> {
    let names = names(&app.desk, &signed_in.caller).await?;
    Ok(Json(row(line, &names)))
}

fn row(line: &EndpointLine, names: &Names) -> EndpointRow {
    let endpoint = &line.endpoint;
    EndpointRow {
        id: endpoint.id.0,
        version: endpoint.version,
        host: endpoint.host.clone(),
        org: endpoint.org.0,
        org_name: names.organization(endpoint.org).to_owned(),
        first_seen_at: endpoint.first_seen_at,
        last_seen_at: line.last_seen_at,
        silent: line.silent,
        block_mode: endpoint.block_mode,
        serves: endpoint.serves,
        note: endpoint.note.clone(),
        retired: endpoint.retired.as_ref().map(|retired| RetiredView {
            by: named(retired.by, names),
            at: retired.at,
            reason: retired.reason.clone(),
            resumed: !endpoint.is_at_rest(line.last_seen_at),
        }),
        alerts_open: line.alerts_open,
    }
}
