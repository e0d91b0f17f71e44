//! Content that belongs to no file, and files that were brought and never sent.

use std::time::Duration;

use tokio::time::interval;

use super::Files;
use crate::{domain::Timestamp, error::ChatError};

/// How often it is looked for.
const EVERY: Duration = Duration::from_secs(10 * 60);

/// How long a file may be without a message that carries it.
const UNSENT: Duration = Duration::from_secs(24 * 60 * 60);

impl Files {
    /// Deletes again and again what is of no use any longer. Ends never.
    pub(crate) async fn sweep(self) {
        let mut ticks = interval(EVERY);
        loop {
            ticks.tick().await;
            if let Err(error) = self.delete_useless(Timestamp::now()).await {
                tracing::warn!(%error, "files of no use are not deleted");
            }
        }
    }

    async fn delete_useless(&self, now: Timestamp) -> Result<(), ChatError> {
        self.store.delete_unsent_files(now.before(UNSENT)).await?;
        loop {
            let tokens = self.store.stray_blobs(now).await?;
            if tokens.is_empty() {
                return Ok(());
            }
            for token in tokens {
                self.blobs.delete(&token).await?;
                self.store.forget_blob(&token).await?;
            }
        }
    }
}
