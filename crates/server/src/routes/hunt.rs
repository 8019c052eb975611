//! SQL over the lake, its tables, and saved searches.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hikeshi_desk::hunt::{self, MOST_ROWS};
use hikeshi_desk::{Names, names, saved_search};
use hikeshi_domain::saved_search::SavedSearch;
use hikeshi_domain::{OrganizationId, SavedSearchId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::error::{ErrorBody, Failure};
use crate::extract::{Body, Path, SignedIn};
use crate::router::App;
use crate::views::person::{Named, named};
use crate::views::word;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(query)).routes(routes!(schema)).routes(routes!(searches, save)).routes(routes!(change, remove))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Question {
    /// One SELECT over `events` and `matches`.
    sql: String,
    /// Of one organisation; else of all that the caller may hunt in.
    org: Option<Uuid>,
    /// Most rows; 1 to 10,000, 1,000 without.
    limit: Option<usize>,
}

#[derive(Serialize, ToSchema)]
struct AnswerView {
    columns: Vec<ColumnView>,
    /// A value a column. Times are RFC 3339 in UTC.
    #[schema(value_type = Vec<Vec<Value>>)]
    rows: Vec<Vec<Value>>,
    /// There were more rows.
    truncated: bool,
    elapsed_ms: u64,
}

#[derive(Serialize, ToSchema)]
struct ColumnView {
    name: String,
    /// `text`, `integer`, `number`, `boolean`, `time`, `map`.
    #[serde(rename = "type")]
    #[schema(value_type = word::ColumnType)]
    kind: String,
}

#[derive(Serialize, ToSchema)]
struct SchemaView {
    tables: Vec<TableView>,
}

#[derive(Serialize, ToSchema)]
struct TableView {
    name: String,
    columns: Vec<ColumnView>,
}

#[derive(Serialize, ToSchema)]
struct SearchList {
    items: Vec<SearchRow>,
}

#[derive(Serialize, ToSchema)]
struct SearchRow {
    id: Uuid,
    org: Uuid,
    name: String,
    sql: String,
    by: Named,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewSearch {
    org: Uuid,
    name: String,
    sql: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SearchChange {
    name: String,
    sql: String,
}

/// Runs one SELECT under the caller's organisations.
#[utoipa::path(post, path = "/hunt", tag = "hunt", request_body = Question,
    responses((status = 200, body = AnswerView), (status = 422, body = ErrorBody)))]
async fn query(State(app): State<App>, signed_in: SignedIn, Body(body): Body<Question>) -> Result<Json<AnswerView>, Failure> {
    let rows = body.limit.unwrap_or(1_000).clamp(1, MOST_ROWS);
    let answer = hunt::query(&app.desk, &signed_in.caller, body.org.map(OrganizationId), &body.sql, rows).await?;
    let found = answer.found;
    Ok(Json(AnswerView {
        columns: found.columns.into_iter().map(|column| ColumnView { name: column.name, kind: column.kind }).collect(),
        rows: found.rows,
        truncated: found.truncated,
        elapsed_ms: u64::try_from(answer.elapsed.as_millis()).unwrap_or(u64::MAX),
    }))
}

/// The tables that a query may name.
#[utoipa::path(get, path = "/hunt/schema", tag = "hunt", responses((status = 200, body = SchemaView)))]
async fn schema(State(app): State<App>, signed_in: SignedIn) -> Result<Json<SchemaView>, Failure> {
    let tables = hunt::tables(&app.desk, &signed_in.caller).await?;
    let view = |table: hikeshi_hunt::TableInfo| TableView {
        name: table.name,
        columns: table.columns.into_iter().map(|column| ColumnView { name: column.name, kind: column.kind }).collect(),
    };
    Ok(Json(SchemaView { tables: tables.into_iter().map(view).collect() }))
}

/// Saved searches, by name.
#[utoipa::path(get, path = "/hunt/searches", tag = "hunt", responses((status = 200, body = SearchList)))]
async fn searches(State(app): State<App>, signed_in: SignedIn) -> Result<Json<SearchList>, Failure> {
    let searches = saved_search::list(&app.desk, &signed_in.caller).await?;
    let names = names(&app.desk, &signed_in.caller).await?;
    Ok(Json(SearchList { items: searches.iter().map(|search| row(search, &names)).collect() }))
}

/// Saves a search.
#[utoipa::path(post, path = "/hunt/searches", tag = "hunt", request_body = NewSearch, responses((status = 201, body = SearchRow)))]
async fn save(State(app): State<App>, signed_in: SignedIn, Body(body): Body<NewSearch>) -> Result<Response, Failure> {
    let saved = saved_search::add(&app.desk, &signed_in.caller, OrganizationId(body.org), &body.name, &body.sql).await?;
    let names = names(&app.desk, &signed_in.caller).await?;
    Ok((StatusCode::CREATED, Json(row(&saved, &names))).into_response())
}

/// Changes a search.
#[utoipa::path(put, path = "/hunt/searches/{id}", tag = "hunt", params(("id" = Uuid, Path)), request_body = SearchChange,
    responses((status = 200, body = SearchRow)))]
async fn change(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Body(body): Body<SearchChange>,
) -> Result<Json<SearchRow>, Failure> {
    let changed = saved_search::change(&app.desk, &signed_in.caller, SavedSearchId(id), &body.name, &body.sql).await?;
    let names = names(&app.desk, &signed_in.caller).await?;
    Ok(Json(row(&changed, &names)))
}

/// Throws a search away.
#[utoipa::path(delete, path = "/hunt/searches/{id}", tag = "hunt", params(("id" = Uuid, Path)), responses((status = 204)))]
async fn remove(State(app): State<App>, signed_in: SignedIn, Path(id): Path<Uuid>) -> Result<StatusCode, Failure> {
    saved_search::remove(&app.desk, &signed_in.caller, SavedSearchId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn row(search: &SavedSearch, names: &Names) -> SearchRow {
    SearchRow {
        id: search.id.0,
        org: search.org.0,
        name: search.name.clone(),
        sql: search.sql.clone(),
        by: named(search.by, names),
        at: search.at,
    }
}
