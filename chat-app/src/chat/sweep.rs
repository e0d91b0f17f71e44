//! What is too old to be kept.

use std::time::Duration;

use tokio::time::interval;

use super::Chat;
use crate::{domain::Timestamp, error::ChatError};

/// How often it is looked for.
const EVERY: Duration = Duration::from_secs(60 * 60);

impl Chat {
    /// Does what is to be done without being asked. Ends never.
    pub(crate) async fn tend(self) {
        tokio::join!(self.sweep(), self.repair(), self.gossip(), self.notify());
    }

    /// Deletes, every hour, what rooms do not keep any longer.
    async fn sweep(&self) {
        let mut hours = interval(EVERY);
        loop {
            hours.tick().await;
            if let Err(error) = self.delete_outdated().await {
                tracing::warn!(%error, "old messages are not deleted");
            }
        }
    }

    async fn delete_outdated(&self) -> Result<(), ChatError> {
        while self.store.delete_outdated(Timestamp::now()).await? > 0 {}
        Ok(())
    }
}
