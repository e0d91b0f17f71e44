//! What ended while the servers could not tell each other: sessions, and rights to listen to rooms.
//!
//! A server that ends something tells the others over Redis. While Redis is away, each looks in the database itself.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use tokio::time::{MissedTickBehavior, interval};

use super::Chat;
use crate::{
    domain::{MemberId, RoomId, Status, Timestamp},
    error::{ChatError, Code},
};

/// How often it is looked for.
const EVERY: Duration = Duration::from_secs(5);

/// How far apart the clocks of servers may be.
const SKEW: Duration = Duration::from_secs(60);

impl Chat {
    /// Ends here what was ended elsewhere, while Redis is away and once after. Ends never.
    pub(crate) async fn recheck(self) {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut since = Timestamp::now();
        let mut was_away = false;
        loop {
            ticks.tick().await;
            let (is_away, begin) = (!self.live.is_ready(), Timestamp::now());
            if is_away || was_away {
                let checked = self.end_what_was_ended(since.before(SKEW)).await;
                if let Err(error) = &checked {
                    tracing::warn!(%error, "rights are not checked");
                }
                // What was not seen is looked for again.
                was_away = is_away || checked.is_err();
            } else {
                since = begin;
            }
        }
    }

    async fn end_what_was_ended(&self, since: Timestamp) -> Result<(), ChatError> {
        for (session, member, status) in self.store.revoked_since(since).await? {
            let reason = if status == Status::Banned { Code::Banned } else { Code::SessionRevoked };
            self.live.disconnect_session(member, session, reason);
        }
        for (room, listeners) in self.live.listeners() {
            let participants = self.store.participants(room).await?;
            let inside: HashSet<MemberId> = participants.iter().map(|p| p.member.id).collect();
            for outsider in listeners.difference(&inside) {
                self.live.close(room, *outsider).await;
            }
        }
        Ok(())
    }
}

/// Who listens to which rooms.
pub(super) type Listeners = HashMap<RoomId, HashSet<MemberId>>;
