//! What members report to administrators.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{MemberId, MessageId, RoomId, Timestamp};

/// A message or a member that somebody reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx::FromRow, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The report's number; later ones have higher numbers.
    pub id: i64,
    /// The message, if one was reported and is still there.
    pub message_id: Option<MessageId>,
    /// The message's room.
    pub room_id: Option<RoomId>,
    /// Who said it, or who was reported.
    pub member_id: Option<MemberId>,
    /// That member's name now.
    pub member_name: Option<String>,
    /// Who reported it.
    pub reporter_id: Option<MemberId>,
    /// That member's name now.
    pub reporter_name: Option<String>,
    /// Why.
    pub reason: String,
    /// The text, or the member's name and tag, as they were then.
    pub snapshot: String,
    /// Whether somebody has seen to it.
    pub state: ReportState,
    /// Which administrator has.
    pub handled_by: Option<MemberId>,
    /// When.
    pub handled_at: Option<Timestamp>,
    /// When it was reported.
    pub created_at: Timestamp,
}

/// How far a report has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
#[sqlx(type_name = "text", rename_all = "UPPERCASE")]
pub enum ReportState {
    /// Nobody has seen to it.
    Open,
    /// An administrator has.
    Resolved,
}

/// Why something is reported: 1 to 500 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(String);

impl Reason {
    /// What a reason has to be like.
    pub const EXPECTED: &str = "1 to 500 characters, without NUL";

    /// Reads a reason, trimming it.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let fits = (1..=500).contains(&text.chars().count()) && !text.contains('\0');
        fits.then(|| Self(text.to_owned()))
    }

    /// The reason.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_says_something_and_not_too_much() {
        assert_eq!(Reason::parse(" 광고 ").unwrap().as_str(), "광고");
        assert!(Reason::parse(&"가".repeat(500)).is_some());
        for text in ["", "  ", "a\0", &"가".repeat(501)] {
            assert!(Reason::parse(text).is_none(), "{text:?}");
        }
    }
}
