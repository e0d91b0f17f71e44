//! Who connects: the bearer of an access token.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use stomp_broker::{Authenticator, Credentials, Principal, Refusal, async_trait};

use super::refusal::refusal;
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
}

impl Session {
    /// That of a principal, which only [`Tokens`] makes.
    pub(super) fn of(principal: &Principal) -> Result<Self, Refusal> {
        principal.get().cloned().ok_or_else(|| Refusal::new(Code::NoToken.as_str()))
    }

    /// Whom an access token names, on this connection, until the token ends.
    pub(super) fn principal(self, identity: &Identity) -> Principal {
        let seconds = u64::try_from(identity.expires_at.unix()).unwrap_or_default();
        Principal::new(identity.member.id.to_string())
            .credential(identity.session.to_string())
            .expires_at(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
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

    async fn identify(&self, credentials: &Credentials<'_>) -> Result<Identity, ChatError> {
        let token = credentials.bearer().ok_or(Code::NoToken)?;
        self.auth.identify(token).await
    }
}

#[async_trait]
impl Authenticator for Tokens {
    async fn authenticate(&self, credentials: Credentials<'_>) -> Result<Principal, Refusal> {
        let locale = credentials.header("accept-language").map_or_else(Locale::default, Locale::negotiate);
        let identity =
            self.identify(&credentials).await.map_err(|error| refusal(&error, "CONNECT", None, locale))?;
        let member = identity.member.id;
        let session = Session { member, locale, connection: Arc::new(self.chat.connected(member)) };
        Ok(session.principal(&identity))
    }
}
