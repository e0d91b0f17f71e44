//! The connected members: what reaches them, and what ends for them.

use std::{
    iter,
    sync::{Arc, OnceLock},
    time::Instant,
};

use serde::Serialize;
use stomp_broker::{Destination, Handle, Principal, Publish, Refusal};

use super::{
    node::{Node, SEQ},
    recheck::Listeners,
};
use crate::{
    domain::{Change, MemberId, Message, RoomId, SessionId},
    error::Code,
    metrics,
};

/// The broker as the use cases see it; cheap to clone.
///
/// The broker's handlers call the use cases and the use cases call the broker, so one has to be there first:
/// until [`connect`](Self::connect), nobody is connected and nothing is told.
#[derive(Debug, Clone, Default)]
pub struct Live {
    handle: Arc<OnceLock<Handle>>,
    node: Node,
}

/// A queue of each member's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queue {
    /// Messages that were stored.
    Acks,
    /// What was refused.
    Errors,
    /// The list of the member's rooms.
    Rooms,
    /// Messages that are meant for the member.
    Notifications,
    /// The end of a login.
    Session,
}

impl Queue {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Acks, Self::Errors, Self::Rooms, Self::Notifications, Self::Session];

    /// Its destination.
    pub fn destination(self) -> &'static str {
        match self {
            Self::Acks => "/user/queue/acks",
            Self::Errors => "/user/queue/errors",
            Self::Rooms => "/user/queue/rooms",
            Self::Notifications => "/user/queue/notifications",
            Self::Session => "/user/queue/session",
        }
    }
}

/// Where a room's messages go.
pub fn messages_of(room: RoomId) -> Destination {
    destination(&format!("/topic/room/{room}"))
}

/// Where a room's events go.
pub fn events_of(room: RoomId) -> Destination {
    destination(&format!("/topic/room/{room}/events"))
}

/// Where it is told who writes in a room.
pub fn typing_of(room: RoomId) -> Destination {
    destination(&format!("/topic/room/{room}/typing"))
}

/// Where it is told who of a room is connected.
pub fn presence_of(room: RoomId) -> Destination {
    destination(&format!("/topic/room/{room}/presence"))
}

/// Where it is told how many members are connected, by both of its names.
pub const COUNTS: [&str; 2] = ["/topic/presence/count", "/sub/channel/entry"];

impl Live {
    /// Gives it the broker; the first one stays.
    pub fn connect(&self, handle: Handle) {
        let _ = self.handle.set(handle);
    }

    /// This server among others.
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// Sends a message to those who have its room open.
    pub(super) async fn message(&self, message: &Message) {
        self.messages(iter::once(message)).await;
    }

