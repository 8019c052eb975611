//! For whoever keeps the server running: alive, ready, counted. No customer's data; not part of the API document.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::router::App;

pub(crate) fn router() -> Router<App> {
    Router::new().route("/healthz", get(healthz)).route("/readyz", get(readyz)).route("/metrics", get(metrics))
}

/// The process answers.
async fn healthz() -> &'static str {
    "ok\n"
}

/// The stores answer and take writes.
async fn readyz(State(app): State<App>) -> Response {
    match hikeshi_desk::operation::faults(&app.desk).as_slice() {
        [] => "ready\n".into_response(),
        faults => (StatusCode::SERVICE_UNAVAILABLE, format!("{}\n", faults.join("\n"))).into_response(),
    }
}

/// Counters in Prometheus' text format.
async fn metrics(State(app): State<App>) -> Response {
    ([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], hikeshi_desk::operation::metrics(&app.desk).await)
        .into_response()
}
