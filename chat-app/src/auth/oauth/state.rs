//! What has to come back from a provider: in a cookie, signed, so that nothing is kept here.

use std::{fmt, time::Duration};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    domain::{Provider, SessionId, Timestamp},
    error::{ChatError, Code},
};

/// How long a person may take at the provider.
pub const STATE_LIFETIME: Duration = Duration::from_secs(600);

/// What the cookies are for: an access token signed with the same key is none.
const AUDIENCE: &str = "chat-app/oauth";

/// A login that has begun.
#[derive(Debug)]
pub struct Started {
    /// Where to send the person.
    pub location: String,
    /// The cookie to come back with.
    pub cookie: String,
}

/// What a login began with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State {
    aud: String,
    exp: i64,
    pub(super) provider: Provider,
    /// What comes back in the URL: who has the cookie is who began.
    pub(super) state: String,
    /// What comes back in Google's token: it was made for this login.
    pub(super) nonce: String,
    /// What proves to the provider that who exchanges the code is who asked for it (RFC 7636).
    pub(super) verifier: String,
    pub(super) redirect_uri: String,
    /// Where the person goes afterwards.
    pub(super) return_to: String,
    /// The session of the member that the account is for, if it is not to log in.
    pub(super) link: Option<i64>,
}

impl State {
    pub(super) fn new(
        provider: Provider,
        redirect_uri: String,
        return_to: String,
        link: Option<SessionId>,
    ) -> Self {
        Self {
            aud: AUDIENCE.to_owned(),
            exp: Timestamp::now().after(STATE_LIFETIME).unix(),
            provider,
            state: random(),
            nonce: random(),
            verifier: random() + &random(),
            redirect_uri,
            return_to,
            link: link.map(|session| session.0),
        }
    }

    /// What the provider is told of the verifier.
    pub(super) fn challenge(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&self.verifier))
    }
}

/// 22 characters of 128 random bits.
fn random() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>())
}

/// Signs and verifies the cookies.
pub(super) struct States {
    encoding: EncodingKey,
    decoding: DecodingKey,
}

impl States {
    pub(super) fn new(key: &[u8]) -> Self {
        Self { encoding: EncodingKey::from_secret(key), decoding: DecodingKey::from_secret(key) }
    }

    pub(super) fn sign(&self, state: &State) -> Result<String, ChatError> {
        encode(&Header::new(Algorithm::HS256), state, &self.encoding)
            .map_err(|_| ChatError::Internal("the state of a login could not be signed"))
    }

    pub(super) fn verify(&self, cookie: &str) -> Result<State, Code> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_audience(&[AUDIENCE]);
        validation.leeway = 0;
        let token = decode(cookie, &self.decoding, &validation).map_err(|_| Code::OAuthState)?;
        Ok(token.claims)
    }
}

impl fmt::Debug for States {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("States(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        State::new(Provider::Naver, "http://a/callback".into(), "/r/1".into(), Some(SessionId(5)))
    }

    #[test]
    fn a_state_comes_back_as_it_was_and_only_from_here() {
        let (states, state) = (States::new(&[1; 32]), state());
        let cookie = states.sign(&state).unwrap();
        assert_eq!(states.verify(&cookie).unwrap(), state);
        assert_eq!(States::new(&[2; 32]).verify(&cookie), Err(Code::OAuthState));
        assert_eq!(states.verify(""), Err(Code::OAuthState));
    }

    #[test]
    fn a_state_ends() {
        let states = States::new(&[1; 32]);
        let late = State { exp: Timestamp::now().unix() - 1, ..state() };
        assert_eq!(states.verify(&states.sign(&late).unwrap()), Err(Code::OAuthState));
    }

    #[test]
    fn the_challenge_is_that_of_rfc_7636() {
        // Appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned();
        let state = State { verifier, ..state() };
        assert_eq!(state.challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert!(
            (43..=128)
                .contains(&State::new(Provider::Google, String::new(), String::new(), None).verifier.len())
        );
    }
}
