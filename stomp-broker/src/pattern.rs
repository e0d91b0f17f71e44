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
}
