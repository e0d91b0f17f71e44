//! Finding what was said.

use std::collections::HashMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::Chat;
use crate::{
    domain::{MemberId, Message, RoomId},
    error::ChatError,
    store::Search,
};

/// A message found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Hit {
    /// The message.
    pub message: Message,
    /// The name of its room.
    pub room_name: String,
    /// Where in the text it has what was searched for: beginnings and ends in UTF-16 code units.
    pub highlights: Vec<(usize, usize)>,
}

impl Chat {
    /// Messages that have what is searched for, in the rooms of who asks, the newest first.
    ///
    /// # Errors
    ///
    /// A [`RateLimited`](crate::limits::RateLimited) member.
    pub async fn search(&self, search: Search<'_>) -> Result<Vec<Hit>, ChatError> {
        self.limits.search(search.member)?;
        let messages = self.store.search(search).await?;
        let names = self.names_of_rooms(search.member, &messages).await?;
        let hit = |message: Message| Hit {
            room_name: names.get(&message.room_id).cloned().unwrap_or_default(),
            highlights: search.text.highlights(&message.body),
            message: message.seen_by(search.member),
        };
        Ok(messages.into_iter().map(hit).collect())
    }

    async fn names_of_rooms(
        &self,
        member: MemberId,
        messages: &[Message],
    ) -> Result<HashMap<RoomId, String>, ChatError> {
        let mut names = HashMap::new();
        for message in messages {
            if !names.contains_key(&message.room_id)
                && let Some(room) = self.store.my_room(message.room_id, member).await?
            {
                names.insert(message.room_id, room.room.name);
            }
        }
        Ok(names)
    }
}
