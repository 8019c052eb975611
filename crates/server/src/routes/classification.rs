//! The judgement of a case, and the matrix that it is picked from.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use hikeshi_desk::Error;
use hikeshi_desk::case::{self, Classification};
use hikeshi_domain::CaseId;
use hikeshi_domain::incident::{IncidentType, ResponseFlow, Severity};
use hikeshi_domain::phrase::Language;
use hikeshi_domain::procedure::Entry;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::cases::{CasePage, page};
use crate::error::{ErrorBody, Failure};
use crate::extract::{Body, Parameters, Path, SignedIn};
use crate::router::App;
use crate::views::case::words;
use crate::views::word;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(classify)).routes(routes!(reclassification)).routes(routes!(matrix))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Picked {
    /// `A-1`, `A-2`, `B-1`, `B-2`, `C-1`.
    #[serde(rename = "type")]
    #[schema(value_type = word::IncidentType)]
    incident_type: String,
    /// 1 to 5.
    #[schema(value_type = word::Severity)]
    severity: u8,
    /// One or more of `record`, `prevent`, `handle`, `disclose`, `external-help`.
    #[schema(value_type = Vec<word::Flow>)]
    flows: Vec<String>,
    /// Flows decided before that end with this: each that is not picked again has to be named here.
    #[serde(default)]
    #[schema(value_type = Vec<word::Flow>, required = false)]
    ended: Vec<String>,
    /// Needed for a flow outside the matrix cell, and to change a decision.
    #[serde(default)]
    reason: String,
    expected_version: u64,
}

#[derive(Deserialize, IntoParams)]
struct Cell {
    /// `A-1`, `A-2`, `B-1`, `B-2`, `C-1`.
    #[serde(rename = "type")]
    #[param(value_type = word::IncidentType)]
    incident_type: String,
    /// 1 to 5.
    #[param(value_type = word::Severity)]
    severity: u8,
}

