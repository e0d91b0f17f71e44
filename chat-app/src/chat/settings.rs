//! What a room's owner may change.

use super::{Chat, to_the_end};
use crate::{
    domain::{History, Member, Role, RoomEvent, RoomId, RoomName, RoomPassword, RoomSettings, RoomType},
    error::{ChatError, Code},
    store::RoomChange,
};

/// What to change of a group room; the inner `None` takes it away.
#[derive(Debug, Default)]
pub struct ChangeRoom {
    /// The name.
    pub name: Option<RoomName>,
    /// What it takes to join.
    pub password: Option<Option<RoomPassword>>,
    /// Whether it is in the list of all rooms.
    pub listed: Option<bool>,
    /// What new members may read.
    pub history: Option<History>,
    /// After how many days messages go.
    pub retention_days: Option<Option<i64>>,
}

impl Chat {
    /// Changes what is set in a group room.
    ///
    /// # Errors
    ///
    /// [`Code::NotOwner`] unless who asks owns it or administers; [`Code::NotParticipant`] or [`Code::RoomNotFound`].
    pub async fn change_room(
        &self,
        by: &Member,
        room: RoomId,
        change: ChangeRoom,
    ) -> Result<RoomSettings, ChatError> {
        self.require_owner(by, room).await?;
        let password_hash = match change.password {
            Some(Some(password)) => Some(Some(self.passwords.hash(password).await?)),
            Some(None) => Some(None),
            None => None,
        };
        let chat = self.clone();
        to_the_end(async move {
            let change = RoomChange {
                name: change.name.as_ref(),
                password_hash: password_hash.as_ref().map(Option::as_deref),
                listed: change.listed,
                history: change.history,
                retention_days: change.retention_days,
            };
            chat.store.change_room(room, change).await?;
            chat.tell_settings(room).await?;
            chat.store.room_settings(room).await?.ok_or_else(|| Code::RoomNotFound.into())
        })
        .await
    }

    /// Deletes a group room with all that is in it.
    ///
    /// # Errors
    ///
    /// As for [`change_room`](Self::change_room).
    pub async fn delete_room(&self, by: &Member, room: RoomId) -> Result<(), ChatError> {
        self.require_owner(by, room).await?;
        let chat = self.clone();
        to_the_end(async move {
            let _turn = chat.turns.take(room).await;
            let participants = chat.store.participants(room).await?;
            chat.store.delete_room(room).await?;
            chat.live.event(room, &RoomEvent::RoomDeleted).await;
            // Its topics stay silent for good: subscriptions to them need no end, which would take this event back.
            participants.iter().for_each(|participant| chat.rail.remove(room, participant.member.id));
            Ok(())
        })
        .await
    }

    /// Tells those who have a room open how it is set now, and everyone in it how it looks.
    pub(super) async fn tell_settings(&self, room: RoomId) -> Result<(), ChatError> {
        let settings = self.store.room_settings(room).await?.ok_or(Code::RoomNotFound)?;
        self.live.event(room, &RoomEvent::RoomUpdated { room: settings }).await;
        self.rail.room_changed(room);
        Ok(())
    }

    /// Whether a member may change a group room: it owns it, or administers.
    pub(super) async fn require_owner(&self, member: &Member, room: RoomId) -> Result<(), ChatError> {
        let standing = self.store.standing(room, member.id).await?.ok_or(Code::RoomNotFound)?;
        let is_admin = member.role == Role::Admin;
        if !standing.is_in && !is_admin {
            return Err(Code::NotParticipant.into());
        }
        if standing.r#type == RoomType::Private {
            return Err(Code::Forbidden.into());
        }
        if standing.owner_id == Some(member.id) || is_admin { Ok(()) } else { Err(Code::NotOwner.into()) }
    }
}
