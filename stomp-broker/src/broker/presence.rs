//! Who is connected, on all nodes.

use std::{fmt, sync::Arc};

use async_trait::async_trait;

use super::{BrokerError, NodeId};

/// What a node has open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodePresence {
    /// The node.
    pub node: NodeId,
    /// Users with at least one session there.
    pub users: usize,
    /// Their sessions.
    pub sessions: usize,
}

/// What knows the sessions of all nodes; those of a node that dies are forgotten after a while.
#[async_trait]
pub trait Presence: fmt::Debug + Send + Sync + 'static {
    /// Notes how many sessions a user has on this node now. Never waits; other nodes see it soon.
    fn note(&self, user: &Arc<str>, sessions: usize);

    /// The sessions of a user on all nodes.
    ///
    /// # Errors
    ///
    /// [`BrokerError`] when the other nodes cannot be known.
    async fn sessions_of(&self, user: &str) -> Result<usize, BrokerError>;

    /// The nodes that are alive, this one included.
    ///
    /// # Errors
    ///
    /// [`BrokerError`] when the other nodes cannot be known.
    async fn nodes(&self) -> Result<Vec<NodePresence>, BrokerError>;
}
