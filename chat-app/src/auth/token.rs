//! Access tokens: JSON Web Tokens signed with HMAC-SHA-256 (RFC 7519, RFC 8725).

use std::{fmt, time::Duration};

use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode, errors::ErrorKind,
};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{Member, MemberId, SessionId, Timestamp},
    error::{ChatError, Code},
};

/// The name of the service as issuer and as audience: tokens of other services with the same key are none here.
const SERVICE: &str = "chat-app";

/// What an access token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Claims {
    iss: String,
    aud: String,
    /// The member's id, as text (RFC 7519, 4.1.2).
    sub: String,
    name: String,
    tag: String,
    kind: String,
    role: String,
    /// The session.
    sid: i64,
    /// The member's token epoch.
    ep: i64,
    iat: i64,
    exp: i64,
}

/// A token that was found valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Verified {
    pub(super) member: MemberId,
    pub(super) session: SessionId,
    pub(super) epoch: i64,
    pub(super) expires_at: Timestamp,
}

/// An access token, as its bearer gets it.
#[derive(Clone)]
pub struct AccessToken {
    /// The token.
    pub text: String,
    /// How long it is valid.
    pub lifetime: Duration,
}

impl fmt::Debug for AccessToken {
    /// Does not show the token: logs must not hold it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken").field("lifetime", &self.lifetime).finish_non_exhaustive()
    }
}

/// Signs and verifies access tokens.
pub(super) struct AccessTokens {
    lifetime: Duration,
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
}

impl AccessTokens {
    pub(super) fn new(key: &[u8], lifetime: Duration) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_required_spec_claims(&["exp", "sub", "iss", "aud"]);
        validation.set_issuer(&[SERVICE]);
        validation.set_audience(&[SERVICE]);
        validation.validate_nbf = true;
        // The clock that signs is the clock that verifies.
        validation.leeway = 0;
        let (encoding, decoding) = (EncodingKey::from_secret(key), DecodingKey::from_secret(key));
        Self { lifetime, encoding, decoding, validation }
    }

    /// How long the tokens are valid.
    pub(super) fn lifetime(&self) -> Duration {
        self.lifetime
    }

    /// A token for a session of a member.
    pub(super) fn issue(
        &self,
        member: &Member,
        session: SessionId,
        now: Timestamp,
    ) -> Result<AccessToken, ChatError> {
        let claims = Claims {
            iss: SERVICE.to_owned(),
            aud: SERVICE.to_owned(),
            sub: member.id.to_string(),
            name: member.name.clone(),
            tag: member.tag.clone(),
            kind: member.kind.as_str().to_owned(),
            role: member.role.as_str().to_owned(),
            sid: session.0,
            ep: member.token_epoch,
            iat: now.unix(),
            exp: now.after(self.lifetime).unix(),
        };
        let text = encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
            .map_err(|_| ChatError::Internal("an access token could not be signed"))?;
        Ok(AccessToken { text, lifetime: self.lifetime })
    }

    /// What a token stands for.
    pub(super) fn verify(&self, token: &str) -> Result<Verified, Code> {
        let claims = decode::<Claims>(token, &self.decoding, &self.validation)
            .map_err(|error| match error.kind() {
                ErrorKind::ExpiredSignature => Code::TokenExpired,
                _ => Code::InvalidToken,
            })?
            .claims;
        Ok(Verified {
            member: claims.sub.parse().map_err(|_| Code::InvalidToken)?,
            session: SessionId(claims.sid),
            epoch: claims.ep,
            expires_at: Timestamp::from_unix(claims.exp).ok_or(Code::InvalidToken)?,
        })
    }
}

