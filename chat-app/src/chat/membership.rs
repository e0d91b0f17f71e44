//! Coming into rooms, and going.

use super::{Chat, to_the_end};
use crate::{
    domain::{
        Member, MemberId, Message, MyRoom, Notify, Participant, RoomEvent, RoomId, RoomType, Timestamp,
    },
    error::{ChatError, Code},
    store::{Ban, Entrance, Join, Joining, Leave, ParticipantQuery, Standing},
};

impl Chat {
    /// Puts a member into a room by the right that it has.
    pub(super) async fn join(
        &self,
        member: MemberId,
        room: RoomId,
        by: Entrance<'_>,
    ) -> Result<MyRoom, ChatError> {
        let _turn = self.turns.take(room).await;
        self.admit(member, room, by).await?;
        self.my_room(member, room).await
    }

    /// Puts members into a room, each by the word of somebody inside.
    pub(super) async fn admit_all(&self, room: RoomId, members: &[MemberId]) -> Result<(), ChatError> {
        let _turn = self.turns.take(room).await;
        for member in members {
            self.admit(*member, room, Entrance::Admitted).await?;
        }
        Ok(())
    }

    /// Refuses to put into a room those who have blocked who does it.
    ///
    /// # Errors
    ///
    /// [`Code::Blocked`].
    pub(super) async fn require_unblocked(
        &self,
        by: MemberId,
        members: &[MemberId],
    ) -> Result<(), ChatError> {
        for member in members {
            if self.store.has_blocked(*member, by).await? {
                return Err(Code::Blocked.into());
            }
        }
        Ok(())
    }

    /// Lets a member in, in the room's turn.
    async fn admit(&self, member: MemberId, room: RoomId, by: Entrance<'_>) -> Result<(), ChatError> {
        let joining = Joining { room, member, by, now: Timestamp::now() };
        match self.store.join_room(joining).await? {
            Join::Joined(line) => {
                let member = self.member(member).await?;
                self.tell_joined(room, member, &line).await;
                Ok(())
            }
            Join::AlreadyIn => Ok(()),
            Join::NoRoom => {
                self.member(member).await?;
                Err(Code::RoomNotFound.into())
            }
            Join::Locked => Err(Code::WrongRoomPassword.into()),
            Join::Closed => Err(Code::Forbidden.into()),
            Join::Banned => Err(Code::Banned.into()),
            Join::Full => Err(Code::RoomFull.into()),
        }
    }

    async fn tell_joined(&self, room: RoomId, member: Member, line: &Message) {
        let id = member.id;
        self.live.message(line).await;
        self.live.event(room, &RoomEvent::MemberAdded { member }).await;
        self.rail.show(room, id).await;
        self.rail.room_changed(room);
        self.participants_changed(room);
    }

    /// Puts members into a group room that who asks is in.
    ///
    /// # Errors
    ///
    /// [`Code::NotParticipant`], [`Code::RoomNotFound`], [`Code::Blocked`] by one of them, [`Code::MemberNotFound`],
    /// [`Code::Banned`] for one of them, [`Code::RoomFull`], or [`Code::Forbidden`] in a 1:1 room. Those before one that
    /// is not found, banned or one too many are in.
    pub async fn add_members(
        &self,
        by: MemberId,
        room: RoomId,
        members: Vec<MemberId>,
    ) -> Result<(), ChatError> {
        self.standing(by, room).await?;
        self.require_unblocked(by, &members).await?;
        let chat = self.clone();
        to_the_end(async move { chat.admit_all(room, &members).await }).await
    }

    /// Some of those who are in a room, for one of them.
    ///
    /// # Errors
    ///
    /// [`Code::NotParticipant`] or [`Code::RoomNotFound`].
    pub async fn participants(
        &self,
        reader: MemberId,
        query: ParticipantQuery<'_>,
    ) -> Result<Vec<Participant>, ChatError> {
        self.standing(reader, query.room).await?;
        let participants = self.store.find_participants(query).await?.into_iter();
        Ok(participants.map(|p| Participant { member: self.present(p.member), ..p }).collect())
    }

