//! Saying something, and reading what was said.

use serde::Serialize;

use super::{Chat, Draft, to_the_end};
use crate::{
    domain::{MemberId, Message, MessageId, Problems, RoomId, Timestamp},
    error::{ChatError, Code},
    store::{Append, Cursor, NewMessage, Page},
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
    /// [`Code::NotParticipant`], [`Code::RoomNotFound`], [`ChatError::Invalid`] for an answer to nothing there or files that are not the
    /// sender's to send, or a
    /// [`RateLimited`](crate::limits::RateLimited) sender.
    pub async fn send(&self, sender: MemberId, draft: Draft) -> Result<Sent, ChatError> {
        self.limits.send(sender, draft.room)?;
        let chat = self.clone();
        to_the_end(async move { chat.store_and_tell(sender, &draft).await }).await
    }

    async fn store_and_tell(&self, sender: MemberId, draft: &Draft) -> Result<Sent, ChatError> {
        let _turn = self.turns.take(draft.room).await;
        let new = NewMessage {
            room: draft.room,
            sender,
            content: &draft.content,
            client_message_id: draft.client_message_id.as_ref(),
            reply_to: draft.reply_to,
            files: &draft.files,
            now: Timestamp::now(),
        };
        match self.store.append(new).await? {
            Append::Stored(message) => {
                self.live.message(&message).await;
                self.typing.stop(draft.room, sender);
                self.rail.room_changed(message.room_id);
                self.notify_soon(&message);
                Ok(Sent { message: *message, duplicate: false })
            }
            Append::Duplicate(message) => Ok(Sent { message: *message, duplicate: true }),
            Append::NotIn => Err(Code::NotParticipant.into()),
            Append::NoRoom => Err(Code::RoomNotFound.into()),
            Append::NoSuchFile => {
                Err(Problems::one("fileIds", "files that you brought to this room and did not send yet")
                    .into())
            }
            Append::NoSuchReply => Err(Problems::one("replyTo", "a message of the room").into()),
        }
    }

    /// A page of a room's messages.
    ///
    /// # Errors
    ///
    /// [`Code::NotParticipant`] or [`Code::RoomNotFound`].
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
