//! How far members have read.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::sleep;

use super::{Chat, Live, rail::Rail, to_the_end};
use crate::{
    domain::{MemberId, RoomEvent, RoomId},
    error::ChatError,
};

/// A room hears of the marker of a member this often, at most.
const EVERY: Duration = Duration::from_secs(1);

/// Tells rooms how far members have read: at once, and then what has changed since, once a second. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    live: Live,
    rail: Rail,
    /// Markers told within the last second, with where they are now if they have moved since.
    told: Arc<Mutex<Told>>,
}

type Told = HashMap<(RoomId, MemberId), Option<i64>>;

impl Chat {
    /// Moves a member's marker forward, to the newest message if no number is given.
    ///
    /// # Errors
    ///
    /// [`Code::NotParticipant`](crate::error::Code::NotParticipant) or
    /// [`Code::RoomNotFound`](crate::error::Code::RoomNotFound).
    pub async fn read(&self, reader: MemberId, room: RoomId, seq: Option<i64>) -> Result<(), ChatError> {
        let chat = self.clone();
        to_the_end(async move {
            let Some(marker) = chat.store.mark_read(room, reader, seq).await? else {
                return Err(chat.outsider(room).await);
            };
            if marker.moved {
                chat.reading.moved(room, reader, marker.seq);
            }
            Ok(())
        })
        .await
    }
}

impl Reading {
    /// Nobody has read anything yet.
    pub(super) fn new(live: Live, rail: Rail) -> Self {
        Self { live, rail, told: Arc::default() }
    }

    fn moved(&self, room: RoomId, reader: MemberId, seq: i64) {
        match self.told().entry((room, reader)) {
            Entry::Occupied(mut told) => {
                let newest = told.get().map_or(seq, |waiting| waiting.max(seq));
                told.insert(Some(newest));
            }
            Entry::Vacant(told) => {
                told.insert(None);
                tokio::spawn(self.clone().tell(room, reader, seq));
            }
        }
    }

    async fn tell(self, room: RoomId, reader: MemberId, seq: i64) {
        let mut newest = Some(seq);
        while let Some(seq) = newest {
            self.live.event(room, &RoomEvent::Read { member_id: reader, last_read_seq: seq }).await;
            self.rail.show(room, reader).await;
            sleep(EVERY).await;
            newest = self.next(room, reader);
        }
    }

    /// Where a marker has moved to since it was told; it is forgotten if it has not.
    fn next(&self, room: RoomId, reader: MemberId) -> Option<i64> {
        let mut told = self.told();
        let moved = told.get_mut(&(room, reader)).and_then(Option::take);
        if moved.is_none() {
            told.remove(&(room, reader));
        }
        moved
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
