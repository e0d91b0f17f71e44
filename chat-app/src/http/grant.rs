//! A login as an answer.

use axum::{
    Json,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::cookie;
use crate::{
    auth::{AccessToken, Grant},
    domain::{Me, MemberId},
};

/// How the refresh token travels: in a cookie, or with `?transport=body` in the body, for programs that are no
/// browsers.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
pub(super) struct Transport {
    #[serde(default)]
    #[param(inline)]
    transport: By,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum By {
    #[default]
    Cookie,
    Body,
}

impl Transport {
    pub(super) const BODY: Self = Self { transport: By::Body };
    pub(super) const COOKIE: Self = Self { transport: By::Cookie };
}

/// A pair of tokens.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Login)]
pub(super) struct Body<'a> {
    id: MemberId,
    /// The access token.
    token: &'a str,
    /// Seconds until the access token ends.
    expires_in: u64,
    member: &'a Me,
    /// Only if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
}

/// Another access token of the same session.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Access {
    id: MemberId,
    /// The access token.
    token: String,
    /// Seconds until it ends.
    expires_in: u64,
    member: Me,
}

impl Access {
    pub(super) fn new(token: AccessToken, member: Me) -> Self {
        Self { id: member.member.id, token: token.text, expires_in: token.lifetime.as_secs(), member }
    }
}

/// The answer that gives a client its tokens.
pub(super) fn answer(grant: &Grant, transport: Transport, headers: &HeaderMap) -> Response {
    let in_body = transport.transport == By::Body;
    let body = Json(Body {
        id: grant.me.member.id,
        token: &grant.access.text,
        expires_in: grant.access.lifetime.as_secs(),
        member: &grant.me,
        refresh_token: in_body.then_some(&grant.refresh),
    });
    if in_body { body.into_response() } else { (cookie::set(grant, headers), body).into_response() }
}
