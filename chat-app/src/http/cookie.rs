//! The cookies: a secret each, where scripts cannot read it.

use axum::{
    http::{
        HeaderMap, HeaderName,
        header::{COOKIE, ORIGIN, SET_COOKIE},
    },
    response::AppendHeaders,
};

use crate::auth::{AccessToken, Grant, REFRESH_LIFETIME, STATE_LIFETIME};

/// The refresh token.
const REFRESH: &str = "refresh";

/// The access token, for getting files: pages cannot send a header for a picture.
const FILE_AUTH: &str = "file_auth";

/// A login by an account elsewhere that is under way.
const STATE: &str = "oauth_state";

/// The refresh token shown, if one is.
pub(super) fn get(headers: &HeaderMap) -> Option<&str> {
    named(REFRESH, headers)
}

/// The access token shown to get a file, if one is.
pub(super) fn get_file_auth(headers: &HeaderMap) -> Option<&str> {
    named(FILE_AUTH, headers)
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

/// Keeps a login. A page that came over HTTPS, maybe through a proxy, gets cookies that never go in the clear.
pub(super) fn set(grant: &Grant, headers: &HeaderMap) -> AppendHeaders<[(HeaderName, String); 2]> {
    let is_https = headers.get(ORIGIN).is_some_and(|origin| origin.as_bytes().starts_with(b"https://"));
    AppendHeaders([set_for(is_https, &grant.refresh), set_file_auth(is_https, &grant.access)])
}

fn set_file_auth(is_https: bool, token: &AccessToken) -> (HeaderName, String) {
    let (text, seconds, secure) = (&token.text, token.lifetime.as_secs(), secure(is_https));
    let scope = "Path=/file";
    (SET_COOKIE, format!("{FILE_AUTH}={text}; {scope}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"))
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

/// Forgets a login.
pub(super) fn clear() -> AppendHeaders<[(HeaderName, String); 2]> {
    let forget =
        |name, path| (SET_COOKIE, format!("{name}=; Path={path}; Max-Age=0; HttpOnly; SameSite=Strict"));
    AppendHeaders([forget(REFRESH, "/auth"), forget(FILE_AUTH, "/file")])
}

/// Forgets the login under way.
pub(super) fn clear_state() -> (HeaderName, String) {
    (SET_COOKIE, format!("{STATE}=; Path=/auth/oauth; Max-Age=0; HttpOnly; SameSite=Lax"))
}
