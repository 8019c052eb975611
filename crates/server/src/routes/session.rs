//! Signing in and out.

use axum::Json;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use hikeshi_desk::Error;
use hikeshi_desk::session::{self, SESSION_LIFETIME};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::{ErrorBody, Failure};
use crate::extract::{Body, Named, SESSION_COOKIE, session_secret};
use crate::router::App;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(by_link)).routes(routes!(by_invitation)).routes(routes!(by_password, sign_out))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Link {
    /// The secret of the one-time link.
    token: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Acceptance {
    /// The secret of the invitation's link.
    token: String,
    /// The password that the person chooses.
    password: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Credentials {
    /// Mail address.
    email: String,
    /// Password.
    password: String,
    /// A code of the authenticator app or a recovery code, where the person has a second factor.
    code: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct Welcome {
    /// Whether the person still has to choose a password.
    needs_password: bool,
}

/// Signs in by a one-time link. The link is spent.
#[utoipa::path(post, path = "/session/link", tag = "session", request_body = Link,
    responses((status = 200, body = Welcome), (status = 401, body = ErrorBody)))]
async fn by_link(State(app): State<App>, Named(request): Named, Body(link): Body<Link>) -> Result<Response, Failure> {
    welcome(&app, session::sign_in_by_link(&app.desk, &link.token, &request).await?)
}

/// Takes up an invitation: sets the password and signs in. The link is spent.
#[utoipa::path(post, path = "/session/invitation", tag = "session", request_body = Acceptance,
    responses((status = 200, body = Welcome), (status = 401, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn by_invitation(State(app): State<App>, Named(request): Named, Body(accepted): Body<Acceptance>) -> Result<Response, Failure> {
    welcome(&app, session::accept_invitation(&app.desk, &accepted.token, &accepted.password, &request).await?)
}

/// Signs in by address and password, and by a code where there is a second factor: without one, 401 of kind `second_factor`.
#[utoipa::path(post, path = "/session", tag = "session", request_body = Credentials,
    responses((status = 200, body = Welcome), (status = 401, body = ErrorBody), (status = 429, body = ErrorBody)))]
async fn by_password(State(app): State<App>, Named(request): Named, Body(credentials): Body<Credentials>) -> Result<Response, Failure> {
    let Credentials { email, password, code } = credentials;
    welcome(&app, session::sign_in_by_password(&app.desk, &email, &password, code.as_deref(), &request).await?)
}

/// Signs out: the session ends on the server.
#[utoipa::path(delete, path = "/session", tag = "session", responses((status = 204), (status = 401, body = ErrorBody)))]
async fn sign_out(State(app): State<App>, Named(request): Named, headers: HeaderMap) -> Result<Response, Failure> {
    let secret = session_secret(&headers).ok_or_else(Error::unauthenticated)?;
    session::sign_out(&app.desk, &secret, &request).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.headers_mut().insert(SET_COOKIE, cookie(&app, "", 0)?);
    Ok(response)
}

fn welcome(app: &App, signed_in: session::SignedIn) -> Result<Response, Failure> {
    let mut response = Json(Welcome { needs_password: signed_in.person.password.is_none() }).into_response();
    response.headers_mut().insert(SET_COOKIE, cookie(app, &signed_in.secret, SESSION_LIFETIME.as_secs())?);
    Ok(response)
}

fn cookie(app: &App, secret: &str, seconds: i64) -> Result<HeaderValue, Failure> {
    let secure = if app.config.https { "; Secure" } else { "" };
    let text = format!("{SESSION_COOKIE}={secret}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    HeaderValue::from_str(&text).map_err(|error| Failure(Error::internal(error)))
}
