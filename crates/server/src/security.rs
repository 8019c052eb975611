//! Headers that every answer carries, and what a changing request must show beside its cookie.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;

/// The header that a changing request of the console carries: a form or a link of another site cannot set it.
pub(crate) const CHANGE_HEADER: &str = "x-hikeshi";

/// What a page of ours may load: its own files, nothing inline but styles (the component library sets them on elements).
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; \
     connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

const HEADERS: [(&str, &str); 6] = [
    ("content-security-policy", CONTENT_POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
];

/// Middleware: sets the headers where the handler did not set its own.
pub(crate) async fn harden(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        response.headers_mut().entry(HeaderName::from_static(name)).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Whether a request that rides on a cookie may change something: it carries our header, and the browser does not say that another site sent it.
pub(crate) fn may_change(method: &Method, headers: &HeaderMap) -> bool {
    if method.is_safe() {
        return true;
    }
    let own_site = headers.get("sec-fetch-site").is_none_or(|site| matches!(site.as_bytes(), b"same-origin" | b"none"));
    own_site && headers.get(CHANGE_HEADER).is_some_and(|value| value.as_bytes() == b"1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_site_cannot_change_anything() {
        let mut headers = HeaderMap::new();
        assert!(may_change(&Method::GET, &headers));
        assert!(!may_change(&Method::POST, &headers), "a plain form post");
        headers.insert(CHANGE_HEADER, HeaderValue::from_static("1"));
        assert!(may_change(&Method::POST, &headers));
        headers.insert("sec-fetch-site", HeaderValue::from_static("cross-site"));
        assert!(!may_change(&Method::POST, &headers));
        headers.insert("sec-fetch-site", HeaderValue::from_static("same-site"));
        assert!(!may_change(&Method::POST, &headers), "a sibling host name is another origin");
    }
}
