//! Events come in by key: NDJSON, plain, gzip or zstd. 202 means on disk.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header::CONTENT_ENCODING;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use hikeshi_desk::Error;
use hikeshi_desk::event::{self, Sent};
use hikeshi_domain::api_key::KeyScope;
use hikeshi_lake::Encoding;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::{ErrorBody, Failure};
use crate::extract::KeyHolder;
use crate::router::App;

/// Largest batch as sent.
const LARGEST_BODY: usize = 32 * 1024 * 1024;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(receive)).layer(DefaultBodyLimit::max(LARGEST_BODY))
}

#[derive(Serialize, ToSchema)]
struct Receipt {
    /// Place of the batch in the stream.
    offset: u64,
    /// A retry of a batch that was taken before: nothing was added.
    repeated: bool,
    /// Lines that were not kept: longer than 1 MiB, or no JSON object.
    rejected: u64,
}

/// Takes a batch of events, one JSON object a line. When 202 comes back, it is on disk. The organisation is the key's. A retry with the same
/// `Idempotency-Key` adds nothing; 429 and 503 ask to send the same batch again, 507 says that the disk is full.
#[utoipa::path(post, path = "/events", tag = "events", request_body(content = String, content_type = "application/x-ndjson"),
    params(("Idempotency-Key" = Option<String>, Header), ("Content-Encoding" = Option<String>, Header, description = "`gzip` or `zstd`")),
    responses((status = 202, body = Receipt), (status = 401, body = ErrorBody), (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
        (status = 429, body = ErrorBody), (status = 503, body = ErrorBody), (status = 507, body = ErrorBody)))]
async fn receive(State(app): State<App>, holder: KeyHolder, headers: HeaderMap, body: Bytes) -> Result<Response, Failure> {
    let KeyScope::Forwarder { name } = &holder.key.scope else {
        return Err(Failure(Error::invalid("error.key_is_no_forwarder")));
    };
    let idempotency_key = headers.get("idempotency-key").map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let sent = Sent { source: name.clone(), idempotency_key, encoding: encoding(&headers)?, body };
    let taken = event::receive(&app.desk, &holder.caller, holder.key.org, sent).await?;
    Ok((StatusCode::ACCEPTED, Json(Receipt { offset: taken.offset, repeated: taken.repeated, rejected: taken.rejected })).into_response())
}

fn encoding(headers: &HeaderMap) -> Result<Encoding, Error> {
    match headers.get(CONTENT_ENCODING).map(|value| value.as_bytes().to_ascii_lowercase()).as_deref() {
        None | Some(b"identity" | b"") => Ok(Encoding::Plain),
        Some(b"gzip") => Ok(Encoding::Gzip),
        Some(b"zstd") => Ok(Encoding::Zstd),
        Some(_) => Err(Error::invalid("error.content_encoding")),
    }
}
