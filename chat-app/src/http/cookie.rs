//! The cookie that keeps the refresh token where scripts cannot read it.

use axum::http::{
    HeaderMap, HeaderName,
    header::{COOKIE, ORIGIN, SET_COOKIE},
};

use crate::auth::REFRESH_LIFETIME;

const NAME: &str = "refresh";

/// What is shown, if anything is.
pub(super) fn get(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(name, _)| *name == NAME).map(|(_, value)| value).next()
}

/// Keeps a token. A page that came over HTTPS, maybe through a proxy, gets a cookie that never goes in the clear.
pub(super) fn set(token: &str, headers: &HeaderMap) -> (HeaderName, String) {
    let is_https = headers.get(ORIGIN).is_some_and(|origin| origin.as_bytes().starts_with(b"https://"));
    let secure = if is_https { "; Secure" } else { "" };
    let seconds = REFRESH_LIFETIME.as_secs();
    (SET_COOKIE, format!("{NAME}={token}; Path=/auth; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"))
}

/// Forgets the token.
pub(super) fn clear() -> (HeaderName, String) {
    (SET_COOKIE, format!("{NAME}=; Path=/auth; Max-Age=0; HttpOnly; SameSite=Strict"))
}
