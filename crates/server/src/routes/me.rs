//! The person who is signed in.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use hikeshi_desk::person::{self, Profile};
use hikeshi_desk::second_factor::{self, Enrolment};
use hikeshi_domain::person::Person;
use hikeshi_domain::phrase::Language;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::error::{ErrorBody, Failure};
use crate::extract::{Body, SignedIn, session_secret};
use crate::router::App;
use crate::views::word;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(me, change_me))
        .routes(routes!(change_password))
        .routes(routes!(begin_second_factor))
        .routes(routes!(confirm_second_factor))
        .routes(routes!(remove_second_factor))
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
    /// Whether a code is asked for beside the password.
    has_second_factor: bool,
    /// Recovery codes that have not been used.
    recovery_codes: usize,
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

/// What an authenticator app is told; shown once.
#[derive(Serialize, ToSchema)]
struct EnrolmentView {
    /// Base32, to be typed where nothing can be scanned.
    secret: String,
    /// `otpauth://…`.
    uri: String,
    /// The same as a QR code, SVG.
    picture: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Code {
    /// A code of the app; to take the factor away, a recovery code too.
    code: String,
}

/// Recovery codes; shown once, each lets in once.
#[derive(Serialize, ToSchema)]
struct RecoveryCodes {
    codes: Vec<String>,
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

/// Begins to set a second factor up. Nothing is asked for until it is confirmed.
#[utoipa::path(post, path = "/me/second-factor", tag = "me", responses((status = 200, body = EnrolmentView), (status = 422, body = ErrorBody)))]
async fn begin_second_factor(State(app): State<App>, signed_in: SignedIn) -> Result<Json<EnrolmentView>, Failure> {
    let Enrolment { secret, uri, picture } = second_factor::begin(&app.desk, &signed_in.caller).await?;
    Ok(Json(EnrolmentView { secret, uri, picture }))
}

/// Sets the second factor by a code of the app. Every other session of the person ends.
#[utoipa::path(post, path = "/me/second-factor/confirm", tag = "me", request_body = Code,
    responses((status = 200, body = RecoveryCodes), (status = 401, body = ErrorBody), (status = 422, body = ErrorBody), (status = 429, body = ErrorBody)))]
async fn confirm_second_factor(
    State(app): State<App>,
    signed_in: SignedIn,
    headers: HeaderMap,
    Body(body): Body<Code>,
) -> Result<Json<RecoveryCodes>, Failure> {
    let session = session_secret(&headers);
    let codes = second_factor::confirm(&app.desk, &signed_in.caller, session.as_deref(), &body.code).await?;
    Ok(Json(RecoveryCodes { codes }))
}

/// Takes one's own second factor away.
#[utoipa::path(post, path = "/me/second-factor/remove", tag = "me", request_body = Code,
    responses((status = 200, body = MyProfile), (status = 401, body = ErrorBody), (status = 422, body = ErrorBody), (status = 429, body = ErrorBody)))]
async fn remove_second_factor(State(app): State<App>, signed_in: SignedIn, Body(body): Body<Code>) -> Result<Json<MyProfile>, Failure> {
    let person = second_factor::remove(&app.desk, &signed_in.caller, &body.code).await?;
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
        has_second_factor: person.second_factor.is_some(),
        recovery_codes: person.second_factor.as_ref().map_or(0, |factor| factor.recovery.len()),
        roles: person.grants.iter().map(|grant| grant.role.name()).collect(),
    }
}
