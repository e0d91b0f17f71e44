//! Who connects: the bearer of an access token.

use std::sync::Arc;

use stomp_broker::{Authenticator, Credentials, Principal, Refusal, async_trait};

use super::{expiry::ExpiryNotice, refusal::refusal};
use crate::{
    auth::{Auth, Identity},
    chat::{Chat, Connection},
    domain::{Locale, MemberId},
    error::{ChatError, Code},
};

/// A member on one connection, as handlers read it back from the principal.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) member: MemberId,
    pub(super) locale: Locale,
    /// The member is online for as long as the principal is somebody's.
    pub(super) connection: Arc<Connection>,
    _expiry: ExpiryNotice,
}

impl Session {
    /// That of a principal, which only [`Tokens`] makes.
    pub(super) fn of(principal: &Principal) -> Result<Self, Refusal> {
        principal.get().cloned().ok_or_else(|| Refusal::new(Code::NoToken.as_str()))
    }

    /// The same after another token was shown.
    pub(super) fn renewed(self, expiry: ExpiryNotice) -> Self {
        Self { _expiry: expiry, ..self }
    }

    /// Whom an access token names, on this connection, until the token ends.
    pub(super) fn principal(self, identity: &Identity) -> Principal {
        Principal::new(identity.member.id.to_string())
            .credential(identity.session.to_string())
            .expires_at(identity.expires_at.to_system_time())
            .with(self)
    }
}

/// Lets in whoever shows a valid access token.
#[derive(Debug)]
pub(super) struct Tokens {
    auth: Auth,
    chat: Chat,
}

impl Tokens {
    pub(super) fn new(auth: Auth, chat: Chat) -> Self {
        Self { auth, chat }
    }

    async fn log_in(&self, credentials: &Credentials<'_>, locale: Locale) -> Result<Principal, ChatError> {
        let token = credentials.bearer().ok_or(Code::NoToken)?;
        let identity = self.auth.identify(token).await?;
        let member = identity.member.id;
        let connection = Arc::new(self.chat.connected(member)?);
        let expiry = ExpiryNotice::begin(self.chat.live(), credentials.session(), identity.expires_at);
        Ok(Session { member, locale, connection, _expiry: expiry }.principal(&identity))
    }
}

#[async_trait]
impl Authenticator for Tokens {
    async fn authenticate(&self, credentials: Credentials<'_>) -> Result<Principal, Refusal> {
        let locale = credentials.header("accept-language").map_or_else(Locale::default, Locale::negotiate);
        self.log_in(&credentials, locale).await.map_err(|error| refusal(&error, "CONNECT", None, locale))
    }
}
