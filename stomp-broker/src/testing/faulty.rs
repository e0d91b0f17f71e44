//! A back-end that fails as a test tells it to.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;

use crate::{
    Broker, BrokerError, Capabilities, Destination, Health, HistoryPage, Inbound, Interest, Message, NodeId,
    Position, Presence, Publish, Published, QueueStore, Start,
};

/// What happens to one message on its way from the back-end to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Nothing: it arrives.
    None,
    /// It is lost.
    Drop,
    /// It arrives twice.
    Duplicate,
    /// It arrives so much later, behind messages that were published after it.
    Delay(Duration),
}

/// Wraps a back-end, so that messages are lost, doubled or late, and the other nodes out of reach.
///
/// ```
/// use stomp_broker::{Open, Server, SimpleBroker, testing::{Client, Fault, Faulty}};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let broker = Faulty::new(SimpleBroker::new());
/// let faults = broker.faults();
/// let server = Server::builder(Open, Open).broker(broker).topics("/topic").start().await?;
/// let mut client = Client::open(&server);
/// client.connect().await;
/// client.subscribe("s", "/topic/a").await;
///
/// faults.script([Fault::Drop, Fault::Duplicate]);
/// client.publish("/topic/a", "lost").await;
/// client.publish("/topic/a", "twice").await;
/// for _ in 0..2 {
///     assert_eq!(&**client.expect(stomp_broker::proto::Command::Message).await.body(), b"twice");
/// }
///
/// faults.cut_off();
/// client.send(Client::message("/topic/a", "refused")).await;
/// client.expect_error().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Faulty<B> {
    inner: B,
    faults: Faults,
}

/// Tells a [`Faulty`] how to fail; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    inbound: OnceLock<Arc<dyn Inbound>>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    script: VecDeque<Fault>,
    is_cut_off: bool,
}

impl<B: Broker> Faulty<B> {
    /// Wraps a back-end, which does not fail until it is told to.
    pub fn new(inner: B) -> Self {
        Self { inner, faults: Faults::default() }
    }

    /// What tells it to.
    pub fn faults(&self) -> Faults {
        self.faults.clone()
    }
}

impl Faults {
    /// What happens to the next messages, one fault for each; those behind them arrive.
    pub fn script(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state().script.extend(faults);
    }

    /// Cuts the node off: what it asks for fails, what was on its way to it is lost.
    pub fn cut_off(&self) {
        self.set_cut_off(true);
    }

    /// Brings the node back.
    pub fn heal(&self) {
        self.set_cut_off(false);
    }

    fn set_cut_off(&self, is_cut_off: bool) {
        self.state().is_cut_off = is_cut_off;
        if let Some(inbound) = self.shared.inbound.get() {
            inbound.health(if is_cut_off { Health::Away } else { Health::Connected });
        }
    }

    fn check(&self) -> Result<(), BrokerError> {
        if self.state().is_cut_off { Err(BrokerError::Unavailable) } else { Ok(()) }
    }

    /// What happens to a message that arrives now.
    fn next(&self) -> Fault {
        let mut state = self.state();
        if state.is_cut_off { Fault::Drop } else { state.script.pop_front().unwrap_or(Fault::None) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Stands between the back-end and the server.
#[derive(Debug)]
struct Between {
    inbound: Arc<dyn Inbound>,
    faults: Faults,
}

impl Inbound for Between {
    fn message(&self, message: Message) {
        match self.faults.next() {
            Fault::None => self.inbound.message(message),
            Fault::Drop => {}
            Fault::Duplicate => {
                self.inbound.message(message.clone());
                self.inbound.message(message);
            }
            Fault::Delay(by) => {
                let inbound = Arc::clone(&self.inbound);
                tokio::spawn(async move {
                    tokio::time::sleep(by).await;
                    inbound.message(message);
                });
            }
        }
    }

    fn ready(&self, queue: &Destination) {
        if self.faults.check().is_ok() {
            self.inbound.ready(queue);
        }
    }

    fn lost(&self, destination: &Destination, last_good: Option<Position>, now: Option<Position>) {
        self.inbound.lost(destination, last_good, now);
    }

    fn control(&self, from: NodeId, data: Bytes) {
        if self.faults.check().is_ok() {
            self.inbound.control(from, data);
        }
    }

    fn health(&self, health: Health) {
        self.inbound.health(health);
    }
}

#[async_trait]
impl<B: Broker> Broker for Faulty<B> {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn start(&self, inbound: Arc<dyn Inbound>) -> Result<(), BrokerError> {
        self.faults.shared.inbound.get_or_init(|| Arc::clone(&inbound));
        self.inner.start(Arc::new(Between { inbound, faults: self.faults.clone() })).await
    }

    async fn interest(&self, add: &[Interest], remove: &[Interest]) -> Result<(), BrokerError> {
        self.faults.check()?;
        self.inner.interest(add, remove).await
    }

    async fn publish(&self, batch: Vec<Publish>) -> Vec<Result<Published, BrokerError>> {
        match self.faults.check() {
            Ok(()) => self.inner.publish(batch).await,
            Err(_) => batch.iter().map(|_| Err(BrokerError::Unavailable)).collect(),
        }
    }

    async fn history(
        &self,
        destination: &Destination,
        start: Start,
        limit: usize,
    ) -> Result<Option<HistoryPage>, BrokerError> {
        self.faults.check()?;
        self.inner.history(destination, start, limit).await
    }

    fn queues(&self) -> Option<Arc<dyn QueueStore>> {
        self.inner.queues()
    }

    fn presence(&self) -> Option<Arc<dyn Presence>> {
        self.inner.presence()
    }

    fn send_control(&self, to: Option<NodeId>, data: Bytes) -> Result<(), BrokerError> {
        self.faults.check()?;
        self.inner.send_control(to, data)
    }

    async fn drain(&self, deadline: Duration) {
        self.inner.drain(deadline).await;
    }
}
