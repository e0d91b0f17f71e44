//! Who is connected.
//!
//! Every server knows who is online at each of them: they tell each other all of theirs, when that changes and every few
//! seconds. A server that says nothing for a while has died.
//!
//! A member is online from its first connection on until a while after its last one ended: loading a page anew does not
//! show. What changes is told a moment later, once for all changes of that moment.

use std::{
    collections::{HashMap, HashSet},
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde::Serialize;
use tokio::time::Instant;

use super::{Chat, Live, node::Gossip, presence_of};
use crate::{
    domain::{MemberId, RoomId},
    store::{Store, StoreError},
};

/// The while.
const GRACE: Duration = Duration::from_secs(30);

/// The moment.
const DELAY: Duration = Duration::from_millis(200);

/// How long another server may say nothing.
const SILENCE: Duration = Duration::from_secs(15);

/// Counts connections and tells rooms; cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Presence {
    store: Arc<dyn Store>,
    live: Live,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// Those who are online, with how many connections they have: none during their grace.
    online: HashMap<MemberId, usize>,
    /// Those who are online at other servers.
    elsewhere: HashMap<u64, Elsewhere>,
    /// Rooms to tell.
    changed: HashSet<RoomId>,
    /// Whether somebody sees to that already.
    is_telling: bool,
}

#[derive(Debug)]
struct Elsewhere {
    online: HashSet<MemberId>,
    heard: Instant,
}

impl State {
    fn is_online(&self, member: MemberId) -> bool {
        self.online.contains_key(&member)
            || self.elsewhere.values().any(|other| other.online.contains(&member))
    }

    fn count(&self) -> usize {
        let elsewhere = self.elsewhere.values().flat_map(|other| &other.online);
        self.online.keys().chain(elsewhere).collect::<HashSet<_>>().len()
    }
}

/// A connection of a member, for as long as it is not dropped.
#[derive(Debug)]
pub struct Connection {
    presence: Presence,
    member: MemberId,
}

/// Who of a room is connected, as clients get it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Online {
    online: Vec<MemberId>,
    online_count: usize,
    member_count: usize,
}

impl Chat {
    /// Counts a connection of a member until it is dropped.
    pub fn connected(&self, member: MemberId) -> Connection {
        self.presence.begin(member);
        Connection { presence: self.presence.clone(), member }
    }

    /// Tells those who have a room open soon who of it is connected, for one of them has just opened it; or how many
    /// are connected at all.
    pub fn show_presence(&self, room: Option<RoomId>) {
        self.presence.tell_soon(room);
    }

    /// Tells those who have a room open who of it is connected, for others are in it than before.
    pub(super) fn participants_changed(&self, room: RoomId) {
        self.presence.tell_soon(Some(room));
        self.live.node().gossip(Gossip::Participants { room });
    }
}

impl Presence {
    /// Nobody is connected.
    pub(super) fn new(store: Arc<dyn Store>, live: Live) -> Self {
        Self { store, live, state: Arc::default() }
    }

    /// Whether a member is online.
    pub(super) fn is_online(&self, member: MemberId) -> bool {
        self.state().is_online(member)
    }

    fn begin(&self, member: MemberId) {
        let mut state = self.state();
        let was_online = state.online.contains_key(&member);
        *state.online.entry(member).or_default() += 1;
        drop(state);
        if !was_online {
            self.tell_others();
            tokio::spawn(self.clone().tell_rooms_of([member].into()));
        }
    }

    fn end(&self, member: MemberId) {
        let mut state = self.state();
        let Some(connections) = state.online.get_mut(&member) else { return };
        *connections = connections.saturating_sub(1);
        // Connections may end when the server does, and then there is nobody to run this.
        if *connections == 0
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(self.clone().end_later(member));
        }
    }

    async fn end_later(self, member: MemberId) {
        tokio::time::sleep(GRACE).await;
        if self.forget(member) {
            self.tell_others();
            self.tell_rooms_of([member].into()).await;
        }
    }

    /// Tells other servers who is online here.
    fn tell_others(&self) {
        let members = self.state().online.keys().copied().collect();
        self.live.node().gossip(Gossip::Online { members });
    }

    /// Notes who is online at another server.
    pub(super) fn hear(&self, node: u64, online: HashSet<MemberId>) {
        let other = Elsewhere { online: online.clone(), heard: Instant::now() };
        let before = self.state().elsewhere.insert(node, other);
        match before {
            Some(before) => self.changed(&before.online ^ &online),
            None => {
                // It has not heard of us either.
                self.tell_others();
                self.changed(online);
            }
        }
    }

    /// Tells other servers that this one lives, and notices which of them do not.
    pub(super) fn pulse(&self) {
        self.tell_others();
        let mut gone = HashSet::new();
        self.state().elsewhere.retain(|_, other| {
            let lives = other.heard.elapsed() < SILENCE;
            if !lives {
                gone.extend(other.online.drain());
            }
            lives
        });
        self.changed(gone);
    }

    fn changed(&self, members: HashSet<MemberId>) {
        if !members.is_empty() {
            tokio::spawn(self.clone().tell_rooms_of(members));
        }
    }

    /// Forgets a member without connections; says whether it is one.
    fn forget(&self, member: MemberId) -> bool {
        let mut state = self.state();
        let is_gone = state.online.get(&member) == Some(&0);
        if is_gone {
            state.online.remove(&member);
        }
        is_gone
    }

    async fn tell_rooms_of(self, members: HashSet<MemberId>) {
        self.tell_soon(None);
        for member in members {
            match self.store.rooms_of(member).await {
                Ok(rooms) => rooms.into_iter().for_each(|room| self.tell_soon(Some(room))),
                Err(error) => tracing::warn!(%error, %member, "rooms do not hear who is online"),
            }
        }
    }

    /// Notes that a room is to be told, besides the count. The first one to note something sees to the rest.
    pub(super) fn tell_soon(&self, room: Option<RoomId>) {
        let mut state = self.state();
        state.changed.extend(room);
        if !mem::replace(&mut state.is_telling, true) {
            tokio::spawn(self.clone().tell());
        }
    }

    async fn tell(self) {
        tokio::time::sleep(DELAY).await;
        let (rooms, count) = {
            let mut state = self.state();
            state.is_telling = false;
            (mem::take(&mut state.changed), state.count())
        };
        self.live.count(count);
        for room in rooms {
            if let Err(error) = self.tell_room(room).await {
                tracing::warn!(%error, %room, "a room does not hear who is online");
            }
        }
    }

    async fn tell_room(&self, room: RoomId) -> Result<(), StoreError> {
        if !self.live.node().is_listened_to(&presence_of(room)) {
            return Ok(());
        }
        let participants = self.store.participants(room).await?;
        let ids = participants.iter().map(|participant| participant.member.id);
        let online: Vec<_> = ids.filter(|member| self.is_online(*member)).collect();
        let (online_count, member_count) = (online.len(), participants.len());
        self.live.presence(room, &Online { online, online_count, member_count });
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.presence.end(self.member);
    }
}
