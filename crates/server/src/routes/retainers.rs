//! Retainers: what a customer has agreed with the desk.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hikeshi_desk::retainer::{self, Agreed};
use hikeshi_domain::clock::{Duty, Rule};
use hikeshi_domain::request::ServiceKind;
use hikeshi_domain::retainer::Retainer;
use hikeshi_domain::{OrganizationId, RetainerId};
use hikeshi_record::Stored;
use jiff::Timestamp;
use jiff::civil::Date;
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
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(change))
}

#[derive(Serialize, ToSchema)]
struct RetainerList {
    items: Vec<RetainerView>,
}

#[derive(Serialize, ToSchema)]
struct RetainerView {
    id: Uuid,
    /// What `expected_version` takes.
    version: u64,
    org: Uuid,
    agreed: AgreedView,
    /// IANA name of the zone in which its days begin and end.
    time_zone: String,
    /// Whether it holds now.
    holds: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

/// What is agreed.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AgreedView {
    /// Reference of the signed contract.
    reference: String,
    /// First day.
    #[schema(value_type = String, format = Date)]
    from: Date,
    /// Last day.
    #[schema(value_type = String, format = Date)]
    until: Date,
    /// What lies outside is best effort.
    #[schema(value_type = Vec<word::ServiceKind>)]
    services: BTreeSet<ServiceKind>,
    /// Hours of work that it includes.
    #[serde(default)]
    hours: u32,
    /// Terms in which something is due: duty and rule (`elapsed:1`, `bh:8;cal=desk`); what is not named has the desk's own.
    #[schema(value_type = BTreeMap<String, String>)]
    #[serde(default)]
    terms: BTreeMap<Duty, Rule>,
    #[serde(default)]
    note: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AgreedAnew {
    agreed: AgreedView,
    /// The version that the caller looked at.
    expected_version: u64,
}

/// The retainers of an organisation, the latest term first.
#[utoipa::path(get, path = "/organizations/{id}/retainers", tag = "retainers", params(("id" = Uuid, Path)),
    responses((status = 200, body = RetainerList), (status = 404, body = ErrorBody)))]
async fn list(State(app): State<App>, signed_in: SignedIn, Path(id): Path<Uuid>) -> Result<Json<RetainerList>, Failure> {
    let retainers = retainer::list(&app.desk, &signed_in.caller, OrganizationId(id)).await?;
    Ok(Json(RetainerList { items: retainers.iter().map(|stored| view(stored, app.desk.now())).collect() }))
}

/// Writes a retainer down.
#[utoipa::path(post, path = "/organizations/{id}/retainers", tag = "retainers", params(("id" = Uuid, Path)), request_body = AgreedView,
    responses((status = 201, body = RetainerView), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn add(State(app): State<App>, signed_in: SignedIn, Path(id): Path<Uuid>, Body(body): Body<AgreedView>) -> Result<Response, Failure> {
    let added = retainer::add(&app.desk, &signed_in.caller, OrganizationId(id), body.into()).await?;
    Ok((StatusCode::CREATED, Json(view(&added, app.desk.now()))).into_response())
}

/// Changes a retainer; what was agreed before are earlier versions. Clocks that run keep the term that they were started by.
#[utoipa::path(put, path = "/retainers/{id}", tag = "retainers", params(("id" = Uuid, Path)), request_body = AgreedAnew,
    responses((status = 200, body = RetainerView), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn change(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Body(body): Body<AgreedAnew>,
) -> Result<Json<RetainerView>, Failure> {
    let changed = retainer::change(&app.desk, &signed_in.caller, RetainerId(id), body.agreed.into(), body.expected_version).await?;
    Ok(Json(view(&changed, app.desk.now())))
}

impl From<AgreedView> for Agreed {
    fn from(body: AgreedView) -> Self {
        let AgreedView { reference, from, until, services, hours, terms, note } = body;
        Agreed { reference, from, until, services, hours, terms, note }
    }
}

fn view(stored: &Stored<Retainer>, now: Timestamp) -> RetainerView {
    let Retainer { id, org, reference, from, until, time_zone, services, hours, terms, note, created_at } = stored.entity.clone();
    let agreed = AgreedView { reference, from, until, services, hours, terms, note };
    RetainerView { id: id.0, version: stored.version, org: org.0, agreed, time_zone, holds: stored.holds(now), created_at }
}
