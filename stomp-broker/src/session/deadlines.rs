//! What comes with time: heart-beats, silence, and all that may not take for ever.

use std::time::Instant;

use bytes::Bytes;
use stomp_proto::Command;

use super::{Session, State, Violation};
use crate::Config;

impl<H> Session<H> {
    /// A frame has begun to arrive, of that command if it is known yet. One that cannot be the first is refused before
    /// it is whole: a peer that speaks another protocol may never send the NUL that would end it.
    pub(crate) fn handle_pending(&mut self, now: Instant, command: Option<&Command>) {
        let is_other = command.is_some_and(|command| !matches!(command, Command::Connect | Command::Stomp));
        match self.state {
            State::Connecting { .. } if is_other => self.fail(&Violation::NotConnected, None),
            State::Open { .. } if self.unfinished.is_none() => {
                self.unfinished = now.checked_add(self.config.frame_timeout);
            }
            _ => {}
        }
    }

    /// Of all that has begun to arrive, nothing is unfinished.
    pub(crate) fn handle_whole(&mut self) {
        self.unfinished = None;
    }

    /// Octets arrived.
    pub(crate) fn handle_input(&mut self, now: Instant) {
        if let State::Open { pacemaker, .. } = &mut self.state {
            pacemaker.received(now);
        }
    }

    /// All octets were written.
    pub(crate) fn handle_output(&mut self, now: Instant) {
        let was_clogged = self.is_clogged();
        self.unwritten = 0;
        if let State::Open { pacemaker, .. } = &mut self.state {
            pacemaker.sent(now);
        }
        if was_clogged {
            // The peer could not be heard meanwhile.
            self.unfinished = None;
            self.handle_input(now);
        }
    }

    /// Does what is due at `now`.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        if self.throttled.is_some_and(|until| until <= now) {
            self.throttled = None;
            self.handle_input(now);
        }
        match self.due(now) {
            Some(violation @ Violation::RequestTimeout { .. }) => {
                let receipt = self.pending.take().and_then(|pending| pending.receipt);
                self.fail(&violation, receipt.as_deref());
            }
            Some(violation) => self.fail(&violation, None),
            None => {
                if let State::Open { pacemaker, .. } = &mut self.state
                    && pacemaker.next_beat().is_some_and(|beat| beat <= now)
                {
                    pacemaker.sent(now);
                    self.transmit.push_back(Bytes::from_static(b"\n"));
                }
            }
        }
    }

    /// What the session ends by at `now`.
    fn due(&self, now: Instant) -> Option<Violation> {
        let (time, violation) = self.deadlines().into_iter().flatten().min_by_key(|(time, _)| *time)?;
        (time <= now).then_some(violation)
    }

    /// When the session would end, and by what.
    fn deadlines(&self) -> [Option<(Instant, Violation)>; 5] {
        let Config { login_timeout, request_timeout, frame_timeout, ack_timeout, .. } = *self.config;
        let at = |time: Option<Instant>, violation| time.map(|time| (time, violation));
        let overdue = self.overdue.filter(|_| self.is_waiting());
        let overdue = at(overdue, Violation::RequestTimeout { limit: request_timeout });
        match &self.state {
            State::Connecting { deadline } | State::Authenticating { deadline, .. } => {
                let limit = login_timeout;
                [at(Some(*deadline), Violation::LoginTimeout { limit }), None, None, None, None]
            }
            State::Open { pacemaker, expires } => {
                // Who cannot be heard is not silent, and finishes no frame.
                let heard = !self.is_busy();
                let full = self.unacknowledged.full_since().and_then(|since| since.checked_add(ack_timeout));
                [
                    at(*expires, Violation::Expired),
                    at(pacemaker.silence().filter(|_| heard), Violation::Silence),
                    at(self.unfinished.filter(|_| heard), Violation::FrameTimeout { limit: frame_timeout }),
                    at(full, Violation::AckTimeout { limit: ack_timeout }),
                    overdue,
                ]
            }
            State::Closing(_) => [overdue, None, None, None, None],
        }
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) next.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let beat = match &self.state {
            State::Open { pacemaker, .. } => pacemaker.next_beat(),
            _ => None,
        };
        let deadlines = self.deadlines().into_iter().flatten().map(|(time, _)| time);
        deadlines.chain(beat).chain(self.throttled).min()
    }
}
