//! The protocol of one connection as a state machine: no socket, no clock, no task.
//!
//! ```text
//!                CONNECT              authenticated
//!  Connecting ────────────▶ Authenticating ───────▶ Open
//!      │                         │                    │ DISCONNECT, ERROR,
//!      │ timeout, wrong frame    │ refused            │ silence, expiry
//!      └─────────────────────────┴────────▶ Closing ◀─┘
//! ```
//!
//! The driver feeds it ([`handle_frame`](Session::handle_frame), [`handle_decode_error`](Session::handle_decode_error),
//! [`handle_timeout`](Session::handle_timeout), ...), carries out the one [`Request`] that may come back, tells how
//! it went ([`authenticated`](Session::authenticated), [`subscribed`](Session::subscribed), [`done`](Session::done),
//! [`refuse`](Session::refuse)), and then asks [`poll_transmit`](Session::poll_transmit) until it is empty and
//! [`poll_timeout`](Session::poll_timeout) for the next wake-up. While a request [is pending](Session::is_busy)
//! no further frame may be fed: that keeps receipts in order (STOMP 1.2, "RECEIPT").

mod acks;
mod deadlines;
mod frames;
mod outcomes;
mod pacemaker;
mod reply;
mod subscriptions;
mod transactions;
mod violation;

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use stomp_proto::{Connect, DecodeError, Frame, HeartBeat, Send, Subscribe, Version, header::name};

use self::{
    acks::{Tag, Unacknowledged},
    pacemaker::Pacemaker,
    subscriptions::Subscriptions,
    transactions::Transactions,
};
pub(crate) use self::{
    acks::{Unsettled, Verdict},
    subscriptions::SubscriptionName,
};
pub use self::{transactions::TransactionLimits, violation::Violation};
use crate::{
    Config, Refusal,
    hub::{Credit, Lease},
    rate::Bucket,
};

/// What the driver has to do for the session, one at a time.
#[derive(Debug)]
pub(crate) enum Request<H> {
    /// Find out who the client is; answer with `authenticated` or `refuse`.
    Authenticate(Connect),
    /// Publish; answer with `done` or `refuse`.
    Send(Send),
    /// Start delivery to the subscription of that serial number; answer with `subscribed` or `refuse`.
    Subscribe(Subscribe, u32),
    /// End delivery; answer with `done`.
    Unsubscribe(H),
    /// Tell the back-end what became of messages; answer with `done`.
    Settle(Vec<Lease>, Verdict),
    /// Do all of it or nothing; answer with `done` or `refuse`.
    Commit(Batch),
}

/// What a transaction does when it is committed.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) sends: Vec<Send>,
    pub(crate) settlements: Vec<(Vec<Lease>, Verdict)>,
}

/// Why a session closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closing {
    /// The client said goodbye.
    Disconnected,
    /// An ERROR was sent.
    Error,
    /// The client did not read.
    TooSlow,
    /// The server stops.
    Shutdown,
}

#[derive(Debug)]
enum State {
    Connecting { deadline: Instant },
    Authenticating { deadline: Instant, heart_beat: HeartBeat },
    Open { pacemaker: Pacemaker, expires: Option<Instant> },
    Closing(Closing),
}

/// What a pending request leaves to do when it is done.
#[derive(Debug, Default)]
struct Pending {
    receipt: Option<String>,
    subscription: Option<Beginning>,
}

/// A subscription that is about to begin.
#[derive(Debug)]
struct Beginning {
    name: SubscriptionName,
    serial: u32,
    destination: Option<String>,
}

/// The server side of one STOMP connection. `H` is the driver's handle of a subscription.
#[derive(Debug)]
pub(crate) struct Session<H> {
    config: Arc<Config>,
    id: String,
    version: Version,
    state: State,
    pending: Option<Pending>,
    /// When to give the pending request up.
    overdue: Option<Instant>,
    /// When the frame that has begun to arrive must be complete.
    unfinished: Option<Instant>,
    frames: Bucket,
    /// Until when no more frames may be taken in.
    throttled: Option<Instant>,
    /// Octets given out by `poll_transmit` that have not been written yet.
    unwritten: usize,
    /// The server stops, and nothing more of the client's is wanted.
    leaving: bool,
    subscriptions: Subscriptions<H>,
    unacknowledged: Unacknowledged,
    transactions: Transactions,
    transmit: VecDeque<Bytes>,
}

/// Octets of answers that a client may leave unread, before no more of its frames are read.
const MAX_UNWRITTEN: usize = 64 * 1024;

impl<H> Session<H> {
    pub(crate) fn new(config: Arc<Config>, id: String, now: Instant) -> Self {
        Self {
            state: State::Connecting { deadline: now + config.login_timeout },
            version: Version::V1_2,
            subscriptions: Subscriptions::new(config.subscriptions),
            unacknowledged: Unacknowledged::new(&config),
            transactions: Transactions::new(config.transactions),
            pending: None,
            overdue: None,
            unfinished: None,
            frames: Bucket::default(),
            throttled: None,
            unwritten: 0,
            leaving: false,
            transmit: VecDeque::new(),
            config,
            id,
        }
    }

