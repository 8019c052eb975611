//! The outbox.

use axum::Json;
use axum::extract::State;
use hikeshi_desk::message::{self, MessageQuery};
use hikeshi_domain::message::{Delivery, Message};
use hikeshi_domain::phrase::Language;
use hikeshi_domain::phrases::render;
use hikeshi_domain::{MessageId, OrganizationId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::error::{ErrorBody, Failure};
use crate::extract::{Parameters, Path, SignedIn};
use crate::router::App;
use crate::views::word;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get)).routes(routes!(resend))
}

#[derive(Deserialize, IntoParams)]
struct ListQuery {
    /// Of one organisation.
    org: Option<Uuid>,
    /// `held`, `queued`, `sent`, `failed`.
    state: Option<String>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// 1 to 200; 50 without.
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
struct MessageList {
    items: Vec<MessageRow>,
    next_cursor: Option<String>,
    total: u64,
}

#[derive(Serialize, ToSchema)]
struct MessageRow {
    id: Uuid,
    org: Uuid,
    to: Vec<String>,
    subject: String,
    /// Plain text.
    body: String,
    /// `held`, `queued`, `sent`, `failed`.
    #[schema(value_type = word::MessageState)]
    state: &'static str,
    /// Why it is held or failed.
    reason: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    sent_at: Option<Timestamp>,
    about: Option<AboutView>,
    drill: bool,
}

#[derive(Serialize, ToSchema)]
struct AboutView {
    kind: String,
    id: Uuid,
}

/// Messages, latest first.
#[utoipa::path(get, path = "/messages", tag = "messages", params(ListQuery), responses((status = 200, body = MessageList)))]
async fn list(State(app): State<App>, signed_in: SignedIn, Parameters(query): Parameters<ListQuery>) -> Result<Json<MessageList>, Failure> {
    let asked = MessageQuery {
        org: query.org.map(OrganizationId),
        state: query.state.filter(|state| !state.is_empty()),
        cursor: query.cursor,
        limit: query.limit.unwrap_or(50).clamp(1, 200),
    };
    let page = message::list(&app.desk, &signed_in.caller, asked).await?;
    let items = page.items.iter().map(|message| row(message, signed_in.language)).collect();
    Ok(Json(MessageList { items, next_cursor: page.next_cursor, total: page.total }))
}

/// One message.
#[utoipa::path(get, path = "/messages/{id}", tag = "messages", params(("id" = Uuid, Path)),
    responses((status = 200, body = MessageRow), (status = 404, body = ErrorBody)))]
async fn get(State(app): State<App>, signed_in: SignedIn, Path(id): Path<Uuid>) -> Result<Json<MessageRow>, Failure> {
    Ok(Json(row(&message::get(&app.desk, &signed_in.caller, MessageId(id)).await?.entity, signed_in.language)))
}

/// Sends a message again.
#[utoipa::path(post, path = "/messages/{id}/resend", tag = "messages", params(("id" = Uuid, Path)),
    responses((status = 200, body = MessageRow), (status = 422, body = ErrorBody)))]
async fn resend(State(app): State<App>, signed_in: SignedIn, Path(id): Path<Uuid>) -> Result<Json<MessageRow>, Failure> {
    Ok(Json(row(&message::resend(&app.desk, &signed_in.caller, MessageId(id)).await?.entity, signed_in.language)))
}

fn row(message: &Message, language: Language) -> MessageRow {
    let (reason, sent_at) = match &message.delivery {
        Delivery::Held { reason } => (Some(render(reason, language)), None),
        Delivery::Queued => (None, None),
        Delivery::Sent { at } => (None, Some(*at)),
        Delivery::Failed { error, .. } => (Some(error.clone()), None),
    };
    MessageRow {
        id: message.id.0,
        org: message.org.0,
        to: message.to.clone(),
        subject: message.subject.clone(),
        body: message.body.clone(),
        state: message.delivery.name(),
        reason,
        created_at: message.created_at,
        sent_at,
        about: message.about.as_ref().map(|about| AboutView { kind: about.kind.clone(), id: about.id }),
        drill: message.drill,
    }
}
