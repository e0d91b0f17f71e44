//! Telling administrators of what should not be.

use super::Chat;
use crate::{
    domain::{MemberId, MessageId, Reason, Timestamp},
    error::{ChatError, Code},
};

impl Chat {
    /// Reports a message that the member may read. Once is enough: the same again changes nothing.
    ///
    /// # Errors
    ///
    /// [`Code::MessageNotFound`], or a [`RateLimited`](crate::limits::RateLimited) member.
    pub async fn report_message(
        &self,
        by: MemberId,
        message: MessageId,
        reason: &Reason,
    ) -> Result<(), ChatError> {
        self.limits.report(by)?;
        self.message(by, message).await?;
        Ok(self.store.report_message(by, message, reason, Timestamp::now()).await?)
    }

    /// Reports a member. The same again changes nothing until an administrator has seen to it.
    ///
    /// # Errors
    ///
    /// [`Code::MemberNotFound`]; [`Code::Forbidden`] for oneself; a [`RateLimited`](crate::limits::RateLimited) member.
    pub async fn report_member(
        &self,
        by: MemberId,
        member: MemberId,
        reason: &Reason,
    ) -> Result<(), ChatError> {
        self.limits.report(by)?;
        if by == member {
            return Err(Code::Forbidden.into());
        }
        let known = self.store.report_member(by, member, reason, Timestamp::now()).await?;
        if known { Ok(()) } else { Err(Code::MemberNotFound.into()) }
    }
}
