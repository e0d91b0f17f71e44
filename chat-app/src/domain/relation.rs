//! What a message has to do with other things.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{FileId, MemberId, MessageId};

/// Kinds of reactions to one message, at most.
pub const MAX_REACTIONS: i64 = 20;

/// A message that another one answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reply {
    /// Its id.
    pub id: MessageId,
    /// Its number in the room.
    pub seq: i64,
    /// Who said it; `null` when the member is gone.
    pub sender_name: Option<String>,
    /// The beginning of it, as it is now.
    pub excerpt: String,
}

/// A file that a message carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct File {
    /// Its id.
    pub id: FileId,
    /// Its name in URLs, which cannot be guessed.
    pub token: String,
    /// What its owner calls it.
    pub name: String,
    /// What it is by its content.
    pub content_type: String,
    /// Octets.
    pub size: i64,
    /// Pixels, of an image.
    pub width: Option<i64>,
    /// Pixels, of an image.
    pub height: Option<i64>,
    /// Where it is.
    pub url: String,
    /// Where a small picture of it is.
    pub thumb_url: Option<String>,
}

/// What members reacted with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reaction {
    /// With what.
    pub emoji: String,
    /// How many.
    pub count: i64,
    /// Who.
    #[serde(flatten)]
    pub by: By,
}

/// Whose a reaction is: all are told the members, who asks is told whether one is its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum By {
    /// These members', the first one first.
    MemberIds(Vec<MemberId>),
    /// Whether one of them is the reader's.
    Mine(bool),
}

impl Reaction {
    /// The reaction for one reader.
    pub(super) fn seen_by(self, reader: MemberId) -> Self {
        let by = match self.by {
            By::MemberIds(members) => By::Mine(members.contains(&reader)),
            mine @ By::Mine(_) => mine,
        };
        Self { by, ..self }
    }
}

/// One emoji, in the form that all its forms are stored in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Emoji(&'static str);

impl Emoji {
    /// What it has to be like.
    pub const EXPECTED: &str = "one emoji";

    /// Reads an emoji.
    pub fn parse(text: &str) -> Option<Self> {
        emojis::get(text).map(|emoji| Self(emoji.as_str()))
    }

    /// The emoji.
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_see_whether_a_reaction_is_theirs() {
        let reaction: Reaction = serde_json::from_str(r#"{"emoji":"👍","count":1,"memberIds":[7]}"#).unwrap();
        let json = |reader| serde_json::to_string(&reaction.clone().seen_by(MemberId(reader))).unwrap();
        assert_eq!(json(7), r#"{"emoji":"👍","count":1,"mine":true}"#);
        assert_eq!(json(8), r#"{"emoji":"👍","count":1,"mine":false}"#);
    }

    #[test]
    fn a_reaction_is_one_emoji_in_one_form() {
        assert_eq!(Emoji::parse("❤").unwrap(), Emoji::parse("❤\u{fe0f}").unwrap());
        assert!(Emoji::parse("👩‍👩‍👧‍👦").is_some());
        for text in ["", "a", "👍👍", "👍 ", "<b>", "1"] {
            assert!(Emoji::parse(text).is_none(), "{text}");
        }
    }
}
