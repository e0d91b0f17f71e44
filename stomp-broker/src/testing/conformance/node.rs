//! One node of a back-end, and all that it is told.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::timeout,
};

use crate::{
    Broker, BrokerError, Capabilities, Destination, Health, Inbound, Interest, Message, NodeId, Position,
    Publish, Published,
};

/// Longer than a back-end takes for anything.
const PATIENCE: Duration = Duration::from_secs(10);

/// Long enough for something that must not come to come.
const MOMENT: Duration = Duration::from_millis(100);

/// What a back-end tells a server.
#[derive(Debug)]
pub(super) enum Event {
    Message(Message),
    Ready(Destination),
    Lost(Destination),
    Control(NodeId, Bytes),
}

#[derive(Debug)]
struct Recorder(UnboundedSender<Event>);

impl Recorder {
    fn note(&self, event: Event) {
        // After the end of a test nobody reads any more.
        let _ = self.0.send(event);
    }
}

impl Inbound for Recorder {
    fn message(&self, message: Message) {
        self.note(Event::Message(message));
    }

    fn ready(&self, queue: &Destination) {
        self.note(Event::Ready(queue.clone()));
    }

    fn lost(&self, destination: &Destination, _: Option<Position>, _: Option<Position>) {
        self.note(Event::Lost(destination.clone()));
    }

    fn control(&self, from: NodeId, data: Bytes) {
        self.note(Event::Control(from, data));
    }

    fn health(&self, _: Health) {}
}

/// A back-end that has been started.
#[derive(Debug)]
pub(super) struct Node {
    broker: Arc<dyn Broker>,
    events: UnboundedReceiver<Event>,
}

impl Node {
    pub(super) async fn start(broker: impl Broker) -> Self {
        let (sender, events) = unbounded_channel();
        let broker: Arc<dyn Broker> = Arc::new(broker);
        broker.start(Arc::new(Recorder(sender))).await.expect("the back-end starts");
        Self { broker, events }
    }

    pub(super) fn broker(&self) -> &Arc<dyn Broker> {
        &self.broker
    }

    pub(super) fn capabilities(&self) -> Capabilities {
        self.broker.capabilities()
    }

    pub(super) async fn add(&self, interest: Interest) {
        self.broker.interest(&[interest], &[]).await.expect("an interest is confirmed");
    }

    pub(super) async fn publish(&self, to: &Destination, bodies: &[String]) -> Vec<Published> {
        let batch = bodies.iter().map(|body| Publish::new(to.clone(), body.clone())).collect();
        let answers: Result<Vec<_>, BrokerError> = self.broker.publish(batch).await.into_iter().collect();
        let answers = answers.expect("messages are accepted");
        assert_eq!(answers.len(), bodies.len(), "every message of a batch is answered");
        answers
    }

    /// The next event that is about this destination or about none; others belong to other checks.
    pub(super) async fn next(&mut self, of: &Destination) -> Option<Event> {
        loop {
            let event = self.events.recv().await?;
            let about = match &event {
                Event::Message(message) => message.destination(),
                Event::Ready(name) | Event::Lost(name) => name,
                Event::Control(..) => return Some(event),
            };
            if about == of {
                return Some(event);
            }
        }
    }

    pub(super) async fn message(&mut self, of: &Destination) -> Message {
        match timeout(PATIENCE, self.next(of)).await {
            Ok(Some(Event::Message(message))) => message,
            other => panic!("expected a message of {of}, got {other:?}"),
        }
    }

    pub(super) async fn bodies(&mut self, of: &Destination, count: usize) -> Vec<String> {
        let mut bodies = Vec::with_capacity(count);
        for _ in 0..count {
            bodies.push(text(&self.message(of).await));
        }
        bodies
    }

    pub(super) async fn ready(&mut self, queue: &Destination) {
        match timeout(PATIENCE, self.next(queue)).await {
            Ok(Some(Event::Ready(_))) => {}
            other => panic!("expected to hear of {queue}, got {other:?}"),
        }
    }

    pub(super) async fn control(&mut self) -> (NodeId, Bytes) {
        let next = async {
            loop {
                match self.events.recv().await {
                    Some(Event::Control(from, data)) => return (from, data),
                    Some(_) => {}
                    None => panic!("the back-end is gone"),
                }
            }
        };
        timeout(PATIENCE, next).await.expect("what a node sends reaches the others")
    }

    pub(super) async fn nothing(&mut self, of: &Destination) {
        if let Ok(event) = timeout(MOMENT, self.next(of)).await {
            panic!("expected nothing of {of}, got {event:?}");
        }
    }
}

/// A name below `root` that no other check uses.
pub(super) fn fresh(root: &str) -> Destination {
    Destination::new(format!("{root}/{:032x}", rand::random::<u128>())).expect("the name is a destination")
}

/// The numbers as text.
pub(super) fn numbered(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|number| number.to_string()).collect()
}

pub(super) fn text(message: &Message) -> String {
    String::from_utf8_lossy(message.body()).into_owned()
}