    /// The same for several, in order.
    pub(super) async fn messages(&self, messages: impl Iterator<Item = &Message>) {
        let begin = Instant::now();
        let publish = |message: &Message| {
            metrics::told(message.r#type);
            numbered(&messages_of(message.room_id), message.seq, message)
        };
        self.publish_all(messages.filter_map(publish).collect()).await;
        metrics::fanned_out(begin.elapsed());
    }

    /// Tells those who have a room open of a change of a message.
    pub(super) async fn change(&self, change: &Change) {
        let publish = numbered(&events_of(change.message.room_id), change.change_seq, change);
        self.publish_all(publish.into_iter().collect()).await;
    }

    /// Tells those who have a room open what happened there.
    pub(super) async fn event(&self, room: RoomId, event: &impl Serialize) {
        self.publish(events_of(room), event).await;
    }

    /// Tells clients of this server, that is all of them if each server does, who writes in a room.
    pub(super) fn typing(&self, room: RoomId, writing: &impl Serialize) {
        self.deliver(typing_of(room), writing);
    }

    /// Tells clients of this server who of a room is connected.
    pub(super) fn presence(&self, room: RoomId, online: &impl Serialize) {
        self.deliver(presence_of(room), online);
    }

    /// Tells clients of this server how many members are connected.
    pub(super) fn count(&self, count: usize) {
        for name in COUNTS {
            self.deliver(destination(name), &count);
        }
    }

    /// Tells a member something on all its connections.
    pub fn tell(&self, member: MemberId, queue: Queue, body: &impl Serialize) {
        if let (Some(handle), Some(body)) = (self.handle.get(), json(body)) {
            handle.send_to_user(&member.to_string(), Publish::json(destination(queue.destination()), body));
        }
    }

    /// Tells one connection to this server that the access token it shows for itself ends in so many seconds.
    pub fn tell_expiring(&self, connection: stomp_broker::SessionId, seconds: u64) {
        if let (Some(handle), Some(body)) = (self.handle.get(), json(&LoginEnd::TokenExpiring { seconds })) {
            handle
                .send_to_session(connection, Publish::json(destination(Queue::Session.destination()), body));
        }
    }

    /// Who listens to which rooms on this server.
    pub(super) fn listeners(&self) -> Listeners {
        let mut listeners = Listeners::new();
        for subscription in self.handle.get().map(Handle::subscriptions).unwrap_or_default() {
            let rest = subscription.destination.strip_prefix("/topic/room/");
            let room = rest.and_then(|rest| rest.split('/').next()).and_then(|id| id.parse().ok());
            if let (Some(room), Ok(member)) = (room, subscription.user.parse()) {
                listeners.entry(room).or_default().insert(member);
            }
        }
        listeners
    }

    /// How many connections this server has.
    pub fn connections(&self) -> usize {
        self.handle.get().map_or(0, |handle| handle.sessions().len())
    }

    /// Whether the broker is in contact with the other servers and does not stop.
    pub fn is_ready(&self) -> bool {
        self.handle.get().is_some_and(Handle::is_ready)
    }

    /// Whether a member has a connection at this moment.
    pub fn is_connected(&self, member: MemberId) -> bool {
        self.handle.get().is_some_and(|handle| handle.sessions_of(&member.to_string()) > 0)
    }

    /// Whether a member has a connection to any of the servers at this moment; as far as this one knows, while others
    /// cannot be asked.
    pub(crate) async fn is_connected_anywhere(&self, member: MemberId) -> bool {
        let Some(handle) = self.handle.get() else { return false };
        let sessions = handle.sessions_on_all_nodes(&member.to_string()).await;
        sessions.map_or_else(|_| self.is_connected(member), |sessions| sessions > 0)
    }

    /// Ends what a member receives of a room.
    pub(super) async fn close(&self, room: RoomId, member: MemberId) {
        let Some(handle) = self.handle.get() else { return };
        for destination in [messages_of(room), events_of(room), typing_of(room), presence_of(room)] {
            handle.revoke(&member.to_string(), &destination).await;
        }
    }

    /// Ends every connection of a member.
    pub fn disconnect(&self, member: MemberId, reason: Code) {
        if let Some(handle) = self.handle.get() {
            handle.disconnect(&member.to_string(), &ended(reason));
        }
    }

    /// Keeps a connection for as long as the principal lasts; says whether it began with the same session.
    pub fn renew(&self, connection: stomp_broker::SessionId, principal: Principal) -> bool {
        self.handle.get().is_some_and(|handle| handle.renew(connection, principal))
    }

    /// Ends the connections that a member has by one session.
    pub fn disconnect_session(&self, member: MemberId, session: SessionId, reason: Code) {
        if let Some(handle) = self.handle.get() {
            handle.disconnect_credential(&member.to_string(), &session.to_string(), &ended(reason));
        }
    }

    async fn publish(&self, destination: Destination, body: &impl Serialize) {
        if let Some(body) = json(body) {
            self.publish_all(vec![Publish::json(destination, body)]).await;
        }
    }

    /// What cannot be told is in the database: each server brings what is numbered, and clients look for the rest.
    pub(super) async fn publish_all(&self, batch: Vec<Publish>) {
        let Some(handle) = self.handle.get() else { return };
        if let Err(error) = handle.publish_all(batch).await {
            tracing::warn!(%error, "stored, but not told");
        }
    }

    fn deliver(&self, destination: Destination, body: &impl Serialize) {
        if let Some(body) = json(body) {
            self.node.deliver(Publish::json(destination, body));
        }
    }
}

/// What a member is told of its login.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
enum LoginEnd {
    TokenExpiring {
        #[serde(rename = "in")]
        seconds: u64,
    },
    LoggedOut,
    Banned,
}

/// What ends connections: an ERROR with the code, and ahead of it the word on the member's own queue.
fn ended(reason: Code) -> Refusal {
    let end = if reason == Code::Banned { LoginEnd::Banned } else { LoginEnd::LoggedOut };
    let refusal = Refusal::new(reason.as_str());
    match json(&end) {
        Some(end) => refusal.announced(destination(Queue::Session.destination()), end),
        None => refusal,
    }
}

/// What a room numbers, on its way to those who listen; `None` if it cannot be written.
pub(super) fn numbered(topic: &Destination, seq: i64, body: &impl Serialize) -> Option<Publish> {
    Some(Publish::json(topic.clone(), json(body)?).header(SEQ, &seq.to_string()))
}

fn destination(name: &str) -> Destination {
    Destination::new(name).expect("names made of literals and numbers are valid")
}

fn json(body: &impl Serialize) -> Option<Vec<u8>> {
    serde_json::to_vec(body).inspect_err(|error| tracing::error!(%error, "cannot be written as JSON")).ok()
}
