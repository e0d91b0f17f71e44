//! What can be set about a [`RedisRelay`](super::RedisRelay).

use std::{fmt, time::Duration};

use crate::{HistorySettings, QueueSettings};

/// The settings of a [`RedisRelay`](super::RedisRelay).
#[derive(Clone)]
pub struct RedisSettings {
    /// Where Redis is: see [the forms of URLs](super#where-redis-is).
    pub url: String,
    /// What every key and channel starts with, without braces. Brokers with different prefixes share a Redis without
    /// meeting.
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

/// What is wrong with [`RedisSettings`](RedisSettings).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RedisSettingsError {
    /// It starts in no way that is known.
    #[error(
        "a Redis URL starts with redis://, redis+sentinel:// or redis+cluster://, or with rediss in place of redis for TLS"
    )]
    Scheme,
    /// It has a host without a name.
    #[error("a Redis URL names its hosts: redis+cluster://host1:6379,host2:6379")]
    Host,
    /// It does not say which master the Sentinels are to be asked for.
    #[error("the URL of Sentinels ends with the name of the master: redis+sentinel://host1,host2/name")]
    Master,
    /// It has a database, and a Cluster has none.
    #[error("a Redis Cluster has no databases: redis+cluster://host1,host2 and nothing behind")]
    Database,
    /// It has an option that is not known.
    #[error("a Redis URL has no option {0:?}; there are ca, sentinel-user and sentinel-password")]
    Option(String),
    /// The prefix of keys has braces.
    #[error("the prefix of keys has no braces: in a Redis Cluster they have a meaning")]
    Prefix,
    /// The file of certificates cannot be read.
    #[error("the certificates in {path} cannot be read: {error}")]
    Certificates {
        /// As the URL says it.
        path: String,
        /// Why not.
        error: std::io::Error,
    },
    /// Something else, such as a port that is none.
    #[error("the Redis URL is not understood: {0}")]
    Other(#[from] ::redis::RedisError),
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

impl fmt::Debug for RedisSettings {
    /// Without the URL, which may have a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut settings = f.debug_struct("RedisSettings");
        settings.field("prefix", &self.prefix).field("history", &self.history).field("queues", &self.queues);
        settings.field("while_away", &self.while_away).field("response_timeout", &self.response_timeout);
        settings.field("node_timeout", &self.node_timeout).finish_non_exhaustive()
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
