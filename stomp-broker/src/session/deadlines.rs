//! What comes with time: heart-beats, silence, and all that may not take for ever.

use std::time::Instant;

use bytes::Bytes;
use stomp_proto::Command;

use super::{Pacemaker, Session, State, Violation};
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
        let deadlines = self.deadlines().into_iter().filter_map(|(time, wait)| Some((time?, wait)));
        let (time, wait) = deadlines.min_by_key(|(time, _)| *time)?;
        (time <= now).then(|| wait.violation(&self.config))
    }

    /// When the session would end, and by what. This is asked after every delivery.
    fn deadlines(&self) -> [(Option<Instant>, Wait); 6] {
        let (login, pacemaker, expires) = match &self.state {
            State::Connecting { deadline } | State::Authenticating { deadline, .. } => {
                (Some(*deadline), None, None)
            }
            State::Open { pacemaker, expires } => (None, Some(pacemaker), *expires),
            State::Closing(_) => (None, None, None),
        };
        // Who cannot be heard is not silent, and finishes no frame.
        let heard = pacemaker.filter(|_| !self.is_busy());
        let full = pacemaker.and_then(|_| self.unacknowledged.full_since());
        let is_asked = login.is_none() && self.is_waiting();
        [
            (login, Wait::Login),
            (expires, Wait::Renewal),
            (heard.and_then(Pacemaker::silence), Wait::Sign),
            (heard.and(self.unfinished), Wait::Frame),
            (full.and_then(|since| since.checked_add(self.config.ack_timeout)), Wait::Ack),
            (self.overdue.filter(|_| is_asked), Wait::Request),
        ]
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) next.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let beat = match &self.state {
            State::Open { pacemaker, .. } => pacemaker.next_beat(),
            _ => None,
        };
        let ends = self.deadlines().into_iter().filter_map(|(time, _)| time);
        ends.chain(beat).chain(self.throttled).min()
    }
}

/// What does not take for ever.
#[derive(Debug, Clone, Copy)]
enum Wait {
    Login,
    /// Of a login that expires.
    Renewal,
    /// Of life.
    Sign,
    Frame,
    Ack,
    Request,
}

impl Wait {
    fn violation(self, config: &Config) -> Violation {
        match self {
            Self::Login => Violation::LoginTimeout { limit: config.login_timeout },
            Self::Renewal => Violation::Expired,
            Self::Sign => Violation::Silence,
            Self::Frame => Violation::FrameTimeout { limit: config.frame_timeout },
            Self::Ack => Violation::AckTimeout { limit: config.ack_timeout },
            Self::Request => Violation::RequestTimeout { limit: config.request_timeout },
        }
    }
}
