//! The connection that Redis pushes through, and the commands that say what.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::{StreamExt, TryStreamExt, stream};
use redis::{
    ErrorKind, PushInfo, PushKind, RedisError, RedisResult, Value,
    aio::{ConnectionLike, MultiplexedConnection},
    pipe,
};
use tokio::{sync::Notify, time::sleep};

use super::keys::{Ear, Place};

/// Channels of one pipeline.
const BATCH: usize = 512;

/// Pipelines that are out at a time: Redis works on one while the node writes and reads others.
const AT_ONCE: usize = 4;

/// Looks at a connection within the time that nothing may come. Several, because a node that was not run itself finds
/// its time over before it has read what has come meanwhile.
const LOOKS: u32 = 4;

/// The names of the commands for channels and for patterns of them.
type Commands = (&'static str, &'static str);

/// A connection that Redis pushes through.
#[derive(Debug, Clone)]
pub(super) struct PushConnection {
    pub(super) connection: MultiplexedConnection,
    pub(super) seen: Arc<Seen>,
    /// How long Redis may confirm nothing.
    pub(super) patience: Duration,
    pub(super) is_sharded: bool,
}

/// What has come through a connection.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// All that was pushed, confirmations included.
    pushes: AtomicU64,
    message: AtomicBool,
    end: AtomicBool,
    news: Notify,
}

impl PushConnection {
    /// Resolves when Redis has confirmed everything but for what is in places that have gone to another master, which
    /// it returns. However much it is, it fails only when nothing comes any more.
    pub(super) async fn subscribe(&self, ears: &[Ear]) -> RedisResult<HashSet<Place>> {
        let channels = if self.is_sharded { "SSUBSCRIBE" } else { "SUBSCRIBE" };
        self.tell(ears, (channels, "PSUBSCRIBE")).await
    }

    /// Resolves when Redis has confirmed everything.
    pub(super) async fn unsubscribe(&self, ears: &[Ear]) -> RedisResult<HashSet<Place>> {
        let channels = if self.is_sharded { "SUNSUBSCRIBE" } else { "UNSUBSCRIBE" };
        self.tell(ears, (channels, "PUNSUBSCRIBE")).await
    }

    /// One command for each channel: with several, Redis would answer none of them if one had gone to another master.
    async fn tell(&self, ears: &[Ear], commands: Commands) -> RedisResult<HashSet<Place>> {
        let batches: Vec<_> =
            ears.chunks(BATCH).map(|batch| tell_batch(self.connection.clone(), batch, commands)).collect();
        let telling = stream::iter(batches).buffered(AT_ONCE).try_concat();
        let told = tokio::select! {
            biased;
            told = telling => told,
            () = self.stands_still() => Err((ErrorKind::Io, "Redis confirms nothing any more").into()),
        };
        // What Redis itself refuses says nothing about the connection. Otherwise it may be one that still pushes, but
        // through which nothing can be said any more.
        if told.as_ref().is_err_and(|error| !matches!(error.kind(), ErrorKind::Server(_))) {
            self.seen.end();
        }
        Ok(told?.into_iter().collect())
    }

    /// Resolves when nothing has come for too long.
    async fn stands_still(&self) {
        let (mut last, mut quiet) = (self.seen.pushes(), 0);
        while quiet < LOOKS {
            sleep(self.patience / LOOKS).await;
            let now = self.seen.pushes();
            quiet = if now == last { quiet + 1 } else { 0 };
            last = now;
        }
    }
}

/// Returns the places that have gone to another master.
async fn tell_batch(
    mut connection: MultiplexedConnection,
    batch: &[Ear],
    commands: Commands,
) -> RedisResult<Vec<Place>> {
    let mut pipeline = pipe();
    for ear in batch {
        let command = if ear.is_glob { commands.1 } else { commands.0 };
        pipeline.cmd(command).arg(&ear.channel);
    }
    let confirmations = connection.req_packed_commands(&pipeline, 0, batch.len()).await?;
    let mut gone = Vec::new();
    for (ear, confirmation) in batch.iter().zip(confirmations) {
        match confirmation.extract_error() {
            Err(error) if error.is_cluster_error() => gone.push(ear.place),
            confirmation => confirm(ear, &confirmation?)?,
        }
    }
    Ok(gone)
}

/// What Redis pushes by itself, because a channel has gone to another master, looks like a confirmation.
fn confirm(ear: &Ear, confirmation: &Value) -> RedisResult<()> {
    let channel = match confirmation {
        Value::Push { data, .. } => data.first(),
        _ => None,
    };
    match channel {
        Some(Value::BulkString(channel)) if *channel == ear.channel.as_bytes() => Ok(()),
        _ => Err(RedisError::from((ErrorKind::UnexpectedReturnType, "another channel was confirmed"))),
    }
}

impl Seen {
    pub(super) fn note(&self, info: &PushInfo) {
        self.pushes.fetch_add(1, Ordering::Relaxed);
        match info.kind {
            PushKind::Message | PushKind::SMessage | PushKind::PMessage => {
                self.message.store(true, Ordering::Release);
            }
            PushKind::Disconnection => self.end(),
            PushKind::SUnsubscribe => self.news.notify_one(),
            _ => {}
        }
    }

    /// Resolves when the connection has ended, or places may have gone to another master.
    pub(super) async fn news(&self) {
        self.news.notified().await;
    }

    /// Whether a message has come since this was last asked.
    pub(super) fn take_message(&self) -> bool {
        self.message.swap(false, Ordering::AcqRel)
    }

    pub(super) fn has_ended(&self) -> bool {
        self.end.load(Ordering::Acquire)
    }

    fn end(&self) {
        self.end.store(true, Ordering::Release);
        self.news.notify_one();
    }

    fn pushes(&self) -> u64 {
        self.pushes.load(Ordering::Relaxed)
    }
}
