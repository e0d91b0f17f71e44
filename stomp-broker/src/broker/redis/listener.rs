//! The connection that a master pushes through: made anew, without end, and subscribed again to all that this node
//! wants and that this master serves.

use std::{
    collections::HashSet,
    sync::{Arc, Weak},
    time::Duration,
};

use bytes::Bytes;
use redis::{ErrorKind, PushInfo, PushKind, RedisError, RedisResult, Value, pipe};
use tokio::time::{Instant, timeout};
use tracing::{info, warn};

use super::{
    Node,
    ear::{PushConnection, Seen},
    keys::{Ear, Place},
    link::{Address, Pauses},
};

/// How long nothing may come before the node sends something to itself, to see whether it still hears.
const SILENCE: Duration = Duration::from_secs(1);

impl Node {
    /// Listens to a master for as long as this is polled.
    pub(super) async fn listen(self: &Arc<Self>, address: &Address) {
        let mut pauses = Pauses::new();
        loop {
            let error = match self.connect_listener(address).await {
                Ok(connection) => {
                    let error = self.attend(address, &connection, &mut pauses).await;
                    self.subscriber.leave(address);
                    self.report_hearing();
                    error
                }
                Err(error) => error,
            };
            pauses.wait("Redis is not heard", &error).await;
        }
    }

    async fn connect_listener(self: &Arc<Self>, address: &Address) -> RedisResult<PushConnection> {
        let seen = Arc::new(Seen::default());
        let (noted, node, own) = (Arc::clone(&seen), Arc::downgrade(self), address.clone());
        // The node has the connection, which therefore must not have the node.
        let push = move |info: PushInfo| -> Result<(), RedisError> {
            noted.note(&info);
            if let Some(node) = Weak::upgrade(&node) {
                node.take_in_push(&own, info);
            }
            Ok(())
        };
        let connection = PushConnection {
            connection: self.link.listen(address, Arc::new(push)).await?,
            seen,
            patience: self.link.response_timeout(),
            is_sharded: self.keys.is_sharded(),
        };
        self.subscriber.enter(address, connection.clone());
        Ok(connection)
    }

    /// Hears what comes, until nothing does any more.
    async fn attend(
        self: &Arc<Self>,
        address: &Address,
        connection: &PushConnection,
        pauses: &mut Pauses,
    ) -> RedisError {
        let mut changes = self.link.changes();
        let mut probed: Option<Instant> = None;
        loop {
            changes.mark_unchanged();
            let places = self.places(address);
            if let Err(error) = self.follow(address, &places, connection).await {
                return error;
            }
            *pauses = Pauses::new();
            let patience = probed.map_or(SILENCE, |_| self.link.response_timeout());
            let quiet = async {
                tokio::select! {
                    () = connection.seen.news() => {}
                    _ = changes.changed() => {}
                }
            };
            let is_quiet = timeout(patience, quiet).await.is_err();
            let has_heard = connection.seen.take_message();
            if connection.seen.has_ended() {
                return (ErrorKind::Io, "the connection has ended").into();
            }
            match probed {
                _ if has_heard => probed = None,
                Some(since) if since.elapsed() >= self.link.response_timeout() => {
                    return (ErrorKind::Io, "nothing is heard any more").into();
                }
                // Without a link there is no way to ask; that alone is no reason to stop listening.
                None if is_quiet && self.probe(&places).await => probed = Some(Instant::now()),
                _ => {}
            }
        }
    }

    /// Subscribes to what a master serves now and did not before.
    async fn follow(
        self: &Arc<Self>,
        address: &Address,
        places: &HashSet<Place>,
        connection: &PushConnection,
    ) -> RedisResult<()> {
        let gone = || RedisError::from((ErrorKind::Io, "the connection has been given up"));
        let (new, mut ears) = self.subscriber.take_over(address, places, &self.keys).ok_or_else(gone)?;
        if new.is_empty() {
            self.report_hearing();
            return Ok(());
        }
        if new.contains(&Place::COMMON) {
            ears.extend(self.keys.control_ears(self.id));
        }
        ears.extend(self.probe_ear(places).filter(|ear| new.contains(&ear.place)));
        let gone = connection.subscribe(&ears).await?;
        if !gone.is_empty() {
            self.subscriber.lose(address, &gone);
            self.link.look_again();
        }
        self.subscriber.settle(address);
        info!("listening to Redis");
        self.report_hearing();
        let node = Arc::clone(self);
        tokio::spawn(async move { node.catch_up(&(&new - &gone)).await });
        Ok(())
    }

    fn places(&self, address: &Address) -> HashSet<Place> {
        let changes = self.link.changes();
        let routes = changes.borrow();
        Place::all().filter(|place| routes.masters().of(place.slot()) == Some(address)).collect()
    }

    fn probe_ear(&self, places: &HashSet<Place>) -> Option<Ear> {
        places.iter().min().map(|place| self.keys.probe(*place, self.id))
    }

    /// Sends this node something through a master; says whether that worked.
    async fn probe(&self, places: &HashSet<Place>) -> bool {
        let Some(Ear { place, channel, .. }) = self.probe_ear(places) else { return false };
        let mut pipeline = pipe();
        pipeline.cmd(self.keys.publish()).arg(channel).arg("").ignore();
        self.link.query::<()>(place, &mut pipeline).await.is_ok()
    }

    /// Whatever is pushed, the node goes on: somebody else may write to Redis.
    fn take_in_push(self: &Arc<Self>, from: &Address, info: PushInfo) {
        match (info.kind, &mut *{ info.data }) {
            (PushKind::Message | PushKind::SMessage, [channel, payload])
            | (PushKind::PMessage, [_, channel, payload]) => {
                let (Value::BulkString(channel), Value::BulkString(payload)) = (channel, payload) else {
                    return;
                };
                let channel = String::from_utf8_lossy(channel);
                if self.take_in(&channel, Bytes::from(std::mem::take(payload))).is_none() {
                    warn!(%channel, "Redis pushed something that no node of this release sent");
                }
            }
            (PushKind::SUnsubscribe, [Value::BulkString(channel), ..]) => {
                let channel = String::from_utf8_lossy(channel);
                let is_moving = self.keys.channel(&channel).is_some_and(|kind| self.subscriber.wants(&kind));
                if let Some(place) = self.keys.place(&channel).filter(|_| is_moving) {
                    self.subscriber.lose(from, [&place]);
                    self.link.look_again();
                }
            }
            _ => {}
        }
    }
}
