//! Finding messages by what they say.

use async_trait::async_trait;

use super::Result;
use crate::domain::{MemberId, Message, MessageId, RoomId, SearchText};

/// The index of what was said.
#[async_trait]
pub trait SearchStore {
    /// The newest messages that have what is searched for and that the member may read.
    async fn search(&self, search: Search<'_>) -> Result<Vec<Message>>;
}

/// What to look for, and where.
#[derive(Debug, Clone, Copy)]
pub struct Search<'a> {
    /// Who asks.
    pub member: MemberId,
    /// What for.
    pub text: &'a SearchText,
    /// In this room alone.
    pub room: Option<RoomId>,
    /// By this member alone.
    pub sender: Option<MemberId>,
    /// The last one of the page before.
    pub before: Option<MessageId>,
    /// How many, at most.
    pub limit: i64,
}
