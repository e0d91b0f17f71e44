//! The one loop of a connection: it moves octets and requests between the transport, the session, the hub and
//! the back-end. Each connection is one task, and this is all it runs.

mod application;
mod deliver;
mod ending;
mod events;
mod input;
mod notices;
mod replay;
mod reply_to;
mod request;
mod send;
mod subscribe;
mod subscribed;
mod timer;

use std::{
    future::poll_fn,
    io, mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Instant,
};

use futures_util::future::BoxFuture;
use stomp_proto::Item;
use tokio::{
    task::coop::cooperative,
    time::{Sleep, sleep_until},
};
use tracing::{
    Instrument, Span, debug, debug_span,
    field::{Empty, display},
};

use self::{input::Input, replay::Replays, request::Done, subscribed::Subscribed, timer::Stall};
use crate::{
    Peer, Principal, Settlement,
    hub::{Client, Control, Credit, Lease, Outbox, OutboxLimits, Slots, Subscription, Taken},
    metrics::{self, Counted},
    server::Shared,
    session::{Closing, Session},
    transport::{Outgoing, Transport},
};

/// One client's connection.
pub(crate) struct Connection<T> {
    shared: Arc<Shared>,
    client: Arc<Client>,
    transport: T,
    session: Session<Subscribed>,
    principal: Option<Principal>,
    _open: Counted,
    logged_in: Option<Counted>,
    input: Input,
    /// Empty: room for what comes out of the outbox, and then for what goes in.
    batch: Slots,
    /// Leases of messages that count as consumed once they are written, and the task of saying so.
    written: Vec<Lease>,
    settling: Option<BoxFuture<'static, ()>>,
    request: Option<BoxFuture<'static, Done>>,
    replays: Replays,
    timer: Pin<Box<Sleep>>,
    /// The task that the timer will wake.
    timed: Option<Waker>,
    stall: Option<Stall>,
}

/// What a connection waits for.
enum Event {
    Input,
    /// What was queued has left: the last frame of a session that is over, or answers that the client did not take.
    Written,
    /// The peer has finished sending, or the transport failed.
    End,
    Done(Done),
    Control(Control),
    Renewed(Principal),
    Ended(Vec<Arc<Subscription>>),
    /// The server stops, and the client has all that it can take.
    Drained,
    Timeout,
}

impl<T: Transport> Connection<T> {
    pub(crate) fn new(shared: Arc<Shared>, transport: T, peer: Peer) -> Self {
        let now = now();
        let config = Arc::clone(&shared.config);
        let outbox = Arc::new(Outbox::new(OutboxLimits::from(&*config)));
        let client = Client::new(peer, outbox);
        Self {
            input: Input::new(config.login_limits),
            timer: Box::pin(sleep_until((now + config.login_timeout).into())),
            session: Session::new(config, client.id.to_string(), now),
            client: Arc::new(client),
            shared,
            transport,
            principal: None,
            _open: Counted::connection(),
            logged_in: None,
            batch: Slots::new(),
            written: Vec::new(),
            settling: None,
            request: None,
            replays: Replays::default(),
            timed: None,
            stall: None,
        }
    }

    /// What the log tells the connection's lines from others' by.
    pub(crate) fn span(&self) -> Span {
        let Client { id, peer, .. } = &*self.client;
        let address = peer.address.map(display);
        debug_span!("connection", session = %id, transport = peer.transport, peer = address, user = Empty)
    }

    /// Serves the client until either side ends the connection.
    ///
    /// The connection is in a box because a future has room for its arguments twice, and so has one around it.
    pub(crate) async fn run(mut self: Box<Self>) {
        self.shared.hub.open(&self.client);
        if self.shared.is_shutting_down() {
            self.client.outbox.control(Control::Shutdown);
        }
        let reason = self.serve().await;
        self.clean_up().await;
        debug!(?reason, "closed");
        if let Ok(reason) = reason {
            metrics::ended(reason);
            self.finish(reason).await;
        }
    }

    /// Runs until the session is over and its last frame has been written; fails when the transport does.
    async fn serve(&mut self) -> io::Result<Closing> {
        loop {
            self.take_frames();
            while let Some(wire) = self.session.poll_transmit() {
                let is_text = is_text(&wire);
                self.transport.push(Outgoing::alone(&wire, is_text));
            }
            if self.session.closing().is_some() && self.principal.is_none() {
                // A login that is not wanted any more leaves nothing half done.
                self.request = None;
            }
            if !self.session.is_waiting() {
                // The session has given it up.
                self.abandon_request();
            }
            if let (Some(reason), None, false) =
                (self.session.closing(), &self.request, self.transport.has_output())
            {
                return Ok(reason);
            }
            // A client that keeps the loop busy lets others have their turn.
            match cooperative(poll_fn(|cx| self.poll_event(cx))).await? {
                Event::Input => self.session.handle_input(now()),
                Event::Written => {}
                Event::End => return Ok(Closing::Disconnected),
                Event::Done(done) => {
                    self.handle_done(done);
                    // The peer could not be heard meanwhile; its silence starts anew.
                    self.session.handle_input(now());
                }
                Event::Control(control) => self.handle_control(&control),
                Event::Drained => self.shut_down(),
                Event::Renewed(principal) => {
                    self.session.renewed(now(), principal.lifetime());
                    self.principal = Some(principal);
                }
                Event::Ended(ended) => ended.iter().for_each(|subscription| self.handle_ended(subscription)),
                Event::Timeout => self.handle_timeout()?,
            }
        }
    }

