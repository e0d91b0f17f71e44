//! The connection that Redis pushes through: made anew, without end, and subscribed again to all that this node wants.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use futures_util::StreamExt;
use redis::{
    ErrorKind, Msg, RedisError, RedisResult,
    aio::{PubSubSink, PubSubStream},
};
use tokio::time::timeout;
use tracing::{info, warn};

use super::{Node, link::Pauses};
use crate::{BrokerError, Interest};

/// Channels of one command.
const BATCH: usize = 512;

/// How long nothing may come before the node sends something to itself, to see whether it still hears.
const SILENCE: Duration = Duration::from_secs(1);

/// What this node wants to hear, and the connection to tell so.
#[derive(Debug, Default)]
pub(super) struct Subscriber {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    wanted: HashSet<Interest>,
    sink: Option<PubSubSink>,
}

impl Subscriber {
    /// Notes what is wanted, and subscribes to it if that is possible now. What is noted while it is not is
    /// subscribed to with everything else.
    pub(super) async fn subscribe(&self, node: &Node, interests: &[Interest]) -> Result<(), BrokerError> {
        let sink = {
            let mut state = self.lock();
            state.wanted.extend(interests.iter().cloned());
            state.sink.clone()
        };
        let mut sink = sink.ok_or(BrokerError::Unavailable)?;
        let subscribing = subscribe(&mut sink, node, interests);
        in_time(node.link.response_timeout(), subscribing).await.map_err(|_| BrokerError::Unavailable)
    }

    pub(super) async fn unsubscribe(&self, node: &Node, interests: &[Interest]) {
        let sink = {
            let mut state = self.lock();
            interests.iter().for_each(|interest| {
                state.wanted.remove(interest);
            });
            state.sink.clone()
        };
        let Some(mut sink) = sink else { return };
        let (channels, patterns) = names(node, interests);
        let unsubscribing = async {
            if !channels.is_empty() {
                sink.unsubscribe(&channels).await?;
            }
            if !patterns.is_empty() {
                sink.punsubscribe(&patterns).await?;
            }
            Ok::<(), RedisError>(())
        };
        // A connection that is gone is subscribed to nothing.
        let _ = in_time(node.link.response_timeout(), unsubscribing).await;
    }

    /// The queues that this node has consumers for.
    pub(super) fn queues(&self) -> Vec<crate::Destination> {
        let queue = |interest: &Interest| match interest {
            Interest::Queue(queue) => Some(queue.clone()),
            _ => None,
        };
        self.lock().wanted.iter().filter_map(queue).collect()
    }

    /// Listens for as long as this is polled.
    pub(super) async fn run(&self, node: &Arc<Node>) {
        let mut pauses = Pauses::new();
        loop {
            match self.connect(node).await {
                Ok(stream) => {
                    pauses = Pauses::new();
                    info!("listening to Redis");
                    node.hears(true);
                    self.listen(node, stream).await;
                    warn!("Redis is not heard any more");
                }
                Err(error) => pauses.wait("cannot listen to Redis", &error).await,
            }
            self.lock().sink = None;
            node.hears(false);
        }
    }

    /// Connects, and subscribes to all that is wanted; what was published meanwhile is read from the logs.
    async fn connect(&self, node: &Arc<Node>) -> RedisResult<PubSubStream> {
        let patience = node.link.response_timeout();
        let connection = in_time(patience, node.link.client().get_async_pubsub()).await?;
        let (mut sink, stream) = connection.split();
        let control = [node.keys.control_of_all(), node.keys.control(node.id)];
        in_time(patience, sink.subscribe(&control)).await?;
        let wanted: Vec<_> = {
            let mut state = self.lock();
            state.sink = Some(sink.clone());
            state.wanted.iter().cloned().collect()
        };
        for batch in wanted.chunks(BATCH) {
            in_time(patience, subscribe(&mut sink, node, batch)).await?;
        }
        Ok(stream)
    }

    /// Takes in what comes, until nothing does any more.
    async fn listen(&self, node: &Arc<Node>, mut stream: PubSubStream) {
        let catching_up = Arc::clone(node);
        tokio::spawn(async move { catching_up.catch_up().await });
        let mut probed = false;
        loop {
            let patience = if probed { node.link.response_timeout() } else { SILENCE };
            match timeout(patience, stream.next()).await {
                Ok(Some(message)) => {
                    probed = false;
                    take_in(node, &message);
                }
                Ok(None) => break,
                Err(_) if probed => break,
                Err(_) => {
                    // Without a link there is no way to ask; that alone is no reason to stop listening.
                    probed = node.link.is_up() && node.probe().is_ok();
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn in_time<T>(patience: Duration, answer: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    timeout(patience, answer).await.map_err(|_| RedisError::from((ErrorKind::Io, "no answer in time")))?
}

async fn subscribe(sink: &mut PubSubSink, node: &Node, interests: &[Interest]) -> RedisResult<()> {
    let (channels, patterns) = names(node, interests);
    if !channels.is_empty() {
        sink.subscribe(&channels).await?;
    }
    if !patterns.is_empty() {
        sink.psubscribe(&patterns).await?;
    }
    Ok(())
}

/// The channels and the patterns of channels that interests are about.
fn names(node: &Node, interests: &[Interest]) -> (Vec<String>, Vec<String>) {
    let (mut channels, mut patterns) = (Vec::new(), Vec::new());
    for interest in interests {
        match interest {
            Interest::Topic(topic) => channels.push(node.keys.topic(topic)),
            Interest::Queue(queue) => channels.push(node.keys.queue_ready(queue)),
            Interest::Pattern(pattern) => patterns.push(node.keys.topics(pattern)),
        }
    }
    (channels, patterns)
}

/// Whatever is pushed, the subscriber goes on: somebody else may write to Redis.
fn take_in(node: &Arc<Node>, message: &Msg) {
    let octets = Bytes::copy_from_slice(message.get_payload_bytes());
    if node.take_in(message.get_channel_name(), octets).is_none() {
        warn!(
            channel = message.get_channel_name(),
            "Redis pushed something that no node of this release sent"
        );
    }
}
