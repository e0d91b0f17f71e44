//! Commands that subscribe and unsubscribe.

use futures_util::{StreamExt, TryStreamExt, stream};
use redis::{
    ErrorKind, RedisError, RedisResult, Value,
    aio::{ConnectionLike, MultiplexedConnection},
    pipe,
};

use super::keys::Ear;

/// Channels of one pipeline.
const BATCH: usize = 512;

/// Pipelines that are out at a time: Redis works on one while the node writes and reads others.
const AT_ONCE: usize = 4;

/// The names of the commands for channels and for patterns of them.
type Commands = (&'static str, &'static str);

/// Resolves when Redis has confirmed everything.
pub(super) async fn subscribe(
    connection: MultiplexedConnection,
    ears: &[Ear],
    is_sharded: bool,
) -> RedisResult<()> {
    let channels = if is_sharded { "SSUBSCRIBE" } else { "SUBSCRIBE" };
    tell(connection, ears, (channels, "PSUBSCRIBE")).await
}

pub(super) async fn unsubscribe(
    connection: MultiplexedConnection,
    ears: &[Ear],
    is_sharded: bool,
) -> RedisResult<()> {
    let channels = if is_sharded { "SUNSUBSCRIBE" } else { "UNSUBSCRIBE" };
    tell(connection, ears, (channels, "PUNSUBSCRIBE")).await
}

/// One command for each channel: with several, Redis would answer none of them if one had gone to another master.
async fn tell(connection: MultiplexedConnection, ears: &[Ear], commands: Commands) -> RedisResult<()> {
    let batches: Vec<_> =
        ears.chunks(BATCH).map(|batch| tell_batch(connection.clone(), batch, commands)).collect();
    stream::iter(batches).buffered(AT_ONCE).try_collect().await
}

async fn tell_batch(
    mut connection: MultiplexedConnection,
    batch: &[Ear],
    commands: Commands,
) -> RedisResult<()> {
    let mut pipeline = pipe();
    for ear in batch {
        let command = if ear.is_glob { commands.1 } else { commands.0 };
        pipeline.cmd(command).arg(&ear.channel);
    }
    let confirmations = connection.req_packed_commands(&pipeline, 0, batch.len()).await?;
    for (ear, confirmation) in batch.iter().zip(confirmations) {
        confirm(ear, confirmation.extract_error()?)?;
    }
    Ok(())
}

/// What Redis pushes by itself, because a channel has gone to another master, looks like a confirmation.
fn confirm(ear: &Ear, confirmation: Value) -> RedisResult<()> {
    let channel = match &confirmation {
        Value::Push { data, .. } => data.first(),
        _ => None,
    };
    match channel {
        Some(Value::BulkString(channel)) if *channel == ear.channel.as_bytes() => Ok(()),
        _ => Err(RedisError::from((ErrorKind::UnexpectedReturnType, "another channel was confirmed"))),
    }
}
