//! All that was said in a room, for its owner to take away.

use std::sync::Arc;

use futures_util::{Stream, stream};

use super::Chat;
use crate::{
    domain::{Member, Message, RoomId},
    error::ChatError,
};

/// Numbers that are looked up at once.
const PAGE: i64 = 500;

impl Chat {
    /// The messages of a group room as it is now, page by page, the oldest first.
    ///
    /// # Errors
    ///
    /// [`Code::NotOwner`](crate::error::Code::NotOwner) unless who asks owns it or administers;
    /// [`Code::NotParticipant`](crate::error::Code::NotParticipant) or
    /// [`Code::RoomNotFound`](crate::error::Code::RoomNotFound), or a
    /// [`RateLimited`](crate::limits::RateLimited) member.
    pub async fn export_room(
        &self,
        by: &Member,
        room: RoomId,
    ) -> Result<impl Stream<Item = Result<Vec<Message>, ChatError>> + use<>, ChatError> {
        self.require_owner(by, room).await?;
        self.limits.export(by.id)?;
        let end = self.store.newest(&[room]).await?.first().map_or(0, |newest| newest.last_seq);
        let store = Arc::clone(&self.store);
        Ok(stream::try_unfold(0, move |after| {
            let store = Arc::clone(&store);
            async move {
                if after >= end {
                    return Ok(None);
                }
                let up_to = end.min(after + PAGE);
                Ok(Some((store.messages_between(room, after, up_to).await?, up_to)))
            }
        }))
    }
}
