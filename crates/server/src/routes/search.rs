//! One field that finds things.

use axum::Json;
use axum::extract::State;
use hikeshi_desk::search;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::error::Failure;
use crate::extract::{Parameters, SignedIn};
use crate::router::App;
use crate::views::word;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(find))
}

#[derive(Deserialize, IntoParams)]
struct SearchQuery {
    /// Two letters or more.
    q: String,
}

#[derive(Serialize, ToSchema)]
struct Hits {
    items: Vec<HitView>,
}

#[derive(Serialize, ToSchema)]
struct HitView {
    /// `alert`, `case`, `endpoint`.
    #[schema(value_type = word::HitKind)]
    kind: &'static str,
    id: Uuid,
    title: String,
    line: String,
}

/// Finds alerts, cases and endpoints that the caller may see.
#[utoipa::path(get, path = "/search", tag = "search", params(SearchQuery), responses((status = 200, body = Hits)))]
async fn find(State(app): State<App>, signed_in: SignedIn, Parameters(query): Parameters<SearchQuery>) -> Result<Json<Hits>, Failure> {
    let hits = search::search(&app.desk, &signed_in.caller, &query.q, signed_in.language).await?;
    let items = hits.into_iter().map(|hit| HitView { kind: hit.kind, id: hit.id, title: hit.title, line: hit.line }).collect();
    Ok(Json(Hits { items }))
}
