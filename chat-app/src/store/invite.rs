//! Storing invitations.

use async_trait::async_trait;

use super::Result;
use crate::domain::{Invite, MemberId, Room, RoomId, Timestamp};

/// Invitations to group rooms.
#[async_trait]
pub trait InviteStore {
    /// Makes an invitation.
    async fn add_invite(&self, new: NewInvite<'_>) -> Result<Invite>;

    /// The invitations to a room that are valid, the newest first.
    async fn invites(&self, room: RoomId, now: Timestamp) -> Result<Vec<Invite>>;

    /// The room that a valid invitation leads to.
    async fn invited_to(&self, code: &str, now: Timestamp) -> Result<Option<Room>>;

    /// Ends an invitation; `false` if there is none of that code to that room.
    async fn revoke_invite(&self, room: RoomId, code: &str, now: Timestamp) -> Result<bool>;
}

/// An invitation to make.
#[derive(Debug, Clone, Copy)]
pub struct NewInvite<'a> {
    /// What it is known by.
    pub code: &'a str,
    /// Where to.
    pub room: RoomId,
    /// Who invites.
    pub by: MemberId,
    /// How many may come by it.
    pub max_uses: Option<i64>,
    /// Until when.
    pub expires_at: Option<Timestamp>,
    /// The time now.
    pub now: Timestamp,
}
