//! `/auth/oauth`: logging in by an account elsewhere.

use axum::{
    Json,
    extract::State,
    http::{
        HeaderMap, StatusCode,
        header::{HOST, LOCATION},
    },
    response::{AppendHeaders, IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Http,
    caller::Caller,
    cookie,
    error::Result,
    extract::{Device, Path, Query, locale},
    openapi::Refused,
};
use crate::{
    auth::Callback,
    domain::{LinkedAccount, Problems, Provider},
    error::{ChatError, Code},
};

/// Octets of where to return to.
const MAX_RETURN_TO: usize = 512;

pub(super) fn router() -> OpenApiRouter<Http> {
    OpenApiRouter::new()
        .routes(routes!(providers))
        .routes(routes!(start))
        .routes(routes!(linked))
        .routes(routes!(unlink))
}

/// What browsers are sent to from other sites.
pub(super) fn callback_router() -> OpenApiRouter<Http> {
    OpenApiRouter::new().routes(routes!(callback))
}

#[derive(Serialize, ToSchema)]
struct ProviderInfo {
    id: Provider,
    /// For people.
    name: &'static str,
}

/// By whose accounts one may log in.
#[utoipa::path(
    get,
    path = "/auth/providers",
    tag = "auth",
    security(()),
    responses((status = 200, body = [ProviderInfo]))
)]
async fn providers(State(http): State<Http>) -> Json<Vec<ProviderInfo>> {
    let providers = http.auth.providers();
    Json(providers.map(|provider| ProviderInfo { id: provider, name: provider.title() }).collect())
}

#[derive(Deserialize, IntoParams)]
struct Start {
    /// A path of this site to go to afterwards.
    return_to: Option<String>,
    /// 1 to link the account to the member whose refresh cookie comes along, instead of logging in.
    link: Option<String>,
}

/// Sends the browser to a provider.
#[utoipa::path(
    get,
    path = "/auth/oauth/{provider}/start",
    tag = "auth",
    security(()),
    params(("provider" = Provider, Path), Start),
    responses((status = 302, headers(("Location" = String))), (status = 401, response = Refused<'_>))
)]
async fn start(
    State(http): State<Http>,
    Path(provider): Path<Provider>,
    Query(start): Query<Start>,
    headers: HeaderMap,
) -> Result<Response> {
    let return_to = start.return_to.unwrap_or_else(|| "/".to_owned());
    if !is_own_path(&return_to) {
        return Err(Problems::one("return_to", "a path of this site").into());
    }
    let base = base(&http, &headers)?;
    let link = match start.link.as_deref() {
        Some("1") => Some(cookie::get(&headers).ok_or(Code::NoToken)?),
        _ => None,
    };
    let redirect_uri = format!("{base}/auth/oauth/{provider}/callback");
    let started = http.auth.start_oauth(provider, redirect_uri, return_to, link).await?;
    let cookie = cookie::set_state(is_https(&base), &started.cookie);
    Ok((StatusCode::FOUND, AppendHeaders([cookie, (LOCATION, started.location)])).into_response())
}

#[derive(Deserialize, IntoParams)]
struct Answer {
    #[serde(default)]
    state: String,
    code: Option<String>,
}

/// Where providers send the browser back to. It is sent on, with a session or, to the login page, with an error.
#[utoipa::path(
    get,
    path = "/auth/oauth/{provider}/callback",
    tag = "auth",
    security(()),
    params(("provider" = Provider, Path), Answer),
    responses((status = 302, headers(("Location" = String))))
)]
async fn callback(
    State(http): State<Http>,
    Path(provider): Path<Provider>,
    Query(answer): Query<Answer>,
    device: Device,
    headers: HeaderMap,
) -> Result<Response> {
    let base = base(&http, &headers)?;
    let callback = Callback {
        cookie: cookie::get_state(&headers).unwrap_or_default(),
        state: &answer.state,
        code: answer.code.as_deref(),
    };
    let finished = http.auth.finish_oauth(provider, callback, locale(&headers), device.as_login()).await;
    let (location, session) = match finished {
        Ok(finished) => {
            if let (Some(grant), Some(picture)) = (&finished.grant, finished.picture) {
                let (files, member) = (http.files.clone(), grant.me.member.id);
                tokio::spawn(async move { files.adopt_avatar(member, &picture).await });
            }
            (finished.return_to, finished.grant)
        }
        Err(error) => (failed(&error), None),
    };
    let session = session.map(|grant| cookie::set_for(is_https(&base), &grant.refresh));
    let headers = [(LOCATION, location), cookie::clear_state()].into_iter().chain(session);
    Ok((StatusCode::FOUND, AppendHeaders(headers)).into_response())
}

/// The page that says why somebody is not logged in.
fn failed(error: &ChatError) -> String {
    let code = error.code();
    if code.status().is_server_error() && code != Code::OAuthFailed {
        tracing::error!(error = error as &dyn std::error::Error, "a login failed");
    }
    format!("/login?error={}", code.as_str())
}

/// The accounts elsewhere that the member logs in by.
#[utoipa::path(
    get,
    path = "/member/me/identities",
    tag = "members",
    responses((status = 200, body = [LinkedAccount]))
)]
async fn linked(State(http): State<Http>, caller: Caller) -> Result<Json<Vec<LinkedAccount>>> {
    Ok(Json(http.auth.linked(caller.id()).await?))
}

/// Takes such an account away, unless it is the only way in.
#[utoipa::path(
    delete,
    path = "/member/me/identities/{provider}",
    tag = "members",
    params(("provider" = Provider, Path)),
    responses((status = 204), (status = 409, response = Refused<'_>))
)]
async fn unlink(
    State(http): State<Http>,
    caller: Caller,
    Path(provider): Path<Provider>,
) -> Result<StatusCode> {
    http.auth.unlink(caller.id(), provider).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Where the service is for this browser.
fn base(http: &Http, headers: &HeaderMap) -> Result<String> {
    if let Some(url) = &http.public_url {
        return Ok(url.to_string());
    }
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = host.ok_or_else(|| Problems::one("Host", "the host asked for"))?;
    Ok(format!("http://{host}"))
}

fn is_https(base: &str) -> bool {
    base.starts_with("https://")
}

/// Whether a browser stays on this site when it is sent there: `//host` and `/\\host` are other sites.
fn is_own_path(path: &str) -> bool {
    let mut bytes = path.bytes();
    path.len() <= MAX_RETURN_TO
        && bytes.next() == Some(b'/')
        && !matches!(bytes.next(), Some(b'/' | b'\\'))
        && path.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_site_are_returned_to() {
        for path in ["/", "/r/7?x=//y", "/r/7@12#a"] {
            assert!(is_own_path(path), "{path}");
        }
        for path in ["", "r/7", "//evil", "/\\evil", "https://evil", "/\t/evil", "/a b", "/r\n", "/한"] {
            assert!(!is_own_path(path), "{path:?}");
        }
    }
}
