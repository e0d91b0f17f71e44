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

mod pacemaker;
mod reply;
mod subscriptions;
mod violation;

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use stomp_proto::{
    AckMode, ClientFrame, Command, Connect, DecodeError, Disconnect, Frame, HeartBeat, Send, Subscribe,
    Unsubscribe, Version, header::name,
};

pub(crate) use self::subscriptions::SubscriptionName;
pub use self::violation::Violation;
use self::{pacemaker::Pacemaker, subscriptions::Subscriptions};
use crate::{Config, Refusal, config::MAX_ID};

/// What the driver has to do for the session, one at a time.
#[derive(Debug)]
pub(crate) enum Request<H> {
    /// Find out who the client is; answer with `authenticated` or `refuse`.
    Authenticate(Connect),
    /// Publish; answer with `done` or `refuse`.
    Send(Send),
    /// Start delivery; answer with `subscribed` or `refuse`.
    Subscribe(Subscribe),
    /// End delivery; answer with `done`.
    Unsubscribe(H),
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
    subscription: Option<SubscriptionName>,
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
    transmit: VecDeque<Bytes>,
}

impl<H> Session<H> {
    pub(crate) fn new(config: Arc<Config>, id: String, now: Instant) -> Self {
        Self {
            state: State::Connecting { deadline: now + config.login_timeout },
            version: Version::V1_2,
            subscriptions: Subscriptions::new(config.subscriptions),
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

    fn accept(&mut self, now: Instant, frame: Frame) -> Result<Option<Request<H>>, Violation> {
        let connecting = matches!(self.state, State::Connecting { .. });
        let is_connect = matches!(frame.command(), Command::Connect | Command::Stomp);
        match (connecting, is_connect) {
            (true, false) => return Err(Violation::NotConnected),
            (false, true) => return Err(Violation::AlreadyConnected),
            _ => {}
        }
        check_lengths(&frame)?;
        match ClientFrame::parse(frame, self.version)? {
            ClientFrame::Connect(connect) => self.connect(now, connect).map(Some),
            ClientFrame::Send(send) => self.send(send).map(Some),
            ClientFrame::Subscribe(subscribe) => self.subscribe(subscribe).map(Some),
            ClientFrame::Unsubscribe(unsubscribe) => self.unsubscribe(&unsubscribe).map(Some),
            ClientFrame::Disconnect(disconnect) => {
                self.disconnect(&disconnect);
                Ok(None)
            }
            ClientFrame::Ack(_) | ClientFrame::Nack(_) => unsupported("acknowledgement of messages is"),
            ClientFrame::Begin(_) | ClientFrame::Commit(_) | ClientFrame::Abort(_) => {
                unsupported("transactions are")
            }
        }
    }

    fn connect(&mut self, now: Instant, connect: Connect) -> Result<Request<H>, Violation> {
        self.version = Version::negotiate(connect.accept_version(), &self.config.versions)
            .ok_or(Violation::NoCommonVersion)?;
        let (connect, heart_beat) = match self.version {
            // 1.0 has no heart-beats, and its clients pad header values with spaces.
            Version::V1_0 => (trimmed(&connect)?, HeartBeat::default()),
            _ => {
                let heart_beat =
                    HeartBeat::from_header(connect.heart_beat()).map_err(|_| Violation::HeartBeat)?;
                (connect, heart_beat)
            }
        };
        let deadline = self.poll_timeout().unwrap_or(now);
        self.state = State::Authenticating { deadline, heart_beat };
        // A receipt on CONNECT is not answered: CONNECTED is the answer.
        self.pending = Some(Pending::default());
        Ok(Request::Authenticate(connect))
    }

    fn send(&mut self, send: Send) -> Result<Request<H>, Violation> {
        if send.transaction().is_some() {
            return unsupported("transactions are");
        }
        self.pending = Some(Pending { receipt: send.receipt().map(str::to_owned), subscription: None });
        Ok(Request::Send(send))
    }

    fn subscribe(&mut self, subscribe: Subscribe) -> Result<Request<H>, Violation> {
        if subscribe.ack() != AckMode::Auto {
            return unsupported("acknowledgement of messages (ack:client, ack:client-individual) is");
        }
        let subscription = match subscribe.id() {
            Some(id) => SubscriptionName::Id(id.to_owned()),
            None => SubscriptionName::Destination(subscribe.destination().to_owned()),
        };
        self.subscriptions.check(&subscription)?;
        let receipt = subscribe.receipt().map(str::to_owned);
        self.pending = Some(Pending { receipt, subscription: Some(subscription) });
        Ok(Request::Subscribe(subscribe))
    }

    fn unsubscribe(&mut self, unsubscribe: &Unsubscribe) -> Result<Request<H>, Violation> {
        let name = match (unsubscribe.id(), unsubscribe.destination()) {
            (Some(id), _) => SubscriptionName::Id(id.to_owned()),
            (None, destination) => SubscriptionName::Destination(destination.unwrap_or_default().to_owned()),
        };
        let handle = self.subscriptions.remove(&name)?;
        self.pending =
            Some(Pending { receipt: unsubscribe.receipt().map(str::to_owned), subscription: None });
        Ok(Request::Unsubscribe(handle))
    }

    fn disconnect(&mut self, disconnect: &Disconnect) {
        if let Some(receipt) = disconnect.receipt() {
            self.transmit.push_back(reply::receipt(receipt, self.version));
        }
        self.state = State::Closing(Closing::Disconnected);
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
            State::Open { pacemaker, .. } if pacemaker.silence().is_some_and(|silence| silence <= now) => {
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
                [pacemaker.next_beat(), pacemaker.silence(), *expires].into_iter().flatten().min()
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

    /// The subscription is live and known to the driver as `handle`.
    pub(crate) fn subscribed(&mut self, handle: H) {
        let Some(Pending { subscription: Some(name), receipt }) = self.pending.take() else {
            return;
        };
        self.subscriptions.insert(name, handle);
        self.acknowledge(receipt);
    }

    /// The pending request was carried out.
    pub(crate) fn done(&mut self) {
        let receipt = self.pending.take().and_then(|pending| pending.receipt);
        self.acknowledge(receipt);
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

    fn acknowledge(&mut self, receipt: Option<String>) {
        if let (Some(receipt), None) = (receipt, self.closing()) {
            self.transmit.push_back(reply::receipt(&receipt, self.version));
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

fn unsupported<T>(feature: &'static str) -> Result<T, Violation> {
    Err(Violation::Unsupported { feature })
}

/// Bounds what the session keeps of a frame and echoes.
fn check_lengths(frame: &Frame) -> Result<(), Violation> {
    let echoed = [name::ID, name::RECEIPT, name::TRANSACTION];
    let long = |name: &str| frame.headers().get(name).is_some_and(|value| value.len() > MAX_ID);
    match echoed.into_iter().any(long) {
        true => Err(Violation::ValueTooLong { limit: MAX_ID }),
        false => Ok(()),
    }
}

/// The CONNECT of a 1.0 client, without the padding of its headers.
fn trimmed(connect: &Connect) -> Result<Connect, Violation> {
    let frame = connect.frame();
    let builder =
        frame.headers().iter().fold(Frame::builder(frame.command().clone()), |builder, (name, value)| {
            builder.header(name.trim_matches(' '), value.trim_matches(' '))
        });
    match ClientFrame::parse(builder.build(), Version::V1_0)? {
        ClientFrame::Connect(connect) => Ok(connect),
        _ => Err(Violation::UnknownCommand),
    }
}
