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

use super::{Chat, Live, node::Gossip};
use crate::{
    domain::{MemberId, RoomId},
    error::ChatError,
};

/// How long somebody counts as writing after having said so.
const LASTS: Duration = Duration::from_secs(6);

/// How soon it makes no difference to say so again.
const AGAIN: Duration = Duration::from_secs(3);

/// Rooms hear who is writing in them; cheap to clone. Every server hears of everyone, and tells its own clients. One task for each room that somebody writes in tells the list:
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
            self.stop_typing(room, member);
            return Ok(());
        }
        if self.typing.has_just_begun(room, member) {
            return Ok(());
        }
        self.standing(member, room).await?;
        let name = self.member(member).await?.name;
        self.typing.start(room, member, name.clone());
        self.live.node().gossip(Gossip::Typing { room, member, name, on });
        Ok(())
    }

    /// Notes that somebody has stopped writing, as by sending what was written.
    pub(super) fn stop_typing(&self, room: RoomId, member: MemberId) {
        if self.typing.stop(room, member) {
            let name = String::new();
            self.live.node().gossip(Gossip::Typing { room, member, name, on: false });
        }
    }
}

impl Typing {
    /// Nobody writes.
    pub(super) fn new(live: Live) -> Self {
        Self { live, rooms: Arc::default() }
    }

    /// Whether somebody has said so a moment ago, so that it need not be noted again.
    fn has_just_begun(&self, room: RoomId, member: MemberId) -> bool {
        let rooms = self.rooms();
        let until = rooms.get(&room).and_then(|typists| Some(typists.members.get(&member)?.until));
        until.is_some_and(|until| until > Instant::now() + (LASTS - AGAIN))
    }

    /// Notes that somebody is writing.
    pub(super) fn start(&self, room: RoomId, member: MemberId, name: String) {
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

    /// Notes that somebody has stopped; says whether somebody was writing.
    pub(super) fn stop(&self, room: RoomId, member: MemberId) -> bool {
        let mut rooms = self.rooms();
        let Some(typists) = rooms.get_mut(&room) else { return false };
        let was_writing = typists.members.remove(&member).is_some();
        if was_writing {
            typists.changed.notify_one();
        }
        was_writing
    }

    /// Tells a room's list whenever it changes, the last time when nobody writes there any more.
    async fn tell(self, room: RoomId, changed: Arc<Notify>) {
        let mut told = None;
        loop {
            let (writing, until) = self.current(room);
            if told.as_ref() != Some(&writing) {
                self.live.typing(room, &writing);
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