impl fmt::Debug for AccessTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessTokens").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::{Kind, Role, Status};

    const KEY: [u8; 32] = [7; 32];

    fn member() -> Member {
        Member {
            id: MemberId(5),
            name: "kim".to_owned(),
            tag: "AB12CD".to_owned(),
            kind: Kind::User,
            role: Role::User,
            status: Status::Active,
            token_epoch: 3,
            avatar_url: None,
            online: false,
        }
    }

    fn claims() -> Value {
        let now = Timestamp::now().unix();
        json!({
            "iss": "chat-app", "aud": "chat-app", "sub": "5", "name": "kim", "tag": "AB12CD", "kind": "USER",
            "role": "USER", "sid": 9, "ep": 3, "iat": now, "exp": now + 60
        })
    }

    fn sign(algorithm: Algorithm, claims: &Value, key: &[u8]) -> String {
        encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(key)).unwrap()
    }

    fn tokens(key: &[u8]) -> AccessTokens {
        AccessTokens::new(key, Duration::from_secs(900))
    }

    fn verify(token: &str) -> Result<Verified, Code> {
        tokens(&KEY).verify(token)
    }

    #[test]
    fn a_token_is_verified_by_who_issued_it_alone() {
        let token = tokens(&KEY).issue(&member(), SessionId(9), Timestamp::now()).unwrap().text;
        let verified = verify(&token).unwrap();
        assert_eq!((verified.member, verified.session, verified.epoch), (MemberId(5), SessionId(9), 3));
        assert_eq!(tokens(&[8; 32]).verify(&token), Err(Code::InvalidToken));
    }

    #[test]
    fn the_claims_are_those_that_clients_know() {
        assert!(verify(&sign(Algorithm::HS256, &claims(), &KEY)).is_ok());
    }

    #[rstest]
    #[case("exp")]
    #[case("sub")]
    #[case("iss")]
    #[case("aud")]
    #[case("sid")]
    #[case("ep")]
    fn a_token_without_a_claim_is_refused(#[case] claim: &str) {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(claim);
        assert_eq!(verify(&sign(Algorithm::HS256, &claims, &KEY)), Err(Code::InvalidToken));
    }

    #[rstest]
    #[case("exp", json!("9999999999"))]
    #[case("exp", json!(i64::MAX))]
    #[case("sub", json!("kim"))]
    #[case("sub", json!(5))]
    #[case("iss", json!("other"))]
    #[case("aud", json!("other"))]
    #[case("nbf", json!(9_999_999_999_i64))]
    fn a_token_with_a_wrong_claim_is_refused(#[case] claim: &str, #[case] value: Value) {
        let mut claims = claims();
        claims[claim] = value;
        assert_eq!(verify(&sign(Algorithm::HS256, &claims, &KEY)), Err(Code::InvalidToken));
    }

    #[test]
    fn an_old_token_is_told_apart() {
        let mut claims = claims();
        claims["exp"] = json!(Timestamp::now().unix() - 1);
        assert_eq!(verify(&sign(Algorithm::HS256, &claims, &KEY)), Err(Code::TokenExpired));
    }

    #[test]
    fn no_other_algorithm_is_taken() {
        for algorithm in [Algorithm::HS384, Algorithm::HS512] {
            assert_eq!(verify(&sign(algorithm, &claims(), &KEY)), Err(Code::InvalidToken));
        }
        let payload = BASE64_URL_SAFE_NO_PAD.encode(claims().to_string());
        for algorithm in ["none", "None", "nOnE", ""] {
            let header = BASE64_URL_SAFE_NO_PAD.encode(json!({ "alg": algorithm, "typ": "JWT" }).to_string());
            assert_eq!(verify(&format!("{header}.{payload}.")), Err(Code::InvalidToken), "{algorithm}");
        }
    }

    #[test]
    fn a_damaged_token_is_refused() {
        let token = sign(Algorithm::HS256, &claims(), &KEY);
        let unsigned = &token[..=token.rfind('.').unwrap()];
        for token in ["", ".", "..", unsigned, &token[..token.len() - 2], &"A".repeat(1 << 20)] {
            assert_eq!(verify(token), Err(Code::InvalidToken));
        }
    }
}
