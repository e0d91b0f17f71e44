//! Storing where members are told of messages when they are not connected.

use async_trait::async_trait;

use super::{NoticeKind, Result};
use crate::domain::{MemberId, MessageId, SessionId, Timestamp};

/// Subscriptions of browsers to pushed messages.
#[async_trait]
pub trait PushStore {
    /// Adds a subscription, or hands one of the same endpoint over to this member and session: a browser has one.
    /// Those of the member beyond `keep` go, the oldest first.
    async fn add_subscription(&self, new: NewSubscription<'_>, keep: i64) -> Result<()>;

    /// Takes a member's subscription of that endpoint away.
    async fn remove_subscription(&self, member: MemberId, endpoint: &str) -> Result<()>;

    /// Where those are told whom messages are for: on devices that are logged in.
    async fn push_targets(&self, messages: &[MessageId], now: Timestamp) -> Result<Vec<PushTarget>>;

    /// Notes that an endpoint took a message.
    async fn push_succeeded(&self, subscription: i64) -> Result<()>;

    /// Notes that an endpoint did not take a message; it goes if it did not so often.
    async fn push_failed(&self, subscription: i64, times: i64) -> Result<()>;

    /// Takes away a subscription that is over.
    async fn push_ended(&self, subscription: i64) -> Result<()>;
}

/// A subscription to add.
#[derive(Debug, Clone, Copy)]
pub struct NewSubscription<'a> {
    /// Whose it is.
    pub member: MemberId,
    /// The login of the device.
    pub session: SessionId,
    /// Where to send messages.
    pub endpoint: &'a str,
    /// The device's public key, in base64url.
    pub p256dh: &'a str,
    /// The device's secret, in base64url.
    pub auth: &'a str,
    /// The time now.
    pub now: Timestamp,
}

/// A device to tell of a message.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct PushTarget {
    /// The message.
    pub message_id: MessageId,
    /// The subscription.
    pub id: i64,
    /// Whose it is.
    pub member_id: MemberId,
    /// Why the message is for the member.
    pub kind: NoticeKind,
    /// Where to send it.
    pub endpoint: String,
    /// The device's public key, in base64url.
    pub p256dh: String,
    /// The device's secret, in base64url.
    pub auth: String,
}
