//! Nodes: servers that share a back-end.

use std::{fmt, str::FromStr};

/// One server among those that share a back-end. It is made up anew whenever the server starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u64);

impl NodeId {
    /// An id that no other node has.
    pub fn random() -> Self {
        Self(rand::random())
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for NodeId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u64::from_str_radix(text, 16).map(Self)
    }
}

/// What a back-end can do, beyond delivering the messages of topics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// Some topics have a history; see [`Broker::history`](crate::Broker::history).
    pub history: bool,
    /// Other nodes may share it.
    pub multi_node: bool,
}

/// Whether a back-end is in contact with the other nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// It hears them, and they hear it.
    Connected,
    /// It does not; what happens meanwhile is the back-end's policy.
    Away,
}