    /// The version whose rules the next frame is read by.
    pub(crate) fn version(&self) -> Version {
        self.version
    }

    /// Whether a request is being carried out.
    pub(crate) fn is_waiting(&self) -> bool {
        self.pending.is_some()
    }

    /// Whether no more may be read: a request is being carried out, the client takes no answers or sends too fast, or the
    /// server stops.
    pub(crate) fn is_busy(&self) -> bool {
        self.is_waiting() || self.is_clogged() || self.throttled.is_some() || self.leaving
    }

    /// The server stops: the client is heard no more, and gets what is there for it.
    pub(crate) fn leave(&mut self) {
        self.leaving = true;
    }

    /// Whether the session is to be [shut down](Self::shut_down) once the client has what is there for it.
    pub(crate) fn is_leaving(&self) -> bool {
        self.leaving && self.closing().is_none()
    }

    fn is_clogged(&self) -> bool {
        self.unwritten > MAX_UNWRITTEN
    }

    /// Whether the session is over but for what is left to transmit, and why.
    pub(crate) fn closing(&self) -> Option<Closing> {
        match self.state {
            State::Closing(reason) => Some(reason),
            _ => None,
        }
    }

    /// Whether a refusal now would be told by RECEIPT's opposite, ERROR, because a receipt was asked for.
    pub(crate) fn wants_receipt(&self) -> bool {
        self.pending.as_ref().is_some_and(|pending| pending.receipt.is_some())
    }

    /// Takes a frame in; `Some` is for the driver to carry out.
    pub(crate) fn handle_frame(&mut self, now: Instant, frame: Frame) -> Option<Request<H>> {
        self.unfinished = None;
        if let Some(rate) = self.config.frame_rate {
            self.throttled = self.frames.throttle(now, rate);
        }
        let receipt = frame.headers().get(name::RECEIPT).map(str::to_owned);
        match self.accept(now, frame) {
            Ok(request) => {
                self.overdue = now.checked_add(self.config.request_timeout);
                request
            }
            Err(violation) => {
                self.fail(&violation, receipt.as_deref());
                None
            }
        }
    }

    /// What the client may get before it must acknowledge some.
    pub(crate) fn credit(&self) -> Credit {
        self.unacknowledged.credit()
    }

    /// A message goes out that the client is to acknowledge; the answer is the name it is to use.
    pub(crate) fn delivered(&mut self, now: Instant, delivery: Unsettled) -> Tag {
        self.unacknowledged.add(now, delivery)
    }

    /// The decoder gave up on what the client sent.
    pub(crate) fn handle_decode_error(&mut self, error: DecodeError, receipt: Option<&str>) {
        self.fail(&Violation::Decode(error), receipt);
    }

    /// The next frame or heart-beat of the session's own to write, in order.
    pub(crate) fn poll_transmit(&mut self) -> Option<Bytes> {
        let octets = self.transmit.pop_front()?;
        self.unwritten += octets.len();
        Some(octets)
    }

    /// Ends the session because the server stops; the client should wait for so long before it connects again.
    pub(crate) fn shut_down(&mut self, reconnect_after: Duration) {
        if self.closing().is_none() {
            self.transmit.push_back(reply::shutdown(reconnect_after));
            self.state = State::Closing(Closing::Shutdown);
        }
    }

    /// Ends the session with a reason of the server's.
    pub(crate) fn close_with(&mut self, refusal: &Refusal, reason: Closing) {
        self.close(refusal, None, reason);
    }

    /// What the driver keeps for each subscription.
    pub(crate) fn subscriptions(&self) -> impl Iterator<Item = &H> {
        self.subscriptions.handles()
    }

    /// Takes out what the driver keeps for each subscription, at the end.
    pub(crate) fn drain_subscriptions(&mut self) -> impl Iterator<Item = H> {
        self.subscriptions.drain()
    }

    fn acknowledge(&mut self, receipt: Option<&str>) {
        if let (Some(receipt), None) = (receipt, self.closing()) {
            self.transmit.push_back(reply::receipt(receipt, self.version));
        }
    }

    fn fail(&mut self, violation: &Violation, receipt: Option<&str>) {
        let refusal = Refusal::from(violation).text(reply::explanation(violation, &self.config));
        self.close(&refusal, receipt, Closing::Error);
    }

    fn close(&mut self, refusal: &Refusal, receipt: Option<&str>, reason: Closing) {
        if self.closing().is_some() {
            return;
        }
        self.transmit.push_back(match self.state {
            State::Open { .. } => reply::error(refusal, receipt, self.version),
            _ => reply::early_error(refusal, receipt, &self.config),
        });
        self.state = State::Closing(reason);
    }
}

#[cfg(test)]
mod tests;
