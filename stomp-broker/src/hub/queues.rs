//! Which sessions consume from which queue, and who gets the next message.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use tracing::warn;

use super::{Budget, Delivery, Lease, Subscription};
use crate::{BrokerError, Destination, Leased, Publish, QueueStore, Settlement};

/// The consumers of this node, by queue.
#[derive(Debug)]
pub(crate) struct Queues {
    budget: Arc<Budget>,
    store: OnceLock<Arc<dyn QueueStore>>,
    queues: Mutex<HashMap<Destination, Queue>>,
}

#[derive(Debug, Default)]
struct Queue {
    consumers: Vec<Consumer>,
    /// Whose turn it is.
    turn: usize,
    /// Somebody is handing out messages; what happens meanwhile makes him look again.
    dispatching: bool,
    again: bool,
}

#[derive(Debug)]
struct Consumer {
    subscription: Arc<Subscription>,
    /// Messages that may be out with it at a time.
    prefetch: usize,
    leases: HashSet<u64>,
}

impl Queues {
    pub(crate) fn new(budget: Arc<Budget>) -> Self {
        Self { budget, store: OnceLock::new(), queues: Mutex::default() }
    }

    /// Sets what keeps the messages; called once, when the server starts.
    pub(crate) fn set_store(&self, store: Arc<dyn QueueStore>) {
        // A second store would be a second server; there is none.
        let _ = self.store.set(store);
    }

    /// Stores messages, all or none, and hands them out.
    pub(crate) async fn enqueue(&self, batch: Vec<Publish>) -> Result<(), BrokerError> {
        let mut names: Vec<_> = batch.iter().map(|publish| publish.destination.clone()).collect();
        names.dedup();
        self.store()?.enqueue(batch).await?;
        for name in &names {
            self.dispatch(name).await;
        }
        Ok(())
    }

    /// Adds a consumer that may have `prefetch` messages out at a time.
    pub(crate) async fn add(&self, name: &Destination, subscription: Arc<Subscription>, prefetch: usize) {
        let consumer = Consumer { subscription, prefetch, leases: HashSet::new() };
        self.lock().entry(name.clone()).or_default().consumers.push(consumer);
        self.dispatch(name).await;
    }

    /// Removes a consumer; what is out with it goes to others.
    pub(crate) async fn remove(&self, name: &Destination, subscription: &Arc<Subscription>) {
        subscription.end();
        let leases: Vec<_> = {
            let mut queues = self.lock();
            let Some(queue) = queues.get_mut(name) else { return };
            let consumers = &mut queue.consumers;
            let left = consumers.extract_if(.., |consumer| Arc::ptr_eq(&consumer.subscription, subscription));
            let leases = left.flat_map(|consumer| consumer.leases).collect();
            if consumers.is_empty() && !queue.dispatching {
                queues.remove(name);
            }
            leases
        };
        // In doubt a message counts as delivered: it may have been what broke the consumer.
        self.settle_in_store(name, &leases, Settlement::Refused).await;
    }

    /// Visits every consumer of every queue.
    pub(crate) fn for_each(&self, mut visit: impl FnMut(&Destination, &Arc<Subscription>)) {
        for (name, queue) in &*self.lock() {
            queue.consumers.iter().for_each(|consumer| visit(name, &consumer.subscription));
        }
    }

    /// Ends leases with what the consumers said.
    pub(crate) async fn settle(&self, leases: Vec<Lease>, settlement: Settlement) {
        let mut by_queue: HashMap<Destination, Vec<u64>> = HashMap::new();
        for Lease { queue, id, .. } in leases {
            by_queue.entry(queue).or_default().push(id);
        }
        for (name, mut ids) in by_queue {
            if let Some(queue) = self.lock().get_mut(&name) {
                queue.consumers.iter_mut().for_each(|consumer| {
                    ids.iter().for_each(|id| {
                        consumer.leases.remove(id);
                    })
                });
            }
            ids.sort_unstable();
            self.settle_in_store(&name, &ids, settlement).await;
            // Consumers that wait for others to settle have room again.
            self.dispatch(&name).await;
        }
    }

