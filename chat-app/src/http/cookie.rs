//! The cookies: a secret each, where scripts cannot read it.

use axum::http::{
    HeaderMap, HeaderName,
    header::{COOKIE, ORIGIN, SET_COOKIE},
};

use crate::auth::{REFRESH_LIFETIME, STATE_LIFETIME};

/// The refresh token.
const REFRESH: &str = "refresh";

/// A login by an account elsewhere that is under way.
const STATE: &str = "oauth_state";

/// The refresh token shown, if one is.
pub(super) fn get(headers: &HeaderMap) -> Option<&str> {
    named(REFRESH, headers)
}

/// The login under way shown, if one is.
pub(super) fn get_state(headers: &HeaderMap) -> Option<&str> {
    named(STATE, headers)
}

fn named<'a>(name: &str, headers: &'a HeaderMap) -> Option<&'a str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
}

/// Keeps a refresh token. A page that came over HTTPS, maybe through a proxy, gets a cookie that never goes in the
/// clear.
pub(super) fn set(token: &str, headers: &HeaderMap) -> (HeaderName, String) {
    let is_https = headers.get(ORIGIN).is_some_and(|origin| origin.as_bytes().starts_with(b"https://"));
    set_for(is_https, token)
}

/// Keeps a refresh token, for a browser that is known to have come over HTTPS or not.
pub(super) fn set_for(is_https: bool, token: &str) -> (HeaderName, String) {
    let (seconds, secure) = (REFRESH_LIFETIME.as_secs(), secure(is_https));
    (
        SET_COOKIE,
        format!("{REFRESH}={token}; Path=/auth; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"),
    )
}

/// Keeps a login under way. Lax, for it comes back from another site.
pub(super) fn set_state(is_https: bool, state: &str) -> (HeaderName, String) {
    let (seconds, secure) = (STATE_LIFETIME.as_secs(), secure(is_https));
    let scope = "Path=/auth/oauth";
    (SET_COOKIE, format!("{STATE}={state}; {scope}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"))
}

fn secure(is_https: bool) -> &'static str {
    if is_https { "; Secure" } else { "" }
}

/// Forgets the refresh token.
pub(super) fn clear() -> (HeaderName, String) {
    (SET_COOKIE, format!("{REFRESH}=; Path=/auth; Max-Age=0; HttpOnly; SameSite=Strict"))
}

/// Forgets the login under way.
pub(super) fn clear_state() -> (HeaderName, String) {
    (SET_COOKIE, format!("{STATE}=; Path=/auth/oauth; Max-Age=0; HttpOnly; SameSite=Lax"))
}
