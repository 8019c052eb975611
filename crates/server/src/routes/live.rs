//! What changes, as it changes: server-sent events that name kind and id, for pages to ask again.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::{Stream, StreamExt};
use hikeshi_access::{Action, Permit, Scope, permit_everywhere};
use hikeshi_desk::Changed;
use hikeshi_desk::person::LEAVE;
use tokio_stream::wrappers::BroadcastStream;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::Failure;
use crate::extract::SignedIn;
use crate::router::App;

const HEARTBEAT: Duration = Duration::from_secs(20);
/// A stream is no older than this: whoever may comes back, and a session that has run out is let in no more.
const LONGEST_STREAM: Duration = Duration::from_secs(3_600);

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(live))
}

/// Changes that the caller may see: `data: {"kind": "alert", "id": "…"}`. `event: resync` says that some were missed: ask for everything again.
#[utoipa::path(get, path = "/live", tag = "live", responses((status = 200, content_type = "text/event-stream")))]
async fn live(State(app): State<App>, signed_in: SignedIn) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Failure> {
    let permit = permit_everywhere(&signed_in.caller, Action::ReadAlerts).map_err(hikeshi_desk::Error::from)?;
    // The permit is as old as the stream: it ends when the person's leave changes, and whoever may comes back with a fresh one.
    let oneself = signed_in.person.id.0;
    let stands = move |change: &Result<Changed, _>| !matches!(change, Ok(change) if change.kind == LEAVE && change.id == oneself);
    let changes = BroadcastStream::new(app.desk.live.subscribe()).take_while(move |change| std::future::ready(stands(change)));
    let changes = changes.filter_map(move |change| {
        let told = match change {
            Ok(change) if sees(&permit, &change) => Event::default().json_data(&change).ok(),
            Ok(_) => None,
            Err(_) => Some(Event::default().event("resync").data("{}")),
        };
        std::future::ready(told.map(Ok))
    });
    let changes = changes.take_until(Box::pin(tokio::time::sleep(LONGEST_STREAM)));
    Ok(Sse::new(changes).keep_alive(KeepAlive::new().interval(HEARTBEAT)))
}

fn sees(permit: &Permit, change: &Changed) -> bool {
    match (permit.scope(), change.org) {
        (Scope::Installation, _) => true,
        (Scope::Organizations(organizations), Some(org)) => organizations.contains(&org),
        (Scope::Organizations(_), None) => false,
    }
}
