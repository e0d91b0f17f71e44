//! The seam between the server and what carries its messages.
//!
//! A back-end knows destinations and messages, nothing of sessions: the server tells it what its clients listen
//! to ([`Broker::interest`]) and gets every message for that back through [`Inbound`].

mod history;
mod interest;
mod node;
mod presence;
mod queue;
#[cfg(feature = "redis")]
pub mod redis;
mod simple;
mod simple_logs;
mod simple_queues;

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use stomp_proto::{Command, Frame, Headers, header::name};

pub use self::{
    history::{Epoch, HistoryPage, Position, Start},
    interest::Interest,
    node::{Capabilities, Health, NodeId},
    presence::{NodePresence, Presence},
    queue::{Leased, QueueStore, Settlement},
    simple::SimpleBroker,
    simple_logs::{HistoryPolicy, HistorySettings},
    simple_queues::{QueuePolicy, QueueSettings},
};
use crate::{Destination, Message};

/// A message on its way in.
#[derive(Debug, Clone)]
pub struct Publish {
    /// Where to.
    pub destination: Destination,
    /// The sender's headers; those that are the server's to set are left out on delivery.
    pub headers: Headers,
    /// The octets of the message.
    pub body: Bytes,
}

impl Publish {
    /// A message without headers.
    pub fn new(destination: Destination, body: impl Into<Bytes>) -> Self {
        Self { destination, headers: Headers::default(), body: body.into() }
    }

    /// A message of JSON that is already serialised.
    pub fn json(destination: Destination, body: impl Into<Bytes>) -> Self {
        Self::new(destination, body).header(name::CONTENT_TYPE, "application/json;charset=utf-8")
    }

    /// Appends a header.
    #[must_use]
    pub fn header(self, name: &str, value: &str) -> Self {
        let frame = Frame::builder(Command::Send);
        let frame = self.headers.iter().fold(frame, |frame, (name, value)| frame.header(name, value));
        let (_, headers, _) = frame.header(name, value).build().into_parts();
        Self { headers, ..self }
    }
}

/// A message that the back-end has accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// Where it stands, if its destination has a history.
    pub position: Option<Position>,
}

/// Why a back-end could not do something.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BrokerError {
    /// It cannot at the moment; the same call may succeed later.
    #[error("the message broker is temporarily unavailable")]
    Unavailable,
    /// Queues were declared, and the back-end has none.
    #[error("the message broker has no queues")]
    NoQueues,
    /// As many queues hold messages as may.
    #[error("more than {limit} queues hold messages")]
    TooManyQueues {
        /// The limit, in queues.
        limit: usize,
    },
    /// All queues together hold as much as they may.
    #[error("the queues hold more than {limit} bytes")]
    QueuesFull {
        /// The limit, in octets.
        limit: usize,
    },
    /// A queue holds as much as it may.
    #[error("the queue {queue} is full")]
    QueueFull {
        /// The queue.
        queue: Destination,
    },
}

/// A message back-end.
///
/// [`testing::conformance`](crate::testing::conformance) checks that one keeps this contract.
///
/// # Contract
///
/// - Messages of one destination reach [`Inbound::message`] in one order, the same on every node, and a
///   publisher's own messages in the order in which it published them.
/// - When [`publish`](Self::publish) returns, the message is accepted as far as the back-end promises, and has
///   reached the [`Inbound`] of its own node, or will without further calls.
/// - When [`interest`](Self::interest) returns, everything published from then on reaches this node.
#[async_trait]
pub trait Broker: fmt::Debug + Send + Sync + 'static {
    /// What it can do.
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    /// Connects the back-end to the server that owns it; called once, before anything else.
    ///
    /// # Errors
    ///
    /// [`BrokerError`] when it cannot serve; the server then does not start.
    async fn start(&self, inbound: Arc<dyn Inbound>) -> Result<(), BrokerError>;

    /// Changes what this node wants to hear of. To add what there is already, or to remove what there is not,
    /// changes nothing.
    ///
    /// # Errors
    ///
    /// [`BrokerError`] when `add` could not be confirmed.
    async fn interest(&self, add: &[Interest], remove: &[Interest]) -> Result<(), BrokerError>;

    /// Publishes a batch in order; one answer for each.
    async fn publish(&self, batch: Vec<Publish>) -> Vec<Result<Published, BrokerError>>;

    /// What a destination's history has from `start` on, up to `limit` messages: the oldest of them. `None` for a
    /// destination without a history.
    ///
    /// Fewer messages than the limit mean that there are no more. Everything that reached [`Inbound::message`] before the
    /// call with a [`Position`] is in the history.
    ///
    /// # Errors
    ///
    /// [`BrokerError`] when it cannot be read.
    async fn history(
        &self,
        destination: &Destination,
        start: Start,
        limit: usize,
    ) -> Result<Option<HistoryPage>, BrokerError> {
        let _ = (destination, start, limit);
        Ok(None)
    }

    /// The back-end's queues, if it has any.
    fn queues(&self) -> Option<Arc<dyn QueueStore>> {
        None
    }

    /// What knows the sessions of all nodes, if there may be others.
    fn presence(&self) -> Option<Arc<dyn Presence>> {
        None
    }

    /// Sends octets that are no message to one other node, or to all others: [`Inbound::control`]. Does not wait; a
    /// node that cannot be reached may never hear of it.
    ///
    /// # Errors
    ///
    /// [`BrokerError`] when it cannot even be kept for later.
    fn send_control(&self, to: Option<NodeId>, data: Bytes) -> Result<(), BrokerError> {
        let _ = (to, data);
        Ok(())
    }

    /// Brings what was begun to its end, within `deadline`: the server stops. Called once, after everything else.
    async fn drain(&self, deadline: Duration) {
        let _ = deadline;
    }
}

/// Where a back-end delivers: the server. Never blocks.
pub trait Inbound: fmt::Debug + Send + Sync + 'static {
    /// A message of a topic of interest.
    fn message(&self, message: Message);

    /// A queue of interest may have something to lease.
    fn ready(&self, queue: &Destination);

    /// Messages of a topic will not come: those behind `last_good` and up to `now`, as far as that is known. The next
    /// message that comes is marked by [`Message::after_loss`].
    fn lost(&self, destination: &Destination, last_good: Option<Position>, now: Option<Position>);

    /// What another node sent by [`Broker::send_control`].
    fn control(&self, from: NodeId, data: Bytes);

    /// The contact to other nodes came or went; told when it changes. A back-end that says nothing is connected.
    fn health(&self, health: Health);
}
