//! Storing logins on devices.

use async_trait::async_trait;

use super::Result;
use crate::domain::{Member, MemberId, Session, SessionId, Status, Timestamp};

/// Logins on devices.
#[async_trait]
pub trait SessionStore {
    /// Opens a session.
    async fn open_session(&self, new: NewSession<'_>) -> Result<SessionId>;

    /// The member of a session that is neither revoked nor expired.
    async fn session_member(&self, id: SessionId, now: Timestamp) -> Result<Option<Member>>;

    /// Puts the next refresh token in place of the one shown if that is the newest; leaves it there if what is shown is
    /// the one before and was replaced after `grace_from`; else revokes the session.
    async fn rotate_session(&self, rotation: Rotation<'_>) -> Result<Rotated>;

    /// The session of a member that has this refresh token, if it is the newest of a session that lasts.
    async fn session_of_refresh(
        &self,
        refresh_hash: &[u8],
        now: Timestamp,
    ) -> Result<Option<(SessionId, MemberId)>>;

    /// The sessions of a member that last, the one used last first.
    async fn sessions(&self, member: MemberId, now: Timestamp) -> Result<Vec<Session>>;

    /// Ends a session of a member; says whether it had such a one.
    async fn revoke_session(&self, id: SessionId, member: MemberId, now: Timestamp) -> Result<bool>;

    /// Which sessions were ended after `since`, whose they were, and what became of those.
    async fn revoked_since(&self, since: Timestamp) -> Result<Vec<(SessionId, MemberId, Status)>>;

    /// Ends all sessions of a member but one; says which.
    async fn revoke_sessions(
        &self,
        member: MemberId,
        except: Option<SessionId>,
        now: Timestamp,
    ) -> Result<Vec<SessionId>>;
}

/// A session to open.
#[derive(Debug, Clone, Copy)]
pub struct NewSession<'a> {
    /// Whose it is.
    pub member: MemberId,
    /// The hash of the part of its refresh tokens that stays.
    pub family_hash: &'a [u8],
    /// The hash of the first refresh token.
    pub refresh_hash: &'a [u8],
    /// What the browser calls itself.
    pub user_agent: Option<&'a str>,
    /// Where the login came from.
    pub ip: &'a str,
    /// The time now.
    pub now: Timestamp,
    /// When it ends unless it is used.
    pub expires_at: Timestamp,
}

/// A refresh token shown, and the next one.
#[derive(Debug, Clone, Copy)]
pub struct Rotation<'a> {
    /// The hash of the part that stays.
    pub family_hash: &'a [u8],
    /// The hash of the token shown.
    pub shown_hash: &'a [u8],
    /// The hash of the next token.
    pub next_hash: &'a [u8],
    /// When the token before the newest may have been replaced, at the earliest, to be taken once more.
    pub grace_from: Timestamp,
    /// The time now.
    pub now: Timestamp,
    /// When the session ends unless it is used.
    pub expires_at: Timestamp,
}

/// What became of a refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotated {
    /// The next one is valid now.
    Done(SessionId, MemberId),
    /// It was used before: this session of this member is revoked.
    Reused(SessionId, MemberId),
    /// There is no such session, or it has ended.
    Unknown,
}
