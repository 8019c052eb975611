//! Work that was given up: what failed and why, and another try.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hikeshi_desk::job;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::error::{ErrorBody, Failure};
use crate::extract::{Path, SignedIn};
use crate::router::App;
use crate::views::word;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(requeue))
}

#[derive(Serialize, ToSchema)]
struct JobList {
    items: Vec<FailedJob>,
}

#[derive(Serialize, ToSchema)]
struct FailedJob {
    id: Uuid,
    /// The organisation; absent for the installation's own.
    org: Option<Uuid>,
    #[schema(value_type = word::Queue)]
    queue: String,
    /// The alert or message that it is about.
    about: Option<Uuid>,
    /// Attempts made.
    attempts: u32,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// What the last attempt said.
    error: Option<String>,
}

/// Jobs that were given up, oldest first.
#[utoipa::path(get, path = "/jobs", tag = "jobs", responses((status = 200, body = JobList), (status = 403, body = ErrorBody)))]
async fn list(State(app): State<App>, signed_in: SignedIn) -> Result<Json<JobList>, Failure> {
    let jobs = job::failed(&app.desk, &signed_in.caller).await?;
    let items = jobs.into_iter().map(|job| FailedJob {
        id: job.id,
        org: job.org.map(|org| org.0),
        about: about(&job.payload),
        queue: job.queue,
        attempts: job.attempt,
        created_at: job.created_at,
        error: job.last_error,
    });
    Ok(Json(JobList { items: items.collect() }))
}

/// Runs a job again that was given up, with all its attempts.
#[utoipa::path(post, path = "/jobs/{id}/requeue", tag = "jobs", params(("id" = Uuid, Path)),
    responses((status = 202), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn requeue(State(app): State<App>, signed_in: SignedIn, Path(id): Path<Uuid>) -> Result<StatusCode, Failure> {
    job::requeue(&app.desk, &signed_in.caller, id).await?;
    Ok(StatusCode::ACCEPTED)
}

/// A payload names its thing under the thing's kind.
fn about(payload: &str) -> Option<Uuid> {
    let payload: serde_json::Value = serde_json::from_str(payload).ok()?;
    let named = payload.get("alert").or(payload.get("message"))?;
    named.as_str()?.parse().ok()
}
