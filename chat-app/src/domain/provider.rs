//! Where else somebody may have an account.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Timestamp;

/// A service that says who somebody is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type, ToSchema,
)]
#[serde(rename_all = "lowercase")]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum Provider {
    /// Google.
    Google,
    /// Kakao.
    Kakao,
    /// Naver.
    Naver,
}

impl Provider {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Google, Self::Kakao, Self::Naver];

    /// The name in paths and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Google => "google",
            Self::Kakao => "kakao",
            Self::Naver => "naver",
        }
    }

    /// The name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Google => "Google",
            Self::Kakao => "Kakao",
            Self::Naver => "Naver",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Provider {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Self::ALL.into_iter().find(|provider| provider.as_str() == text);
        named.ok_or("expected google, kakao or naver")
    }
}

/// An account elsewhere that a member logs in by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx::FromRow, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinkedAccount {
    /// Where it is.
    pub provider: Provider,
    /// Its address, if the provider told it.
    pub email: Option<String>,
    /// When it was linked.
    pub created_at: Timestamp,
}
