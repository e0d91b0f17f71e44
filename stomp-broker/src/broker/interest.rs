//! What a node wants to hear of.

use std::fmt;

use crate::{Destination, Pattern};

/// Something that a back-end is to tell this node about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Interest {
    /// The messages of a topic.
    Topic(Destination),
    /// The messages of every topic that matches.
    Pattern(Pattern),
    /// That a queue has something to lease: [`Inbound::ready`](crate::Inbound::ready).
    Queue(Destination),
}

impl fmt::Display for Interest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Topic(name) | Self::Queue(name) => name.fmt(f),
            Self::Pattern(pattern) => pattern.fmt(f),
        }
    }
}
