//! Rooms and who is in them.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Member, MemberId, RoomId, Timestamp, text};

/// Members of a group room, at most.
pub const MAX_PARTICIPANTS: i64 = 500;

/// A room as anyone may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
pub struct Room {
    /// The room's id.
    #[serde(rename = "roomId")]
    pub id: RoomId,
    /// The name; for a 1:1 room the other member's.
    #[serde(rename = "roomName")]
    pub name: String,
    /// Group or 1:1.
    #[serde(flatten)]
    #[schema(value_type = RoomTypeJson)]
    pub r#type: RoomType,
    /// Whether it takes a password to join.
    #[serde(rename = "isPrivate")]
    pub locked: bool,
    /// How many are in it.
    pub member_count: i64,
    /// How many of them are connected now.
    #[sqlx(skip)]
    pub online_count: i64,
    /// Who may change it.
    pub owner_id: Option<MemberId>,
    /// Whether the one who asks is in it.
    #[sqlx(default)]
    pub joined: bool,
    /// The beginning of the newest thing said, for those who are in it.
    #[sqlx(default)]
    pub last_message: Option<String>,
    /// When the newest message was stored, or the room was made.
    pub last_message_at: Timestamp,
    /// When the room was made.
    pub created_at: Timestamp,
}

/// A room as one of its participants sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
pub struct MyRoom {
    /// What anyone may see.
    #[serde(flatten)]
    #[sqlx(flatten)]
    pub room: Room,
    /// Who sees it.
    #[serde(skip)]
    pub member_id: MemberId,
    /// Where the other member's picture is, of a 1:1 room.
    pub avatar_url: Option<String>,
    /// What others said after the last message read, counted to 100.
    #[serde(rename = "unReadCount")]
    pub unread_count: i64,
    /// How often the participant was named after the last message read, counted to 100.
    pub mention_count: i64,
    /// Of the newest message.
    pub last_seq: i64,
    /// Of the last message read.
    pub last_read_seq: i64,
    /// What to be told of.
    pub notify: Notify,
    /// Whether the participant does not want to see it in lists.
    pub hidden: bool,
}

/// A member in a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
pub struct Participant {
    /// Who it is.
    #[serde(flatten)]
    #[sqlx(flatten)]
    pub member: Member,
    /// What the member may do in the room.
    #[serde(rename = "role")]
    pub room_role: ParticipantRole,
    /// Of the last message read.
    pub last_read_seq: i64,
}

/// Group or 1:1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type)]
#[serde(into = "RoomTypeJson")]
#[sqlx(type_name = "text", rename_all = "UPPERCASE")]
pub enum RoomType {
    /// Any number of members; has a name.
    Group,
    /// Two members, for good.
    Private,
}

/// The type as newer clients and as older ones read it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RoomType)]
pub(crate) struct RoomTypeJson {
    r#type: &'static str,
    is_group_chat: &'static str,
}

impl From<RoomType> for RoomTypeJson {
    fn from(room_type: RoomType) -> Self {
        match room_type {
            RoomType::Group => Self { r#type: "GROUP", is_group_chat: "Y" },
            RoomType::Private => Self { r#type: "PRIVATE", is_group_chat: "N" },
        }
    }
}

/// What a participant may do in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema, sqlx::Type)]
#[serde(rename_all = "UPPERCASE")]
#[sqlx(type_name = "text", rename_all = "UPPERCASE")]
pub enum ParticipantRole {
    /// Everything.
    Owner,
    /// Talk.
    Member,
}

/// What a participant wants to be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema, sqlx::Type)]
#[serde(rename_all = "UPPERCASE")]
#[sqlx(type_name = "text", rename_all = "UPPERCASE")]
pub enum Notify {
    /// Every message.
    All,
    /// Messages with the participant's name.
    Mentions,
    /// Nothing.
    None,
}

/// A room's name of 1 to 64 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomName(String);

impl RoomName {
    /// What a name has to be like.
    pub const EXPECTED: &str = "1 to 64 characters that show";

    /// Reads a name, trimming it.
    pub fn parse(text: &str) -> Option<Self> {
        text::name(text, 1, 64).map(Self)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A room's password of 1 to 128 octets.
#[derive(Clone)]
pub struct RoomPassword(String);

impl RoomPassword {
    /// What it has to be like.
    pub const EXPECTED: &str = "1 to 128 bytes";

    /// Reads a password, changing nothing.
    pub fn parse(text: String) -> Option<Self> {
        (1..=128).contains(&text.len()).then_some(Self(text))
    }
}

impl AsRef<[u8]> for RoomPassword {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for RoomPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RoomPassword(..)")
    }
}

/// What new members may read of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema, sqlx::Type)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum History {
    /// Everything.
    All,
    /// What was said after they came.
    SinceJoin,
}

/// What is set in a group room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
pub struct RoomSettings {
    /// The name.
    pub room_name: String,
    /// Whether it takes a password to join.
    pub is_private: bool,
    /// Whether it is in the list of all rooms.
    pub listed: bool,
    /// What new members may read.
    pub history: History,
    /// After how many days messages go; `null` for never.
    pub retention_days: Option<i64>,
}

/// A way into a room for whoever has its code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
pub struct Invite {
    /// What it is known by.
    pub code: String,
    /// The page that it opens.
    pub url: String,
    /// Who made it; `null` when the member is gone.
    pub created_by: Option<MemberId>,
    /// How many may come by it; `null` for any number.
    pub max_uses: Option<i64>,
    /// How many have.
    pub uses: i64,
    /// Until when; `null` for good.
    pub expires_at: Option<Timestamp>,
}

/// How far a member has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadMarker {
    /// Of the last message read.
    pub seq: i64,
    /// Whether that is news.
    pub moved: bool,
}

/// Something that happened in a room, for those who have it open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase")]
pub enum RoomEvent {
    /// A member has read further.
    Read {
        /// Who.
        member_id: MemberId,
        /// How far.
        last_read_seq: i64,
    },
    /// A member came in.
    MemberAdded {
        /// Who.
        member: Member,
    },
    /// A member has another name or picture.
    MemberUpdated {
        /// As it is now.
        member: Member,
    },
    /// A member went.
    MemberRemoved {
        /// Who.
        member_id: MemberId,
        /// Who owns the room now.
        owner_id: MemberId,
    },
    /// The room is set otherwise.
    RoomUpdated {
        /// How.
        room: RoomSettings,
    },
    /// The room is gone.
    RoomDeleted,
}

/// What the 1:1 room of two members is found by, whoever asks.
pub fn pair_key(one: MemberId, other: MemberId) -> String {
    format!("{}:{}", one.min(other), one.max(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_has_one_key() {
        assert_eq!(pair_key(MemberId(10), MemberId(9)), "9:10");
        assert_eq!(pair_key(MemberId(9), MemberId(10)), "9:10");
    }

    #[test]
    fn events_say_what_they_are() {
        let event = RoomEvent::Read { member_id: MemberId(1), last_read_seq: 5 };
        assert_eq!(serde_json::to_string(&event).unwrap(), r#"{"type":"READ","memberId":1,"lastReadSeq":5}"#);
        assert_eq!(serde_json::to_string(&RoomEvent::RoomDeleted).unwrap(), r#"{"type":"ROOM_DELETED"}"#);
    }
}
