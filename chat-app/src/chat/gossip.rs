//! What the servers tell each other, told and heard.

use std::time::Duration;

use tokio::time::interval;

use super::{Chat, node::Gossip};

/// How often a server says who is online there, also if nothing changes.
const EVERY: Duration = Duration::from_secs(5);

impl Chat {
    /// Tells the other servers what there is to tell, hears them, and notices those that fall silent. Ends never.
    pub(super) async fn gossip(&self) {
        let node = self.live.node();
        let tell = async {
            loop {
                self.live.publish_all(node.to_tell().await).await;
            }
        };
        let hear = async {
            loop {
                for told in node.told().await {
                    self.hear(told.node, told.gossip);
                }
            }
        };
        let pulse = async {
            let mut pulse = interval(EVERY);
            loop {
                pulse.tick().await;
                self.presence.pulse();
            }
        };
        tokio::join!(tell, hear, pulse);
    }

    fn hear(&self, node: u64, gossip: Gossip) {
        match gossip {
            Gossip::Online(others) => self.presence.hear(node, others),
            Gossip::Participants { room } => self.presence.tell_soon(Some(room)),
            Gossip::Typing { room, member, name, on: true } => self.typing.start(room, member, name),
            Gossip::Typing { room, member, on: false, .. } => drop(self.typing.stop(room, member)),
        }
    }
}
