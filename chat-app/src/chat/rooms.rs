//! Rooms: making and finding them.

use serde::Serialize;
use utoipa::ToSchema;

use super::{Chat, to_the_end};
use crate::{
    domain::{
        History, MemberId, MyRoom, Participant, Problems, Room, RoomId, RoomName, RoomPassword, RoomSettings,
        Timestamp,
    },
    error::{ChatError, Code},
    store::{NewRoom, RoomQuery},
};

/// A group room to make.
#[derive(Debug)]
pub struct CreateRoom {
    /// The name.
    pub name: RoomName,
    /// What it takes to join.
    pub password: Option<RoomPassword>,
    /// Whether it is in the list of all rooms.
    pub listed: bool,
    /// Who is in it from the start, besides its owner.
    pub members: Vec<MemberId>,
}

/// A room with those who are in it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoomDetails {
    /// The room.
    #[serde(flatten)]
    pub room: MyRoom,
    /// Whether it is in the list of all rooms.
    pub listed: bool,
    /// What new members may read.
    pub history: History,
    /// After how many days messages go; `null` for never.
    pub retention_days: Option<i64>,
    /// Who is in it, in the order of joining.
    pub members: Vec<Participant>,
}

impl Chat {
    /// Makes a group room; its owner is in it.
    ///
    /// # Errors
    ///
    /// [`Code::Blocked`] by, or [`Code::MemberNotFound`] for, somebody to be in it from the start.
    pub async fn create_room(&self, owner: MemberId, create: CreateRoom) -> Result<MyRoom, ChatError> {
        self.require_unblocked(owner, &create.members).await?;
        let password_hash = match create.password {
            Some(password) => Some(self.passwords.hash(password).await?),
            None => None,
        };
        let chat = self.clone();
        to_the_end(async move {
            let new = NewRoom {
                name: &create.name,
                owner,
                password_hash: password_hash.as_deref(),
                listed: create.listed,
                now: Timestamp::now(),
            };
            let room = chat.store.create_room(new).await?;
            chat.rail.show(room, owner).await;
            chat.admit_all(room, &create.members).await?;
            chat.my_room(owner, room).await
        })
        .await
    }

    /// The 1:1 room with another member, made if there is none.
    ///
    /// # Errors
    ///
    /// [`Code::MemberNotFound`]; [`Code::Blocked`] by the other; [`ChatError::Invalid`] for a member with itself.
    pub async fn private_room(&self, one: MemberId, other: MemberId) -> Result<RoomId, ChatError> {
        if one == other {
            return Err(Problems::one("otherMemberId", "another member's id").into());
        }
        if self.store.has_blocked(other, one).await? {
            return Err(Code::Blocked.into());
        }
        let chat = self.clone();
        to_the_end(async move {
            let room = chat.store.private_room(one, other, Timestamp::now()).await?;
            let (room, made) = room.ok_or(Code::MemberNotFound)?;
            chat.rail.show(room, one).await;
            if made {
                chat.rail.show(room, other).await;
            }
            Ok(room)
        })
        .await
    }

    /// Group rooms, as far as one is asked for.
    ///
    /// # Errors
    ///
    /// [`ChatError::Store`] alone.
    pub async fn rooms(&self, query: RoomQuery<'_>) -> Result<Vec<Room>, ChatError> {
        Ok(self.store.rooms(query).await?)
    }

    /// The rooms a member is in.
    ///
    /// # Errors
    ///
    /// [`ChatError::Store`] alone.
    pub async fn my_rooms(&self, member: MemberId) -> Result<Vec<MyRoom>, ChatError> {
        Ok(self.store.my_rooms(member).await?)
    }

    /// A room as one of its participants sees it.
    ///
    /// # Errors
    ///
    /// [`Code::NotParticipant`] or [`Code::RoomNotFound`].
    pub async fn my_room(&self, member: MemberId, room: RoomId) -> Result<MyRoom, ChatError> {
        match self.store.my_room(room, member).await? {
            Some(room) => Ok(room),
            None => Err(self.outsider(room).await),
        }
    }

    /// A room with those who are in it, for one of them.
    ///
    /// # Errors
    ///
    /// [`Code::NotParticipant`] or [`Code::RoomNotFound`].
    pub async fn room_details(&self, member: MemberId, room: RoomId) -> Result<RoomDetails, ChatError> {
        let mut my_room = self.my_room(member, room).await?;
        let participants = self.store.participants(room).await?.into_iter();
        let members: Vec<_> =
            participants.map(|p| Participant { member: self.present(p.member), ..p }).collect();
        my_room.room.online_count = members.iter().map(|p| i64::from(p.member.online)).sum();
        let settings = self.store.room_settings(room).await?.ok_or(Code::RoomNotFound)?;
        let RoomSettings { listed, history, retention_days, .. } = settings;
        Ok(RoomDetails { room: my_room, listed, history, retention_days, members })
    }

    /// Whether a member is in a room.
    ///
    /// # Errors
    ///
    /// [`Code::NotParticipant`] or [`Code::RoomNotFound`] if not.
    pub async fn require_participant(&self, member: MemberId, room: RoomId) -> Result<(), ChatError> {
        self.standing(member, room).await.map(|_| ())
    }
}
