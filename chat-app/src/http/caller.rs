//! Who asks.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header::AUTHORIZATION, request::Parts},
};

use super::{Http, error::Error};
use crate::{auth::Identity, domain::MemberId, error::Code};

/// The member who asks, by its access token.
#[derive(Debug)]
pub(super) struct Caller(pub(super) Identity);

impl Caller {
    /// Its id.
    pub(super) fn id(&self) -> MemberId {
        self.0.member.id
    }
}

impl FromRequestParts<Http> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, http: &Http) -> Result<Self, Error> {
        let token = bearer(&parts.headers).ok_or(Code::NoToken)?;
        Ok(Self(http.auth.identify(token).await?))
    }
}

/// The token of an `Authorization: Bearer` header (RFC 6750, 2.1).
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
