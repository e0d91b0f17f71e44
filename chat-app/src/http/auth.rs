//! `/auth` and the older paths of logging in: what comes and goes is a pair of tokens.

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::json;

use super::{
    Http,
    caller::bearer,
    cookie,
    error::{Error, Result},
    extract::{Device, Json, Query, locale},
    grant::{Transport, answer},
};
use crate::{
    auth::Refreshed,
    domain::{Kind, Locale, MemberId, MemberName, Problems, nickname},
    error::Code,
};

pub(super) fn router() -> Router<Http> {
    Router::new()
        .route("/member/doLogin", post(login))
        .route("/init", get(init))
        .route("/auth/guest", post(guest))
        .route("/auth/refresh", post(refresh))
        .route("/auth/logout", post(logout))
}

#[derive(Deserialize)]
struct Login {
    email: String,
    password: String,
}

async fn login(
    State(http): State<Http>,
    Query(transport): Query<Transport>,
    headers: HeaderMap,
    device: Device,
    Json(login): Json<Login>,
) -> Result<Response> {
    let grant = http.auth.login(&login.email, login.password, device.as_login()).await?;
    Ok(answer(&grant, transport, &headers))
}

#[derive(Default, Deserialize)]
struct Guest {
    name: Option<String>,
    locale: Option<Locale>,
}

async fn guest(
    State(http): State<Http>,
    Query(transport): Query<Transport>,
    headers: HeaderMap,
    device: Device,
    body: Option<Json<Guest>>,
) -> Result<Response> {
    let Guest { name, locale: chosen } = body.map(|Json(guest)| guest).unwrap_or_default();
    let name = match name {
        Some(name) => MemberName::parse(&name).ok_or_else(|| Problems::one("name", MemberName::EXPECTED))?,
        None => nickname(chosen.unwrap_or_else(|| locale(&headers))),
    };
    let grant = http.auth.guest(&name, chosen, device.as_login()).await?;
    Ok(answer(&grant, transport, &headers))
}

/// Older clients come here first: whoever shows a valid token stays who it is, anybody else becomes a new guest.
async fn init(State(http): State<Http>, headers: HeaderMap, device: Device) -> Result<Response> {
    if let Some(token) = bearer(&headers)
        && let Ok(identity) = http.auth.identify(token).await
    {
        let kind = identity.member.kind;
        return Ok(axum::Json(json!({ "success": true, "response": null, "type": kind })).into_response());
    }
    let grant = http.auth.guest(&nickname(locale(&headers)), None, device.as_login()).await?;
    let body = json!({ "success": true, "response": grant.access, "type": Kind::Guest });
    Ok(([cookie::set(&grant.refresh, &headers)], axum::Json(body)).into_response())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Refresh {
    refresh_token: String,
}

/// A token from the body is answered in the body, one from the cookie in the cookie.
async fn refresh(
    State(http): State<Http>,
    headers: HeaderMap,
    body: Option<Json<Refresh>>,
) -> Result<Response> {
    let (shown, transport) = match &body {
        Some(Json(Refresh { refresh_token })) => (refresh_token.as_str(), Transport::BODY),
        None => (cookie::get(&headers).ok_or(Code::NoToken)?, Transport::COOKIE),
    };
    match http.auth.refresh(shown).await {
        Ok(Refreshed::Granted(grant)) => Ok(answer(&grant, transport, &headers)),
        Ok(Refreshed::Reused(member)) => {
            Ok(log_out(&http, member, Code::SessionRevoked, Error::from(Code::SessionRevoked)))
        }
        Err(error) => Ok(([cookie::clear()], Error::from(error)).into_response()),
    }
}

/// The access token says which session ends, or the refresh token when the other is over.
async fn logout(State(http): State<Http>, headers: HeaderMap) -> Result<Response> {
    let member = match (bearer(&headers), cookie::get(&headers)) {
        (Some(access), _) => http.auth.logout(access).await?,
        (None, Some(refresh)) => http.auth.logout_by_refresh(refresh).await?,
        (None, None) => return Err(Code::NoToken.into()),
    };
    Ok(log_out(&http, member, Code::SessionRevoked, StatusCode::NO_CONTENT))
}

/// Ends the connections of a member and takes its cookie away.
fn log_out(http: &Http, member: MemberId, reason: Code, answer: impl IntoResponse) -> Response {
    http.chat.live().disconnect(member, reason);
    ([cookie::clear()], answer).into_response()
}
