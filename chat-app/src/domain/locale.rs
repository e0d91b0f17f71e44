//! The languages the service speaks.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A language of the service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "lowercase")]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum Locale {
    /// Korean, when nothing else is asked for.
    #[default]
    Ko,
    /// English.
    En,
}

impl Locale {
    /// All of them, the default first.
    pub const ALL: [Self; 2] = [Self::Ko, Self::En];

    /// The best one for an `Accept-Language` header (RFC 9110, 12.5.4): of those named, the one with the highest
    /// weight, the earlier one of equals.
    pub fn negotiate(accept_language: &str) -> Self {
        let ranges = accept_language.split(',').filter_map(|range| {
            let mut parts = range.split(';');
            let locale = parts.next()?.trim().parse().ok()?;
            let weight = parts
                .find_map(|part| part.trim().strip_prefix("q="))
                .map_or(Some(1.0), |q| q.parse::<f32>().ok())?;
            (weight > 0.0).then_some((locale, weight))
        });
        ranges
            .reduce(|best, next| if next.1 > best.1 { next } else { best })
            .map_or_else(Self::default, |(locale, _)| locale)
    }
}

impl FromStr for Locale {
    type Err = ();

    /// Reads a language tag; its region does not matter.
    fn from_str(tag: &str) -> Result<Self, ()> {
        let language = tag.split('-').next().unwrap_or(tag);
        if language.eq_ignore_ascii_case("ko") {
            Ok(Self::Ko)
        } else if language.eq_ignore_ascii_case("en") {
            Ok(Self::En)
        } else {
            Err(())
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("", Locale::Ko)]
    #[case("fr-FR,fr;q=0.9", Locale::Ko)]
    #[case("en-US,en;q=0.9,ko;q=0.8", Locale::En)]
    #[case("en;q=0.4, ko-KR;q=0.7", Locale::Ko)]
    #[case("ko;q=0, en;q=0.1", Locale::En)]
    #[case("en;q=high", Locale::Ko)]
    fn the_heaviest_known_language_wins(#[case] header: &str, #[case] expected: Locale) {
        assert_eq!(Locale::negotiate(header), expected);
    }
}
