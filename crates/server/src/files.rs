//! The console's built files, out of the binary.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, Response, StatusCode, Uri};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../console/dist"]
#[allow_missing = true]
struct Console;

/// Answers with a file of the console; a path that names no file gets the page, since the console routes by itself.
pub(crate) async fn console(uri: Uri, headers: HeaderMap) -> Response<Body> {
    let path = uri.path().trim_start_matches('/');
    match Console::get(path) {
        Some(file) if !path.is_empty() => answer(path, &file, &headers),
        _ if path.starts_with("assets/") => status(StatusCode::NOT_FOUND, "not found"),
        _ => match Console::get("index.html") {
            Some(page) => answer("index.html", &page, &headers),
            None => status(StatusCode::NOT_FOUND, "this build has no console; run `make console` and build again"),
        },
    }
}

fn answer(path: &str, file: &rust_embed::EmbeddedFile, headers: &HeaderMap) -> Response<Body> {
    let tag = format!("\"{}\"", hex(file.metadata.sha256_hash().get(..12).unwrap_or_default()));
    if headers.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return status(StatusCode::NOT_MODIFIED, "");
    }
    // Names under assets/ carry a hash of their content.
    let caching = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    Response::builder()
        .header(CONTENT_TYPE, content_type(path))
        .header(CACHE_CONTROL, caching)
        .header(ETAG, tag)
        .body(Body::from(file.data.clone().into_owned()))
        .unwrap_or_else(|_| status(StatusCode::INTERNAL_SERVER_ERROR, "unreadable file"))
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "webmanifest" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "woff" => "font/woff",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn status(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
