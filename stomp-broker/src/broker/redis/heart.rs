//! What a node does all the time: it shows the others that it lives, and who is connected to it, and takes care of
//! what dead ones leave behind.

use tokio::time::{Interval, interval, sleep};

use super::{Node, keys::Place};
use crate::BrokerError;

/// Beats that may fail before the node counts as dead.
const BEATS: u32 = 3;

impl Node {
    /// Beats for as long as this is polled.
    pub(super) async fn beat(&self) {
        loop {
            self.wait_for_link(Place::COMMON).await;
            let mut beats = interval(self.settings.node_timeout / BEATS);
            // Whatever failed is done again from the start.
            let _ = self.beat_while_connected(&mut beats).await;
            sleep(self.settings.response_timeout / 10).await;
        }
    }

    async fn beat_while_connected(&self, beats: &mut Interval) -> Result<(), BrokerError> {
        self.tell_all_users().await?;
        self.settle_late().await;
        beats.tick().await;
        loop {
            tokio::select! {
                () = self.link.until_down(Place::COMMON) => return Err(BrokerError::Unavailable),
                () = self.users.changed() => self.tell_changed_users().await?,
                // By the first beat after an outage all nodes have shown that they live.
                _ = beats.tick() => {
                    if !self.stay_alive().await? {
                        self.tell_all_users().await?;
                    }
                    self.settle_late().await;
                    self.reclaim_all().await?;
                }
            }
        }
    }
}
