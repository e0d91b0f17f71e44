//! Members, as they see each other and themselves.

use super::Chat;
use crate::{
    domain::{Locale, Me, Member, MemberId, MemberName, RoomEvent, RoomType, Status, Tag, Timestamp},
    error::{ChatError, Code},
    store::{MemberChange, MemberQuery},
};

/// How many other tags are tried when the new name with the old tag is somebody else's.
const TAGS: usize = 8;

impl Chat {
    /// The members, as far as one is asked for.
    ///
    /// # Errors
    ///
    /// [`ChatError::Store`] alone.
    pub async fn members(&self, query: MemberQuery<'_>) -> Result<Vec<Member>, ChatError> {
        let members = self.store.members(query).await?;
        Ok(members.into_iter().map(|member| self.present(member)).collect())
    }

    /// A member who is not gone.
    ///
    /// # Errors
    ///
    /// [`Code::MemberNotFound`].
    pub async fn member(&self, id: MemberId) -> Result<Member, ChatError> {
        let me = self.store.me(id).await?.filter(|me| me.member.status != Status::Deleted);
        me.map(|me| self.present(me.member)).ok_or_else(|| Code::MemberNotFound.into())
    }

    /// A member as it sees itself.
    ///
    /// # Errors
    ///
    /// [`Code::MemberNotFound`].
    pub async fn me(&self, id: MemberId) -> Result<Me, ChatError> {
        let me = self.store.me(id).await?.ok_or(Code::MemberNotFound)?;
        Ok(Me { member: self.present(me.member), ..me })
    }

    /// Changes the name or the language of a member. The tag changes when somebody else has the new name with it.
    ///
    /// # Errors
    ///
    /// [`Code::MemberNotFound`].
    pub async fn change_me(
        &self,
        id: MemberId,
        name: Option<&MemberName>,
        locale: Option<Locale>,
    ) -> Result<Me, ChatError> {
        let mut tag = None;
        for _ in 0..TAGS {
            let change = MemberChange { name, tag: tag.as_ref(), locale, now: Timestamp::now() };
            if self.store.change_member(id, change).await? {
                let me = self.me(id).await?;
                if name.is_some() {
                    self.looks_different(me.member.clone());
                }
                return Ok(me);
            }
            tag = Some(Tag::random());
        }
        Err(ChatError::Internal("no tag is free for a name"))
    }

    /// Tells those who share a room with a member what it looks like now, however long they take to be told.
    pub(crate) fn looks_different(&self, member: Member) {
        let chat = self.clone();
        tokio::spawn(async move {
            let id = member.id;
            if let Err(error) = chat.tell_looks(member).await {
                tracing::warn!(%error, member = %id, "rooms do not hear what a member looks like");
            }
        });
    }

    /// Rooms that are open show their members, and the lists of others the one whom they talk with.
    async fn tell_looks(&self, member: Member) -> Result<(), ChatError> {
        for mine in self.store.my_rooms(member.id).await? {
            let room = mine.room.id;
            self.live.event(room, &RoomEvent::MemberUpdated { member: member.clone() }).await;
            if mine.room.r#type == RoomType::Private {
                self.rail.room_changed(room);
            }
        }
        Ok(())
    }

    pub(super) fn present(&self, member: Member) -> Member {
        Member { online: self.presence.is_online(member.id), ..member }
    }
}
