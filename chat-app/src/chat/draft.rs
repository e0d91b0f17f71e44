//! A message on its way in.

use serde::{Deserialize, de::IgnoredAny};
use utoipa::ToSchema;

use crate::{
    domain::{ClientMessageId, Content, InvalidContent, MessageId, Problems, RoomId},
    error::{ChatError, Code},
};

/// A message as clients send it. Who sends it is not the client's to say: such fields are not read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SendMessage {
    room_id: Option<RoomId>,
    message: Option<String>,
    client_message_id: Option<String>,
    /// The message that it answers.
    reply_to: Option<MessageId>,
    #[serde(default)]
    #[schema(value_type = Vec<i64>)]
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
    /// The message that it answers.
    pub reply_to: Option<MessageId>,
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
            self.file_ids.is_empty().then_some(()),
            "fileIds",
            "nothing: files are not supported yet",
        );
        let content =
            problems.check(content(self.message.unwrap_or_default())?, "message", Content::EXPECTED);
        match (room, content) {
            (Some(room), Some(content)) if problems.is_empty() => {
                Ok(Draft { room, content, client_message_id, reply_to: self.reply_to })
            }
            _ => Err(problems.into()),
        }
    }
}

/// Another text for a message.
#[derive(Debug, Deserialize, ToSchema)]
pub struct EditMessage {
    message: String,
    /// Of the text that was seen.
    version: i64,
}

impl EditMessage {
    /// Checks the text; goes with the version of the one that it replaces.
    ///
    /// # Errors
    ///
    /// [`ChatError::Invalid`] or [`Code::MessageTooLong`].
    pub fn parse(self) -> Result<(Content, i64), ChatError> {
        let content = content(self.message)?.ok_or_else(|| Problems::one("message", Content::EXPECTED))?;
        Ok((content, self.version))
    }
}

/// A text that can be read, if it is one.
fn content(text: String) -> Result<Option<Content>, Code> {
    match Content::parse(text) {
        Ok(content) => Ok(Some(content)),
        Err(InvalidContent::TooLong) => Err(Code::MessageTooLong),
        Err(InvalidContent::Unreadable) => Ok(None),
    }
}
