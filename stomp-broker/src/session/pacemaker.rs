//! Heart-beats of one session (STOMP 1.2, "Heart-beating").

use std::time::{Duration, Instant};

use stomp_proto::HeartBeat;

/// Says when to send a heart-beat and when the peer has been silent for too long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pacemaker {
    send_every: Option<Duration>,
    expect_every: Option<Duration>,
    last_sent: Instant,
    last_received: Instant,
}

impl Pacemaker {
    /// What two sides that offer this agree on.
    pub(crate) fn new(server: HeartBeat, client: HeartBeat, now: Instant) -> Self {
        Self {
            send_every: server.interval_to(client),
            expect_every: client.interval_to(server),
            last_sent: now,
            last_received: now,
        }
    }

    /// Octets were written.
    pub(crate) fn sent(&mut self, now: Instant) {
        self.last_sent = now;
    }

    /// Octets arrived; a part of a frame counts.
    pub(crate) fn received(&mut self, now: Instant) {
        self.last_received = now;
    }

    /// When the next heart-beat is due: early enough that it arrives within the interval.
    pub(crate) fn next_beat(&self) -> Option<Instant> {
        self.send_every.and_then(|every| self.last_sent.checked_add(every * 4 / 5))
    }

    /// When the peer counts as gone: after two and a half intervals, a generous margin for its timers and the network.
    pub(crate) fn silence(&self) -> Option<Instant> {
        self.expect_every.and_then(|every| self.last_received.checked_add(every.checked_mul(5)? / 2))
    }
}
