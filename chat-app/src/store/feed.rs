//! What was stored in rooms lately, for servers that tell their clients.

use async_trait::async_trait;

use super::Result;
use crate::domain::{Change, Message, RoomId};

/// Rooms as feeds of messages and of changes, without regard to who may read them.
#[async_trait]
pub trait FeedStore {
    /// The newest numbers of rooms; none of rooms that are not there.
    async fn newest(&self, rooms: &[RoomId]) -> Result<Vec<Newest>>;

    /// The messages of a room from behind a number up to another one.
    async fn messages_between(&self, room: RoomId, after: i64, up_to: i64) -> Result<Vec<Message>>;

    /// The changes of a room from behind a number up to another one.
    async fn changes_between(&self, room: RoomId, after: i64, up_to: i64) -> Result<Vec<Change>>;
}

/// The newest numbers of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Newest {
    /// The room.
    pub room_id: RoomId,
    /// Of its messages.
    pub last_seq: i64,
    /// Of its changes.
    pub last_change_seq: i64,
}
