//! Patterns of destinations.

use std::{fmt, str::FromStr};

use crate::InvalidDestination;

/// A destination whose segments may be `*`, which stands for one segment, or end in `**`, which stands for one or
/// more.
///
/// ```
/// use stomp_broker::Pattern;
///
/// let pattern: Pattern = "/topic/*/prices".parse()?;
/// assert!(pattern.matches("/topic/nyse/prices"));
/// assert!(!pattern.matches("/topic/nyse/asia/prices"));
/// assert!("/topic/**".parse::<Pattern>()?.matches("/topic/nyse/asia/prices"));
/// # Ok::<(), stomp_broker::InvalidDestination>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pattern(String);

impl Pattern {
    /// Whether the destination is one of those meant.
    pub fn matches(&self, destination: &str) -> bool {
        let mut segments = destination.split('/');
        let mut pattern = self.segments().peekable();
        while let Some(expected) = pattern.next() {
            let Some(segment) = segments.next() else { return false };
            match expected {
                "**" if pattern.peek().is_none() => return true,
                "*" => {}
                literal if literal == segment => {}
                _ => return false,
            }
        }
        segments.next().is_none()
    }
}

impl Pattern {
    /// Whether everything it matches lies below `root`: `/topic/*` is under `/topic`.
    pub fn is_under(&self, root: &str) -> bool {
        self.0.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'))
    }

    /// Whether it matches every destination that the other one matches.
    pub fn covers(&self, other: &Self) -> bool {
        let (mut wide, mut narrow) = (self.segments(), other.segments());
        loop {
            match (wide.next(), narrow.next()) {
                (None, None) | (Some("**"), Some(_)) => return true,
                (Some("*"), Some(segment)) if segment != "**" => {}
                (Some(one), Some(other)) if one == other => {}
                _ => return false,
            }
        }
    }

    /// Whether there are destinations that both match.
    pub fn overlaps(&self, other: &Self) -> bool {
        let (mut one, mut other) = (self.segments(), other.segments());
        loop {
            match (one.next(), other.next()) {
                (None, None) | (Some("**"), Some(_)) | (Some(_), Some("**")) => return true,
                (Some("*"), Some(_)) | (Some(_), Some("*")) => {}
                (Some(one), Some(other)) if one == other => {}
                _ => return false,
            }
        }
    }

    /// The parts between slashes; the first one is empty.
    pub(crate) fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }
}

impl FromStr for Pattern {
    type Err = InvalidDestination;

    fn from_str(text: &str) -> Result<Self, InvalidDestination> {
        if !text.starts_with('/') {
            return Err(InvalidDestination::NotAbsolute);
        }
        let mut segments = text.split('/').rev();
        let last_is_free =
            matches!(segments.next(), Some(last) if last == "**" || last == "*" || !last.contains('*'));
        if !last_is_free || segments.any(|segment| segment != "*" && segment.contains('*')) {
            return Err(InvalidDestination::Pattern);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_whole_segments() {
        let matches = |pattern: &str, destination| pattern.parse::<Pattern>().unwrap().matches(destination);
        assert!(matches("/topic/a", "/topic/a"));
        assert!(!matches("/topic/a", "/topic/ab"));
        assert!(matches("/topic/*", "/topic/a"));
        assert!(!matches("/topic/*", "/topic"));
        assert!(!matches("/topic/*", "/topic/a/b"));
        assert!(matches("/topic/**", "/topic/a"));
        assert!(matches("/topic/**", "/topic/a/b/c"));
        assert!(!matches("/topic/**", "/topic"));
        assert!(!matches("/topic/*/c", "/topic/a/b"));
    }

    #[test]
    fn stars_elsewhere_are_refused() {
        for text in ["topic/*", "/topic/a*", "/topic/**/a", "/topic/***"] {
            assert!(text.parse::<Pattern>().is_err(), "{text}");
        }
    }

    #[test]
    fn patterns_are_compared_by_what_they_match() {
        let patterns =
            ["/a", "/*", "/**", "/a/b", "/a/*", "/*/b", "/*/*", "/a/**", "/*/**", "/a/b/c", "/*/b/*"];
        let destinations =
            ["/a", "/b", "/a/b", "/a/c", "/b/b", "/b/c", "/a/b/c", "/b/b/c", "/b/c/c", "/a/c/c/c"];
        for one in patterns.map(|text| text.parse::<Pattern>().unwrap()) {
            for other in patterns.map(|text| text.parse::<Pattern>().unwrap()) {
                let both = |at: &&&str| one.matches(at) && other.matches(at);
                assert_eq!(one.overlaps(&other), destinations.iter().any(|at| both(&at)), "{one} {other}");
                let all = destinations.iter().all(|at| one.matches(at) || !other.matches(at));
                assert_eq!(one.covers(&other), all, "{one} {other}");
            }
        }
    }
}
