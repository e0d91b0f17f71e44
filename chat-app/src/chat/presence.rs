//! Who is connected.
//!
//! Every server knows who is online at each of them: they tell each other all of theirs, when that changes and every few
//! seconds. A server that says nothing for a while has died.
//!
//! A member is online from its first connection on until a while after its last one ended: loading a page anew does not
//! show. What changes is told a moment later, once for all changes of that moment.

use std::{
    collections::HashSet,
    mem,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde::Serialize;
use tokio::time::Instant;

use super::{
    Chat, Live,
    node::Gossip,
    online::{Online, Others},
    presence_of,
};
use crate::{
    domain::{MemberId, RoomId},
    error::ChatError,
    metrics,
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
pub(crate) struct Presence {
    store: Arc<dyn Store>,
    live: Live,
    /// Connections of a member.
    limit: usize,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    online: Online,
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
    /// Whether its page is to be seen.
    is_visible: AtomicBool,
}

impl Connection {
    /// Notes whether its page is to be seen. While none of a member's is, the member is away, and told by push.
    pub fn show(&self, is_visible: bool) {
        if self.is_visible.swap(is_visible, Ordering::Relaxed) != is_visible {
            self.presence.show(self.member, is_visible);
        }
    }
}

/// Who of a room is connected, as clients get it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RoomPresence {
    online: Vec<MemberId>,
    /// Those of them no page of whom is to be seen.
    away: Vec<MemberId>,
    online_count: usize,
    member_count: usize,
}

impl Chat {
    /// Counts a connection of a member until it is dropped.
    ///
    /// # Errors
    ///
    /// [`ChatError::TooManyConnections`]. Those to other servers are counted as those servers told of them last.
    pub fn connected(&self, member: MemberId) -> Result<Connection, ChatError> {
        self.presence.begin(member)?;
        Ok(Connection { presence: self.presence.clone(), member, is_visible: AtomicBool::new(true) })
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
    /// Nobody is connected; a member may have `limit` connections.
    pub(crate) fn new(store: Arc<dyn Store>, live: Live, limit: usize) -> Self {
        Self { store, live, limit, state: Arc::default() }
    }

    /// Whether a member is online.
    pub(super) fn is_online(&self, member: MemberId) -> bool {
        self.state().online.has(member)
    }

    /// Whether a member is connected and no page of it is to be seen.
    pub(crate) fn is_away(&self, member: MemberId) -> bool {
        self.state().online.is_away(member)
    }

    fn begin(&self, member: MemberId) -> Result<(), ChatError> {
        let is_news = {
            let online = &mut self.state().online;
            if online.connections_of(member) >= self.limit {
                metrics::rate_limited("connections");
                return Err(ChatError::TooManyConnections { limit: self.limit });
            }
            online.begin(member)
        };
        self.tell_of(member, is_news);
        Ok(())
    }

    fn show(&self, member: MemberId, is_visible: bool) {
        let is_news = self.state().online.show(member, is_visible);
        self.tell_of(member, is_news);
    }

    fn tell_of(&self, member: MemberId, is_news: bool) {
        if is_news {
            self.tell_others();
            tokio::spawn(self.clone().tell_rooms_of([member].into()));
        }
    }

    fn end(&self, member: MemberId, was_visible: bool) {
        let (is_news, was_last) = {
            let online = &mut self.state().online;
            (online.end(member, was_visible), online.is_in_grace(member))
        };
        // Connections may end when the server does, and then there is nobody to run this.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            self.tell_of(member, is_news);
            if was_last {
                runtime.spawn(self.clone().end_later(member));
            }
        }
    }

    async fn end_later(self, member: MemberId) {
        tokio::time::sleep(GRACE).await;
        let is_gone = self.state().online.forget(member);
        if is_gone {
            self.tell_others();
            self.tell_rooms_of([member].into()).await;
        }
    }

    /// Tells other servers who is online here.
    fn tell_others(&self) {
        let online = self.state().online.here();
        self.live.node().gossip(Gossip::Online(online));
    }

    /// Notes who is online at another server.
    pub(super) fn hear(&self, node: u64, others: Others) {
        let (changed, is_new) = self.state().online.hear(node, others, Instant::now());
        if is_new {
            // It has not heard of us either.
            self.tell_others();
        }
        self.changed(changed);
    }

    /// Tells other servers that this one lives, and notices which of them do not.
    pub(super) fn pulse(&self) {
        self.tell_others();
        if let Some(since) = Instant::now().checked_sub(SILENCE) {
            let gone = self.state().online.forget_silent(since);
            self.changed(gone);
        }
    }

    fn changed(&self, members: HashSet<MemberId>) {
        if !members.is_empty() {
            tokio::spawn(self.clone().tell_rooms_of(members));
        }
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
            (mem::take(&mut state.changed), state.online.count())
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
        let away = online.iter().copied().filter(|member| self.is_away(*member)).collect();
        let (online_count, member_count) = (online.len(), participants.len());
        self.live.presence(room, &RoomPresence { online, away, online_count, member_count });
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.presence.end(self.member, *self.is_visible.get_mut());
    }
}
