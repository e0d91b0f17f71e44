//! Whose turn it is in a room.

use std::collections::BTreeSet;

use tokio::sync::{Mutex, MutexGuard};

use crate::domain::RoomId;

const STRIPES: usize = 64;

/// Lets one change of a room be stored and told before the next one is stored, so that subscribers hear of changes in
/// the order of the database. Rooms share a fixed number of locks: no room's lock need be made or forgotten.
#[derive(Debug)]
pub(super) struct Turns([Mutex<()>; STRIPES]);

impl Turns {
    /// Waits for the room's turn, which lasts as long as the guard.
    pub(super) async fn take(&self, room: RoomId) -> MutexGuard<'_, ()> {
        self.0[stripe(room)].lock().await
    }

    /// Waits for the turns of several rooms.
    pub(super) async fn take_all(&self, rooms: impl Iterator<Item = RoomId>) -> Vec<MutexGuard<'_, ()>> {
        // In order, each once: two that want the same do not wait for each other.
        let stripes: BTreeSet<_> = rooms.map(stripe).collect();
        let mut guards = Vec::with_capacity(stripes.len());
        for stripe in stripes {
            guards.push(self.0[stripe].lock().await);
        }
        guards
    }
}

fn stripe(room: RoomId) -> usize {
    room.0.unsigned_abs() as usize % STRIPES
}

impl Default for Turns {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::default()))
    }
}
