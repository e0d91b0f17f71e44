//! One message on its way to one device.

use std::time::Duration;

use reqwest::{
    StatusCode,
    header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE},
};

use super::{Push, Subscription};
use crate::{error::ChatError, store::PushTarget};

/// How often a message is sent that is not taken.
const ATTEMPTS: u32 = 3;

/// How long to wait before the second time, and four times as long before the third.
const PAUSE: Duration = Duration::from_secs(1);

/// After so many messages in a row that were not taken, a device is given up.
const FAILURES: i64 = 10;

/// How long a push service keeps a message for a device that is off.
const TTL: Duration = Duration::from_secs(24 * 60 * 60);

/// What became of it.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Taken,
    /// The subscription is over.
    Gone,
    /// Maybe another time.
    Later,
    Refused,
}

impl Push {
    /// Waits for a place among the requests, and no longer.
    pub(super) async fn deliver_soon(&self, target: PushTarget, text: Vec<u8>) {
        let Ok(permit) = self.requests.clone().acquire_owned().await else { return };
        let push = self.clone();
        tokio::spawn(async move {
            if let Err(error) = push.deliver(&target, text).await {
                tracing::warn!(%error, member = %target.member_id, "what became of a push is not noted");
            }
            drop(permit);
        });
    }

    async fn deliver(&self, target: &PushTarget, text: Vec<u8>) -> Result<(), ChatError> {
        let Some(subscription) = Subscription::of(target, self.reach) else {
            return Ok(self.store.push_ended(target.id).await?);
        };
        let mut pause = PAUSE;
        let mut outcome = self.send(&subscription, &text).await;
        for _ in 1..ATTEMPTS {
            if outcome != Outcome::Later {
                break;
            }
            tokio::time::sleep(pause).await;
            pause *= 4;
            outcome = self.send(&subscription, &text).await;
        }
        match outcome {
            Outcome::Taken => self.store.push_succeeded(target.id).await?,
            Outcome::Gone => self.store.push_ended(target.id).await?,
            Outcome::Later | Outcome::Refused => self.store.push_failed(target.id, FAILURES).await?,
        }
        Ok(())
    }

    async fn send(&self, subscription: &Subscription, text: &[u8]) -> Outcome {
        let endpoint = subscription.endpoint();
        let (Ok(sealed), Ok(authorization)) =
            (subscription.seal(text.to_vec()), self.vapid.authorization(endpoint))
        else {
            return Outcome::Refused;
        };
        let request = self
            .http
            .post(endpoint.clone())
            .header("TTL", TTL.as_secs())
            .header("Urgency", "high")
            .header(AUTHORIZATION, authorization)
            .header(CONTENT_ENCODING, "aes128gcm")
            .header(CONTENT_TYPE, "application/octet-stream")
            .body(sealed);
        match request.send().await {
            Ok(response) => Outcome::of(response.status()),
            Err(error) => {
                tracing::debug!(error = %error.without_url(), "a push service is not reached");
                Outcome::Later
            }
        }
    }
}

impl Outcome {
    /// What an answer says (RFC 8030, 5 and 7.3).
    fn of(status: StatusCode) -> Self {
        match status {
            status if status.is_success() => Self::Taken,
            StatusCode::NOT_FOUND | StatusCode::GONE => Self::Gone,
            StatusCode::TOO_MANY_REQUESTS => Self::Later,
            status if status.is_server_error() => Self::Later,
            _ => Self::Refused,
        }
    }
}
