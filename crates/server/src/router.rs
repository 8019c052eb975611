//! The table of routes, the layers around them, and the API document made from them.

use std::io;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::get;
use hikeshi_desk::{Desk, Error, ErrorKind};
use hikeshi_domain::phrase::Phrase;
use tokio::net::TcpListener;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::error::Failure;
use crate::{error, files, request_id, routes, security};

/// How the server is reached.
#[derive(Debug, Clone, Copy, Default)]
pub struct Config {
    /// The console is reached by https (a proxy stands in front): cookies are marked secure.
    pub https: bool,
}

/// What a handler works with.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) desk: Desk,
    pub(crate) config: Config,
}

#[derive(OpenApi)]
#[openapi(info(
    title = "Hikeshi",
    description = "The incident-response desk: events and alerts in; verdicts, reports and cases out. A changing request that rides on a session cookie carries `X-Hikeshi: 1`; forwarders and products send `Authorization: Bearer <key>`."
))]
struct Document;

/// Everything that the server answers.
pub fn router(desk: Desk, config: Config) -> Router {
    let app = App { desk, config };
    let (api, document) = api().split_for_parts();
    let json = document.to_pretty_json().unwrap_or_default();
    let compress = CompressionLayer::new()
        .compress_when(SizeAbove::new(1024).and(NotForContentType::SSE).and(NotForContentType::new("application/pdf")));
    let api = api
        .route("/openapi.json", get(move || async move { ([(axum::http::header::CONTENT_TYPE, "application/json")], json) }))
        .fallback(no_route)
        .method_not_allowed_fallback(no_method);
    Router::new()
        .nest("/api/v1", api)
        .merge(routes::operation::router())
        .fallback(files::console)
        .with_state(app)
        .layer(compress)
        .layer(from_fn(security::harden))
        .layer(from_fn(error::render))
        .layer(from_fn(request_id::name_request))
}

/// Answers on a listener until `stopped` ends.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    desk: Desk,
    config: Config,
    stopped: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    axum::serve(listener, router(desk, config)).with_graceful_shutdown(stopped).await
}

/// The API document as text.
pub fn document() -> String {
    api().into_openapi().to_pretty_json().unwrap_or_default()
}

fn api() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Document::openapi())
        .merge(routes::session::router())
        .merge(routes::me::router())
        .merge(routes::people::router())
        .merge(routes::duty::router())
        .merge(routes::alerts::router())
        .merge(routes::alert_files::router())
        .merge(routes::answers::router())
        .merge(routes::cases::router())
        .merge(routes::classification::router())
        .merge(routes::endpoints::router())
        .merge(routes::hunt::router())
        .merge(routes::rules::router())
        .merge(routes::messages::router())
        .merge(routes::organizations::router())
        .merge(routes::requests::router())
        .merge(routes::retainers::router())
        .merge(routes::api_keys::router())
        .merge(routes::settings::router())
        .merge(routes::exceptions::router())
        .merge(routes::reference_lists::router())
        .merge(routes::search::router())
        .merge(routes::events::router())
        .merge(routes::jobs::router())
        .merge(routes::live::router())
}

async fn no_route() -> Failure {
    Failure(Error::new(ErrorKind::NotFound, Phrase::new("error.route")))
}

async fn no_method() -> Failure {
    Failure(Error::new(ErrorKind::Invalid, Phrase::new("error.method")))
}
