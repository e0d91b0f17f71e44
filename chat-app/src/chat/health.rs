//! Whether the service can do its work.

use std::time::Duration;

use tokio::time::timeout;

use super::Chat;
use crate::metrics::Gauges;

/// How long the database may take to answer. One that stands still closes no connection.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the service depends on, at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Health {
    /// Whether the database answers.
    pub database: bool,
    /// Whether the broker is in contact with the other servers, and does not stop.
    pub broker: bool,
}

impl Health {
    /// Whether a load balancer should send requests here.
    pub fn is_ready(self) -> bool {
        self.database && self.broker
    }
}

impl Chat {
    /// Asks the database and the broker.
    pub async fn health(&self) -> Health {
        let database = matches!(timeout(PATIENCE, self.store.ping()).await, Ok(Ok(())));
        Health { database, broker: self.live.is_ready() }
    }

    /// The same in numbers, with how much is in use.
    pub(crate) async fn gauges(&self) -> Gauges {
        let (Health { database, broker }, pool) = (self.health().await, self.store.pool());
        Gauges {
            connections: self.live.connections(),
            pool_connections: pool.connections,
            pool_idle: pool.idle,
            database,
            broker,
        }
    }
}
