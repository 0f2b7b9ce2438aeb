//! The built pages, as the program carries them, and the page on which a browser says the token.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hoofbeat_core::{language, say};

/// The files of `ui/dist`, by their path on the server.
const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// What every answer says. Nothing may be loaded from elsewhere, no other site may show us, and none hears from where a
/// person came.
pub const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; \
             connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
    ),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

/// The style of the page on which the token is said. Also those who do not know it get this one.
pub const SIGN_IN_STYLE: &str = "/sign-in.css";

const SIGN_IN_CSS: &str = "\
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { max-width: 30rem; margin: 15vh auto; padding: 0 1rem }
input, button { font: inherit; padding: .5rem .75rem; width: 100%; box-sizing: border-box; margin-top: .5rem }
";

/// The file at a path; `None` where there is none. Where the page may only look, it is told.
pub fn file(path: &str, may_change: bool) -> Option<Response> {
    if path == SIGN_IN_STYLE {
        return Some(typed("text/css; charset=utf-8", "no-cache", SIGN_IN_CSS));
    }
    let path = if path == "/" { "/index.html" } else { path };
    let (name, bytes) = FILES.iter().find(|(name, _)| *name == path)?;
    let kind = match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    };
    if *name == "/index.html" {
        let page = String::from_utf8_lossy(bytes);
        let page = if may_change { page } else { page.replacen("<html ", "<html data-look-only ", 1).into() };
        return Some(typed(kind, "no-cache", page.into_owned()));
    }
    // Their names change with what they hold.
    Some(typed(kind, "private, max-age=31536000, immutable", *bytes))
}

/// Where a browser is asked for the token.
pub fn sign_in(is_wrong: bool) -> Response {
    let code = language::current().code();
    let wrong = if is_wrong { format!("<p role=alert>{}</p>", say!("That is not the token.")) } else { String::new() };
    let label =
        say!("The token that {command} told, or that is in its token file", command = "<code>hoofbeat serve</code>");
    let show = say!("Show");
    let page = format!(
        "<!doctype html><html lang={code}><meta charset=utf-8><meta name=viewport content='width=device-width'>\
         <title>Hoofbeat</title><link rel=stylesheet href={SIGN_IN_STYLE}><h1>Hoofbeat</h1>{wrong}\
         <form method=post action=/token><label>{label}<input name=token type=password autofocus required></label>\
         <button>{show}</button></form></html>"
    );
    let mut response = typed("text/html; charset=utf-8", "no-store", page);
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    response
}

/// Leads a browser that knew the token to the page, with the cookie. A redirect would not do: browsers hold a strict
/// cookie back where the way began on another site, such as a mail.
pub fn signed_in(cookie: &str) -> Response {
    let (code, go_on) = (language::current().code(), say!("Go on"));
    let page = format!(
        "<!doctype html><html lang={code}><meta charset=utf-8><title>Hoofbeat</title>\
         <meta http-equiv=refresh content='0;url=/'><a href=/>{go_on}</a></html>"
    );
    let mut response = typed("text/html; charset=utf-8", "no-store", page);
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

fn typed(kind: &'static str, cache: &'static str, body: impl Into<Body>) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, cache)], body.into()).into_response()
}
