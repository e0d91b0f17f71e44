//! Bringing this server's clients what was stored and did not reach them: whoever stored it died before it was told, or
//! Redis was away.

use std::{collections::HashMap, time::Duration};

use stomp_broker::{Destination, Publish};
use tokio::time::{MissedTickBehavior, interval};

use super::{
    Chat,
    live::numbered,
    node::{Feed, Node},
};
use crate::{
    domain::RoomId,
    store::{Newest, StoreError},
};

/// How often the database is asked. What is missing is brought at the second look, so within twice as long.
const EVERY: Duration = Duration::from_secs(1);

/// Rooms of one question.
const ROOMS: usize = 1_000;

impl Chat {
    /// Notes what is the newest in rooms whose feeds somebody here begins to listen to.
    pub(crate) async fn begin_feeds(&self, feeds: &[(Destination, Feed)]) {
        let node = self.live.node();
        let begun = self.newest(feeds, |topic, newest| {
            node.numbers(topic, |numbers| numbers.begin(newest));
        });
        if let Err(error) = begun.await {
            tracing::warn!(%error, "what is missing in rooms counts from the next look on");
        }
    }

    /// Brings, every second, what is missing. Ends never.
    pub(super) async fn repair(&self) {
        let mut looks = interval(EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            if let Err(error) = self.bring_missing().await {
                tracing::warn!(%error, "what is missing in rooms is not brought");
            }
        }
    }

    async fn bring_missing(&self) -> Result<(), StoreError> {
        let node = self.live.node();
        let feeds = node.feeds();
        let mut missing = Vec::new();
        self.newest(&feeds, |topic, newest| {
            missing.extend(
                node.numbers(topic, |numbers| numbers.look(newest)).flatten().map(|gap| (topic.clone(), gap)),
            );
        })
        .await?;
        let feeds: HashMap<_, _> = feeds.into_iter().collect();
        for (topic, gap) in missing {
            if let Some(feed) = feeds.get(&topic) {
                self.bring(node, &topic, *feed, gap).await?;
            }
        }
        Ok(())
    }

    async fn bring(
        &self,
        node: &Node,
        topic: &Destination,
        feed: Feed,
        gap: (i64, i64),
    ) -> Result<(), StoreError> {
        let (after, up_to) = gap;
        let publish: Vec<Publish> = match feed {
            Feed::Messages(room) => {
                let messages = self.store.messages_between(room, after, up_to).await?;
                messages.iter().filter_map(|message| numbered(topic, message.seq, message)).collect()
            }
            Feed::Changes(room) => {
                let changes = self.store.changes_between(room, after, up_to).await?;
                changes.iter().filter_map(|change| numbered(topic, change.change_seq, change)).collect()
            }
        };
        tracing::info!(%topic, after, up_to, "missing messages are brought from the database");
        publish.into_iter().for_each(|publish| node.deliver(publish));
        node.numbers(topic, |numbers| numbers.pass(up_to));
        Ok(())
    }

    /// Looks up the newest number of each feed.
    async fn newest(
        &self,
        feeds: &[(Destination, Feed)],
        mut found: impl FnMut(&Destination, i64),
    ) -> Result<(), StoreError> {
        for feeds in feeds.chunks(ROOMS) {
            let rooms: Vec<RoomId> = feeds.iter().map(|(_, feed)| feed.room()).collect();
            let newest = self.store.newest(&rooms).await?;
            let newest: HashMap<_, _> = newest.into_iter().map(|newest| (newest.room_id, newest)).collect();
            for (topic, feed) in feeds {
                let Some(Newest { last_seq, last_change_seq, .. }) = newest.get(&feed.room()) else {
                    continue;
                };
                found(topic, if matches!(feed, Feed::Messages(_)) { *last_seq } else { *last_change_seq });
            }
        }
        Ok(())
    }
}
