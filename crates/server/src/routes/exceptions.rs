//! The exception list.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hikeshi_desk::{Names, exception, names};
use hikeshi_domain::exception::{Effect, Exception, Excused};
use hikeshi_domain::{ExceptionId, OrganizationId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
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
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(end))
}

#[derive(Serialize, ToSchema)]
struct ExceptionList {
    items: Vec<ExceptionRow>,
}

#[derive(Serialize, ToSchema)]
struct ExceptionRow {
    id: Uuid,
    org: Uuid,
    org_name: String,
    /// `hash`, `signer`, `path`, `behaviour`.
    #[schema(value_type = word::ExceptionKind)]
    kind: &'static str,
    /// What is compared.
    value: String,
    /// For a behaviour: only where the process's path fits.
    image: Option<String>,
    /// Who registered it; where the desk did for a reference list, whoever brought that.
    by: Named,
    /// The reference list of known good for which the desk registered it; `null`: a person did.
    list: Option<CitedListView>,
    /// Why; of an entry for a list where that comes from.
    reason: String,
    #[schema(value_type = String, format = DateTime)]
    registered_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    effective_from: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// `registered`, `in_effect`, `ended`.
    #[schema(value_type = word::Effect)]
    effect: Effect,
}

#[derive(Serialize, ToSchema)]
struct CitedListView {
    id: Uuid,
    /// Its name, version and date then.
    name: String,
    version: u64,
    #[schema(value_type = String, format = DateTime)]
    dated: Timestamp,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewException {
    org: Uuid,
    /// `{"kind":"hash","hash":…}`, `{"kind":"signer","name":…}`, `{"kind":"path","pattern":…}`, `{"kind":"behaviour","rule_id":…,"image":…}`.
    #[schema(value_type = Object)]
    excused: Excused,
    reason: String,
    /// The endpoints' protection follows it already; registered alone excuses nothing.
    in_effect: bool,
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
}

/// The entries, latest first, ended ones too.
#[utoipa::path(get, path = "/exceptions", tag = "exceptions", responses((status = 200, body = ExceptionList)))]
async fn list(State(app): State<App>, signed_in: SignedIn) -> Result<Json<ExceptionList>, Failure> {
    let exceptions = exception::list(&app.desk, &signed_in.caller).await?;
    let names = names(&app.desk, &signed_in.caller).await?;
    let now = app.desk.now();
    Ok(Json(ExceptionList { items: exceptions.iter().map(|entry| row(entry, &names, now)).collect() }))
}

/// Registers an entry.
#[utoipa::path(post, path = "/exceptions", tag = "exceptions", request_body = NewException,
    responses((status = 201, body = ExceptionRow), (status = 422, body = ErrorBody)))]
async fn add(State(app): State<App>, signed_in: SignedIn, Body(body): Body<NewException>) -> Result<Response, Failure> {
    let org = OrganizationId(body.org);
    let added = exception::add(&app.desk, &signed_in.caller, org, body.excused, &body.reason, body.in_effect, body.until).await?;
    let names = names(&app.desk, &signed_in.caller).await?;
    Ok((StatusCode::CREATED, Json(row(&added, &names, app.desk.now()))).into_response())
}

/// Ends an entry now.
#[utoipa::path(delete, path = "/exceptions/{id}", tag = "exceptions", params(("id" = Uuid, Path)), responses((status = 204)))]
async fn end(State(app): State<App>, signed_in: SignedIn, Path(id): Path<Uuid>) -> Result<StatusCode, Failure> {
    exception::end(&app.desk, &signed_in.caller, ExceptionId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn row(entry: &Exception, names: &Names, now: Timestamp) -> ExceptionRow {
    let image = match &entry.excused {
        Excused::Behaviour { image, .. } => image.clone(),
        Excused::Hash { .. } | Excused::Signer { .. } | Excused::Path { .. } => None,
    };
    ExceptionRow {
        id: entry.id.0,
        org: entry.org.0,
        org_name: names.organization(entry.org).to_owned(),
        kind: entry.excused.kind(),
        value: entry.excused.value().to_owned(),
        image,
        by: named(entry.by, names),
        list: entry.list.as_ref().map(|list| CitedListView {
            id: list.id.0,
            name: list.name.clone(),
            version: list.version,
            dated: list.dated,
        }),
        reason: entry.reason.clone(),
        registered_at: entry.registered_at,
        effective_from: entry.effective_from,
        until: entry.until,
        effect: entry.effect(now),
    }
}
