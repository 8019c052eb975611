//! Files that go with an alert beside its report: the events that the verdict cites, and the full list of rows.

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use hikeshi_desk::full_list::{self, ListFormat};
use hikeshi_desk::{Error, cited};
use hikeshi_domain::AlertId;
use hikeshi_domain::phrase::Language;
use serde::Deserialize;
use tokio_stream::wrappers::ReceiverStream;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::error::{ErrorBody, Failure};
use crate::extract::{Parameters, Path, SignedIn};
use crate::router::App;

const NDJSON: &str = "application/x-ndjson";

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(events)).routes(routes!(rows))
}

#[derive(Deserialize, IntoParams)]
struct EventsQuery {
    /// Number of the run of triage; the latest without.
    run: Option<u32>,
}

#[derive(Deserialize, IntoParams)]
struct ListQuery {
    /// `csv` or `ndjson`; `csv` without.
    format: Option<String>,
    /// `ja` or `en`; else by `Accept-Language`. Lines of JSON are the same in both.
    lang: Option<String>,
}

/// The events that the verdict cites, kept when it was made: they stand when telemetry has expired. One event a line of JSON: `uid`, `host`,
/// `time`, `received_at`, `channel`, `event_id`, `record_id`, `raw` (text), `raw_hex` (the original bytes), `ocsf`.
#[utoipa::path(get, path = "/alerts/{id}/events", tag = "alerts", params(("id" = Uuid, Path), EventsQuery),
    responses((status = 200, content_type = "application/x-ndjson"), (status = 404, body = ErrorBody)))]
async fn events(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Parameters(query): Parameters<EventsQuery>,
) -> Result<Response, Failure> {
    let events = cited::of_alert(&app.desk, &signed_in.caller, AlertId(id), query.run).await?;
    Ok((headers(NDJSON, &events.file_name)?, events.bytes).into_response())
}

/// Every row of the eight sections of the latest run of triage, at most 100,000: page and report show the most relevant ones. 429 while the
/// list is being written, which begins some seconds after the verdict, or when it is asked for where none was; 503 where that failed. 429 also
/// while the same person loads two.
#[utoipa::path(get, path = "/alerts/{id}/full-list", tag = "alerts", params(("id" = Uuid, Path), ListQuery),
    responses((status = 200, content_type = "text/csv"), (status = 404, body = ErrorBody), (status = 429, body = ErrorBody),
        (status = 503, body = ErrorBody)))]
async fn rows(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Parameters(query): Parameters<ListQuery>,
) -> Result<Response, Failure> {
    let (format, media_type) = match query.format.as_deref() {
        None | Some("csv") => (ListFormat::Csv, "text/csv; charset=utf-8"),
        Some("ndjson") => (ListFormat::Ndjson, NDJSON),
        Some(_) => return Err(Error::invalid("error.query").with("detail", "format: csv, ndjson").into()),
    };
    let language = match query.lang.as_deref() {
        Some("en") => Language::En,
        Some("ja") => Language::Ja,
        _ => signed_in.language,
    };
    let list = full_list::download(&app.desk, &signed_in.caller, AlertId(id), language, format).await?;
    let headers = headers(media_type, &list.file_name)?;
    Ok((headers, Body::from_stream(ReceiverStream::new(list.pieces))).into_response())
}

/// Named and sent as a file: what attackers wrote never renders inside the console's origin.
fn headers(media_type: &'static str, file_name: &str) -> Result<HeaderMap, Error> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    let disposition = format!("attachment; filename=\"{file_name}\"");
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_str(&disposition).map_err(Error::internal)?);
    Ok(headers)
}
