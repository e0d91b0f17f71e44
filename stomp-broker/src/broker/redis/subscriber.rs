//! What this node wants to hear, and who hears it: a listener at each master.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::future::try_join_all;
use tokio::{
    task::JoinSet,
    time::{Duration, Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use super::{
    Node,
    ear::PushConnection,
    keys::{Channel, Ear, Keys, Place},
    link::Address,
};
use crate::{BrokerError, Destination, Interest};

/// How long to wait before channels that are on their way to another master are tried again.
const MOVING: Duration = Duration::from_millis(10);

/// What this node wants to hear, and the connections to tell so.
#[derive(Debug, Default)]
pub(super) struct Subscriber {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    wanted: HashSet<Interest>,
    listeners: HashMap<Address, Listening>,
}

/// A connection that Redis pushes through.
#[derive(Debug)]
struct Listening {
    connection: PushConnection,
    /// The places whose channels it is subscribed to, or just about to be.
    places: HashSet<Place>,
    is_settled: bool,
}

impl Subscriber {
    /// Notes what is wanted, and subscribes to it if that is possible now. What is noted while it is not is
    /// subscribed to with everything else.
    pub(super) async fn subscribe(&self, node: &Node, interests: &[Interest]) -> Result<(), BrokerError> {
        self.lock().wanted.extend(interests.iter().cloned());
        let ears: Vec<_> = interests.iter().flat_map(|interest| node.keys.ears(interest)).collect();
        let end = Instant::now() + node.link.response_timeout();
        while !self.try_subscribe(&ears).await {
            // In a Cluster they may be on their way to another master.
            if !node.keys.is_sharded() || Instant::now() >= end {
                return Err(BrokerError::Unavailable);
            }
            node.link.look_again();
            sleep(MOVING).await;
        }
        Ok(())
    }

    async fn try_subscribe(&self, ears: &[Ear]) -> bool {
        let Some(shares) = self.lock().shares(ears.to_vec()) else { return false };
        let subscribing =
            shares.into_iter().map(|(connection, ears)| async move { connection.subscribe(&ears).await });
        try_join_all(subscribing).await.is_ok_and(|gone| gone.iter().all(HashSet::is_empty))
    }

    pub(super) async fn unsubscribe(&self, node: &Node, interests: &[Interest]) {
        let shares = {
            let mut state = self.lock();
            interests.iter().for_each(|interest| drop(state.wanted.take(interest)));
            // Patterns may have channels in common.
            let still: HashSet<_> = state.patterns().flat_map(|pattern| node.keys.ears(pattern)).collect();
            let ears = interests.iter().flat_map(|interest| node.keys.ears(interest));
            state.shares(ears.filter(|ear| !still.contains(ear)).collect())
        };
        for (connection, ears) in shares.unwrap_or_default() {
            // A connection that is gone is subscribed to nothing.
            let _ = connection.unsubscribe(&ears).await;
        }
    }

    /// The queues that this node has consumers for.
    pub(super) fn queues(&self) -> Vec<Destination> {
        let queue = |interest: &Interest| match interest {
            Interest::Queue(queue) => Some(queue.clone()),
            _ => None,
        };
        self.lock().wanted.iter().filter_map(queue).collect()
    }

    /// Listens to all masters for as long as this is polled.
    pub(super) async fn run(&self, node: &Arc<Node>) {
        let mut changes = node.link.changes();
        let mut listeners = JoinSet::new();
        let mut ends: HashMap<Address, CancellationToken> = HashMap::new();
        loop {
            let masters = changes.borrow_and_update().masters().addresses();
            ends.retain(|address, end| {
                let stays = masters.contains(address);
                if !stays {
                    end.cancel();
                }
                stays
            });
            for address in masters {
                ends.entry(address.clone()).or_insert_with(|| {
                    let end = CancellationToken::new();
                    let (node, stop) = (Arc::clone(node), end.clone());
                    listeners.spawn(async move {
                        stop.run_until_cancelled(node.listen(&address)).await;
                        node.subscriber.leave(&address);
                        node.report_hearing();
                    });
                    end
                });
            }
            // The sender lives as long as the link.
            let _ = changes.changed().await;
            while listeners.try_join_next().is_some() {}
        }
    }

    /// A connection to a master is there.
    pub(super) fn enter(&self, address: &Address, connection: PushConnection) {
        let listening = Listening { connection, places: HashSet::new(), is_settled: false };
        self.lock().listeners.insert(address.clone(), listening);
    }

    /// It is not there any more.
    pub(super) fn leave(&self, address: &Address) {
        self.lock().listeners.remove(address);
    }

    /// A master serves these places, and no others: returns those that are new, and what there is to subscribe to.
    pub(super) fn take_over(
        &self,
        address: &Address,
        places: &HashSet<Place>,
        keys: &Keys,
    ) -> Option<(HashSet<Place>, Vec<Ear>)> {
        let mut state = self.lock();
        let listening = state.listeners.get_mut(address)?;
        listening.places.retain(|place| places.contains(place));
        let new: HashSet<_> = places.difference(&listening.places).copied().collect();
        listening.places.extend(&new);
        listening.is_settled = new.is_empty();
        if new.is_empty() {
            return Some((new, Vec::new()));
        }
        let ears: HashSet<_> = state.wanted.iter().flat_map(|interest| keys.ears(interest)).collect();
        let ears = ears.into_iter().filter(|ear| new.contains(&ear.place)).collect();
        Some((new, ears))
    }

    /// Everything that a master serves is subscribed to.
    pub(super) fn settle(&self, address: &Address) {
        if let Some(listening) = self.lock().listeners.get_mut(address) {
            listening.is_settled = true;
        }
    }

    /// Whether a channel is subscribed to on purpose.
    pub(super) fn wants(&self, channel: &Channel<'_>) -> bool {
        let state = self.lock();
        let wants =
            |interest: Option<Interest>| interest.is_some_and(|interest| state.wanted.contains(&interest));
        match channel {
            Channel::Topic(topic) => wants(Destination::new(*topic).ok().map(Interest::Topic)),
            Channel::Queue(queue) => wants(Destination::new(*queue).ok().map(Interest::Queue)),
            Channel::Topics => state.patterns().next().is_some(),
            Channel::Control | Channel::Probe => true,
        }
    }

    /// Places have gone from a master, or never came.
    pub(super) fn lose<'a>(&self, address: &Address, places: impl IntoIterator<Item = &'a Place>) {
        if let Some(listening) = self.lock().listeners.get_mut(address) {
            for place in places {
                listening.places.remove(place);
            }
        }
    }

    /// Whether there is nothing that this node would not hear.
    pub(super) fn hears_all(&self) -> bool {
        let state = self.lock();
        let settled = state.listeners.values().filter(|listening| listening.is_settled);
        let heard: HashSet<_> = settled.flat_map(|listening| &listening.places).collect();
        heard.len() == Place::all().count()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whom to tell about which channels; `None` if there is nobody to tell about one of them.
    fn shares(&self, ears: Vec<Ear>) -> Option<Vec<(PushConnection, Vec<Ear>)>> {
        let mut shares: HashMap<&Address, Vec<Ear>> = HashMap::new();
        for ear in ears {
            let serves = |(_, listening): &(&Address, &Listening)| listening.places.contains(&ear.place);
            let (address, _) = self.listeners.iter().find(serves)?;
            shares.entry(address).or_default().push(ear);
        }
        let connection = |address| self.listeners.get(address).map(|listening| listening.connection.clone());
        shares.into_iter().map(|(address, ears)| Some((connection(address)?, ears))).collect()
    }

    fn patterns(&self) -> impl Iterator<Item = &Interest> {
        self.wanted.iter().filter(|interest| matches!(interest, Interest::Pattern(_)))
    }
}
