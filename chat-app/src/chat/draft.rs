//! A message on its way in.

use std::collections::HashSet;

use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    domain::{ClientMessageId, Content, FileId, InvalidContent, MAX_FILES, MessageId, Problems, RoomId},
    error::{ChatError, Code},
};

/// A message as clients send it. Who sends it is not the client's to say: such fields are not read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SendMessage {
    room_id: Option<RoomId>,
    message: Option<String>,
    /// Printable ASCII characters without spaces.
    #[schema(min_length = 1, max_length = 64)]
    client_message_id: Option<String>,
    /// The message that it answers.
    reply_to: Option<MessageId>,
    /// Of files that the sender brought to the room; a message that carries some may be without text.
    #[serde(default)]
    #[schema(max_items = 10)]
    file_ids: Vec<FileId>,
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
    /// What it carries.
    pub files: Vec<FileId>,
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
        let files = problems.check(distinct(self.file_ids), "fileIds", "at most 10 ids, each once");
        let text = self.message.unwrap_or_default();
        let content = if text.trim().is_empty() && files.as_ref().is_some_and(|files| !files.is_empty()) {
            Some(Content::none())
        } else {
            problems.check(content(text)?, "message", Content::EXPECTED)
        };
        match (room, content, files) {
            (Some(room), Some(content), Some(files)) if problems.is_empty() => {
                Ok(Draft { room, content, client_message_id, reply_to: self.reply_to, files })
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

/// Not too many files, none of them twice.
fn distinct(files: Vec<FileId>) -> Option<Vec<FileId>> {
    let unique = files.iter().collect::<HashSet<_>>().len() == files.len();
    (files.len() <= MAX_FILES && unique).then_some(files)
}

/// A text that can be read, if it is one.
fn content(text: String) -> Result<Option<Content>, Code> {
    match Content::parse(text) {
        Ok(content) => Ok(Some(content)),
        Err(InvalidContent::TooLong) => Err(Code::MessageTooLong),
        Err(InvalidContent::Unreadable) => Ok(None),
    }
}
