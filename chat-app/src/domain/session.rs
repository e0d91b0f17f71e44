//! Logins on devices, as their owner sees them.

use serde::Serialize;
use utoipa::ToSchema;

use super::{SessionId, Timestamp};

/// A login on a device that still lasts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx::FromRow, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// The session's id.
    pub id: SessionId,
    /// What the browser calls itself.
    pub user_agent: Option<String>,
    /// Where the login came from.
    pub ip: Option<String>,
    /// When the login was.
    pub created_at: Timestamp,
    /// When it was last refreshed.
    pub last_used_at: Timestamp,
    /// When it ends unless it is used.
    pub expires_at: Timestamp,
    /// Whether it is the one that asks.
    #[sqlx(skip)]
    pub current: bool,
}
