//! Messages: what people say, and the lines that say who came and went.

use serde::Serialize;
use utoipa::ToSchema;

use super::{File, MemberId, MessageId, Reaction, Reply, RoomId, Timestamp};

/// Characters of a message, at most.
pub const MAX_CHARS: usize = 4_000;

/// Octets of a message in UTF-8, at most.
pub const MAX_BYTES: usize = 16 * 1024;

/// A message of a room, as clients get it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Unique over all rooms.
    pub id: MessageId,
    /// Where it was said.
    pub room_id: RoomId,
    /// 1, 2, 3 ... in each room, without holes.
    pub seq: i64,
    /// Who or what speaks.
    pub r#type: MessageType,
    /// The text; empty for lines, which clients word by their type.
    #[serde(rename = "message")]
    pub body: String,
    /// Who said it; `null` when the member is gone.
    pub sender_id: Option<MemberId>,
    /// The sender's name now.
    pub sender_name: Option<String>,
    /// The sender's tag.
    pub sender_tag: Option<String>,
    /// Where the sender's picture is.
    pub sender_avatar_url: Option<String>,
    /// When it was stored.
    pub created_at: Timestamp,
    /// The sender's own id of it.
    pub client_message_id: Option<String>,
    /// The message that this one answers.
    #[sqlx(json(nullable))]
    pub reply_to: Option<Reply>,
    /// Whom it names.
    #[sqlx(json)]
    pub mentions: Vec<MemberId>,
    /// What it carries.
    #[sqlx(json)]
    pub files: Vec<File>,
    /// What it got, the oldest first.
    #[sqlx(json)]
    pub reactions: Vec<Reaction>,
    /// 1, and one more with each edit.
    pub version: i64,
    /// When it was last edited.
    pub edited_at: Option<Timestamp>,
    /// Whether it was deleted; it keeps its place.
    pub deleted: bool,
}

impl Message {
    /// The message for one reader: reactions say whether one of them is the reader's instead of whose they are.
    #[must_use]
    pub fn seen_by(self, reader: MemberId) -> Self {
        let reactions = self.reactions.into_iter().map(|reaction| reaction.seen_by(reader)).collect();
        Self { reactions, ..self }
    }
}

/// Something that happened to a message after it was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// What happened.
    #[serde(rename = "type")]
    pub kind: ChangeKind,
    /// 1, 2, 3 ... in each room, without holes.
    pub change_seq: i64,
    /// The message as it is now.
    #[sqlx(flatten)]
    pub message: Message,
}

/// What may happen to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema, sqlx::Type)]
#[serde(rename_all = "UPPERCASE")]
#[sqlx(type_name = "text", rename_all = "UPPERCASE")]
pub enum ChangeKind {
    /// Its text is another.
    Updated,
    /// It is gone, and keeps its place.
    Deleted,
    /// It got a reaction, or lost one.
    Reaction,
}

/// Who or what speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema, sqlx::Type)]
#[serde(rename_all = "UPPERCASE")]
#[sqlx(type_name = "text", rename_all = "UPPERCASE")]
pub enum MessageType {
    /// A member.
    Talk,
    /// The line that a member came in.
    Join,
    /// The line that a member went.
    Leave,
    /// The server.
    System,
}

impl MessageType {
    /// The name in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Talk => "TALK",
            Self::Join => "JOIN",
            Self::Leave => "LEAVE",
            Self::System => "SYSTEM",
        }
    }
}

/// The text of a message that fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content(String);

/// Why a text is no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvalidContent {
    /// Nothing to read, or a NUL, which databases do not store.
    Unreadable,
    /// Over [`MAX_CHARS`] or [`MAX_BYTES`].
    TooLong,
}

impl Content {
    /// What a text has to be like.
    pub const EXPECTED: &str = "a text with something to read, without NUL";

    /// Reads a text, changing nothing.
    ///
    /// # Errors
    ///
    /// [`InvalidContent`] says why it is no message.
    pub fn parse(text: String) -> Result<Self, InvalidContent> {
        if text.len() > MAX_BYTES || text.chars().count() > MAX_CHARS {
            return Err(InvalidContent::TooLong);
        }
        if text.trim().is_empty() || text.contains('\0') {
            return Err(InvalidContent::Unreadable);
        }
        Ok(Self(text))
    }

    /// No text, for a message that carries something else.
    pub fn none() -> Self {
        Self(String::new())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A sender's own id of a message: 1 to 64 printable ASCII characters. Sending one again stores nothing new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientMessageId(String);

impl ClientMessageId {
    /// What an id has to be like.
    pub const EXPECTED: &str = "1 to 64 printable ASCII characters without spaces";

    /// Reads an id.
    pub fn parse(text: String) -> Option<Self> {
        let printable = text.bytes().all(|byte| byte.is_ascii_graphic());
        (printable && (1..=64).contains(&text.len())).then_some(Self(text))
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_bounded_in_characters_and_in_octets() {
        assert!(Content::parse("가".repeat(MAX_CHARS)).is_ok());
        assert_eq!(Content::parse("가".repeat(MAX_CHARS + 1)), Err(InvalidContent::TooLong));
        assert!(Content::parse("\u{1f600}".repeat(MAX_CHARS)).is_ok());
        assert_eq!(Content::parse("a".repeat(MAX_CHARS + 1)), Err(InvalidContent::TooLong));
    }

    #[test]
    fn a_text_without_anything_to_read_is_refused() {
        for text in ["", " \n\t ", "a\0b"] {
            assert_eq!(Content::parse(text.to_owned()), Err(InvalidContent::Unreadable));
        }
    }

    #[test]
    fn markup_is_text_like_any_other() {
        let text = "<img src=x onerror=alert(1)>";
        assert_eq!(Content::parse(text.to_owned()).unwrap().as_str(), text);
    }
}
