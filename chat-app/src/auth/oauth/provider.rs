//! What is known of each provider.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Deserializer};

use crate::domain::Provider;

/// This service as a provider knows it.
#[derive(Clone)]
pub struct OAuthClient {
    /// Its id there.
    pub id: String,
    /// Its secret there.
    pub secret: String,
    /// Where the provider is.
    pub endpoints: Endpoints,
}

/// Where a provider is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoints {
    /// Where a person is asked.
    pub authorize: String,
    /// Where a code is exchanged for a token.
    pub token: String,
    /// Where a token tells who the person is; for Google, the keys that sign what comes with the token (RFC 7517).
    pub profile: String,
}

impl OAuthClient {
    /// A client of the provider itself.
    pub fn new(provider: Provider, id: String, secret: String) -> Self {
        Self { id, secret, endpoints: Endpoints::of(provider) }
    }
}

impl Endpoints {
    /// Those that the provider publishes.
    pub fn of(provider: Provider) -> Self {
        let [authorize, token, profile] = match provider {
            Provider::Google => [
                "https://accounts.google.com/o/oauth2/v2/auth",
                "https://oauth2.googleapis.com/token",
                "https://www.googleapis.com/oauth2/v3/certs",
            ],
            Provider::Kakao => [
                "https://kauth.kakao.com/oauth/authorize",
                "https://kauth.kakao.com/oauth/token",
                "https://kapi.kakao.com/v2/user/me",
            ],
            Provider::Naver => [
                "https://nid.naver.com/oauth2.0/authorize",
                "https://nid.naver.com/oauth2.0/token",
                "https://openapi.naver.com/v1/nid/me",
            ],
        };
        Self { authorize: authorize.into(), token: token.into(), profile: profile.into() }
    }
}

impl fmt::Debug for OAuthClient {
    /// Does not show the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuthClient").field("id", &self.id).field("endpoints", &self.endpoints).finish()
    }
}

/// Reads clients by the names of their providers; the endpoints are the provider's own unless others are given.
pub(crate) fn deserialize_providers<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<Provider, OAuthClient>, D::Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Client {
        id: String,
        secret: String,
        endpoints: Option<Endpoints>,
    }
    let clients = BTreeMap::<Provider, Client>::deserialize(deserializer)?.into_iter();
    let client = |(provider, Client { id, secret, endpoints })| {
        (
            provider,
            OAuthClient { id, secret, endpoints: endpoints.unwrap_or_else(|| Endpoints::of(provider)) },
        )
    };
    Ok(clients.map(client).collect())
}
