//! What members decide about themselves.

use super::Chat;
use crate::{
    domain::{MemberId, RoomType, Timestamp},
    error::{ChatError, Code},
};

impl Chat {
    /// Takes a member out of all group rooms, as if it left each; its 1:1 rooms stay with the others.
    ///
    /// # Errors
    ///
    /// [`ChatError::Store`] alone.
    pub async fn leave_all_rooms(&self, member: MemberId) -> Result<(), ChatError> {
        for mine in self.store.my_rooms(member).await? {
            if mine.room.r#type == RoomType::Group {
                self.leave_room(member, mine.room.id).await?;
            }
        }
        Ok(())
    }

    /// Notes that a member does not want to hear of another.
    ///
    /// # Errors
    ///
    /// [`Code::MemberNotFound`]; [`Code::Forbidden`] to block oneself.
    pub async fn block(&self, member: MemberId, blocked: MemberId) -> Result<(), ChatError> {
        if member == blocked {
            return Err(Code::Forbidden.into());
        }
        let known = self.store.block(member, blocked, Timestamp::now()).await?;
        if known { Ok(()) } else { Err(Code::MemberNotFound.into()) }
    }

    /// Forgets that again.
    ///
    /// # Errors
    ///
    /// [`ChatError::Store`] alone.
    pub async fn unblock(&self, member: MemberId, blocked: MemberId) -> Result<(), ChatError> {
        Ok(self.store.unblock(member, blocked).await?)
    }

    /// Whom a member has blocked.
    ///
    /// # Errors
    ///
    /// [`ChatError::Store`] alone.
    pub async fn blocked(&self, member: MemberId) -> Result<Vec<MemberId>, ChatError> {
        Ok(self.store.blocked(member).await?)
    }
}
