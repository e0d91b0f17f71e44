//! Commands that subscribe and unsubscribe.

use redis::{
    ErrorKind, RedisError, RedisResult, Value,
    aio::{ConnectionLike, MultiplexedConnection},
    pipe,
};

use super::keys::Ear;

/// Channels of one pipeline.
const BATCH: usize = 512;

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
async fn tell(mut connection: MultiplexedConnection, ears: &[Ear], commands: Commands) -> RedisResult<()> {
    for batch in ears.chunks(BATCH) {
        let mut pipeline = pipe();
        for ear in batch {
            let command = if ear.is_glob { commands.1 } else { commands.0 };
            pipeline.cmd(command).arg(&ear.channel);
        }
        let confirmations = connection.req_packed_commands(&pipeline, 0, batch.len()).await?;
        for (ear, confirmation) in batch.iter().zip(confirmations) {
            confirm(ear, confirmation.extract_error()?)?;
        }
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
