//! Storing what happens to messages after they were said.

use async_trait::async_trait;

use super::Result;
use crate::domain::{Change, Content, Emoji, MemberId, MessageId, RoomId, Timestamp};

/// Changes of messages. Each gets the next number of its room, in the transaction that makes it.
#[async_trait]
pub trait ChangeStore {
    /// Puts another text in place of the one of that version.
    async fn edit_message(&self, edit: Edit<'_>) -> Result<Changed>;

    /// The room of a message.
    async fn room_of(&self, message: MessageId) -> Result<Option<RoomId>>;

    /// Takes a message's text and all that belongs to it away. Its author may, the room's owner, and administrators,
    /// who need not be in the room.
    async fn delete_message(&self, message: MessageId, by: MemberId, now: Timestamp) -> Result<Changed>;

    /// Adds or takes back a reaction.
    async fn react(&self, react: React) -> Result<Changed>;

    /// Changes of what the member may read, from behind `after` on; `None` if the member is not in the room.
    async fn changes(
        &self,
        room: RoomId,
        member: MemberId,
        after: i64,
        limit: i64,
    ) -> Result<Option<Vec<Change>>>;
}

/// Another text for a message.
#[derive(Debug, Clone, Copy)]
pub struct Edit<'a> {
    /// Which.
    pub message: MessageId,
    /// Who edits.
    pub editor: MemberId,
    /// The new text.
    pub content: &'a Content,
    /// Of the text that the editor saw.
    pub version: i64,
    /// The time now.
    pub now: Timestamp,
}

/// A reaction to a message.
#[derive(Debug, Clone, Copy)]
pub struct React {
    /// Which.
    pub message: MessageId,
    /// Who reacts.
    pub member: MemberId,
    /// With what.
    pub emoji: Emoji,
    /// Whether to add it or to take it back.
    pub on: bool,
    /// The time now.
    pub now: Timestamp,
}

/// How a change went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// Done.
    Done(Box<Change>),
    /// It was so before.
    Already,
    /// There is no such message that the member may read.
    NoMessage,
    /// It is not the member's to change.
    NotAllowed,
    /// Somebody else changed it meanwhile.
    Conflict,
    /// It has as many kinds of reactions as it can have.
    Full,
}
