//! The temporary destinations of one session, where it gets answers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Subscription;
use crate::Destination;

/// Temporary destinations of one session, at most.
pub(crate) const MAX_REPLY_DESTINATIONS: usize = 16;

/// What the session calls its temporary destinations, and what the others know them by.
#[derive(Debug, Default)]
pub(crate) struct Replies {
    live: Mutex<Vec<Reply>>,
}

#[derive(Debug)]
struct Reply {
    name: String,
    address: Destination,
    subscription: Arc<Subscription>,
}

impl Replies {
    /// The address of a destination of that name.
    pub(crate) fn address(&self, name: &str) -> Option<Destination> {
        self.live().iter().find(|reply| reply.name == name).map(|reply| reply.address.clone())
    }

    pub(crate) fn is_full(&self) -> bool {
        self.live().len() >= MAX_REPLY_DESTINATIONS
    }

    pub(crate) fn add(&self, name: &str, address: Destination, subscription: Arc<Subscription>) {
        self.live().push(Reply { name: name.to_owned(), address, subscription });
    }

    /// Takes all out, at the end of the session.
    pub(crate) fn drain(&self) -> Vec<(Destination, Arc<Subscription>)> {
        self.live().drain(..).map(|reply| (reply.address, reply.subscription)).collect()
    }

    fn live(&self) -> MutexGuard<'_, Vec<Reply>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
