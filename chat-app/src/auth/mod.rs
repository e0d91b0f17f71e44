//! Who somebody is: accounts, logins, and the tokens that stand for them.
//!
//! A login gives two tokens. The access token is signed, says who its bearer is, and ends soon, after 15 minutes by
//! default; it opens HTTP requests and STOMP sessions. The refresh token is a secret that gets the next pair, once or
//! twice within a moment.

mod account;
mod change;
mod devices;
mod key;
mod oauth;
mod password;
mod refresh;
mod session;
mod token;

use std::{fmt, net::IpAddr, sync::Arc, time::Duration};

pub(crate) use self::key::{key_of_file, key_of_store};
pub use self::oauth::{Callback, Endpoints, Finished, OAuthClient, STATE_LIFETIME, Started};
pub use self::{account::SignUp, change::UpgradeGuest, key::KeyError, token::AccessToken};
pub(crate) use self::{account::add_user, oauth::deserialize_providers, password::Passwords};
use self::{oauth::OAuth, refresh::RefreshKey, token::AccessTokens};
use crate::{
    Config,
    chat::Live,
    domain::{Me, Member, SessionId, Timestamp},
    limits::Limits,
    store::Store,
};

/// How long a refresh token is valid if it is not used.
pub const REFRESH_LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How long the refresh token before the newest is taken once more.
const REFRESH_GRACE: Duration = Duration::from_secs(10);

/// Accounts and logins; cheap to clone.
#[derive(Debug, Clone)]
pub struct Auth {
    store: Arc<dyn Store>,
    passwords: Passwords,
    tokens: Arc<AccessTokens>,
    refresh_key: RefreshKey,
    oauth: Arc<OAuth>,
    limits: Arc<Limits>,
    live: Live,
}

/// Somebody who has shown a valid access token.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Who it is.
    pub member: Member,
    /// The login the token came from.
    pub session: SessionId,
    /// When the token ends.
    pub expires_at: Timestamp,
}

/// What a login gives.
#[derive(Clone)]
pub struct Grant {
    /// Whose it is.
    pub me: Me,
    /// The access token.
    pub access: AccessToken,
    /// The refresh token.
    pub refresh: String,
}

impl fmt::Debug for Grant {
    /// Does not show the tokens: logs must not hold them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grant").field("member", &self.me.member.id).finish_non_exhaustive()
    }
}

/// Where a login comes from.
#[derive(Debug, Clone, Copy)]
pub struct Device<'a> {
    /// The address of the other end of the socket.
    pub ip: IpAddr,
    /// What the browser calls itself.
    pub user_agent: Option<&'a str>,
}

impl Auth {
    /// How long access tokens are valid.
    pub fn access_lifetime(&self) -> Duration {
        self.tokens.lifetime()
    }

    /// Accounts in a store, with tokens made by a key.
    pub(crate) fn new(
        store: Arc<dyn Store>,
        key: &[u8],
        limits: Arc<Limits>,
        live: Live,
        passwords: Passwords,
        config: &Config,
    ) -> Self {
        Self {
            store,
            passwords,
            tokens: Arc::new(AccessTokens::new(key, config.access_lifetime())),
            refresh_key: RefreshKey::new(key),
            oauth: Arc::new(OAuth::new(config.providers.clone(), key)),
            limits,
            live,
        }
    }
}
