//! What people said of an alert when they were asked.

use axum::Json;
use axum::extract::State;
use hikeshi_desk::alert::{self, Told};
use hikeshi_desk::{Error, names};
use hikeshi_domain::AlertId;
use hikeshi_domain::answer::{Question, Said};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::error::{ErrorBody, Failure};
use crate::extract::{Body, Path, SignedIn};
use crate::router::App;
use crate::views::alert::{AlertRow, row};
use crate::views::word;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(answer))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AnswerGiven {
    /// What was asked.
    #[schema(value_type = word::AlertQuestion)]
    question: String,
    /// What was said.
    #[schema(value_type = word::Said)]
    said: String,
    /// Who said it: a name, a department.
    from: String,
    /// In their words.
    #[serde(default)]
    note: String,
    /// The version that the caller looked at.
    expected_version: u64,
}

/// Writes down what somebody said of the alert when asked, and looks again: the answer is weighed with its author and time. A later answer to
/// the same question counts instead; earlier ones stay.
#[utoipa::path(post, path = "/alerts/{id}/answers", tag = "alerts", params(("id" = Uuid, Path)), request_body = AnswerGiven,
    responses((status = 200, body = AlertRow), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn answer(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Body(body): Body<AnswerGiven>,
) -> Result<Json<AlertRow>, Failure> {
    let (desk, caller) = (&app.desk, &signed_in.caller);
    let unknown = |detail: &str| Error::invalid("error.query").with("detail", detail);
    let question = Question::ALL.into_iter().find(|known| known.name() == body.question).ok_or_else(|| unknown("question"))?;
    let said = Said::ALL.into_iter().find(|known| known.name() == body.said).ok_or_else(|| unknown("said"))?;
    let told = Told { question, said, from: body.from, note: body.note };
    alert::answer(desk, caller, AlertId(id), told, body.expected_version).await?;
    let line = alert::line(desk, caller, AlertId(id)).await?;
    let names = names(desk, caller).await?;
    Ok(Json(row(&line, &names, signed_in.language, desk.now())))
}
