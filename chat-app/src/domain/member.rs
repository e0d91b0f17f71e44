//! Members: people with an account, guests, bots.

use std::fmt;

use email_address::{EmailAddress, Options};
use rand::RngExt;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Locale, MemberId, text};

/// A member as others see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx::FromRow, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// The member's id.
    pub id: MemberId,
    /// The name shown.
    pub name: String,
    /// What tells members of one name apart.
    pub tag: String,
    /// How the member came to be.
    pub kind: Kind,
    /// What the member may do.
    #[serde(skip)]
    pub role: Role,
    /// Whether the member may log in.
    #[serde(skip)]
    pub status: Status,
    /// Access tokens of another epoch are not valid.
    #[serde(skip)]
    pub token_epoch: i64,
    /// Where the picture is.
    pub avatar_url: Option<String>,
    /// Whether the member is connected now.
    #[sqlx(skip)]
    pub online: bool,
}

/// A member as the member itself sees it.
#[derive(Debug, Clone, Serialize, sqlx::FromRow, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Me {
    /// What everyone sees.
    #[serde(flatten)]
    #[sqlx(flatten)]
    pub member: Member,
    /// What the member may do.
    pub role: Role,
    /// The e-mail address, if the member has one.
    pub email: Option<String>,
    /// The language chosen, if one was.
    pub locale: Option<Locale>,
}

/// How a member came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
#[sqlx(type_name = "text", rename_all = "UPPERCASE")]
pub enum Kind {
    /// Signed up.
    User,
    /// Came without an account.
    Guest,
    /// A program.
    Bot,
}

impl Kind {
    /// The kind as it is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "USER",
            Self::Guest => "GUEST",
            Self::Bot => "BOT",
        }
    }
}

/// What a member may do on the whole server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
#[sqlx(type_name = "text", rename_all = "UPPERCASE")]
pub enum Role {
    /// What everyone may.
    User,
    /// Look after the server.
    Admin,
}

impl Role {
    /// The role as it is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "USER",
            Self::Admin => "ADMIN",
        }
    }
}

/// Whether a member may log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
#[sqlx(type_name = "text", rename_all = "UPPERCASE")]
pub enum Status {
    /// Yes.
    Active,
    /// No, until an administrator allows it again.
    Banned,
    /// No: the account is gone, its messages stay.
    Deleted,
}

/// A name of 2 to 32 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberName(String);

impl MemberName {
    /// What a name has to be like.
    pub const EXPECTED: &str = "2 to 32 characters that show";

    /// Reads a name, trimming it.
    pub fn parse(text: &str) -> Option<Self> {
        text::name(text, 2, 32).map(Self)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Characters of an e-mail address, at most (RFC 5321, 4.5.3.1.3, without the angle brackets of a path).
const MAX_EMAIL: usize = 254;

/// An e-mail address in lower case.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

impl Email {
    /// What an address has to be like.
    pub const EXPECTED: &str = "an e-mail address of at most 254 characters";

    /// Reads an address.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let options = Options::default().without_display_text().without_domain_literal();
        let address = EmailAddress::parse_with_options(text, options).ok()?;
        if text.chars().count() > MAX_EMAIL {
            return None;
        }
        Some(Self(address.as_str().to_lowercase()))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Email {
    /// Does not show the address: logs must not hold it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(..)")
    }
}

/// A password of 8 characters to 128 octets.
#[derive(Clone)]
pub struct Password(String);

impl Password {
    /// What a password has to be like.
    pub const EXPECTED: &str = "8 characters to 128 bytes";

    /// Reads a password, changing nothing.
    pub fn parse(text: String) -> Option<Self> {
        (text.len() <= 128 && text.chars().count() >= 8).then_some(Self(text))
    }
}

impl AsRef<[u8]> for Password {
    /// The octets to hash.
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// Six characters of Crockford's base 32, which has no letters that look like digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag(String);

impl Tag {
    /// One of the 2^30 tags.
    pub fn random() -> Self {
        const DIGITS: [char; 32] = [
            '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'J',
            'K', 'M', 'N', 'P', 'Q', 'R', 'S', 'T', 'V', 'W', 'X', 'Y', 'Z',
        ];
        let mut rng = rand::rng();
        Self((0..6).map(|_| DIGITS[rng.random_range(0..DIGITS.len())]).collect())
    }

    /// The tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_lower_case_and_do_not_reach_logs() {
        let email = Email::parse(" Kim@Example.COM ").unwrap();
        assert_eq!(email.as_str(), "kim@example.com");
        assert!(!format!("{email:?}").contains("kim"));
        for text in ["", "kim", "@example.com", "kim@", "a b@example.com", "Kim <kim@example.com>"] {
            assert!(Email::parse(text).is_none(), "{text}");
        }
        let label = "a".repeat(63);
        let of_size = |size: usize| format!("0@{label}.{label}.{label}.{}", "a".repeat(size - 194));
        assert!(Email::parse(&of_size(254)).is_some());
        assert!(Email::parse(&of_size(255)).is_none());
    }

    #[test]
    fn passwords_are_counted_in_characters_below_and_in_octets_above() {
        assert!(Password::parse("1234567".into()).is_none());
        assert!(Password::parse("비밀번호여덟자임".into()).is_some());
        assert!(Password::parse("a".repeat(128)).is_some());
        assert!(Password::parse("a".repeat(129)).is_none());
    }

    #[test]
    fn a_tag_is_six_characters() {
        assert_eq!(Tag::random().as_str().len(), 6);
    }
}
