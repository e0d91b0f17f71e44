//! Logging in by an account elsewhere (OAuth 2.0, RFC 6749).
//!
//! ```text
//! browser ── start ──▶ here: a signed cookie with what was asked for ──▶ the provider asks the person
//!         ◀─ callback with a code ── the cookie comes along
//!            here: code ─▶ token ─▶ profile; the token is thrown away
//! ```

mod client;
mod id_token;
mod login;
mod profile;
mod provider;
mod state;

use std::{collections::BTreeMap, fmt};

pub(crate) use self::provider::deserialize_providers;
use self::{client::Client, state::States};
pub use self::{
    login::{Callback, Finished},
    provider::{Endpoints, OAuthClient},
    state::{STATE_LIFETIME, Started},
};
use crate::domain::Provider;

/// The providers that are set up.
#[derive(Debug)]
pub(super) struct OAuth {
    client: Client,
    providers: BTreeMap<Provider, OAuthClient>,
    states: States,
}

impl OAuth {
    pub(super) fn new(providers: BTreeMap<Provider, OAuthClient>, key: &[u8]) -> Self {
        Self { client: Client::new(), providers, states: States::new(key) }
    }

    pub(super) fn providers(&self) -> impl Iterator<Item = Provider> {
        self.providers.keys().copied()
    }
}

/// Why a provider could not be asked; for the log, as it is nothing that the person can change.
#[derive(Debug)]
struct Failure(String);

impl Failure {
    fn new(what: impl fmt::Display) -> Self {
        Self(what.to_string())
    }
}
