//! How a server ends.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep, timeout_at};
use tracing::info;

use crate::{Server, hub::Client};

/// Between two batches of sessions that end.
const PAUSE: Duration = Duration::from_millis(100);

/// So few sessions may end at once.
const BATCH: usize = 100;

impl Server {
    /// Stops gracefully: takes nobody in any more, and ends the sessions a batch after the other over half of the time,
    /// so that their clients do not all come back at once.
    ///
    /// A session that ends finishes the request that it carries out, is sent what waits for it, and then the ERROR
    /// `shutdown` with `x-reconnect-after`, in milliseconds. What was acknowledged by a RECEIPT has been done, and what
    /// was not the client sends again elsewhere. [`Handle::is_ready`](crate::Handle::is_ready) is false from the start.
    ///
    /// Sessions that have not ended by `deadline`, less the time to tell them, are ended at once. Says whether all had
    /// ended by then; the rest ends with the process. To cut it short, call [`shutdown`](Self::shutdown) beside it.
    pub async fn drain(&self, deadline: Duration) -> bool {
        let end = Instant::now() + deadline;
        self.shared.shutdown.cancel();
        let clients = self.shared.hub.clients();
        info!(connections = clients.len(), seconds = deadline.as_secs(), "draining connections");
        let patience = end - self.config().linger.min(deadline / 4);
        let drained = async {
            let batches =
                usize::try_from((deadline / 2).as_millis() / PAUSE.as_millis()).unwrap_or(usize::MAX);
            end_in_batches(&clients, clients.len().div_ceil(batches.max(1)).max(BATCH)).await;
            self.shared.tasks.close();
            self.shared.tasks.wait().await;
        };
        let _ = timeout_at(patience, drained).await;
        self.shutdown(end.saturating_duration_since(Instant::now())).await
    }

    /// Stops at once: takes nobody in any more, tells every client, and waits for their connections to end.
    ///
    /// Says whether all had ended by `deadline`; the rest ends with the process.
    pub async fn shutdown(&self, deadline: Duration) -> bool {
        let end = Instant::now() + deadline;
        self.shared.shutdown.cancel();
        self.shared.hub.shut_down();
        self.shared.tasks.close();
        info!(tasks = self.shared.tasks.len(), "closing connections");
        let ended = timeout_at(end, self.shared.tasks.wait()).await.is_ok();
        self.shared.broker.drain(end.saturating_duration_since(Instant::now())).await;
        ended
    }
}

async fn end_in_batches(clients: &[Arc<Client>], size: usize) {
    for (number, batch) in clients.chunks(size).enumerate() {
        if number > 0 {
            sleep(PAUSE).await;
        }
        batch.iter().for_each(|client| client.outbox.drain());
    }
}
