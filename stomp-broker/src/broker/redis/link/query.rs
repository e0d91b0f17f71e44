//! What is said over the connections: where a slot is on its way to another master, it is followed there.

use std::time::Duration;

use redis::{FromRedisValue, Pipeline, RedisError, RedisResult, Value, cmd};
use tokio::time::{Instant, sleep};
use tracing::{info, warn};

use super::{Link, remedy::Remedy, routes::Live, target::Address};
use crate::{BrokerError, broker::redis::keys::Place};

/// How long to wait before a slot that is on its way to another master is tried again.
const MOVING: Duration = Duration::from_millis(10);

/// What became of a pipeline, command by command.
#[derive(Debug)]
pub(in super::super) struct Answers {
    pub(in super::super) answers: Vec<RedisResult<Value>>,
    /// It was carried out by the server that the slot is on its way to, while subscribers still listen to another.
    pub(in super::super) on_the_way: bool,
}

impl Link {
    /// Runs a pipeline of which every command has to succeed, all about one place.
    pub(in super::super) async fn query<T: FromRedisValue>(
        &self,
        place: Place,
        pipeline: &mut Pipeline,
    ) -> Result<T, BrokerError> {
        let end = Instant::now() + self.response_timeout;
        loop {
            let mut live = self.live(place).ok_or(BrokerError::Unavailable)?;
            let error = match pipeline.query_async(&mut live.connection).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            match self.remedy(&live, &[error], pipeline.len()) {
                Remedy::LookAgain if Instant::now() < end => sleep(MOVING).await,
                Remedy::Ask(other) => match self.ask(&other, pipeline).await {
                    Err(_) if Instant::now() < end => sleep(MOVING).await,
                    answer => return answer,
                },
                _ => return Err(BrokerError::Unavailable),
            }
        }
    }

    /// Runs a pipeline about one place; answers come one by one. When this fails it is to be run again, because nobody
    /// knows what Redis has carried out of it, or because it has carried out nothing.
    pub(in super::super) async fn run_pipeline(
        &self,
        place: Place,
        pipeline: &mut Pipeline,
    ) -> Result<Answers, BrokerError> {
        let mut live = self.live(place).ok_or(BrokerError::Unavailable)?;
        let answers = pipeline.ignore_errors().query_async(&mut live.connection).await;
        let answers: Vec<_> = answers.unwrap_or_else(|error: RedisError| vec![Err(error); pipeline.len()]);
        let errors: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().err()).cloned().collect();
        match self.remedy(&live, &errors, pipeline.len()) {
            Remedy::None => Ok(Answers { answers, on_the_way: false }),
            Remedy::Ask(other) => {
                Ok(Answers { answers: self.ask(&other, pipeline).await?, on_the_way: true })
            }
            Remedy::LookAgain => {
                sleep(MOVING).await;
                Err(BrokerError::Unavailable)
            }
            Remedy::Reconnect => Err(BrokerError::Unavailable),
        }
    }

    /// Runs a pipeline on the server that a slot is on its way to, through a connection of its own: ASKING counts for
    /// whatever comes next through a connection, be it a transaction.
    async fn ask<T: FromRedisValue>(&self, other: &Address, pipeline: &Pipeline) -> Result<T, BrokerError> {
        let asking = async {
            let mut live = self.connect(other).await?;
            let () = cmd("ASKING").query_async(&mut live.connection).await?;
            pipeline.clone().atomic().query_async(&mut live.connection).await
        };
        asking.await.map_err(|error: RedisError| {
            info!(%error, "some keys are on their way to another master");
            BrokerError::Unavailable
        })
    }

    /// What is to be done about the errors of a pipeline; as far as it is about the connection, it is done.
    fn remedy(&self, live: &Live, errors: &[RedisError], commands: usize) -> Remedy {
        let remedy = Remedy::of(errors, commands, &live.address);
        match &remedy {
            Remedy::None => errors.iter().for_each(|error| warn!(%error, "Redis refused a command")),
            Remedy::Reconnect => self.give_up(live),
            Remedy::LookAgain => self.look_again(),
            Remedy::Ask(_) => {}
        }
        remedy
    }
}
