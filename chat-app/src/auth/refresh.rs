//! Refresh tokens: a part that stays for the life of a session, and one that is new each time.

use std::fmt;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

const FAMILY_SIZE: usize = 16;
const TOKEN_SIZE: usize = FAMILY_SIZE + 32;

/// A refresh token. Only its hashes are stored.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct RefreshToken([u8; TOKEN_SIZE]);

/// What tokens follow each other by. The same token always has the same next one, so that a client that shows one twice,
/// because two tabs did so at once or the answer was lost, gets the same answer.
#[derive(Clone)]
pub(super) struct RefreshKey(Hmac<Sha256>);

impl RefreshKey {
    pub(super) fn new(key: &[u8]) -> Self {
        let mut mac = Hmac::new_from_slice(key).expect("a key of any length will do");
        // Access tokens are signed with the same key.
        mac.update(b"refresh token\0");
        Self(mac)
    }

    /// The token after this one.
    pub(super) fn next(&self, token: &RefreshToken) -> RefreshToken {
        let secret = self.0.clone().chain_update(token.0).finalize().into_bytes();
        let mut next = token.clone();
        next.0[FAMILY_SIZE..].copy_from_slice(&secret);
        next
    }
}

impl fmt::Debug for RefreshKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshKey(..)")
    }
}

impl RefreshToken {
    /// The first one of a session.
    pub(super) fn first() -> Self {
        Self(rand::random())
    }

    /// Reads what a client shows.
    pub(super) fn parse(text: &str) -> Option<Self> {
        BASE64_URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// What the client keeps.
    pub(super) fn encode(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.0)
    }

    /// The SHA-256 of the part that stays.
    pub(super) fn family_hash(&self) -> [u8; 32] {
        Sha256::digest(self.family()).into()
    }

    /// The SHA-256 of the whole token.
    pub(super) fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }

    fn family(&self) -> &[u8] {
        &self.0[..FAMILY_SIZE]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_back_and_garbage_is_not_read() {
        let token = RefreshToken::first();
        assert!(RefreshToken::parse(&token.encode()) == Some(token));
        for text in ["", "x", "!!!!", &"A".repeat(63), &"A".repeat(65), &"A".repeat(10_000)] {
            assert!(RefreshToken::parse(text).is_none());
        }
    }

    #[test]
    fn the_next_token_is_another_one_of_the_family() {
        let (token, key) = (RefreshToken::first(), RefreshKey::new(b"key"));
        let next = key.next(&token);
        assert_eq!(token.family_hash(), next.family_hash());
        assert_ne!(token.hash(), next.hash());
        assert!(next == key.next(&token), "asked again, it is the same one");
        assert!(next != RefreshKey::new(b"other").next(&token));
    }
}
