//! A bounded queue from code that cannot wait to a task that can.

use std::{
    collections::VecDeque,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

/// What may wait; more of it is lost.
const WAITING: usize = 4_096;

/// The queue; cheap to clone.
#[derive(Debug)]
pub(super) struct Mailbox<T> {
    shared: Arc<Shared<T>>,
}

#[derive(Debug)]
struct Shared<T> {
    waiting: Mutex<VecDeque<T>>,
    arrived: Notify,
}

impl<T> Mailbox<T> {
    /// Puts something in; says whether there was room.
    pub(super) fn push(&self, item: T) -> bool {
        let mut waiting = self.lock();
        let has_room = waiting.len() < WAITING;
        if has_room {
            waiting.push_back(item);
            self.shared.arrived.notify_one();
        }
        has_room
    }

    /// Waits for something and takes all there is.
    pub(super) async fn take(&self) -> VecDeque<T> {
        loop {
            let taken = mem::take(&mut *self.lock());
            if !taken.is_empty() {
                return taken;
            }
            self.shared.arrived.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<T>> {
        self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Clone for Mailbox<T> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<T> Default for Mailbox<T> {
    fn default() -> Self {
        Self { shared: Arc::new(Shared { waiting: Mutex::default(), arrived: Notify::new() }) }
    }
}
