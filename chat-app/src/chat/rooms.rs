//! Rooms: making, finding, joining and leaving them.

use serde::Serialize;

use super::{Chat, to_the_end};
use crate::{
    domain::{Member, MemberId, MyRoom, Participant, Problems, Room, RoomEvent, RoomId, RoomName, Timestamp},
    error::{ChatError, Code},
    store::{Join, Leave, RoomQuery},
};

/// A room with those who are in it.
#[derive(Debug, Clone, Serialize)]
pub struct RoomDetails {
    /// The room.
    #[serde(flatten)]
    pub room: MyRoom,
    /// Who is in it, in the order of joining.
    pub members: Vec<Participant>,
}

impl Chat {
    /// Makes a group room; its owner is in it.
    ///
    /// # Errors
    ///
    /// [`ChatError::Store`] alone.
    pub async fn create_room(&self, owner: MemberId, name: RoomName) -> Result<MyRoom, ChatError> {
        let chat = self.clone();
        to_the_end(async move {
            let room = chat.store.create_room(&name, owner, Timestamp::now()).await?;
            chat.rail.show(room, owner).await;
            chat.my_room(owner, room).await
        })
        .await
    }

    /// The 1:1 room with another member, made if there is none.
    ///
    /// # Errors
    ///
    /// [`Code::MemberNotFound`]; [`ChatError::Invalid`] for a member with itself.
    pub async fn private_room(&self, one: MemberId, other: MemberId) -> Result<RoomId, ChatError> {
        if one == other {
            return Err(Problems::one("otherMemberId", "another member's id").into());
        }
        let chat = self.clone();
        to_the_end(async move {
            let room = chat.store.private_room(one, other, Timestamp::now()).await?;
            let (room, made) = room.ok_or(Code::MemberNotFound)?;
            if made {
                chat.rail.show(room, one).await;
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
        Ok(RoomDetails { room: my_room, members })
    }

    /// Whether a member is in a room.
    ///
    /// # Errors
    ///
    /// [`Code::NotParticipant`] or [`Code::RoomNotFound`] if not.
    pub async fn require_participant(&self, member: MemberId, room: RoomId) -> Result<(), ChatError> {
        if self.store.is_participant(room, member).await? { Ok(()) } else { Err(self.outsider(room).await) }
    }

    /// Puts a member into an open group room.
    ///
    /// # Errors
    ///
    /// [`Code::RoomNotFound`], [`Code::RoomFull`], or [`Code::Forbidden`] if it takes more than asking.
    pub async fn join_room(&self, member: Member, room: RoomId) -> Result<MyRoom, ChatError> {
        let chat = self.clone();
        to_the_end(async move {
            let _turn = chat.turns.take(room).await;
            let id = member.id;
            match chat.store.join_room(room, id, Timestamp::now()).await? {
                Join::Joined(line) => {
                    chat.live.message(&line).await;
                    let member = chat.present(member);
                    chat.live.event(room, &RoomEvent::MemberAdded { member }).await;
                    chat.rail.show(room, id).await;
                    chat.rail.room_changed(room);
                }
                Join::AlreadyIn => {}
                Join::NoRoom => return Err(Code::RoomNotFound.into()),
                Join::Closed => return Err(Code::Forbidden.into()),
                Join::Full => return Err(Code::RoomFull.into()),
            }
            chat.my_room(id, room).await
        })
        .await
    }

    /// Takes a member out of a group room, and ends what it receives of it.
    ///
    /// # Errors
    ///
    /// [`Code::NotParticipant`], [`Code::RoomNotFound`], or [`Code::Forbidden`] in a 1:1 room.
    pub async fn leave_room(&self, member: MemberId, room: RoomId) -> Result<(), ChatError> {
        let chat = self.clone();
        to_the_end(async move {
            let _turn = chat.turns.take(room).await;
            let left = chat.store.leave_room(room, member, Timestamp::now()).await?;
            match left {
                Leave::Left(..) | Leave::RoomDeleted => {}
                Leave::NotIn => return Err(Code::NotParticipant.into()),
                Leave::NoRoom => return Err(Code::RoomNotFound.into()),
                Leave::Private => return Err(Code::Forbidden.into()),
            }
            // Before anybody else says something: it is not for the one who left.
            chat.live.close(room, member).await;
            chat.rail.remove(room, member);
            if let Leave::Left(line, owner_id) = left {
                chat.live.message(&line).await;
                chat.live.event(room, &RoomEvent::MemberRemoved { member_id: member, owner_id }).await;
                chat.rail.room_changed(room);
            }
            Ok(())
        })
        .await
    }
}
