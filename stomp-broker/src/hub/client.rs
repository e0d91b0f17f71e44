//! A connection as the rest of the server knows it.

use std::{
    fmt,
    num::ParseIntError,
    str::FromStr,
    sync::{Arc, OnceLock},
    time::{Instant, SystemTime},
};

use stomp_proto::Version;

use super::{Allowance, Outbox, Replies, TooMuch};
use crate::{Peer, Principal, Rate};

/// Names a session: what the `session` header of CONNECTED says, 32 hexadecimal digits that nobody can guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionId(u128);

impl SessionId {
    pub(crate) fn random() -> Self {
        Self(rand::random())
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for SessionId {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        u128::from_str_radix(text, 16).map(Self)
    }
}

/// An open connection, and who is behind it.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) id: SessionId,
    pub(crate) peer: Peer,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) opened: SystemTime,
    pub(crate) replies: Replies,
    login: OnceLock<Login>,
    allowance: OnceLock<Arc<Allowance>>,
}

/// What is known once the client has logged in.
#[derive(Debug)]
pub(crate) struct Login {
    pub(crate) user: Arc<str>,
    pub(crate) credential: Option<Arc<str>>,
    pub(crate) version: Version,
}

impl Client {
    pub(crate) fn new(peer: Peer, outbox: Arc<Outbox>) -> Self {
        let (id, opened) = (SessionId::random(), SystemTime::now());
        Self {
            id,
            peer,
            outbox,
            opened,
            replies: Replies::default(),
            login: OnceLock::new(),
            allowance: OnceLock::new(),
        }
    }

    /// Notes who the client is; a session has one login.
    pub(crate) fn log_in(&self, principal: &Principal, version: Version) {
        let (user, credential) = (Arc::clone(principal.user()), principal.credential_name().cloned());
        let _ = self.login.set(Login { user, credential, version });
    }

    /// Counts what the client sends towards what all sessions of its user may.
    pub(crate) fn allow(&self, allowance: Arc<Allowance>) {
        let _ = self.allowance.set(allowance);
    }

    /// Notes that the client sends `count` messages, if that is within the rate of its user.
    pub(crate) fn may_send(&self, now: Instant, rate: Rate, count: u32) -> Result<(), TooMuch> {
        self.allowance.get().map_or(Ok(()), |allowance| allowance.take(now, rate, count))
    }

    /// Whether the principal is the client's, by the same user and credential.
    pub(crate) fn is_of(&self, principal: &Principal) -> bool {
        let is_same = |login: &Login| {
            login.user == *principal.user() && login.credential.as_ref() == principal.credential_name()
        };
        self.login().is_some_and(is_same)
    }

    pub(crate) fn login(&self) -> Option<&Login> {
        self.login.get()
    }

    pub(crate) fn user(&self) -> Option<&Arc<str>> {
        self.login().map(|login| &login.user)
    }
}
