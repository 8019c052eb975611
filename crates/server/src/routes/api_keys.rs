//! Keys of forwarders and products.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hikeshi_desk::{Error, Names, api_key, names};
use hikeshi_domain::api_key::{ApiKey, KeyScope};
use hikeshi_domain::{ApiKeyId, OrganizationId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::error::{ErrorBody, Failure};
use crate::extract::{Body, Path, SignedIn};
use crate::router::App;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(revoke))
}

#[derive(Serialize, ToSchema)]
struct KeyList {
    items: Vec<KeyRow>,
}

#[derive(Serialize, ToSchema)]
struct KeyRow {
    id: Uuid,
    org: Uuid,
    org_name: String,
    name: String,
    /// The forwarder's name, where the key is one's.
    forwarder: Option<String>,
    /// The hosts that it may speak for; empty: all of the organisation.
    hosts: Vec<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<Timestamp>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewKey {
    org: Uuid,
    name: String,
    /// Name of the forwarder; or `hosts`.
    forwarder: Option<String>,
    /// The hosts that it may speak for; or `forwarder`.
    hosts: Option<Vec<String>>,
}

#[derive(Serialize, ToSchema)]
struct MadeKey {
    /// The key, readable this once.
    key: String,
    item: KeyRow,
}

/// Keys, latest first, revoked ones too.
#[utoipa::path(get, path = "/api-keys", tag = "api-keys", responses((status = 200, body = KeyList)))]
async fn list(State(app): State<App>, signed_in: SignedIn) -> Result<Json<KeyList>, Failure> {
    let keys = api_key::list(&app.desk, &signed_in.caller).await?;
    let names = names(&app.desk, &signed_in.caller).await?;
    Ok(Json(KeyList { items: keys.iter().map(|key| row(key, &names)).collect() }))
}

/// Makes a key. It is shown once.
#[utoipa::path(post, path = "/api-keys", tag = "api-keys", request_body = NewKey,
    responses((status = 201, body = MadeKey), (status = 422, body = ErrorBody)))]
async fn add(State(app): State<App>, signed_in: SignedIn, Body(body): Body<NewKey>) -> Result<Response, Failure> {
    let scope = match (body.forwarder, body.hosts) {
        (None, Some(hosts)) => KeyScope::Hosts { hosts },
        (name, None) => KeyScope::Forwarder { name: name.unwrap_or_else(|| body.name.clone()) },
        (Some(_), Some(_)) => return Err(Failure(Error::invalid("error.body").with("detail", "forwarder, hosts"))),
    };
    let made = api_key::add(&app.desk, &signed_in.caller, OrganizationId(body.org), &body.name, scope).await?;
    let names = names(&app.desk, &signed_in.caller).await?;
    Ok((StatusCode::CREATED, Json(MadeKey { key: made.secret, item: row(&made.key, &names) })).into_response())
}

/// Revokes a key at once.
#[utoipa::path(delete, path = "/api-keys/{id}", tag = "api-keys", params(("id" = Uuid, Path)), responses((status = 204)))]
async fn revoke(State(app): State<App>, signed_in: SignedIn, Path(id): Path<Uuid>) -> Result<StatusCode, Failure> {
    api_key::revoke(&app.desk, &signed_in.caller, ApiKeyId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn row(key: &ApiKey, names: &Names) -> KeyRow {
    let (forwarder, hosts) = match &key.scope {
        KeyScope::Forwarder { name } => (Some(name.clone()), Vec::new()),
        KeyScope::Hosts { hosts } => (None, hosts.clone()),
    };
    KeyRow {
        id: key.id.0,
        org: key.org.0,
        org_name: names.organization(key.org).to_owned(),
        name: key.name.clone(),
        forwarder,
        hosts,
        created_at: key.created_at,
        revoked_at: key.revoked_at,
    }
}
