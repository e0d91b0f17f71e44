//! A message on its way in.

use serde::{Deserialize, de::IgnoredAny};

use crate::{
    domain::{ClientMessageId, Content, InvalidContent, Problems, RoomId},
    error::{ChatError, Code},
};

/// A message as clients send it. Who sends it is not the client's to say: such fields are not read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SendMessage {
    room_id: Option<RoomId>,
    message: Option<String>,
    client_message_id: Option<String>,
    reply_to: Option<IgnoredAny>,
    #[serde(default)]
    file_ids: Vec<IgnoredAny>,
}

/// A message that may be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Where it is said.
    pub room: RoomId,
    /// What is said.
    pub content: Content,
    /// The sender's own id of it.
    pub client_message_id: Option<ClientMessageId>,
}

impl SendMessage {
    /// The sender's own id of it, as it came, to be named in refusals.
    pub fn client_message_id(&self) -> Option<&str> {
        self.client_message_id.as_deref()
    }

    /// Checks the message; `room` is the one that the destination or the path names, if it does.
    ///
    /// # Errors
    ///
    /// [`ChatError::Invalid`] or [`Code::MessageTooLong`].
    pub fn into_draft(self, room: Option<RoomId>) -> Result<Draft, ChatError> {
        let mut problems = Problems::default();
        let room = problems.check(room.or(self.room_id), "roomId", "the room's id");
        let client_message_id = match self.client_message_id {
            Some(id) => {
                problems.check(ClientMessageId::parse(id), "clientMessageId", ClientMessageId::EXPECTED)
            }
            None => None,
        };
        problems.check(
            self.reply_to.is_none().then_some(()),
            "replyTo",
            "nothing: replies are not supported yet",
        );
        problems.check(
            self.file_ids.is_empty().then_some(()),
            "fileIds",
            "nothing: files are not supported yet",
        );
        let content = match Content::parse(self.message.unwrap_or_default()) {
            Err(InvalidContent::TooLong) => return Err(Code::MessageTooLong.into()),
            content => problems.check(content.ok(), "message", "a text with something to read, without NUL"),
        };
        match (room, content) {
            (Some(room), Some(content)) if problems.is_empty() => {
                Ok(Draft { room, content, client_message_id })
            }
            _ => Err(problems.into()),
        }
    }
}