    async fn settle_in_store(&self, name: &Destination, leases: &[u64], settlement: Settlement) {
        let Ok(store) = self.store() else { return };
        if leases.is_empty() {
            return;
        }
        match store.settle(name, leases, settlement).await {
            Ok(fed) => {
                for name in &fed {
                    self.dispatch(name).await;
                }
            }
            // The leases stand, and their messages come again: at least once.
            Err(error) => warn!(%error, queue = %name, "cannot settle messages"),
        }
    }

    /// Hands out what the queue has to consumers that have room. One task at a time does this for a queue.
    async fn dispatch(&self, name: &Destination) {
        let Ok(store) = self.store() else { return };
        if self.start_dispatch(name) {
            self.hand_out_all(store, name).await;
        }
    }

    /// Hands out messages that another node has stored.
    pub(crate) fn wake(self: &Arc<Self>, name: &Destination) {
        if self.start_dispatch(name) {
            let (queues, name) = (Arc::clone(self), name.clone());
            tokio::spawn(async move {
                if let Ok(store) = queues.store() {
                    queues.hand_out_all(store, &name).await;
                }
            });
        }
    }

    /// Runs until the queue has nothing or its consumers have no room.
    async fn hand_out_all(&self, store: &Arc<dyn QueueStore>, name: &Destination) {
        loop {
            let room = self.lock().get(name).map_or(0, Queue::room);
            let leased = match room {
                0 => Ok(Vec::new()),
                room => store.lease(name, room).await,
            };
            let leased = leased.unwrap_or_else(|error| {
                warn!(%error, queue = %name, "cannot read a queue");
                Vec::new()
            });
            let nothing = leased.is_empty();
            let unwanted = self.hand_out(name, leased);
            if !unwanted.is_empty() {
                // They go back as they were; whoever comes next starts anew.
                let _ = store.settle(name, &unwanted, Settlement::Undelivered).await;
            }
            if nothing && self.finish_dispatch(name) {
                return;
            }
        }
    }

    fn start_dispatch(&self, name: &Destination) -> bool {
        let mut queues = self.lock();
        let Some(queue) = queues.get_mut(name) else { return false };
        let first = !queue.dispatching;
        queue.dispatching = true;
        queue.again = !first;
        first
    }

    /// Ends the dispatch, unless something happened since it last looked.
    fn finish_dispatch(&self, name: &Destination) -> bool {
        let mut queues = self.lock();
        let Some(queue) = queues.get_mut(name) else { return true };
        if queue.again {
            queue.again = false;
            return false;
        }
        queue.dispatching = false;
        if queue.consumers.is_empty() {
            queues.remove(name);
        }
        true
    }

    /// Gives each message to the next consumer with room; returns those that nobody has room for any more.
    fn hand_out(&self, name: &Destination, leased: Vec<Leased>) -> Vec<u64> {
        let mut queues = self.lock();
        let mut queue = queues.get_mut(name);
        let mut unwanted = Vec::new();
        for Leased { id, message, deliveries } in leased {
            match queue.as_mut().and_then(|queue| queue.next_consumer()) {
                Some(consumer) => {
                    consumer.leases.insert(id);
                    let lease = Lease { queue: name.clone(), id, deliveries };
                    let message = self.budget.charge(message);
                    consumer.subscription.push(Delivery::leased(&consumer.subscription, message, lease));
                }
                None => unwanted.push(id),
            }
        }
        unwanted
    }

    fn store(&self) -> Result<&Arc<dyn QueueStore>, BrokerError> {
        self.store.get().ok_or(BrokerError::Unavailable)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Destination, Queue>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    /// How many messages its consumers can take.
    fn room(&self) -> usize {
        self.consumers.iter().map(Consumer::room).sum()
    }

    /// The consumer whose turn it is among those with room.
    fn next_consumer(&mut self) -> Option<&mut Consumer> {
        let count = self.consumers.len();
        let index = (0..count)
            .map(|step| (self.turn + step) % count)
            .find(|&index| self.consumers[index].room() > 0)?;
        self.turn = (index + 1) % count;
        self.consumers.get_mut(index)
    }
}

impl Consumer {
    fn room(&self) -> usize {
        self.prefetch.saturating_sub(self.leases.len())
    }
}
