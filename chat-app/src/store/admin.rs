//! Storing what administrators do.

use async_trait::async_trait;

use super::{MemberQuery, Result};
use crate::domain::{AdminMember, AdminRoom, AuditEntry, MemberId, Role, RoomId, Stats, Status, Timestamp};

/// What administrators do.
#[async_trait]
pub trait AdminStore {
    /// Whether there is an administrator who may log in.
    async fn has_admin(&self) -> Result<bool>;

    /// How much there is.
    async fn stats(&self) -> Result<Stats>;

    /// Members in the order of their ids, whatever their status.
    async fn all_members(&self, query: MemberQuery<'_>) -> Result<Vec<AdminMember>>;

    /// Rooms in the order of their ids, from behind `after` on, those with a part in their name.
    async fn all_rooms(&self, name: &str, after: RoomId, limit: i64) -> Result<Vec<AdminRoom>>;

    /// Gives a member who is not gone another status; says whether there is such a one.
    async fn set_status(&self, member: MemberId, status: Status, now: Timestamp) -> Result<bool>;

    /// Gives a member who is not gone another role; says whether there is such a one.
    async fn set_role(&self, member: MemberId, role: Role, now: Timestamp) -> Result<bool>;

    /// Notes what was done.
    async fn audit(&self, entry: NewAuditEntry<'_>) -> Result<()>;

    /// What was done, the newest first, from before `before` on.
    async fn audit_log(&self, before: Option<i64>, limit: i64) -> Result<Vec<AuditEntry>>;
}

/// Something done, to note.
#[derive(Debug, Clone, Copy)]
pub struct NewAuditEntry<'a> {
    /// Who did it.
    pub actor: MemberId,
    /// What was done.
    pub action: &'a str,
    /// To whom or what.
    pub target: &'a str,
    /// From where.
    pub ip: &'a str,
    /// The time now.
    pub now: Timestamp,
}
