//! `/auth` and the older paths of logging in: what comes and goes is a pair of tokens.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Http,
    caller::bearer,
    cookie,
    error::{Error, Result},
    extract::{Device, Json, Query, locale},
    grant::{self, Transport, answer},
    openapi::Refused,
};
use crate::{
    domain::{Kind, Locale, MemberName, Problems, nickname},
    error::Code,
};

pub(super) fn router() -> OpenApiRouter<Http> {
    OpenApiRouter::new()
        .routes(routes!(login))
        .routes(routes!(init))
        .routes(routes!(guest))
        .routes(routes!(refresh))
        .routes(routes!(logout))
}

#[derive(Deserialize, ToSchema)]
struct Credentials {
    email: String,
    #[schema(format = Password)]
    password: String,
}

/// Logs in. The refresh token comes in a cookie unless asked for in the body.
#[utoipa::path(
    post,
    path = "/member/doLogin",
    tag = "auth",
    security(()),
    responses((status = 200, body = grant::Body<'_>), (status = 401, response = Refused<'_>))
)]
async fn login(
    State(http): State<Http>,
    Query(transport): Query<Transport>,
    headers: HeaderMap,
    device: Device,
    Json(login): Json<Credentials>,
) -> Result<Response> {
    let grant = http.auth.login(&login.email, login.password, device.as_login()).await?;
    Ok(answer(&grant, transport, &headers))
}

#[derive(Default, Deserialize, ToSchema)]
struct Guest {
    /// 2 to 32 characters that show; two words of the language if not given.
    #[schema(min_length = 2)]
    name: Option<String>,
    locale: Option<Locale>,
}

/// Makes a guest and logs it in.
#[utoipa::path(
    post,
    path = "/auth/guest",
    tag = "auth",
    security(()),
    request_body = Option<Guest>,
    responses((status = 200, body = grant::Body<'_>))
)]
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

/// What older clients read.
#[derive(Serialize, ToSchema)]
struct Init {
    success: bool,
    /// The access token of a new guest.
    response: Option<String>,
    r#type: Kind,
}

/// Older clients come here first: whoever shows a valid token stays who it is, anybody else becomes a new guest.
#[utoipa::path(get, path = "/init", tag = "auth", security((), ("bearer" = [])), responses((status = 200, body = Init)))]
async fn init(State(http): State<Http>, headers: HeaderMap, device: Device) -> Result<Response> {
    if let Some(token) = bearer(&headers)
        && let Ok(identity) = http.auth.identify(token).await
    {
        let kind = identity.member.kind;
        return Ok(axum::Json(Init { success: true, response: None, r#type: kind }).into_response());
    }
    let grant = http.auth.guest(&nickname(locale(&headers)), None, device.as_login()).await?;
    let cookie = cookie::set(&grant, &headers);
    let body = Init { success: true, response: Some(grant.access.text), r#type: Kind::Guest };
    Ok((cookie, axum::Json(body)).into_response())
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Refresh {
    refresh_token: String,
}

/// Exchanges a refresh token for the next pair. One from the body is answered in the body, one from the cookie in the
/// cookie.
#[utoipa::path(
    post,
    path = "/auth/refresh",
    tag = "auth",
    security(()),
    request_body = Option<Refresh>,
    responses(
        (status = 200, body = grant::Body<'_>),
        (status = 401, response = Refused<'_>)
    )
)]
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
        Ok(grant) => Ok(answer(&grant, transport, &headers)),
        Err(error) => Ok((cookie::clear(), Error::from(error)).into_response()),
    }
}

/// Ends a session: that of the access token, or of the cookie when there is none.
#[utoipa::path(post, path = "/auth/logout", tag = "auth", security((), ("bearer" = [])), responses((status = 204), (status = 401, response = Refused<'_>)))]
async fn logout(State(http): State<Http>, headers: HeaderMap) -> Result<Response> {
    match (bearer(&headers), cookie::get(&headers)) {
        (Some(access), _) => http.auth.logout(access).await?,
        (None, Some(refresh)) => http.auth.logout_by_refresh(refresh).await?,
        (None, None) => return Err(Code::NoToken.into()),
    }
    Ok((cookie::clear(), StatusCode::NO_CONTENT).into_response())
}
