//! Where a device is told of messages, and how they are sealed for it alone.

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use reqwest::Url;
use web_push_native::{Auth, encrypt, p256::PublicKey};

use crate::{domain::Problems, outbound::Reach, store::PushTarget};

/// Octets of an endpoint, at most.
const MAX_ENDPOINT: usize = 2_048;

/// Browsers leave the padding out; some libraries do not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Whether a text may be an endpoint: not too long, and without what no database holds.
pub(super) fn may_be_endpoint(text: &str) -> bool {
    text.len() <= MAX_ENDPOINT && !text.contains('\0')
}

/// A subscription of a device.
#[derive(Debug)]
pub(crate) struct Subscription {
    endpoint: Url,
    key: PublicKey,
    secret: Auth,
}

impl Subscription {
    /// Reads a subscription as browsers give it.
    ///
    /// # Errors
    ///
    /// [`Problems`] with an endpoint out of reach and with keys that are none.
    pub(crate) fn parse(endpoint: &str, p256dh: &str, auth: &str, reach: Reach) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let url = may_be_endpoint(endpoint).then(|| Url::parse(endpoint).ok()).flatten();
        let url = url.filter(|url| reach.allows(url));
        let url = problems.check(url, "endpoint", "the URL of a push service");
        let key = BASE64.decode(p256dh).ok().and_then(|key| PublicKey::from_sec1_bytes(&key).ok());
        let key = problems.check(key, "keys.p256dh", "a public key on the curve P-256, in base64url");
        let secret = BASE64.decode(auth).ok().and_then(|secret| <[u8; 16]>::try_from(secret).ok());
        let secret = problems.check(secret, "keys.auth", "16 octets in base64url");
        match (url, key, secret) {
            (Some(endpoint), Some(key), Some(secret)) => Ok(Self { endpoint, key, secret: secret.into() }),
            _ => Err(problems),
        }
    }

    /// The one that was stored; `None` if its endpoint is not within reach any more.
    pub(super) fn of(target: &PushTarget, reach: Reach) -> Option<Self> {
        Self::parse(&target.endpoint, &target.p256dh, &target.auth, reach).ok()
    }

    /// Where to send what is for the device.
    pub(super) fn endpoint(&self) -> &Url {
        &self.endpoint
    }

    /// What the device alone can read (RFC 8291).
    pub(super) fn seal(&self, text: Vec<u8>) -> Result<Vec<u8>, web_push_native::Error> {
        encrypt(text, &self.key, &self.secret)
    }
}
