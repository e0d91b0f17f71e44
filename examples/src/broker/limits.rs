//! `[limits]`: bounds on clients.

use std::{num::NonZeroU32, time::Duration};

use serde::Deserialize;
use stomp_broker::{Config, Rate, TransactionLimits, proto::Limits};

/// The bounds of the file, with the defaults of the library but for larger bodies and outboxes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs)]
pub struct Bounds {
    pub connections: usize,
    pub connections_per_address: usize,
    pub login_seconds: u64,
    pub body: usize,
    pub frame_seconds: u64,
    pub write_seconds: u64,
    pub subscriptions: usize,
    pub prefetch: usize,
    pub unacknowledged: usize,
    pub unacknowledged_bytes: usize,
    pub ack_seconds: u64,
    pub transactions: usize,
    pub transaction_frames: usize,
    pub transaction_bytes: usize,
    pub outbox_frames: usize,
    pub outbox_bytes: usize,
    pub outbox_seconds: Option<u64>,
    pub outbox_memory: usize,
    pub sockjs_sessions: usize,
    pub sockjs_strangers: usize,
    pub send_rate: Option<PerSecond>,
    pub frame_rate: Option<PerSecond>,
}

/// So many a second, and more at once after a pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct PerSecond {
    pub per_second: NonZeroU32,
    pub burst: u32,
}

impl Bounds {
    /// The settings of a server with these bounds.
    pub(super) fn config(&self) -> Config {
        let second = Duration::from_secs;
        Config {
            limits: Limits { body: self.body, ..Limits::default() },
            connections: self.connections,
            connections_per_address: self.connections_per_address,
            login_timeout: second(self.login_seconds),
            frame_timeout: second(self.frame_seconds),
            write_timeout: second(self.write_seconds),
            subscriptions: self.subscriptions,
            prefetch: self.prefetch,
            unacknowledged: self.unacknowledged,
            unacknowledged_bytes: self.unacknowledged_bytes,
            ack_timeout: second(self.ack_seconds),
            transactions: TransactionLimits {
                open: self.transactions,
                frames: self.transaction_frames,
                bytes: self.transaction_bytes,
            },
            outbox_frames: self.outbox_frames,
            outbox_bytes: self.outbox_bytes,
            outbox_age: self.outbox_seconds.map(second),
            outbox_memory: self.outbox_memory,
            sockjs_sessions: self.sockjs_sessions,
            sockjs_strangers: self.sockjs_strangers,
            send_rate: self.send_rate.map(PerSecond::rate),
            frame_rate: self.frame_rate.map(PerSecond::rate),
            ..Config::default()
        }
    }
}

impl PerSecond {
    fn rate(self) -> Rate {
        Rate { burst: self.burst, every: Duration::from_secs(1) / self.per_second.get() }
    }
}

impl Default for Bounds {
    fn default() -> Self {
        let config = Config::default();
        Self {
            connections: config.connections,
            connections_per_address: config.connections_per_address,
            login_seconds: config.login_timeout.as_secs(),
            body: 4 << 20,
            frame_seconds: config.frame_timeout.as_secs(),
            write_seconds: config.write_timeout.as_secs(),
            subscriptions: config.subscriptions,
            prefetch: config.prefetch,
            unacknowledged: config.unacknowledged,
            unacknowledged_bytes: config.unacknowledged_bytes,
            ack_seconds: config.ack_timeout.as_secs(),
            transactions: config.transactions.open,
            transaction_frames: config.transactions.frames,
            transaction_bytes: config.transactions.bytes,
            outbox_frames: config.outbox_frames,
            outbox_bytes: 16 << 20,
            outbox_seconds: None,
            outbox_memory: config.outbox_memory,
            sockjs_sessions: config.sockjs_sessions,
            sockjs_strangers: config.sockjs_strangers,
            send_rate: None,
            frame_rate: None,
        }
    }
}
