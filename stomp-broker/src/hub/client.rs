//! A connection as the rest of the server knows it.

use std::{
    fmt,
    num::ParseIntError,
    str::FromStr,
    sync::{Arc, OnceLock},
    time::SystemTime,
};

use stomp_proto::Version;

use super::{Outbox, Replies};
use crate::{Peer, Principal};

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
        Self { id, peer, outbox, opened, replies: Replies::default(), login: OnceLock::new() }
    }

    /// Notes who the client is; a session has one login.
    pub(crate) fn log_in(&self, principal: &Principal, version: Version) {
        let (user, credential) = (Arc::clone(principal.user()), principal.credential_name().cloned());
        let _ = self.login.set(Login { user, credential, version });
    }

    pub(crate) fn login(&self) -> Option<&Login> {
        self.login.get()
    }

    pub(crate) fn user(&self) -> Option<&Arc<str>> {
        self.login().map(|login| &login.user)
    }
}
