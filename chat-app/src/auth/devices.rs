//! The sessions of a member, one for each device.

use super::{Auth, Identity};
use crate::{
    domain::{MemberId, Session, SessionId, Timestamp},
    error::{ChatError, Code},
};

impl Auth {
    /// The sessions of whoever asks.
    ///
    /// # Errors
    ///
    /// [`ChatError::Store`] alone.
    pub async fn sessions(&self, identity: &Identity) -> Result<Vec<Session>, ChatError> {
        let mut sessions = self.store.sessions(identity.member.id, Timestamp::now()).await?;
        for session in &mut sessions {
            session.current = session.id == identity.session;
        }
        Ok(sessions)
    }

    /// Ends a session of a member, and its connections.
    ///
    /// # Errors
    ///
    /// [`Code::NotFound`] if it has no such session.
    pub async fn end_session(&self, member: MemberId, session: SessionId) -> Result<(), ChatError> {
        if self.revoke(member, session).await? { Ok(()) } else { Err(Code::NotFound.into()) }
    }

    /// Ends all sessions of a member but one, and their connections.
    ///
    /// # Errors
    ///
    /// [`ChatError::Store`] alone.
    pub async fn end_sessions(&self, member: MemberId, except: Option<SessionId>) -> Result<(), ChatError> {
        for session in self.store.revoke_sessions(member, except, Timestamp::now()).await? {
            self.live.disconnect_session(member, session, Code::SessionRevoked);
        }
        Ok(())
    }

    pub(super) async fn revoke(&self, member: MemberId, session: SessionId) -> Result<bool, ChatError> {
        let revoked = self.store.revoke_session(session, member, Timestamp::now()).await?;
        if revoked {
            self.live.disconnect_session(member, session, Code::SessionRevoked);
        }
        Ok(revoked)
    }
}
