//! How this server says who it is to push services (VAPID, RFC 8292).

use std::{fmt, time::Duration};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, prelude::BASE64_STANDARD, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use reqwest::Url;
use serde::Serialize;

use crate::{
    domain::Timestamp,
    store::{Store, StoreError},
};

/// Where the key is in the store: subscriptions are for one key, so servers that share them share it.
const SETTING: &str = "vapid_key";

/// How long a token is valid; 24 hours at most (RFC 8292, 2).
const LIFETIME: Duration = Duration::from_secs(12 * 60 * 60);

/// The server's key.
pub(super) struct Vapid {
    key: EncodingKey,
    public_key: String,
    /// Whom push services can turn to.
    contact: Option<String>,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VapidError {
    /// It cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It is none.
    #[error(
        "the setting {SETTING} in the database is not a key; delete it to get a new one (everybody subscribes again)"
    )]
    Damaged,
}

#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<&'a str>,
}

impl Vapid {
    /// The key in the store; made if it is not there.
    pub(super) async fn open(store: &dyn Store, contact: Option<String>) -> Result<Self, VapidError> {
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let new = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new());
        let new = BASE64_STANDARD.encode(new.map_err(|_| VapidError::Damaged)?);
        let key = store.set_once(SETTING, &new, Timestamp::now()).await?;
        let key = BASE64_STANDARD.decode(key).map_err(|_| VapidError::Damaged)?;
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, &key).map_err(|_| VapidError::Damaged)?;
        let public_key = BASE64_URL_SAFE_NO_PAD.encode(pair.public_key());
        Ok(Self { key: EncodingKey::from_ec_der(&key), public_key, contact })
    }

    /// The key that browsers subscribe for.
    pub(super) fn public_key(&self) -> &str {
        &self.public_key
    }

    /// What to send along to an endpoint (RFC 8292, 3).
    pub(super) fn authorization(&self, endpoint: &Url) -> Result<String, jsonwebtoken::errors::Error> {
        let aud = endpoint.origin().ascii_serialization();
        let exp = Timestamp::now().after(LIFETIME).unix();
        let claims = Claims { aud: &aud, exp, sub: self.contact.as_deref() };
        let token = encode(&Header::new(Algorithm::ES256), &claims, &self.key)?;
        Ok(format!("vapid t={token}, k={}", self.public_key))
    }
}

impl fmt::Debug for Vapid {
    /// Does not show the key: logs must not hold it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vapid").field("public_key", &self.public_key).finish_non_exhaustive()
    }
}
