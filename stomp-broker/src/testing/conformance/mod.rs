//! What every back-end must keep to, as tests that run against any.
//!
//! ```
//! use stomp_broker::{SimpleBroker, testing::conformance};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! conformance::suite(|| SimpleBroker::with(conformance::queue_policy(), conformance::history())).await;
//! # }
//! ```

mod control;
mod history;
mod node;
mod queues;
mod topics;

use std::time::Duration;

use self::node::Node;
use crate::{Broker, HistoryPolicy, HistorySettings, QueuePolicy};

/// How often a message may be delivered before it is a dead letter.
const DELIVERIES: u32 = 3;

/// How many messages topics with a history keep.
const KEPT: usize = 100;

/// The histories that a back-end under test is to have, if it has any: of topics under `/topic/kept`.
pub fn history() -> HistorySettings {
    let policy = HistoryPolicy { messages: KEPT, age: Duration::from_secs(600) };
    let policies = "/topic/kept/**".parse().map(|pattern| (pattern, policy)).into_iter().collect();
    HistorySettings { policies, ..HistorySettings::default() }
}

/// The policy that the queues of a back-end under test are to have, if it has queues.
pub fn queue_policy() -> QueuePolicy {
    QueuePolicy { deliveries: DELIVERIES, ..QueuePolicy::default() }
}

/// Checks a back-end in every respect that its [`Capabilities`](crate::Capabilities) claim. `back_end` makes a node
/// of it; nodes share nothing but what the back-end does. Names of destinations are random, so that one store can
/// serve many runs.
///
/// # Panics
///
/// At the first thing that does not hold.
pub async fn suite<B: Broker>(back_end: impl Fn() -> B) {
    let (mut one, mut two) = (Node::start(back_end()).await, Node::start(back_end()).await);
    topics::all(&mut one).await;
    if one.capabilities().history {
        history::all(&mut one).await;
    }
    if one.broker().queues().is_some() {
        queues::all(&one).await;
    }
    if one.capabilities().multi_node {
        topics::across(&mut one, &mut two).await;
        control::all(&mut one, &mut two).await;
        if one.capabilities().history {
            history::across(&mut one, &mut two).await;
        }
        if one.broker().queues().is_some() {
            queues::across(&mut one, &mut two).await;
        }
    }
    for node in [one, two] {
        node.broker().drain(Duration::from_secs(1)).await;
    }
}
