//! Rules in force, and those that cannot be used.

use axum::Json;
use axum::extract::State;
use hikeshi_desk::rule::{self, Refusal, Standing};
use hikeshi_domain::phrase::Language;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::{ErrorBody, Failure};
use crate::extract::{Parameters, Path, SignedIn};
use crate::router::App;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get))
}

#[derive(Deserialize, IntoParams)]
struct ListQuery {
    /// Words in title, id, author or tags.
    q: Option<String>,
    /// `informational`, `low`, `medium`, `high`, `critical`.
    level: Option<String>,
    /// How many to skip.
    cursor: Option<usize>,
    /// 1 to 1000; 200 without.
    limit: Option<usize>,
}

#[derive(Serialize, ToSchema)]
struct RuleList {
    items: Vec<RuleRow>,
    next_cursor: Option<usize>,
    total: usize,
    refused: Vec<RefusedRow>,
    version: String,
}

#[derive(Serialize, ToSchema)]
struct RuleRow {
    id: String,
    title: String,
    description: String,
    level: &'static str,
    author: String,
    tags: Vec<String>,
    logsource: String,
    false_positives: Vec<String>,
    /// Matches in the last seven days.
    matches_7d: usize,
}

#[derive(Serialize, ToSchema)]
struct RefusedRow {
    /// The rule's id, if it was readable: its page shows the text.
    id: Option<String>,
    path: String,
    title: Option<String>,
    reason: String,
}

#[derive(Serialize, ToSchema)]
struct RulePage {
    /// The rule, where it is in force.
    rule: Option<RuleRow>,
    /// Why it cannot be used, where it cannot.
    refused: Option<RefusedRow>,
    text: Option<RuleTextView>,
}

#[derive(Serialize, ToSchema)]
struct RuleTextView {
    /// The file; it may hold more rules than one.
    path: String,
    yaml: String,
    /// The licence that the file names.
    license: Option<String>,
}

/// The rules, those that matched most first.
#[utoipa::path(get, path = "/rules", tag = "rules", params(ListQuery), responses((status = 200, body = RuleList)))]
async fn list(State(app): State<App>, signed_in: SignedIn, Parameters(query): Parameters<ListQuery>) -> Result<Json<RuleList>, Failure> {
    let rules = rule::list(&app.desk, &signed_in.caller).await?;
    let words = query.q.unwrap_or_default().to_lowercase();
    let wanted = |line: &&rule::RuleLine| {
        let rule = &line.rule;
        let japanese = rule.title_ja.as_deref().unwrap_or_default();
        let text = format!("{} {japanese} {} {} {}", rule.title, rule.id, rule.author, rule.tags.join(" ")).to_lowercase();
        words.split_whitespace().all(|word| text.contains(word))
            && query.level.as_deref().is_none_or(|level| level.is_empty() || level == rule.level.name())
    };
    let chosen: Vec<_> = rules.lines.iter().filter(wanted).collect();
    let (from, size) = (query.cursor.unwrap_or(0), query.limit.unwrap_or(200).clamp(1, 1_000));
    let items: Vec<RuleRow> = chosen.iter().skip(from).take(size).map(|line| row(line, signed_in.language)).collect();
    let end = from.saturating_add(items.len());
    Ok(Json(RuleList {
        total: chosen.len(),
        next_cursor: (end < chosen.len()).then_some(end),
        items,
        refused: rules.refused.into_iter().map(refused).collect(),
        version: rules.version,
    }))
}

fn refused(refusal: Refusal) -> RefusedRow {
    RefusedRow { id: refusal.id, path: refusal.path.display().to_string(), title: refusal.title, reason: refusal.reason }
}

/// One rule, in force or refused, with its text.
#[utoipa::path(get, path = "/rules/{id}", tag = "rules", params(("id" = String, Path)),
    responses((status = 200, body = RulePage), (status = 404, body = ErrorBody)))]
async fn get(State(app): State<App>, signed_in: SignedIn, Path(id): Path<String>) -> Result<Json<RulePage>, Failure> {
    let page = rule::get(&app.desk, &signed_in.caller, &id).await?;
    let (rule, refused) = match page.standing {
        Standing::InForce(line) => (Some(row(&line, signed_in.language)), None),
        Standing::Refused(refusal) => (None, Some(refused(refusal))),
    };
    let text = page.text.map(|text| RuleTextView { path: text.path, yaml: text.yaml, license: text.license });
    Ok(Json(RulePage { rule, refused, text }))
}

fn row(line: &rule::RuleLine, language: Language) -> RuleRow {
    let rule = &line.rule;
    let title = match language {
        Language::Ja => rule.title_ja.as_ref().unwrap_or(&rule.title),
        Language::En => &rule.title,
    };
    RuleRow {
        id: rule.id.clone(),
        title: title.clone(),
        description: rule.description.clone(),
        level: rule.level.name(),
        author: rule.author.clone(),
        tags: rule.tags.clone(),
        logsource: rule.log_source.clone(),
        false_positives: rule.false_positives.clone(),
        matches_7d: line.matches,
    }
}