/// What another type or severity would mean for the flows.
#[derive(Serialize, ToSchema)]
struct ReclassificationView {
    /// Alternatives of the new cell that are not decided already.
    #[schema(value_type = Vec<word::Flow>)]
    proposed: Vec<String>,
    /// Decided flows that the new cell brings as well.
    #[schema(value_type = Vec<word::Flow>)]
    kept: Vec<String>,
    /// Decided flows that it would not have brought: their work stays, the lead says whether they go on.
    #[schema(value_type = Vec<word::Flow>)]
    beyond: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct MatrixView {
    types: Vec<TypeView>,
    severities: Vec<SeverityView>,
    flows: Vec<FlowView>,
    cells: Vec<CellView>,
    version: String,
}

#[derive(Serialize, ToSchema)]
struct TypeView {
    #[schema(value_type = word::IncidentType)]
    id: String,
    name: String,
    definition: String,
    /// Five examples beside the choice (S4-84).
    examples: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct SeverityView {
    #[schema(value_type = word::Severity)]
    level: u8,
    name: String,
    definition: String,
    /// Five examples (S4-91).
    examples: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct FlowView {
    #[schema(value_type = word::Flow)]
    id: String,
    name: String,
    description: String,
}

#[derive(Serialize, ToSchema)]
struct CellView {
    #[serde(rename = "type")]
    #[schema(value_type = word::IncidentType)]
    incident_type: String,
    #[schema(value_type = word::Severity)]
    severity: u8,
    /// Each is an alternative or a part of the answer: the lead picks one or more.
    #[schema(value_type = Vec<word::Flow>)]
    alternatives: Vec<String>,
}

/// Judges a case: type, severity, flows.
#[utoipa::path(post, path = "/cases/{id}/classification", tag = "cases", params(("id" = Uuid, Path)), request_body = Picked,
    responses((status = 200, body = CasePage), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn classify(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Body(picked): Body<Picked>,
) -> Result<Json<CasePage>, Failure> {
    let (incident_type, severity) = cell(&picked.incident_type, picked.severity)?;
    let classification = Classification {
        incident_type,
        severity,
        flows: flows("flows", &picked.flows)?,
        ended: flows("ended", &picked.ended)?,
        reason: picked.reason,
        version: picked.expected_version,
    };
    let line = case::classify(&app.desk, &signed_in.caller, CaseId(id), classification).await?;
    page(&app, &signed_in, line).await
}

/// What another type or severity would mean for the flows of a case. Decides nothing.
#[utoipa::path(get, path = "/cases/{id}/reclassification", tag = "cases", params(("id" = Uuid, Path), Cell),
    responses((status = 200, body = ReclassificationView), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn reclassification(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Parameters(asked): Parameters<Cell>,
) -> Result<Json<ReclassificationView>, Failure> {
    let (incident_type, severity) = cell(&asked.incident_type, asked.severity)?;
    let change = case::reclassification(&app.desk, &signed_in.caller, CaseId(id), incident_type, severity).await?;
    Ok(Json(ReclassificationView { proposed: words(&change.proposed), kept: words(&change.kept), beyond: words(&change.beyond) }))
}

/// The matrix in force: types, severities, flows, and what each cell offers.
#[utoipa::path(get, path = "/matrix", tag = "cases", responses((status = 200, body = MatrixView)))]
async fn matrix(State(app): State<App>, signed_in: SignedIn) -> Json<MatrixView> {
    let (matrix, language) = (app.desk.procedure.matrix(), signed_in.language);
    let cells = IncidentType::ALL.into_iter().flat_map(|incident_type| Severity::ALL.map(|severity| (incident_type, severity)));
    Json(MatrixView {
        types: matrix.types().map(|(incident_type, entry)| type_view(incident_type, entry, language)).collect(),
        severities: matrix.severities().map(|(severity, entry)| severity_view(severity, entry, language)).collect(),
        flows: matrix.flows().map(|(flow, entry)| flow_view(flow, entry, language)).collect(),
        cells: cells
            .map(|(incident_type, severity)| CellView {
                incident_type: incident_type.name().to_owned(),
                severity: severity.level(),
                alternatives: words(matrix.cell(incident_type, severity)),
            })
            .collect(),
        version: app.desk.procedure.version().to_owned(),
    })
}

/// A cell of the matrix from its words.
fn cell(incident_type: &str, severity: u8) -> Result<(IncidentType, Severity), Error> {
    let incident_type = incident_type.parse().map_err(|_| wrong("type"))?;
    let severity = Severity::ALL.into_iter().find(|each| each.level() == severity).ok_or_else(|| wrong("severity"))?;
    Ok((incident_type, severity))
}

fn flows(field: &str, words: &[String]) -> Result<BTreeSet<ResponseFlow>, Error> {
    let flow = |word: &String| ResponseFlow::ALL.into_iter().find(|flow| flow.name() == word).ok_or_else(|| wrong(field));
    words.iter().map(flow).collect()
}

fn wrong(field: &str) -> Error {
    Error::invalid("error.body").with("detail", field)
}

fn examples(entry: &Entry, language: Language) -> Vec<String> {
    entry.examples.iter().map(|example| example.get(language).to_owned()).collect()
}

fn type_view(incident_type: IncidentType, entry: &Entry, language: Language) -> TypeView {
    TypeView {
        id: incident_type.name().to_owned(),
        name: entry.name.get(language).to_owned(),
        definition: entry.meaning.get(language).to_owned(),
        examples: examples(entry, language),
    }
}

fn severity_view(severity: Severity, entry: &Entry, language: Language) -> SeverityView {
    SeverityView {
        level: severity.level(),
        name: entry.name.get(language).to_owned(),
        definition: entry.meaning.get(language).to_owned(),
        examples: examples(entry, language),
    }
}

fn flow_view(flow: ResponseFlow, entry: &Entry, language: Language) -> FlowView {
    FlowView { id: flow.name().to_owned(), name: entry.name.get(language).to_owned(), description: entry.meaning.get(language).to_owned() }
}
