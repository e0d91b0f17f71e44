//! What is counted; the crate's documentation lists the names.

use std::sync::atomic::{AtomicU64, Ordering};

use metrics::{counter, gauge};

use crate::session::Closing;

/// A connection, counted while it lives.
#[derive(Debug)]
pub(crate) struct Counted {
    name: &'static str,
}

impl Counted {
    /// An open connection.
    pub(crate) fn connection() -> Self {
        Self::new("stomp_connections")
    }

    /// A session that has logged in.
    pub(crate) fn session() -> Self {
        Self::new("stomp_sessions")
    }

    fn new(name: &'static str) -> Self {
        gauge!(name).increment(1.0);
        Self { name }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        gauge!(self.name).decrement(1.0);
    }
}

/// A connection was closed at once, because there are as many as may be.
pub(crate) fn turned_away() {
    counter!("stomp_connections_refused_total").increment(1);
}

/// What has been counted of messages since the process started: the facade takes numbers in and gives none out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Totals {
    pub(crate) received: u64,
    pub(crate) sent: u64,
    pub(crate) dropped: u64,
}

static RECEIVED: AtomicU64 = AtomicU64::new(0);
static SENT: AtomicU64 = AtomicU64::new(0);
static DROPPED: AtomicU64 = AtomicU64::new(0);

pub(crate) fn totals() -> Totals {
    let [received, sent, dropped] = [&RECEIVED, &SENT, &DROPPED].map(|total| total.load(Ordering::Relaxed));
    Totals { received, sent, dropped }
}

/// A SEND was taken in.
pub(crate) fn received() {
    RECEIVED.fetch_add(1, Ordering::Relaxed);
    counter!("stomp_messages_received_total").increment(1);
}

/// MESSAGE frames were written.
pub(crate) fn sent(messages: usize) {
    SENT.fetch_add(messages as u64, Ordering::Relaxed);
    counter!("stomp_messages_sent_total").increment(messages as u64);
}

/// Messages will not reach a subscriber.
pub(crate) fn dropped(messages: usize, reason: &'static str) {
    if messages > 0 {
        DROPPED.fetch_add(messages as u64, Ordering::Relaxed);
        counter!("stomp_messages_dropped_total", "reason" => reason).increment(messages as u64);
    }
}

/// The back-end lost messages of a topic.
pub(crate) fn lost() {
    counter!("stomp_losses_total").increment(1);
}

/// A topic with a history has a hole that is to be read from Redis.
#[cfg(feature = "redis")]
pub(crate) fn gap() {
    counter!("stomp_relay_gaps_total").increment(1);
}

/// A message came from the back-end twice, and was dropped.
#[cfg(feature = "redis")]
pub(crate) fn duplicate() {
    counter!("stomp_relay_duplicates_total").increment(1);
}

/// The server ended a session by an ERROR frame.
pub(crate) fn ended(reason: Closing) {
    let reason = match reason {
        Closing::Disconnected => return,
        Closing::Error => "error",
        Closing::TooSlow => "slow-consumer",
        Closing::Shutdown => "shutdown",
    };
    counter!("stomp_errors_total", "reason" => reason).increment(1);
}
