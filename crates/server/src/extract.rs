//! What a handler is given: the caller whose proof holds, what the address names, a parsed body, a parsed query. What does not parse is an
//! error in words.

use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, COOKIE};
use axum::http::request::Parts;
use hikeshi_access::Caller;
use hikeshi_desk::{Error, ErrorKind, session};
use hikeshi_domain::api_key::ApiKey;
use hikeshi_domain::person::Person;
use hikeshi_domain::phrase::{Language, Phrase};
use serde::de::DeserializeOwned;

use crate::error::Failure;
use crate::language::accepted_language;
use crate::request_id::RequestId;
use crate::router::App;
use crate::security::may_change;

/// The session's cookie.
pub(crate) const SESSION_COOKIE: &str = "hikeshi_session";

/// A person who signed in.
pub(crate) struct SignedIn {
    pub(crate) caller: Caller,
    pub(crate) person: Person,
    pub(crate) language: Language,
}

/// A program that holds a key.
pub(crate) struct KeyHolder {
    pub(crate) caller: Caller,
    pub(crate) key: ApiKey,
}

/// What the address names. What can be nobody's name is not there, like any absent thing.
pub(crate) struct Path<T>(pub(crate) T);

/// A JSON body.
pub(crate) struct Body<T>(pub(crate) T);

/// A query string.
pub(crate) struct Parameters<T>(pub(crate) T);

/// The request's name.
pub(crate) struct Named(pub(crate) String);

impl FromRequestParts<App> for SignedIn {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        changes_as_ours(parts)?;
        let secret = session_secret(&parts.headers).ok_or_else(Error::unauthenticated)?;
        let request = request_name(parts);
        let (caller, person) = session::caller_of_session(&app.desk, &secret, &request).await?;
        Ok(SignedIn { caller, person: person.entity, language: accepted_language(&parts.headers) })
    }
}

impl FromRequestParts<App> for KeyHolder {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let key = header.strip_prefix("Bearer ").map(str::trim).filter(|key| !key.is_empty()).ok_or_else(Error::key_missing)?;
        let (caller, key) = session::caller_of_key(&app.desk, key, &request_name(parts)).await?;
        Ok(KeyHolder { caller, key: key.entity })
    }
}

impl FromRequestParts<App> for Named {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _app: &App) -> Result<Self, Failure> {
        changes_as_ours(parts)?;
        Ok(Named(request_name(parts)))
    }
}

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Path<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let parsed: Result<axum::extract::Path<T>, PathRejection> = axum::extract::Path::from_request_parts(parts, app).await;
        match parsed {
            Ok(axum::extract::Path(named)) => Ok(Path(named)),
            // The route asks for something that its address does not have: our fault, not the caller's.
            Err(rejection) if rejection.status().is_server_error() => Err(Failure(Error::internal(rejection))),
            Err(rejection) => Err(Failure(Error::not_found().caused_by(rejection))),
        }
    }
}

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &App) -> Result<Self, Failure> {
        let parsed: Result<axum::Json<T>, JsonRejection> = axum::Json::from_request(request, app).await;
        match parsed {
            Ok(axum::Json(body)) => Ok(Body(body)),
            Err(rejection) if rejection.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE => {
                Err(Failure(Error::new(ErrorKind::TooLarge, Phrase::new("error.body_too_large"))))
            }
            Err(rejection) => Err(Failure(Error::invalid("error.body").with("detail", rejection.body_text()))),
        }
    }
}

impl<T: DeserializeOwned> FromRequestParts<App> for Parameters<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let parsed: Result<axum::extract::Query<T>, QueryRejection> = axum::extract::Query::from_request_parts(parts, app).await;
        match parsed {
            Ok(axum::extract::Query(query)) => Ok(Parameters(query)),
            Err(rejection) => Err(Failure(Error::invalid("error.query").with("detail", rejection.body_text()))),
        }
    }
}

/// The secret of the session's cookie.
pub(crate) fn session_secret(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|line| line.split(';'));
    let secret = cookies.filter_map(|cookie| cookie.trim().split_once('=')).find(|(name, _)| *name == SESSION_COOKIE)?.1;
    Some(secret.to_owned()).filter(|secret| !secret.is_empty())
}

fn changes_as_ours(parts: &Parts) -> Result<(), Failure> {
    if may_change(&parts.method, &parts.headers) {
        Ok(())
    } else {
        Err(Failure(Error::new(ErrorKind::Forbidden, Phrase::new("error.change_header"))))
    }
}

fn request_name(parts: &Parts) -> String {
    parts.extensions.get::<RequestId>().map(ToString::to_string).unwrap_or_default()
}
