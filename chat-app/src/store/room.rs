//! Storing rooms.

use async_trait::async_trait;

use super::Result;
use crate::domain::{History, MemberId, MyRoom, Room, RoomId, RoomName, RoomSettings, RoomType, Timestamp};

/// Rooms.
#[async_trait]
pub trait RoomStore {
    /// Makes a group room; its owner is in it.
    async fn create_room(&self, new: NewRoom<'_>) -> Result<RoomId>;

    /// The 1:1 room of two members, made if there is none, and shown again if the first one has hidden it; says
    /// whether it was made. `None` if one of them is no active member.
    async fn private_room(
        &self,
        one: MemberId,
        other: MemberId,
        now: Timestamp,
    ) -> Result<Option<(RoomId, bool)>>;

    /// Group rooms open to all, the one with the newest message first.
    async fn rooms(&self, query: RoomQuery<'_>) -> Result<Vec<Room>>;

    /// The rooms of a member that it does not hide, the one with the newest message first.
    async fn my_rooms(&self, member: MemberId) -> Result<Vec<MyRoom>>;

    /// A room as one of its participants sees it.
    async fn my_room(&self, room: RoomId, member: MemberId) -> Result<Option<MyRoom>>;

    /// Entries of the lists of members: rooms as those of the pairs see them who are in them.
    async fn entries(&self, entries: &[(RoomId, MemberId)]) -> Result<Vec<MyRoom>>;

    /// What a member is to a room; `None` if there is no such room.
    async fn standing(&self, room: RoomId, member: MemberId) -> Result<Option<Standing>>;

    /// The hash of a room's password, if it has one.
    async fn room_password(&self, room: RoomId) -> Result<Option<String>>;

    /// What is set in a room.
    async fn room_settings(&self, room: RoomId) -> Result<Option<RoomSettings>>;

    /// Changes what is given.
    async fn change_room(&self, room: RoomId, change: RoomChange<'_>) -> Result<()>;

    /// Deletes a room with all that is in it.
    async fn delete_room(&self, room: RoomId) -> Result<()>;

    /// Deletes a number of messages that are older than their room keeps them; says how many.
    async fn delete_outdated(&self, now: Timestamp) -> Result<u64>;
}

/// A group room to make.
#[derive(Debug, Clone, Copy)]
pub struct NewRoom<'a> {
    /// The name.
    pub name: &'a RoomName,
    /// Who makes it.
    pub owner: MemberId,
    /// The hash of its password.
    pub password_hash: Option<&'a str>,
    /// Whether it is in the list of all rooms.
    pub listed: bool,
    /// The time now.
    pub now: Timestamp,
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

/// What to change of a room; the inner `None` takes it away.
#[derive(Debug, Clone, Copy, Default)]
pub struct RoomChange<'a> {
    /// The name.
    pub name: Option<&'a RoomName>,
    /// The hash of its password.
    pub password_hash: Option<Option<&'a str>>,
    /// Whether it is in the list of all rooms.
    pub listed: Option<bool>,
    /// What new members may read.
    pub history: Option<History>,
    /// After how many days messages go.
    pub retention_days: Option<Option<i64>>,
}

/// What a member is to a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Standing {
    /// Group or 1:1.
    pub r#type: RoomType,
    /// Whether it takes a password to join.
    pub locked: bool,
    /// Who owns it.
    pub owner_id: Option<MemberId>,
    /// Whether the member is in it.
    pub is_in: bool,
}