    /// Takes a member out of a group room, and ends what it receives of it.
    ///
    /// # Errors
    ///
    /// [`Code::NotParticipant`], [`Code::RoomNotFound`], or [`Code::Forbidden`] in a 1:1 room.
    pub async fn leave_room(&self, member: MemberId, room: RoomId) -> Result<(), ChatError> {
        self.see_out(room, member, None).await
    }

    /// Makes a member leave, for good if it is banned.
    ///
    /// # Errors
    ///
    /// [`Code::NotOwner`] unless who asks owns the room or administers; [`Code::Forbidden`] for oneself;
    /// [`Code::NotParticipant`] for one who is not in.
    pub async fn remove_member(
        &self,
        by: &Member,
        room: RoomId,
        member: MemberId,
        ban: bool,
    ) -> Result<(), ChatError> {
        self.require_owner(by, room).await?;
        if member == by.id {
            return Err(Code::Forbidden.into());
        }
        self.see_out(room, member, ban.then_some(Ban { by: by.id })).await
    }

    async fn see_out(&self, room: RoomId, member: MemberId, ban: Option<Ban>) -> Result<(), ChatError> {
        let chat = self.clone();
        to_the_end(async move {
            let _turn = chat.turns.take(room).await;
            let left = match chat.store.leave_room(room, member, ban, Timestamp::now()).await? {
                Leave::Left(line, owner) => Some((line, owner)),
                Leave::RoomDeleted => None,
                Leave::NotIn if ban.is_some() => return Ok(()),
                Leave::NotIn => return Err(Code::NotParticipant.into()),
                Leave::NoRoom => return Err(Code::RoomNotFound.into()),
                Leave::Private => return Err(Code::Forbidden.into()),
            };
            // Before anybody else says something: it is not for the one who left.
            chat.live.close(room, member).await;
            chat.rail.remove(room, member);
            if let Some((line, owner_id)) = left {
                chat.live.message(&line).await;
                chat.live.event(room, &RoomEvent::MemberRemoved { member_id: member, owner_id }).await;
                chat.rail.room_changed(room);
                chat.participants_changed(room);
            }
            Ok(())
        })
        .await
    }

    /// Makes another participant the owner.
    ///
    /// # Errors
    ///
    /// [`Code::NotOwner`], or [`Code::MemberNotFound`] for one who is not in the room.
    pub async fn pass_room(&self, by: &Member, room: RoomId, to: MemberId) -> Result<(), ChatError> {
        self.require_owner(by, room).await?;
        if !self.store.set_owner(room, to).await? {
            return Err(Code::MemberNotFound.into());
        }
        self.tell_settings(room).await
    }

    /// Sets what a participant wants to be told of.
    ///
    /// # Errors
    ///
    /// [`Code::NotParticipant`] or [`Code::RoomNotFound`].
    pub async fn set_notify(&self, member: MemberId, room: RoomId, notify: Notify) -> Result<(), ChatError> {
        if !self.store.set_notify(room, member, notify).await? {
            return Err(self.outsider(room).await);
        }
        self.rail.show(room, member).await;
        Ok(())
    }

    /// Takes a 1:1 room off a participant's list until its next message.
    ///
    /// # Errors
    ///
    /// [`Code::NotParticipant`], [`Code::RoomNotFound`], or [`Code::Forbidden`] for a group room.
    pub async fn hide_room(&self, member: MemberId, room: RoomId) -> Result<(), ChatError> {
        if self.standing(member, room).await?.r#type != RoomType::Private {
            return Err(Code::Forbidden.into());
        }
        self.store.hide_room(room, member).await?;
        self.rail.remove(room, member);
        Ok(())
    }

    /// What a participant is to its room.
    pub(super) async fn standing(&self, member: MemberId, room: RoomId) -> Result<Standing, ChatError> {
        let standing = self.store.standing(room, member).await?.ok_or(Code::RoomNotFound)?;
        if standing.is_in { Ok(standing) } else { Err(Code::NotParticipant.into()) }
    }
}
