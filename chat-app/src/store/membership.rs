//! Storing who is in a room.

use async_trait::async_trait;

use super::Result;
use crate::domain::{MemberId, Message, Notify, Participant, ReadMarker, RoomId, Timestamp};

/// Who is in which room.
#[async_trait]
pub trait MembershipStore {
    /// Puts a member into a group room and writes the line.
    async fn join_room(&self, joining: Joining<'_>) -> Result<Join>;

    /// Takes a member out of a group room and writes the line; the last one out deletes the room. With a `ban`, the
    /// member cannot come back.
    async fn leave_room(
        &self,
        room: RoomId,
        member: MemberId,
        ban: Option<Ban>,
        now: Timestamp,
    ) -> Result<Leave>;

    /// Notes that a member has shown a room's password and may join until then.
    async fn grant_entry(&self, room: RoomId, member: MemberId, until: Timestamp) -> Result<()>;

    /// Makes a participant the owner; `false` if it is not in the room.
    async fn set_owner(&self, room: RoomId, owner: MemberId) -> Result<bool>;

    /// Who is in these rooms, by their ids.
    async fn members_of(&self, rooms: &[RoomId]) -> Result<Vec<(RoomId, MemberId)>>;

    /// Who is in a room, in the order of joining.
    async fn participants(&self, room: RoomId) -> Result<Vec<Participant>>;

    /// Some of those who are in a room, in the order of their ids, from behind `after` on.
    async fn find_participants(&self, query: ParticipantQuery<'_>) -> Result<Vec<Participant>>;

    /// The rooms that a member is in.
    async fn rooms_of(&self, member: MemberId) -> Result<Vec<RoomId>>;

    /// A participant's wish of what to be told of; `false` if it is not in the room.
    async fn set_notify(&self, room: RoomId, member: MemberId, notify: Notify) -> Result<bool>;

    /// Hides a 1:1 room from a participant until its next message; `false` if it is none, or the member is not in it.
    async fn hide_room(&self, room: RoomId, member: MemberId) -> Result<bool>;

    /// Moves the member's marker forward to `seq`, or to the newest message; `None` if the member is not in the room.
    async fn mark_read(&self, room: RoomId, member: MemberId, seq: Option<i64>)
    -> Result<Option<ReadMarker>>;
}

/// A member on its way in.
#[derive(Debug, Clone, Copy)]
pub struct Joining<'a> {
    /// Where to.
    pub room: RoomId,
    /// Who.
    pub member: MemberId,
    /// By which right.
    pub by: Entrance<'a>,
    /// The time now.
    pub now: Timestamp,
}

/// What lets a member in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entrance<'a> {
    /// Nothing but asking, or a grant from having shown the password before, which is used up.
    Asking,
    /// The room's password, or somebody inside.
    Admitted,
    /// An invitation, which is used once.
    Invite(&'a str),
}

/// Who keeps a member out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ban {
    /// Who says so.
    pub by: MemberId,
}

/// Which participants to list.
#[derive(Debug, Clone, Copy)]
pub struct ParticipantQuery<'a> {
    /// Of which room.
    pub room: RoomId,
    /// Part of the name; empty for all.
    pub name: &'a str,
    /// The last one of the page before.
    pub after: MemberId,
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
    /// There is no such room, or no such member.
    NoRoom,
    /// The room takes a password.
    Locked,
    /// The room takes more than asking: it is a 1:1 room, or not listed; or the invitation is not valid.
    Closed,
    /// The member is not to come back.
    Banned,
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
