//! Identifiers: integers that cannot be mixed up.

use std::{fmt, num::ParseIntError, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, de};
use utoipa::{
    IntoParams, PartialSchema, ToSchema,
    openapi::{
        Required,
        path::{Parameter, ParameterIn},
    },
};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, sqlx::Type, ToSchema)]
        #[serde(transparent)]
        #[sqlx(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIntError;

            fn from_str(text: &str) -> Result<Self, ParseIntError> {
                text.parse().map(Self)
            }
        }

        /// Alone in a path, it is the parameter `id`.
        impl IntoParams for $name {
            fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
                let id = Parameter::builder().name("id").parameter_in(ParameterIn::Path);
                vec![id.required(Required::True).schema(Some(<Self as PartialSchema>::schema())).build()]
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Lenient::deserialize(deserializer)?.integer().map(Self)
            }
        }
    )*};
}

ids! {
    /// A member's id.
    MemberId,
    /// A room's id.
    RoomId,
    /// A message's id, unique over all rooms.
    MessageId,
    /// A file's id.
    FileId,
    /// A login on one device.
    SessionId,
}

/// An id as JSON clients write it: front ends that take it from a URL send it as text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Lenient {
    Number(i64),
    Text(String),
}

impl Lenient {
    fn integer<E: de::Error>(self) -> Result<i64, E> {
        match self {
            Self::Number(number) => Ok(number),
            Self::Text(text) => text.parse().map_err(|_| E::custom("an id is an integer")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_may_be_text_in_json_but_is_written_as_a_number() {
        assert_eq!(serde_json::from_str::<RoomId>("7").unwrap(), RoomId(7));
        assert_eq!(serde_json::from_str::<RoomId>("\"7\"").unwrap(), RoomId(7));
        assert!(serde_json::from_str::<RoomId>("\"seven\"").is_err());
        assert!(serde_json::from_str::<RoomId>("7.5").is_err());
        assert_eq!(serde_json::to_string(&RoomId(7)).unwrap(), "7");
    }
}
