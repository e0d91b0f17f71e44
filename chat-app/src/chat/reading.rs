//! How far members have read.

use super::{Chat, to_the_end};
use crate::{
    domain::{MemberId, RoomEvent, RoomId},
    error::ChatError,
};

impl Chat {
    /// Moves a member's marker forward, to the newest message if no number is given.
    ///
    /// # Errors
    ///
    /// [`Code::NotParticipant`](crate::error::Code::NotParticipant) or
    /// [`Code::RoomNotFound`](crate::error::Code::RoomNotFound).
    pub async fn read(&self, reader: MemberId, room: RoomId, seq: Option<i64>) -> Result<(), ChatError> {
        let chat = self.clone();
        to_the_end(async move {
            let _turn = chat.turns.take(room).await;
            let Some(marker) = chat.store.mark_read(room, reader, seq).await? else {
                return Err(chat.outsider(room).await);
            };
            if marker.moved {
                let event = RoomEvent::Read { member_id: reader, last_read_seq: marker.seq };
                chat.live.event(room, &event).await;
                chat.rail.show(room, reader).await;
            }
            Ok(())
        })
        .await
    }
}
