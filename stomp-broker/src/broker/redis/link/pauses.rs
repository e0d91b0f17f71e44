//! The waits between attempts to connect.

use std::{error::Error, time::Duration};

use rand::RngExt;
use tracing::warn;

const SHORTEST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_millis(500);

/// Waits that get longer each time, and are never the same on two nodes.
#[derive(Debug)]
pub(in super::super) struct Pauses {
    next: Duration,
}

impl Pauses {
    pub(in super::super) fn new() -> Self {
        Self { next: SHORTEST }
    }

    /// Waits after a failure; of a row of them only the first is logged.
    pub(in super::super) async fn wait(&mut self, what: &str, error: &(dyn Error + Send + Sync)) {
        if self.next == SHORTEST {
            warn!(%error, "{what}");
        }
        let jitter = rand::rng().random_range(0.5..1.0);
        tokio::time::sleep(self.next.mul_f64(jitter)).await;
        self.next = (self.next * 2).min(LONGEST);
    }
}
