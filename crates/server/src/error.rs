//! One table from kinds of error to HTTP, and the body that a client reads.
//!
//! A handler's error travels in the response's extensions; [`render`] writes the body where language and request id are known,
//! and the log line where the cause is.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hikeshi_desk::{Error, ErrorKind, KEY_MISSING};
use hikeshi_domain::causes::causes;
use hikeshi_domain::phrase::Language;
use serde::Serialize;

use crate::language::asked_language;
use crate::request_id::RequestId;

/// What a handler fails with.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) Error);

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure(error)
    }
}

#[derive(Clone)]
struct Carried(Arc<Error>);

/// The body of every error.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ErrorBody {
    /// The error.
    pub(crate) error: ErrorDetail,
}

/// What went wrong, for a program and for a person.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ErrorDetail {
    /// The kind: one of a closed list.
    pub(crate) kind: String,
    /// One sentence in the reader's language that says what to do.
    pub(crate) message: String,
    /// Names the request in the log.
    pub(crate) request_id: String,
}

/// The status of a kind.
pub(crate) fn status(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::Unauthenticated | ErrorKind::SecondFactor => StatusCode::UNAUTHORIZED,
        ErrorKind::Forbidden => StatusCode::FORBIDDEN,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorKind::Busy { .. } => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::Full => StatusCode::INSUFFICIENT_STORAGE,
        ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// When to send the same request again, where that may help: a stream that failed is taken up again after seconds, a full disk
/// only after somebody made room.
fn retry_after_s(kind: ErrorKind) -> Option<u64> {
    match kind {
        ErrorKind::Busy { retry_after } => Some(retry_after.as_secs().max(1)),
        ErrorKind::Unavailable => Some(2),
        ErrorKind::Full => Some(5),
        _ => None,
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let kind = self.0.kind();
        let mut response = status(kind).into_response();
        if let Some(seconds) = retry_after_s(kind) {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(Carried(Arc::new(self.0)));
        response
    }
}

/// Middleware: writes the body of an error in the reader's language and its cause to the log.
pub(crate) async fn render(request: Request, next: Next) -> Response {
    let asked = asked_language(request.headers());
    let has_key = request.headers().contains_key(AUTHORIZATION);
    let id = request.extensions().get::<RequestId>().cloned().unwrap_or_default();
    let path = request.uri().path().to_owned();
    let mut response = next.run(request).await;
    let Some(Carried(error)) = response.extensions_mut().remove::<Carried>() else { return response };
    match error.kind() {
        ErrorKind::Internal | ErrorKind::Unavailable | ErrorKind::Full => {
            tracing::error!(request_id = %id, path, kind = error.kind().name(), error = %causes(&error), "request failed");
        }
        _ => tracing::debug!(request_id = %id, path, kind = error.kind().name(), key = error.phrase().key, "request refused"),
    }
    // What a program gets lands in its log, wherever that is read.
    let from_program = has_key || error.phrase().key == KEY_MISSING;
    let language = asked.unwrap_or(if from_program { Language::En } else { Language::Ja });
    let message = hikeshi_domain::phrases::render(error.phrase(), language);
    let detail = ErrorDetail { kind: error.kind().name().to_owned(), message, request_id: id.to_string() };
    let body = serde_json::to_vec(&ErrorBody { error: detail }).unwrap_or_default();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(axum::http::header::CONTENT_LENGTH);
    Response::from_parts(parts, axum::body::Body::from(body))
}
