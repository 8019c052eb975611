//! Organisations and their standing choices.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hikeshi_desk::organization::{self, Choices};
use hikeshi_domain::OrganizationId;
use hikeshi_domain::organization::Organization;
use hikeshi_domain::phrase::Language;
use hikeshi_record::Stored;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::error::{ErrorBody, Failure};
use crate::extract::{Body, Path, SignedIn};
use crate::router::App;
use crate::views::word;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(get, change))
}

#[derive(Serialize, ToSchema)]
struct OrganizationList {
    items: Vec<OrganizationView>,
}

#[derive(Serialize, ToSchema)]
struct OrganizationView {
    id: Uuid,
    /// What `expected_version` takes.
    version: u64,
    name: String,
    drill: bool,
    time_zone: String,
    #[schema(value_type = word::Language)]
    language: Language,
    retention_days: u32,
    /// Addresses that receive its mail.
    contacts: Vec<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewOrganization {
    name: String,
    time_zone: String,
    #[schema(value_type = word::Language)]
    language: Language,
    retention_days: Option<u32>,
    #[serde(default)]
    contacts: Vec<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Change {
    name: String,
    time_zone: String,
    #[schema(value_type = word::Language)]
    language: Language,
    retention_days: u32,
    #[serde(default)]
    contacts: Vec<String>,
    expected_version: u64,
}

/// The organisations that the caller may see, by name.
#[utoipa::path(get, path = "/organizations", tag = "organizations", responses((status = 200, body = OrganizationList), (status = 403, body = ErrorBody)))]
async fn list(State(app): State<App>, signed_in: SignedIn) -> Result<Json<OrganizationList>, Failure> {
    let organizations = hikeshi_desk::organizations(&app.desk, &signed_in.caller).await?;
    Ok(Json(OrganizationList { items: organizations.iter().map(view).collect() }))
}

/// Makes an organisation.
#[utoipa::path(post, path = "/organizations", tag = "organizations", request_body = NewOrganization,
    responses((status = 201, body = OrganizationView), (status = 422, body = ErrorBody)))]
async fn add(State(app): State<App>, signed_in: SignedIn, Body(body): Body<NewOrganization>) -> Result<Response, Failure> {
    let choices = Choices {
        name: body.name,
        time_zone: body.time_zone,
        language: body.language,
        retention_days: body.retention_days.unwrap_or(organization::DEFAULT_RETENTION_DAYS),
        contacts: body.contacts,
    };
    let added = organization::add(&app.desk, &signed_in.caller, choices, None).await?;
    Ok((StatusCode::CREATED, Json(view(&added))).into_response())
}

/// One organisation.
#[utoipa::path(get, path = "/organizations/{id}", tag = "organizations", params(("id" = Uuid, Path)),
    responses((status = 200, body = OrganizationView), (status = 404, body = ErrorBody)))]
async fn get(State(app): State<App>, signed_in: SignedIn, Path(id): Path<Uuid>) -> Result<Json<OrganizationView>, Failure> {
    Ok(Json(view(&organization::get(&app.desk, &signed_in.caller, OrganizationId(id)).await?)))
}

/// Changes its choices.
#[utoipa::path(put, path = "/organizations/{id}", tag = "organizations", params(("id" = Uuid, Path)), request_body = Change,
    responses((status = 200, body = OrganizationView), (status = 409, body = ErrorBody)))]
async fn change(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Body(body): Body<Change>,
) -> Result<Json<OrganizationView>, Failure> {
    let choices = Choices {
        name: body.name,
        time_zone: body.time_zone,
        language: body.language,
        retention_days: body.retention_days,
        contacts: body.contacts,
    };
    Ok(Json(view(&organization::change(&app.desk, &signed_in.caller, OrganizationId(id), choices, body.expected_version).await?)))
}

fn view(organization: &Stored<Organization>) -> OrganizationView {
    OrganizationView {
        id: organization.id.0,
        version: organization.version,
        name: organization.name.clone(),
        drill: organization.drill.is_some(),
        time_zone: organization.time_zone.clone(),
        language: organization.language,
        retention_days: organization.retention_days,
        contacts: organization.contacts.clone(),
    }
}
