//! `[redis]`: brokers that share their messages.

use std::{error::Error, num::NonZeroU64, time::Duration};

use serde::Deserialize;
use stomp_broker::{
    HistorySettings, Policies, QueueSettings,
    redis::{RedisRelay, RedisSettings, WhileAway},
};

/// `[redis]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redis {
    /// Where it is.
    pub url: String,
    /// What its keys and channels start with.
    #[serde(default)]
    pub prefix: Option<String>,
    /// What happens to messages while it is away.
    #[serde(default)]
    pub while_away: Away,
    /// How long a broker may be silent before others take over what it had.
    #[serde(default)]
    pub node_timeout_seconds: Option<NonZeroU64>,
}

/// What happens to messages while Redis is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Away {
    /// Their senders are refused.
    #[default]
    Fail,
    /// They reach the clients of this broker alone.
    LocalOnly,
    /// They and their senders wait.
    BufferFor {
        /// How long, at most.
        seconds: u64,
        /// Octets of all that waits, at most.
        bytes: usize,
    },
}

impl Redis {
    /// That of an URL, with defaults for all else.
    pub fn at(url: String) -> Self {
        Self { url, prefix: None, while_away: Away::Fail, node_timeout_seconds: None }
    }

    /// The back-end that uses it, with what the policies say of histories and queues.
    pub(super) fn relay(&self, policies: &Policies) -> Result<RedisRelay, Box<dyn Error>> {
        let defaults = RedisSettings::new(&*self.url);
        let relay = RedisRelay::new(RedisSettings {
            prefix: self.prefix.clone().unwrap_or_else(|| defaults.prefix.clone()),
            history: policies.histories(HistorySettings::default().bytes),
            queues: policies.queues(QueueSettings::default().queues),
            while_away: self.while_away.into(),
            node_timeout: self.node_timeout_seconds.map_or(defaults.node_timeout, seconds),
            ..defaults
        });
        relay.map_err(|error| format!("the URL of Redis is not right: {error}").into())
    }
}

fn seconds(seconds: NonZeroU64) -> Duration {
    Duration::from_secs(seconds.get())
}

impl From<Away> for WhileAway {
    fn from(away: Away) -> Self {
        match away {
            Away::Fail => Self::Fail,
            Away::LocalOnly => Self::LocalOnly,
            Away::BufferFor { seconds, bytes } => {
                Self::BufferFor { duration: Duration::from_secs(seconds), bytes }
            }
        }
    }
}
