//! The list of rooms at the side of each member's screen.
//!
//! A message changes the list of everyone in its room: telling each of them at once would make a message in a room of
//! 500 cost 500 look-ups. So rooms that changed are noted, and those members of them who are connected are told a
//! moment later, once for all changes of that moment.

use std::{
    collections::HashSet,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use serde::Serialize;

use super::{Live, Queue, presence::Presence, turns::Turns};
use crate::{
    domain::{MemberId, MyRoom, RoomId},
    store::{Store, StoreError},
};

/// The moment.
const DELAY: Duration = Duration::from_millis(200);

/// Rooms whose members are looked up at once.
const ROOMS: usize = 64;

/// Entries of lists that are looked up at once.
const ENTRIES: usize = 256;

/// Tells members how their lists change; cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Rail {
    store: Arc<dyn Store>,
    live: Live,
    presence: Presence,
    changed: Arc<Mutex<Changed>>,
    /// What is looked up of a room is told before it is looked up again: the last word is the newest.
    turns: Arc<Turns>,
}

/// Rooms that look different.
#[derive(Debug, Default)]
struct Changed {
    rooms: HashSet<RoomId>,
    /// Whether somebody sees to telling them.
    is_told: bool,
}

/// How a list changes.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "UPPERCASE")]
enum Change<'a> {
    /// A room is new in it or different.
    Upsert { room: &'a MyRoom },
    /// A room is in it no more.
    Remove { room: Removed },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Removed {
    room_id: RoomId,
}

impl Rail {
    /// Nothing has changed yet.
    pub(super) fn new(store: Arc<dyn Store>, live: Live, presence: Presence) -> Self {
        Self { store, live, presence, changed: Arc::default(), turns: Arc::default() }
    }

    /// Notes that a room looks different to everyone in it. The first one to note something sees to the rest.
    pub(super) fn room_changed(&self, room: RoomId) {
        let mut changed = self.changed();
        changed.rooms.insert(room);
        if !mem::replace(&mut changed.is_told, true) {
            tokio::spawn(self.clone().tell_soon());
        }
    }

    /// Shows a member at once how a room looks now.
    pub(super) async fn show(&self, room: RoomId, member: MemberId) {
        if self.presence.is_online(member)
            && let Err(error) = self.tell(&[(room, member)]).await
        {
            tracing::warn!(%error, %room, "a list of rooms is not brought up to date");
        }
    }

    /// Takes a room off a member's list.
    pub(super) fn remove(&self, room: RoomId, member: MemberId) {
        self.live.tell(member, Queue::Rooms, &Change::Remove { room: Removed { room_id: room } });
    }

    async fn tell_soon(self) {
        let mut pause = DELAY;
        loop {
            tokio::time::sleep(pause).await;
            let Some(rooms) = self.next() else { return };
            let begin = Instant::now();
            for rooms in rooms.chunks(ROOMS) {
                if let Err(error) = self.tell_participants(rooms).await {
                    tracing::warn!(%error, ?rooms, "lists of rooms are not brought up to date");
                }
            }
            // Messages are to have the database to themselves for most of the time.
            pause = DELAY.max(begin.elapsed() * 9);
        }
    }

    /// The rooms that have changed since; if there are none, the next one is told by somebody else.
    fn next(&self) -> Option<Vec<RoomId>> {
        let mut changed = self.changed();
        changed.is_told = !changed.rooms.is_empty();
        changed.is_told.then(|| changed.rooms.drain().collect())
    }

    async fn tell_participants(&self, rooms: &[RoomId]) -> Result<(), StoreError> {
        let mut entries = self.store.members_of(rooms).await?;
        entries.retain(|(_, member)| self.presence.is_online(*member));
        for entries in entries.chunks(ENTRIES) {
            self.tell(entries).await?;
        }
        Ok(())
    }

    /// Tells members how rooms look to them, as far as they are in them.
    async fn tell(&self, entries: &[(RoomId, MemberId)]) -> Result<(), StoreError> {
        let _turns = self.turns.take_all(entries.iter().map(|(room, _)| *room)).await;
        for room in self.store.entries(entries).await? {
            self.live.tell(room.member_id, Queue::Rooms, &Change::Upsert { room: &room });
        }
        Ok(())
    }

    fn changed(&self) -> MutexGuard<'_, Changed> {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
