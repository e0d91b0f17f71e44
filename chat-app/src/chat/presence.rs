//! Who is connected.
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

use super::{Chat, Live};
use crate::{
    domain::{MemberId, RoomId},
    store::{Store, StoreError},
};

/// The while.
const GRACE: Duration = Duration::from_secs(30);

/// The moment.
const DELAY: Duration = Duration::from_millis(200);

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
    /// Rooms to tell.
    changed: HashSet<RoomId>,
    /// Whether somebody sees to that already.
    is_telling: bool,
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
}

impl Presence {
    /// Nobody is connected.
    pub(super) fn new(store: Arc<dyn Store>, live: Live) -> Self {
        Self { store, live, state: Arc::default() }
    }

    /// Whether a member is online.
    pub(super) fn is_online(&self, member: MemberId) -> bool {
        self.state().online.contains_key(&member)
    }

    fn begin(&self, member: MemberId) {
        let mut state = self.state();
        let was_online = state.online.contains_key(&member);
        *state.online.entry(member).or_default() += 1;
        drop(state);
        if !was_online {
            tokio::spawn(self.clone().tell_rooms_of(member));
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
            self.tell_rooms_of(member).await;
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

    async fn tell_rooms_of(self, member: MemberId) {
        match self.store.rooms_of(member).await {
            Ok(rooms) => rooms.into_iter().for_each(|room| self.tell_soon(Some(room))),
            Err(error) => tracing::warn!(%error, %member, "rooms do not hear who is online"),
        }
        self.tell_soon(None);
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
            (mem::take(&mut state.changed), state.online.len())
        };
        self.live.count(count).await;
        for room in rooms {
            if let Err(error) = self.tell_room(room).await {
                tracing::warn!(%error, %room, "a room does not hear who is online");
            }
        }
    }

    async fn tell_room(&self, room: RoomId) -> Result<(), StoreError> {
        let participants = self.store.participants(room).await?;
        let ids = participants.iter().map(|participant| participant.member.id);
        let online: Vec<_> = ids.filter(|member| self.is_online(*member)).collect();
        let (online_count, member_count) = (online.len(), participants.len());
        self.live.presence(room, &Online { online, online_count, member_count }).await;
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