    /// Feeds the session what has arrived, up to a frame that takes time to carry out.
    fn take_frames(&mut self) {
        while !self.session.is_busy() && self.session.closing().is_none() {
            match self.input.decode() {
                Ok(Some(Item::Frame(frame))) => {
                    if let Some(request) = self.session.handle_frame(now(), frame) {
                        self.input.set_version(self.session.version());
                        let context = request::Context {
                            shared: Arc::clone(&self.shared),
                            client: Arc::clone(&self.client),
                            principal: self.principal.clone(),
                            version: self.session.version(),
                        };
                        let span = request::span(&request);
                        self.request = Some(Box::pin(context.carry_out(request).instrument(span)));
                    }
                }
                Ok(Some(Item::HeartBeat)) => {}
                Ok(None) => {
                    if self.input.has_begun() {
                        self.session.handle_pending(now(), self.input.pending_command());
                    }
                    break;
                }
                Err(error) => {
                    debug!(%error, "malformed frame");
                    self.session.handle_decode_error(error, self.input.failed_receipt());
                }
            }
        }
        self.input.tidy();
    }

    /// Moves on whatever can move, and is ready when something happened that the session must hear of.
    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Event>> {
        if let Some(request) = &mut self.request
            && let Poll::Ready(done) = request.as_mut().poll(cx)
        {
            self.request = None;
            return Poll::Ready(Ok(Event::Done(done)));
        }
        let closing = self.session.closing().is_some();
        loop {
            let was_busy = self.session.is_busy();
            let idle = self.poll_written(cx)?.is_ready();
            // Frames may wait that were not read because the client did not take its answers.
            let is_heard_again = was_busy && !self.session.is_busy();
            if is_heard_again || (idle && closing && self.request.is_none()) {
                return Poll::Ready(Ok(Event::Written));
            }
            // Messages wait in the outbox, where they are counted, until the last batch has been written and the
            // client has acknowledged enough of those it has.
            let credit = if idle && !closing { self.session.credit() } else { Credit::NONE };
            match self.client.outbox.poll_take(cx, credit, &mut self.batch) {
                Poll::Ready(Taken::Control(control)) => return Poll::Ready(Ok(Event::Control(control))),
                Poll::Ready(Taken::Renewed(principal)) => return Poll::Ready(Ok(Event::Renewed(principal))),
                Poll::Ready(Taken::Ended(ended)) => return Poll::Ready(Ok(Event::Ended(ended))),
                Poll::Ready(Taken::Batch) => {
                    self.push_batch();
                    // Neither waits for the other to be done.
                    let _ = self.poll_replay(cx);
                }
                Poll::Pending if idle && self.poll_replay(cx).is_ready() => {}
                Poll::Pending if idle && self.request.is_none() && self.session.is_leaving() => {
                    return Poll::Ready(Ok(Event::Drained));
                }
                Poll::Pending => break,
            }
        }
        self.shared.hub.shed();
        while let Some(settling) = &mut self.settling
            && settling.as_mut().poll(cx).is_ready()
        {
            self.settling = None;
            self.settle_written();
        }
        if !self.session.is_busy() && !closing {
            match self.transport.poll_read(cx, self.input.buffer()) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Ok(Event::End)),
                Poll::Ready(Ok(_)) => return Poll::Ready(Ok(Event::Input)),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending if self.transport.holds_part() => self.session.handle_pending(now(), None),
                Poll::Pending if !self.input.has_begun() => self.session.handle_whole(),
                Poll::Pending => {}
            }
        }
        self.poll_timer(cx).map(|()| Ok(Event::Timeout))
    }

    /// Writes what is queued.
    fn poll_written(&mut self, cx: &mut Context<'_>) -> io::Result<Poll<()>> {
        if !self.transport.has_output() {
            return Ok(Poll::Ready(()));
        }
        match self.transport.poll_flush(cx) {
            Poll::Ready(result) => {
                result?;
                self.stall = None;
                self.session.handle_output(now());
                self.settle_written();
                Ok(Poll::Ready(()))
            }
            Poll::Pending => Ok(Poll::Pending),
        }
    }

    /// Messages to a subscription that acknowledges nothing are consumed when they are written.
    fn settle_written(&mut self) {
        if self.settling.is_none() && !self.written.is_empty() {
            let (shared, leases) = (Arc::clone(&self.shared), mem::take(&mut self.written));
            let settle = async move { shared.hub.queues.settle(leases, Settlement::Consumed).await };
            self.settling = Some(Box::pin(settle));
        }
    }
}

/// The time by tokio's clock, which tests can stop.
pub(crate) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

fn is_text(wire: &[u8]) -> bool {
    std::str::from_utf8(wire).is_ok()
}
