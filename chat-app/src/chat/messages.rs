//! Saying something, and reading what was said.

use serde::Serialize;

use super::{Chat, Draft};
use crate::{
    domain::{MemberId, Message, MessageId, RoomId, Timestamp},
    error::ChatError,
    store::{Cursor, Page},
};

/// A message that is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The message.
    pub message: Message,
    /// Whether it was stored before.
    pub duplicate: bool,
}

/// What a sender is told of a stored message.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ack<'a> {
    client_message_id: Option<&'a str>,
    id: MessageId,
    room_id: RoomId,
    seq: i64,
    created_at: Timestamp,
    duplicate: bool,
}

impl Sent {
    /// What to tell the sender.
    pub fn ack(&self) -> Ack<'_> {
        let Self { message, duplicate } = self;
        Ack {
            client_message_id: message.client_message_id.as_deref(),
            id: message.id,
            room_id: message.room_id,
            seq: message.seq,
            created_at: message.created_at,
            duplicate: *duplicate,
        }
    }
}

impl Chat {
    /// Stores a message, then sends it to those who have the room open. One with a client id that was stored before
    /// is not sent again.
    ///
    /// # Errors
    ///
    /// [`Code::NotParticipant`](crate::error::Code::NotParticipant),
    /// [`Code::RoomNotFound`](crate::error::Code::RoomNotFound), [`ChatError::Invalid`] for an answer to nothing there
    /// and for files that are not the sender's to send,
    /// [`Code::Unavailable`](crate::error::Code::Unavailable) while the database is away, or a [`RateLimited`](crate::limits::RateLimited) sender.
    pub async fn send(&self, sender: MemberId, draft: Draft) -> Result<Sent, ChatError> {
        self.limits.send(sender, draft.room)?;
        self.store_and_tell(sender, draft).await
    }

    /// A page of a room's messages.
    ///
    /// # Errors
    ///
    /// [`Code::NotParticipant`](crate::error::Code::NotParticipant) or
    /// [`Code::RoomNotFound`](crate::error::Code::RoomNotFound).
    pub async fn history(
        &self,
        reader: MemberId,
        room: RoomId,
        from: Cursor,
        limit: i64,
    ) -> Result<Page, ChatError> {
        match self.store.history(room, reader, from, limit).await? {
            Some(page) => Ok(page),
            None => Err(self.outsider(room).await),
        }
    }
}
