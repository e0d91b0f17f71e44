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
mod frames;
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
use stomp_proto::{
    AckMode, Command, Connect, DecodeError, Frame, HeartBeat, Send, Subscribe, Version, header::name,
};

pub(crate) use self::{acks::Verdict, subscriptions::SubscriptionName};
use self::{
    acks::{Tag, Unacknowledged},
    pacemaker::Pacemaker,
    subscriptions::Subscriptions,
    transactions::Transactions,
};
pub use self::{transactions::TransactionLimits, violation::Violation};
use crate::{Config, Refusal, hub::Lease};

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
    subscriptions: Subscriptions<H>,
    unacknowledged: Unacknowledged,
    transactions: Transactions,
    transmit: VecDeque<Bytes>,
}

impl<H> Session<H> {
    pub(crate) fn new(config: Arc<Config>, id: String, now: Instant) -> Self {
        Self {
            state: State::Connecting { deadline: now + config.login_timeout },
            version: Version::V1_2,
            subscriptions: Subscriptions::new(config.subscriptions),
            unacknowledged: Unacknowledged::default(),
            transactions: Transactions::new(config.transactions),
            pending: None,
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
    pub(crate) fn is_busy(&self) -> bool {
        self.pending.is_some()
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
        let receipt = frame.headers().get(name::RECEIPT).map(str::to_owned);
        match self.accept(now, frame) {
            Ok(request) => request,
            Err(violation) => {
                self.fail(&violation, receipt.as_deref());
                None
            }
        }
    }

    /// Whether the client may get more messages: not while it has too many to acknowledge.
    pub(crate) fn takes_messages(&self) -> bool {
        self.unacknowledged.len() < self.config.unacknowledged
    }

    /// A message goes out that the client is to acknowledge; the answer is the name it is to use.
    pub(crate) fn delivered(&mut self, subscription: u32, mode: AckMode, lease: Option<Lease>) -> Tag {
        self.unacknowledged.add(subscription, mode, lease)
    }

    /// A frame of that command has begun to arrive. One that cannot be the first is refused before it is whole: a
    /// peer that speaks another protocol may never send the NUL that would end it.
    pub(crate) fn handle_pending(&mut self, command: &Command) {
        let is_connect = matches!(command, Command::Connect | Command::Stomp);
        if matches!(self.state, State::Connecting { .. }) && !is_connect {
            self.fail(&Violation::NotConnected, None);
        }
    }

    /// The decoder gave up on what the client sent.
    pub(crate) fn handle_decode_error(&mut self, error: DecodeError, receipt: Option<&str>) {
        self.fail(&Violation::Decode(error), receipt);
    }

    /// Octets arrived.
    pub(crate) fn handle_input(&mut self, now: Instant) {
        if let State::Open { pacemaker, .. } = &mut self.state {
            pacemaker.received(now);
        }
    }

    /// Octets were written.
    pub(crate) fn handle_output(&mut self, now: Instant) {
        if let State::Open { pacemaker, .. } = &mut self.state {
            pacemaker.sent(now);
        }
    }

    /// Does what is due at `now`.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        let limit = self.config.login_timeout;
        match &mut self.state {
            State::Connecting { deadline } | State::Authenticating { deadline, .. } if *deadline <= now => {
                self.fail(&Violation::LoginTimeout { limit }, None);
            }
            State::Open { expires: Some(expires), .. } if *expires <= now => {
                self.fail(&Violation::Expired, None)
            }
            State::Open { pacemaker, .. }
                if self.pending.is_none() && pacemaker.silence().is_some_and(|silence| silence <= now) =>
            {
                self.fail(&Violation::Silence, None);
            }
            State::Open { pacemaker, .. } if pacemaker.next_beat().is_some_and(|beat| beat <= now) => {
                pacemaker.sent(now);
                self.transmit.push_back(Bytes::from_static(b"\n"));
            }
            _ => {}
        }
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) next.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        match &self.state {
            State::Connecting { deadline } | State::Authenticating { deadline, .. } => Some(*deadline),
            State::Open { pacemaker, expires } => {
                // While a request is carried out nothing is read: who cannot be heard is not silent.
                let silence = pacemaker.silence().filter(|_| self.pending.is_none());
                [pacemaker.next_beat(), silence, *expires].into_iter().flatten().min()
            }
            State::Closing(_) => None,
        }
    }

    /// The next frame or heart-beat of the session's own to write, in order.
    pub(crate) fn poll_transmit(&mut self) -> Option<Bytes> {
        self.transmit.pop_front()
    }

    /// The client is who it says; its login lasts for `lifetime`.
    pub(crate) fn authenticated(&mut self, now: Instant, user: &str, lifetime: Option<Duration>) {
        self.pending = None;
        let State::Authenticating { heart_beat, .. } = self.state else {
            return;
        };
        let pacemaker = Pacemaker::new(self.config.heart_beat, heart_beat, now);
        let expires = lifetime.and_then(|lifetime| now.checked_add(lifetime));
        self.state = State::Open { pacemaker, expires };
        self.transmit.push_back(reply::connected(&self.config, &self.id, user, self.version));
    }

    /// The subscription is live and known to the driver as `handle`. If the client asked for history, it is told
    /// whether it has `recovered` all it missed.
    pub(crate) fn subscribed(&mut self, handle: H, recovered: Option<bool>) {
        let Some(Pending { subscription: Some(Beginning { name, serial, destination }), receipt }) =
            self.pending.take()
        else {
            return;
        };
        self.subscriptions.insert(name, serial, destination, handle);
        match (receipt, recovered, self.closing()) {
            (Some(receipt), Some(recovered), None) => {
                self.transmit.push_back(reply::recovery(&receipt, recovered, self.version));
            }
            (receipt, ..) => self.acknowledge(receipt.as_deref()),
        }
    }

    /// The pending request was carried out.
    pub(crate) fn done(&mut self) {
        let receipt = self.pending.take().and_then(|pending| pending.receipt);
        self.acknowledge(receipt.as_deref());
    }

    /// The pending request was refused, and the client has been told in another way.
    pub(crate) fn refused_softly(&mut self) {
        self.pending = None;
    }

    /// The pending request was refused; or, without one, the session is ended.
    pub(crate) fn refuse(&mut self, refusal: &Refusal) {
        let receipt = self.pending.take().and_then(|pending| pending.receipt);
        self.close(refusal, receipt.as_deref(), Closing::Error);
    }

    /// Ends the session with a reason of the server's.
    pub(crate) fn close_with(&mut self, refusal: &Refusal, reason: Closing) {
        self.close(refusal, None, reason);
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
