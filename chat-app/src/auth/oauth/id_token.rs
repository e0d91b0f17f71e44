//! What Google signs about a person (OpenID Connect Core, 3.1.3.7).

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use serde::Deserialize;

use super::{Failure, profile::Profile};
use crate::domain::Email;

/// Google's name; older documents leave the scheme out.
const ISSUERS: [&str; 2] = ["https://accounts.google.com", "accounts.google.com"];

#[derive(Deserialize)]
struct Claims {
    sub: String,
    nonce: Option<String>,
    name: Option<String>,
    picture: Option<String>,
    email: Option<String>,
    #[serde(default)]
    email_verified: bool,
}

/// Who the token is about, if Google signed it for this client and this login.
pub(super) fn verify(token: &str, keys: &JwkSet, client: &str, nonce: &str) -> Result<Profile, Failure> {
    let header = decode_header(token).map_err(Failure::new)?;
    let key = header.kid.as_deref().and_then(|kid| keys.find(kid));
    let key = DecodingKey::from_jwk(key.ok_or_else(|| Failure::new("signed by no known key"))?);
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_required_spec_claims(&["exp", "sub", "iss", "aud"]);
    validation.set_issuer(&ISSUERS);
    validation.set_audience(&[client]);
    validation.leeway = 30;
    let claims =
        decode::<Claims>(token, &key.map_err(Failure::new)?, &validation).map_err(Failure::new)?.claims;
    if claims.nonce.as_deref() != Some(nonce) {
        return Err(Failure::new("made for another login"));
    }
    Ok(Profile {
        subject: claims.sub,
        name: claims.name,
        email: claims.email.as_deref().and_then(Email::parse),
        verified: claims.email_verified,
        picture: claims.picture,
    })
}
