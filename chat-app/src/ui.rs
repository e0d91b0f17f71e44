//! The web client, embedded in the program.
//!
//! Debug builds read it from the disk at each request, so that a rebuilt client shows without rebuilding the server.

use std::fmt::Write;

use axum::{
    http::{
        HeaderMap, HeaderValue, Method, StatusCode, Uri,
        header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH},
    },
    response::{IntoResponse, Response},
};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::{error::Code, http::Error};

/// The build script says where the client is: built, or the page that says how to build it.
#[derive(RustEmbed)]
#[folder = "$CHAT_APP_WEB_DIST"]
struct Dist;

/// Files under it have the hash of their content in their names.
const HASHED: &str = "assets/";

/// Serves a file of the client, or its page for any path that a browser navigates to: the client knows its own paths.
pub(crate) async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return Error::from(Code::NotFound).into_response();
    }
    let path = uri.path().trim_start_matches('/');
    if let Some(file) = Dist::get(path) {
        return answer(path, &file, &headers);
    }
    let navigates = headers
        .get(ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("text/html"));
    match Dist::get("index.html").filter(|_| navigates || path.is_empty()) {
        Some(page) => answer("index.html", &page, &headers),
        None => Error::from(Code::NotFound).into_response(),
    }
}

fn answer(path: &str, file: &EmbeddedFile, headers: &HeaderMap) -> Response {
    let tag = tag(&file.metadata.sha256_hash());
    let cache = if path.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let caching = [(CACHE_CONTROL, HeaderValue::from_static(cache)), (ETAG, tag.clone())];
    if headers.get(IF_NONE_MATCH) == Some(&tag) {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    let content_type = mime_guess::from_path(path).first_or_octet_stream();
    let content_type = match content_type.type_() {
        mime_guess::mime::TEXT => format!("{content_type}; charset=utf-8"),
        _ => content_type.to_string(),
    };
    ([(CONTENT_TYPE, content_type)], caching, file.data.to_vec()).into_response()
}

/// Half the hash names a file well enough; weakly, for the file may travel compressed.
fn tag(hash: &[u8; 32]) -> HeaderValue {
    let mut tag = String::from("W/\"");
    for byte in &hash[..16] {
        let _ = write!(tag, "{byte:02x}");
    }
    tag.push('"');
    HeaderValue::try_from(tag).expect("hexadecimal digits in quotes are a header value")
}
