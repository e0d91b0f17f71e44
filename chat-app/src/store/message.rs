//! Storing messages.

use async_trait::async_trait;
use serde::Serialize;

use super::Result;
use crate::domain::{ClientMessageId, Content, FileId, MemberId, Message, MessageId, RoomId, Timestamp};

/// Messages.
#[async_trait]
pub trait MessageStore {
    /// Stores messages under the next numbers of their rooms, in this order and all in one transaction. Each has an
    /// answer of its own; an error is that of all of them, and stores none.
    async fn append(&self, batch: &[NewMessage<'_>]) -> Result<Vec<Append>>;

    /// A page of a room's messages, ascending, as far as the member may read them; `None` if the member is not in the
    /// room.
    async fn history(&self, room: RoomId, member: MemberId, from: Cursor, limit: i64)
    -> Result<Option<Page>>;

    /// A message, as far as the member may read it.
    async fn message(&self, message: MessageId, member: MemberId) -> Result<Option<Message>>;

    /// Who has read a message, besides who said it; `None` if the member may not read it.
    async fn readers(&self, message: MessageId, member: MemberId) -> Result<Option<Vec<MemberId>>>;

    /// What a member said, in the order of the ids, from behind `after` on.
    async fn messages_of(&self, sender: MemberId, after: MessageId, limit: i64) -> Result<Vec<Message>>;

    /// Whom messages are for in particular, and why: as far as they want to be told and have not blocked who said it.
    async fn notices(&self, messages: &[MessageId]) -> Result<Vec<Notice>>;

    /// Whether the database answers.
    async fn ping(&self) -> Result<()>;
}

/// A message to store.
#[derive(Debug, Clone, Copy)]
pub struct NewMessage<'a> {
    /// Where it is said.
    pub room: RoomId,
    /// Who says it.
    pub sender: MemberId,
    /// What is said.
    pub content: &'a Content,
    /// The sender's own id of it.
    pub client_message_id: Option<&'a ClientMessageId>,
    /// The message that it answers.
    pub reply_to: Option<MessageId>,
    /// Files of the sender for this room that no message carries yet, each once.
    pub files: &'a [FileId],
    /// The time now.
    pub now: Timestamp,
}

/// How storing a message went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Append {
    /// Stored.
    Stored(Box<Message>),
    /// It was stored before, as this.
    Duplicate(Box<Message>),
    /// The sender is not in the room.
    NotIn,
    /// There is no such room.
    NoRoom,
    /// The message to answer is not in the room.
    NoSuchReply,
    /// The other one of the 1:1 room has blocked the sender.
    Blocked,
    /// A file is not there, not the sender's, not for this room, or carried by another message.
    NoSuchFile,
}

impl Append {
    /// The message, if it is new.
    pub fn stored(&self) -> Option<&Message> {
        if let Self::Stored(message) = self { Some(message) } else { None }
    }
}

/// Where a page of history lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cursor {
    /// At the end.
    Newest,
    /// Before this number.
    Before(i64),
    /// After this number.
    After(i64),
    /// Half of it before this number, or before the message of this id if the room has no such number yet.
    Around(i64),
}

/// Messages in the order of their numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The messages.
    pub messages: Vec<Message>,
    /// Whether there are more beyond them: newer ones if asked for those after, else older ones.
    pub has_more: bool,
    /// Of the room's newest message.
    pub last_seq: i64,
    /// Of the room's newest change: what is in the page knows of it and of all before.
    pub last_change_seq: i64,
}

/// That a message is for a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Notice {
    /// The message.
    pub message_id: MessageId,
    /// The member.
    pub member_id: MemberId,
    /// Why.
    pub kind: NoticeKind,
}

/// Why a message is for a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type)]
#[serde(rename_all = "UPPERCASE")]
#[sqlx(type_name = "text", rename_all = "UPPERCASE")]
pub enum NoticeKind {
    /// It names the member.
    Mention,
    /// It answers the member.
    Reply,
    /// It was said in a 1:1 room.
    Dm,
    /// It was said in a room of which the member wants to hear everything.
    Message,
}
