//! What administrators see and set.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Kind, MemberId, Role, RoomId, RoomType, Status, Timestamp, room::RoomTypeJson};

/// A member as administrators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx::FromRow, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdminMember {
    /// The member's id.
    pub id: MemberId,
    /// The name shown.
    pub name: String,
    /// What tells members of one name apart.
    pub tag: String,
    /// How the member came to be.
    pub kind: Kind,
    /// What the member may do.
    pub role: Role,
    /// Whether the member may log in.
    pub status: Status,
    /// The e-mail address, if the member has one.
    pub email: Option<String>,
    /// When the member came.
    pub created_at: Timestamp,
}

/// A room as administrators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx::FromRow, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdminRoom {
    /// The room's id.
    #[sqlx(rename = "id")]
    pub room_id: RoomId,
    /// The name; empty for a 1:1 room.
    #[sqlx(rename = "name")]
    pub room_name: String,
    /// Group or 1:1.
    #[serde(flatten)]
    #[schema(value_type = RoomTypeJson)]
    pub r#type: RoomType,
    /// Whether it takes a password to join.
    #[serde(rename = "isPrivate")]
    #[sqlx(rename = "locked")]
    pub is_private: bool,
    /// Whether it is in the list of all rooms.
    pub listed: bool,
    /// Who owns it.
    pub owner_id: Option<MemberId>,
    /// That member's name.
    pub owner_name: Option<String>,
    /// How many are in it.
    pub member_count: i64,
    /// Of its newest message.
    pub last_seq: i64,
    /// When something was said last.
    pub last_message_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// How much there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::FromRow, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Stats {
    /// Active members with an account.
    pub users: i64,
    /// Active members without.
    pub guests: i64,
    /// Group and 1:1 rooms.
    pub rooms: i64,
    /// Messages, lines and deleted ones included.
    pub messages: i64,
    /// Connections to this server.
    #[sqlx(skip)]
    pub connections: usize,
}

/// Something that an administrator did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx::FromRow, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// The entry's number; later ones have higher numbers.
    pub id: i64,
    /// Who did it.
    pub actor_id: Option<MemberId>,
    /// What was done, such as `BAN`.
    pub action: String,
    /// To whom or what, such as `member:5`.
    pub target: Option<String>,
    /// From where.
    pub ip: Option<String>,
    /// When.
    pub created_at: Timestamp,
}

/// Who may make an account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Registration {
    /// Anybody.
    #[default]
    Open,
    /// Who has the code of an invitation to a room.
    Invite,
    /// Nobody.
    Closed,
}

impl Registration {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Invite => "invite",
            Self::Closed => "closed",
        }
    }
}

/// What is set for all servers on a database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// What the service is called.
    pub site_name: String,
    /// Who may make an account.
    pub registration_mode: Registration,
    /// Whether guests may come.
    pub guests: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { site_name: "Chat".to_owned(), registration_mode: Registration::Open, guests: true }
    }
}

const SITE_NAME: &str = "site.name";
const REGISTRATION: &str = "registration.mode";
const GUESTS: &str = "guests";

impl Settings {
    /// From what is stored; what is not there is as it is by default.
    pub fn of(stored: &[(String, String)]) -> Self {
        let default = Self::default();
        let find = |key: &str| stored.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
        let registration_mode = match find(REGISTRATION) {
            Some("closed") => Registration::Closed,
            Some("invite") => Registration::Invite,
            _ => default.registration_mode,
        };
        Self {
            site_name: find(SITE_NAME).map_or(default.site_name, str::to_owned),
            registration_mode,
            guests: find(GUESTS).map_or(default.guests, |value| value == "true"),
        }
    }

    /// As it is stored.
    pub fn to_store(&self) -> [(&'static str, &str); 3] {
        [
            (SITE_NAME, &self.site_name),
            (REGISTRATION, self.registration_mode.as_str()),
            (GUESTS, if self.guests { "true" } else { "false" }),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_come_out_as_they_went_in() {
        assert_eq!(Settings::of(&[]), Settings::default());
        let settings =
            Settings {
                site_name: "우리".to_owned(), registration_mode: Registration::Closed, guests: false
            };
        let stored = settings.to_store().map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(Settings::of(&stored), settings);
    }
}
