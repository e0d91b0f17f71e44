//! Who is writing something at the moment.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde::Serialize;
use tokio::{
    sync::Notify,
    time::{Instant, timeout_at},
};

use super::{Chat, Live};
use crate::{
    domain::{MemberId, RoomId},
    error::ChatError,
};

/// How long somebody counts as writing after having said so.
const LASTS: Duration = Duration::from_secs(6);

/// Rooms hear who is writing in them; cheap to clone. One task for each room that somebody writes in tells the list:
/// lists reach the room in order, and changes that come while one is told are told together.
#[derive(Debug, Clone)]
pub(super) struct Typing {
    live: Live,
    rooms: Arc<Mutex<HashMap<RoomId, Typists>>>,
}

#[derive(Debug, Default)]
struct Typists {
    members: BTreeMap<MemberId, Typist>,
    changed: Arc<Notify>,
}

#[derive(Debug)]
struct Typist {
    name: String,
    until: Instant,
}

/// The list as clients get it.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Writing {
    members: Vec<Writer>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Writer {
    id: MemberId,
    name: String,
}

impl Chat {
    /// Notes that a participant is writing for the next 6 seconds, or has stopped.
    ///
    /// # Errors
    ///
    /// [`Code::NotParticipant`](crate::error::Code::NotParticipant) or
    /// [`Code::RoomNotFound`](crate::error::Code::RoomNotFound).
    pub async fn typing(&self, member: MemberId, room: RoomId, on: bool) -> Result<(), ChatError> {
        if !on {
            self.typing.stop(room, member);
            return Ok(());
        }
        self.standing(member, room).await?;
        let name = self.member(member).await?.name;
        self.typing.start(room, member, name);
        Ok(())
    }
}

impl Typing {
    /// Nobody writes.
    pub(super) fn new(live: Live) -> Self {
        Self { live, rooms: Arc::default() }
    }

    /// Notes that somebody is writing.
    fn start(&self, room: RoomId, member: MemberId, name: String) {
        let mut rooms = self.rooms();
        let is_first = !rooms.contains_key(&room);
        let typists = rooms.entry(room).or_default();
        let typist = Typist { name, until: Instant::now() + LASTS };
        if typists.members.insert(member, typist).is_none() {
            typists.changed.notify_one();
        }
        if is_first {
            tokio::spawn(self.clone().tell(room, Arc::clone(&typists.changed)));
        }
    }

    /// Notes that somebody has stopped, as by sending what was written.
    pub(super) fn stop(&self, room: RoomId, member: MemberId) {
        if let Some(typists) = self.rooms().get_mut(&room)
            && typists.members.remove(&member).is_some()
        {
            typists.changed.notify_one();
        }
    }

    /// Tells a room's list whenever it changes, the last time when nobody writes there any more.
    async fn tell(self, room: RoomId, changed: Arc<Notify>) {
        let mut told = None;
        loop {
            let (writing, until) = self.current(room);
            if told.as_ref() != Some(&writing) {
                self.live.typing(room, &writing).await;
                told = Some(writing);
            }
            match until {
                // Too late is as good as changed: either way there is another list.
                Some(until) => drop(timeout_at(until, changed.notified()).await),
                None if self.forget(room) => return,
                None => {}
            }
        }
    }

    /// The list, and until when it holds; no list holds for ever but the empty one.
    fn current(&self, room: RoomId) -> (Writing, Option<Instant>) {
        let mut rooms = self.rooms();
        let Some(typists) = rooms.get_mut(&room) else { return (Writing { members: Vec::new() }, None) };
        typists.members.retain(|_, typist| typist.until > Instant::now());
        let members =
            typists.members.iter().map(|(id, typist)| Writer { id: *id, name: typist.name.clone() });
        let writing = Writing { members: members.collect() };
        (writing, typists.members.values().map(|typist| typist.until).min())
    }

    /// Forgets a room that nobody writes in; says whether that is so.
    fn forget(&self, room: RoomId) -> bool {
        let mut rooms = self.rooms();
        let is_silent = rooms.get(&room).is_none_or(|typists| typists.members.is_empty());
        if is_silent {
            rooms.remove(&room);
        }
        is_silent
    }

    fn rooms(&self) -> MutexGuard<'_, HashMap<RoomId, Typists>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
