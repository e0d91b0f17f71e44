//! What opens a room: asking, its password, an invitation.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Chat, to_the_end};
use crate::{
    domain::{Invite, MemberId, MyRoom, RoomId, RoomPassword, RoomType, Timestamp},
    error::{ChatError, Code},
    store::{Entrance, NewInvite},
};

/// How long whoever has shown the password may join.
const GRANT_LIFETIME: Duration = Duration::from_secs(5 * 60);

/// What an invitation leads to, for whoever has its code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Invitation {
    /// The room's name.
    pub room_name: String,
    /// How many are in it.
    pub member_count: i64,
}

impl Chat {
    /// Puts a member into a group room: one that is open, whose password it shows, or has shown before.
    ///
    /// # Errors
    ///
    /// [`Code::RoomNotFound`], [`Code::RoomFull`], [`Code::WrongRoomPassword`], [`Code::Banned`], [`Code::Forbidden`]
    /// if it takes an invitation, or a [`RateLimited`](crate::limits::RateLimited) member.
    pub async fn join_room(
        &self,
        member: MemberId,
        room: RoomId,
        password: Option<RoomPassword>,
    ) -> Result<MyRoom, ChatError> {
        let standing = self.store.standing(room, member).await?.ok_or(Code::RoomNotFound)?;
        let by = match password {
            Some(password) if standing.locked && !standing.is_in => {
                self.check_password(member, room, password).await?;
                Entrance::Admitted
            }
            _ => Entrance::Asking,
        };
        let chat = self.clone();
        to_the_end(async move { chat.join(member, room, by).await }).await
    }

    /// Checks a password, and lets the member join for 5 minutes if it is right.
    ///
    /// # Errors
    ///
    /// [`Code::RoomPasswordRejected`], [`Code::RoomNotFound`], or a [`RateLimited`](crate::limits::RateLimited) member.
    pub async fn verify_password(
        &self,
        member: MemberId,
        room: RoomId,
        password: RoomPassword,
    ) -> Result<Duration, ChatError> {
        self.store.standing(room, member).await?.ok_or(Code::RoomNotFound)?;
        let checked = self.check_password(member, room, password).await;
        checked.map_err(|error| match error {
            ChatError::Refused(Code::WrongRoomPassword) => Code::RoomPasswordRejected.into(),
            other => other,
        })?;
        self.store.grant_entry(room, member, Timestamp::now().after(GRANT_LIFETIME)).await?;
        Ok(GRANT_LIFETIME)
    }

    async fn check_password(
        &self,
        member: MemberId,
        room: RoomId,
        password: RoomPassword,
    ) -> Result<(), ChatError> {
        self.limits.room_password(member, room)?;
        let hash = self.store.room_password(room).await?;
        let is_right = self.passwords.verify(password, hash).await?;
        if is_right { Ok(()) } else { Err(Code::WrongRoomPassword.into()) }
    }

    /// Makes an invitation to a group room that who asks is in.
    ///
    /// # Errors
    ///
    /// [`Code::NotParticipant`], [`Code::RoomNotFound`], or [`Code::Forbidden`] to a 1:1 room.
    pub async fn invite(
        &self,
        by: MemberId,
        room: RoomId,
        max_uses: Option<i64>,
        lifetime: Option<Duration>,
    ) -> Result<Invite, ChatError> {
        if self.standing(by, room).await?.r#type == RoomType::Private {
            return Err(Code::Forbidden.into());
        }
        let code = BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>());
        let now = Timestamp::now();
        let expires_at = lifetime.map(|lifetime| now.after(lifetime));
        Ok(self.store.add_invite(NewInvite { code: &code, room, by, max_uses, expires_at, now }).await?)
    }

    /// The valid invitations to a room that who asks is in.
    ///
    /// # Errors
    ///
    /// [`Code::NotParticipant`] or [`Code::RoomNotFound`].
    pub async fn invites(&self, member: MemberId, room: RoomId) -> Result<Vec<Invite>, ChatError> {
        self.standing(member, room).await?;
        Ok(self.store.invites(room, Timestamp::now()).await?)
    }

    /// Ends an invitation to a room that who asks is in.
    ///
    /// # Errors
    ///
    /// [`Code::NotParticipant`], [`Code::RoomNotFound`] or [`Code::InviteInvalid`].
    pub async fn revoke_invite(&self, member: MemberId, room: RoomId, code: &str) -> Result<(), ChatError> {
        self.standing(member, room).await?;
        let revoked = self.store.revoke_invite(room, code, Timestamp::now()).await?;
        if revoked { Ok(()) } else { Err(Code::InviteInvalid.into()) }
    }

    /// What an invitation leads to.
    ///
    /// # Errors
    ///
    /// [`Code::InviteInvalid`].
    pub async fn invitation(&self, code: &str) -> Result<Invitation, ChatError> {
        let room = self.store.invited_to(code, Timestamp::now()).await?.ok_or(Code::InviteInvalid)?;
        Ok(Invitation { room_name: room.name, member_count: room.member_count })
    }

    /// Puts a member into the room that an invitation leads to. Who is in it already does not use it up.
    ///
    /// # Errors
    ///
    /// [`Code::InviteInvalid`], [`Code::Banned`] or [`Code::RoomFull`].
    pub async fn accept_invite(&self, member: MemberId, code: String) -> Result<MyRoom, ChatError> {
        let room = self.store.invited_to(&code, Timestamp::now()).await?.ok_or(Code::InviteInvalid)?.id;
        let chat = self.clone();
        let joined = to_the_end(async move { chat.join(member, room, Entrance::Invite(&code)).await }).await;
        joined.map_err(|error| match error {
            // Somebody else was the last to use it.
            ChatError::Refused(Code::Forbidden) => Code::InviteInvalid.into(),
            other => other,
        })
    }
}
