//! The key by which other nodes see that this one lives, and what is done about those that do not.

use redis::pipe;
use tokio::time::{interval, sleep};

use super::Node;

/// Beats that may fail before the node counts as dead.
const BEATS: u32 = 3;

impl Node {
    /// Beats for as long as this is polled.
    pub(super) async fn beat(&self) {
        loop {
            self.wait_for_link().await;
            self.settle_late().await;
            self.beat_while_connected().await;
            sleep(self.settings.response_timeout / 10).await;
        }
    }

    async fn beat_while_connected(&self) {
        let mut beats = interval(self.settings.node_timeout / BEATS);
        // After an outage every node beats once before anyone looks for dead ones.
        let mut all_have_beaten = false;
        let mut changes = self.link.changes();
        loop {
            tokio::select! {
                _ = beats.tick() => {}
                _ = changes.wait_for(Option::is_none) => return,
            }
            let key = self.keys.node(&self.id.to_string());
            let lifetime = u64::try_from(self.settings.node_timeout.as_millis()).unwrap_or(u64::MAX);
            let mut pipeline = pipe();
            pipeline.cmd("SET").arg(key).arg(1).arg("PX").arg(lifetime).ignore();
            let beaten = self.link.query::<()>(&mut pipeline).await.is_ok();
            if beaten && all_have_beaten {
                for queue in self.subscriber.queues() {
                    // The next beat tries again.
                    let _ = self.reclaim(&queue).await;
                }
            }
            all_have_beaten = beaten;
        }
    }

    /// Says that this node is gone.
    pub(super) async fn stop_beating(&self) {
        let mut pipeline = pipe();
        pipeline.cmd("DEL").arg(self.keys.node(&self.id.to_string())).ignore();
        // Otherwise it takes the others a while to see.
        let _ = self.link.query::<()>(&mut pipeline).await;
    }
}
