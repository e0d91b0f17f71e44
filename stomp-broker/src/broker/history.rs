//! Positions in the history of a destination.

use std::{fmt, str::FromStr};

use crate::Message;

/// One life of a destination's history: offsets of different epochs have nothing to do with each other.
///
/// On the wire, in `x-epoch`, it is 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Epoch(pub u64);

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for Epoch {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u64::from_str_radix(text, 16).map(Self)
    }
}

/// Where a message stands in the history of its destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Position {
    /// The history's life.
    pub epoch: Epoch,
    /// 1, 2, 3... without holes within an epoch.
    pub offset: u64,
}

/// From where a subscriber wants the history of a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// From the first message behind the one it has. Without the epoch the offset is taken on trust.
    After {
        /// The offset of the last message that the subscriber has.
        offset: u64,
        /// The epoch of that offset.
        epoch: Option<Epoch>,
    },
    /// From the oldest message there is.
    First,
    /// The newest messages, so many at most.
    Last(usize),
}

/// A part of a destination's history, oldest message first.
#[derive(Debug, Clone)]
pub struct HistoryPage {
    /// The messages.
    pub messages: Vec<Message>,
    /// Whether they begin at the start that was asked for: nothing has been lost before them.
    pub complete: bool,
}
