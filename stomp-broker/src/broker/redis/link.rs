//! The connection that commands go through: made anew, without end, whenever it fails.

use std::{sync::LazyLock, time::Duration};

use rand::RngExt;
use redis::{
    AsyncConnectionConfig, Client, ErrorKind, FromRedisValue, Pipeline, RedisError, Script, ServerErrorKind,
    aio::MultiplexedConnection,
};
use tokio::{sync::watch, time::timeout};
use tracing::{info, warn};

use crate::BrokerError;

/// How often an idle connection is asked whether it still works.
const PROBE: Duration = Duration::from_secs(1);

/// The longest wait between two attempts to connect; the first ones come sooner.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// A connection to Redis, or the lack of one.
#[derive(Debug)]
pub(super) struct Link {
    client: Client,
    response_timeout: Duration,
    current: watch::Sender<Option<Live>>,
}

/// A connection that worked when it was last looked at.
#[derive(Debug, Clone)]
pub(super) struct Live {
    connection: MultiplexedConnection,
    number: u64,
}

impl Link {
    pub(super) fn new(client: Client, response_timeout: Duration) -> Self {
        Self { client, response_timeout, current: watch::Sender::new(None) }
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    pub(super) fn response_timeout(&self) -> Duration {
        self.response_timeout
    }

    pub(super) fn is_up(&self) -> bool {
        self.current.borrow().is_some()
    }

    /// Sees every change between up and down.
    pub(super) fn changes(&self) -> watch::Receiver<Option<Live>> {
        self.current.subscribe()
    }

    /// Resolves while there is a connection.
    pub(super) async fn until_up(&self) {
        // The sender lives as long as the link.
        let _ = self.changes().wait_for(Option::is_some).await;
    }

    /// Resolves while there is none.
    pub(super) async fn until_down(&self) {
        let _ = self.changes().wait_for(Option::is_none).await;
    }

    /// Keeps a connection open for as long as this is polled; `scripts` are there whenever it is.
    pub(super) async fn run(&self, scripts: &[&LazyLock<Script>]) {
        let mut number = 0;
        loop {
            number += 1;
            let connection = self.connect(scripts).await;
            info!("connected to Redis");
            self.current.send_replace(Some(Live { connection: connection.clone(), number }));
            self.watch(connection).await;
            self.current.send_replace(None);
            warn!("lost the connection to Redis");
        }
    }

    /// Runs a pipeline; answers come one by one. When this fails nobody knows what Redis has carried out of it.
    pub(super) async fn run_pipeline<T: FromRedisValue>(
        &self,
        pipeline: &mut Pipeline,
    ) -> Result<Vec<Result<T, RedisError>>, BrokerError> {
        let mut live = self.current.borrow().clone().ok_or(BrokerError::Unavailable)?;
        let answers = pipeline.ignore_errors().query_async(&mut live.connection).await;
        let answers: Vec<Result<T, RedisError>> = answers.map_err(|error| self.fail(&live, &error))?;
        match answers.iter().find_map(|answer| answer.as_ref().err().filter(|error| is_down(error))) {
            Some(error) => Err(self.fail(&live, error)),
            None => Ok(answers),
        }
    }

    /// Runs a pipeline of which every command has to succeed.
    pub(super) async fn query<T: FromRedisValue>(&self, pipeline: &mut Pipeline) -> Result<T, BrokerError> {
        let mut live = self.current.borrow().clone().ok_or(BrokerError::Unavailable)?;
        pipeline.query_async(&mut live.connection).await.map_err(|error| self.fail(&live, &error))
    }

    /// Notes that a connection failed, unless there is another one already.
    fn fail(&self, live: &Live, error: &RedisError) -> BrokerError {
        if is_down(error) {
            self.current.send_if_modified(|current| {
                let is_current = current.as_ref().is_some_and(|current| current.number == live.number);
                if is_current {
                    *current = None;
                }
                is_current
            });
        } else {
            warn!(%error, "Redis refused a command");
        }
        BrokerError::Unavailable
    }

    async fn connect(&self, scripts: &[&LazyLock<Script>]) -> MultiplexedConnection {
        let mut pauses = Pauses::new();
        loop {
            match self.try_connect(scripts).await {
                Ok(connection) => return connection,
                Err(error) => pauses.wait("cannot connect to Redis", &error).await,
            }
        }
    }

    async fn try_connect(&self, scripts: &[&LazyLock<Script>]) -> Result<MultiplexedConnection, RedisError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.response_timeout))
            .set_response_timeout(Some(self.response_timeout));
        let mut connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        for script in scripts {
            script.load_async(&mut connection).await?;
        }
        Ok(connection)
    }

    /// Returns when the connection does not work any more.
    async fn watch(&self, mut connection: MultiplexedConnection) {
        loop {
            if timeout(PROBE, self.until_down()).await.is_ok() {
                return;
            }
            let pong: Result<String, _> = redis::cmd("PING").query_async(&mut connection).await;
            if pong.is_err() {
                return;
            }
        }
    }
}

/// Whether Redis is not there, or not able to serve at the moment.
fn is_down(error: &RedisError) -> bool {
    use ServerErrorKind::{BusyLoading, ClusterDown, MasterDown, NoScript, ReadOnly, TryAgain};
    let is_unable = matches!(
        error.kind(),
        ErrorKind::Server(BusyLoading | ClusterDown | MasterDown | NoScript | ReadOnly | TryAgain)
    );
    is_unable || error.is_io_error() || error.is_timeout() || error.is_unrecoverable_error()
}

/// The waits between attempts: longer each time, and never the same on two nodes.
#[derive(Debug)]
pub(super) struct Pauses {
    next: Duration,
}

impl Pauses {
    pub(super) fn new() -> Self {
        Self { next: Duration::from_millis(20) }
    }

    /// Waits after a failure; of a row of them only the first is logged.
    pub(super) async fn wait(&mut self, what: &str, error: &(dyn std::error::Error + Send + Sync)) {
        if self.next < Duration::from_millis(40) {
            warn!(%error, "{what}");
        }
        let jitter = rand::rng().random_range(0.5..1.0);
        tokio::time::sleep(self.next.mul_f64(jitter)).await;
        self.next = (self.next * 2).min(LONGEST_PAUSE);
    }
}
