//! The person who is signed in.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use hikeshi_desk::person::{self, Profile};
use hikeshi_domain::person::Person;
use hikeshi_domain::phrase::Language;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::error::Failure;
use crate::extract::{Body, SignedIn, session_secret};
use crate::router::App;
use crate::views::word;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(me, change_me)).routes(routes!(change_password))
}

#[derive(Serialize, ToSchema)]
struct Me {
    person: MyProfile,
    organizations: Vec<MyOrganization>,
}

#[derive(Serialize, ToSchema)]
struct MyProfile {
    id: Uuid,
    name: String,
    email: String,
    /// `ja` or `en`.
    #[schema(value_type = word::Language)]
    language: Language,
    /// IANA name.
    time_zone: String,
    has_password: bool,
    /// Names of the person's roles.
    #[schema(value_type = Vec<word::Role>)]
    roles: Vec<&'static str>,
}

#[derive(Serialize, ToSchema)]
struct MyOrganization {
    id: Uuid,
    name: String,
    /// It is a drill: marked everywhere.
    drill: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ProfileChange {
    name: String,
    email: String,
    #[schema(value_type = word::Language)]
    language: Language,
    time_zone: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PasswordChange {
    /// The current one, where there is one.
    current: Option<String>,
    new: String,
}

/// Oneself, and the organisations one may see.
#[utoipa::path(get, path = "/me", tag = "me", responses((status = 200, body = Me)))]
async fn me(State(app): State<App>, signed_in: SignedIn) -> Result<Json<Me>, Failure> {
    let organizations = hikeshi_desk::organizations(&app.desk, &signed_in.caller).await?;
    let organizations = organizations.into_iter().map(|organization| MyOrganization {
        id: organization.id.0,
        name: organization.name.clone(),
        drill: organization.drill.is_some(),
    });
    Ok(Json(Me { person: profile(&signed_in.person), organizations: organizations.collect() }))
}

/// Changes one's own profile.
#[utoipa::path(put, path = "/me", tag = "me", request_body = ProfileChange, responses((status = 200, body = MyProfile)))]
async fn change_me(State(app): State<App>, signed_in: SignedIn, Body(change): Body<ProfileChange>) -> Result<Json<MyProfile>, Failure> {
    let change = Profile { name: change.name, email: change.email, language: change.language, time_zone: change.time_zone };
    Ok(Json(profile(&person::change_me(&app.desk, &signed_in.caller, change).await?.entity)))
}

/// Sets one's own password.
#[utoipa::path(put, path = "/me/password", tag = "me", request_body = PasswordChange, responses((status = 200, body = MyProfile)))]
async fn change_password(
    State(app): State<App>,
    signed_in: SignedIn,
    headers: HeaderMap,
    Body(change): Body<PasswordChange>,
) -> Result<Json<MyProfile>, Failure> {
    let session = session_secret(&headers);
    let current = change.current.as_deref();
    let person = person::change_password(&app.desk, &signed_in.caller, session.as_deref(), current, &change.new).await?;
    Ok(Json(profile(&person)))
}

fn profile(person: &Person) -> MyProfile {
    MyProfile {
        id: person.id.0,
        name: person.name.clone(),
        email: person.email.clone(),
        language: person.language,
        time_zone: person.time_zone.clone(),
        has_password: person.password.is_some(),
        roles: person.grants.iter().map(|grant| grant.role.name()).collect(),
    }
}
