//! Storing rooms and who is in them.

use async_trait::async_trait;

use super::Result;
use crate::domain::{MemberId, Message, MyRoom, Participant, ReadMarker, Room, RoomId, RoomName, Timestamp};

/// Rooms and who is in them.
#[async_trait]
pub trait RoomStore {
    /// Makes a group room; its owner is in it.
    async fn create_room(&self, name: &RoomName, owner: MemberId, now: Timestamp) -> Result<RoomId>;

    /// The 1:1 room of two members, made if there is none; says whether it was. `None` if one of them is no active
    /// member.
    async fn private_room(
        &self,
        one: MemberId,
        other: MemberId,
        now: Timestamp,
    ) -> Result<Option<(RoomId, bool)>>;

    /// Group rooms open to all, the one with the newest message first.
    async fn rooms(&self, query: RoomQuery<'_>) -> Result<Vec<Room>>;

    /// Whether there is such a room.
    async fn room_exists(&self, room: RoomId) -> Result<bool>;

    /// The rooms of a member, the one with the newest message first.
    async fn my_rooms(&self, member: MemberId) -> Result<Vec<MyRoom>>;

    /// A room as one of its participants sees it.
    async fn my_room(&self, room: RoomId, member: MemberId) -> Result<Option<MyRoom>>;

    /// Puts a member into an open group room and writes the line.
    async fn join_room(&self, room: RoomId, member: MemberId, now: Timestamp) -> Result<Join>;

    /// Takes a member out of a group room and writes the line; the last one out deletes the room.
    async fn leave_room(&self, room: RoomId, member: MemberId, now: Timestamp) -> Result<Leave>;

    /// Who is in a room, in the order of joining.
    async fn participants(&self, room: RoomId) -> Result<Vec<Participant>>;

    /// Whether a member is in a room.
    async fn is_participant(&self, room: RoomId, member: MemberId) -> Result<bool>;

    /// Moves the member's marker forward to `seq`, or to the newest message; `None` if the member is not in the room.
    async fn mark_read(&self, room: RoomId, member: MemberId, seq: Option<i64>)
    -> Result<Option<ReadMarker>>;
}

/// Which rooms to list.
#[derive(Debug, Clone, Copy)]
pub struct RoomQuery<'a> {
    /// Who asks.
    pub viewer: MemberId,
    /// Part of the name; empty for all.
    pub name: &'a str,
    /// The last one of the page before.
    pub after: Option<RoomId>,
    /// How many, at most.
    pub limit: i64,
}

/// How joining went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Join {
    /// The member is in, and this line says so.
    Joined(Box<Message>),
    /// It was before.
    AlreadyIn,
    /// There is no such room.
    NoRoom,
    /// The room takes more than asking: it is a 1:1 room, takes a password or is not listed, or the member is banned.
    Closed,
    /// The room has its number of members.
    Full,
}

/// How leaving went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leave {
    /// The member is out, and this line says so; who owns the room now.
    Left(Box<Message>, MemberId),
    /// The member was the last one: the room is gone.
    RoomDeleted,
    /// The member was not in it.
    NotIn,
    /// There is no such room.
    NoRoom,
    /// A 1:1 room cannot be left.
    Private,
}
