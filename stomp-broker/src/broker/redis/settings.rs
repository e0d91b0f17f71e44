//! What can be set about a [`RedisRelay`](super::RedisRelay).

use std::time::Duration;

use crate::{HistorySettings, QueueSettings};

/// The settings of a [`RedisRelay`](super::RedisRelay).
#[derive(Debug, Clone)]
pub struct RedisSettings {
    /// Where Redis is, such as `redis://user:password@host:6379/0`.
    pub url: String,
    /// What every key and channel starts with. Brokers with different prefixes share a Redis without meeting.
    pub prefix: String,
    /// Which topics have a history. [`HistorySettings::bytes`] does not count here: Redis bounds its own memory.
    pub history: HistorySettings,
    /// What queues may hold, and how many there may be, on all nodes together.
    pub queues: QueueSettings,
    /// What happens to messages while Redis is away.
    pub while_away: WhileAway,
    /// How long Redis may take to answer, or to be connected to, before it counts as away.
    pub response_timeout: Duration,
    /// How long a node may be silent before its leases go to others and its presence is forgotten.
    pub node_timeout: Duration,
}

/// What happens to messages while Redis is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhileAway {
    /// They are refused.
    Fail,
    /// They wait, and with them their senders for the RECEIPT; what waits too long, or is too much, is refused.
    BufferFor {
        /// How long, at most.
        duration: Duration,
        /// Octets of what waits, at most.
        bytes: usize,
    },
    /// They reach the subscribers of this node and no others, without a place in a history.
    LocalOnly,
}

impl WhileAway {
    /// How long a sender may have to wait for Redis to come back.
    pub(super) fn patience(self) -> Duration {
        match self {
            Self::BufferFor { duration, .. } => duration,
            Self::Fail | Self::LocalOnly => Duration::ZERO,
        }
    }
}

impl RedisSettings {
    /// Settings for the Redis at `url`: no histories, messages refused while it is away, a second to answer, 15
    /// seconds until a silent node counts as dead.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            prefix: "stomp:".to_owned(),
            history: HistorySettings::default(),
            queues: QueueSettings::default(),
            while_away: WhileAway::Fail,
            response_timeout: Duration::from_secs(1),
            node_timeout: Duration::from_secs(15),
        }
    }
}
