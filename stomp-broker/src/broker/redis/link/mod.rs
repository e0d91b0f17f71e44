//! The connections that commands go through, one to each master: made anew, without end, whenever one fails.

mod pauses;
mod query;
mod remedy;
mod routes;
mod scout;
mod target;

use std::{
    collections::HashMap,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::future::{join_all, try_join_all};
use redis::{
    AsyncConnectionConfig, Client, ConnectionInfo, ErrorKind, ProtocolVersion, RedisResult, Script, Value,
    aio::{AsyncPushSender, MultiplexedConnection},
    cmd,
};
use tokio::{
    sync::{Notify, watch},
    time::timeout,
};
use tracing::{info, warn};

pub(super) use self::{
    pauses::Pauses,
    routes::Routes,
    target::{Address, Target},
};
use self::{
    routes::{Live, Masters},
    scout::Scout,
};
use super::keys::Place;

/// How often connections are asked whether they still work, and others who the masters are.
const PROBE: Duration = Duration::from_secs(1);

/// Connections to the masters of a Redis, as far as there are any.
#[derive(Debug)]
pub(super) struct Link {
    target: Target,
    scripts: &'static [&'static LazyLock<Script>],
    response_timeout: Duration,
    routes: watch::Sender<Routes>,
    /// Something suggests that the routes are wrong.
    doubt: Notify,
    connected: AtomicU64,
}

impl Link {
    pub(super) fn new(
        target: Target,
        scripts: &'static [&'static LazyLock<Script>],
        response_timeout: Duration,
    ) -> Self {
        let routes = watch::Sender::new(Routes::default());
        let (doubt, connected) = (Notify::new(), AtomicU64::new(0));
        Self { target, scripts, response_timeout, routes, doubt, connected }
    }

    pub(super) fn response_timeout(&self) -> Duration {
        self.response_timeout
    }

    /// Whether every master can be reached.
    pub(super) fn is_up(&self) -> bool {
        self.routes.borrow().is_complete()
    }

    /// Whether the master of a place can be reached.
    pub(super) fn serves(&self, place: Place) -> bool {
        self.routes.borrow().live(place.slot()).is_some()
    }

    /// Sees every change of the masters and of the connections to them.
    pub(super) fn changes(&self) -> watch::Receiver<Routes> {
        self.routes.subscribe()
    }

    /// Resolves while the master of a place can be reached.
    pub(super) async fn until_up(&self, place: Place) {
        // The sender lives as long as the link.
        let _ = self.changes().wait_for(|routes| routes.live(place.slot()).is_some()).await;
    }

    /// Resolves while it cannot.
    pub(super) async fn until_down(&self, place: Place) {
        let _ = self.changes().wait_for(|routes| routes.live(place.slot()).is_none()).await;
    }

    /// Keeps connections open for as long as this is polled.
    pub(super) async fn run(&self) {
        let mut scout = Scout::new(&self.target, self.response_timeout);
        let mut pauses = Pauses::new();
        loop {
            match self.look(&mut scout).await {
                Ok(()) => {
                    pauses = Pauses::new();
                    let _ = timeout(PROBE, self.doubt.notified()).await;
                }
                Err(error) => pauses.wait("cannot connect to Redis", &error).await,
            }
        }
    }

    /// Has the routes found out anew, soon.
    pub(super) fn look_again(&self) {
        self.doubt.notify_one();
    }

    /// Finds out who the masters are, and sees that there is a connection to each that works.
    async fn look(&self, scout: &mut Scout<'_>) -> RedisResult<()> {
        let found = scout.find().await;
        let masters = found.as_ref().map_or_else(|_| self.routes.borrow().masters.clone(), Masters::clone);
        let addresses = masters.addresses();
        let (mut connections, mut problem) = (HashMap::new(), found.err());
        for checked in join_all(addresses.iter().map(|address| self.checked(address))).await {
            match checked {
                Ok(live) => drop(connections.insert(live.address.clone(), live)),
                Err(error) => problem = Some(error),
            }
        }
        let now = Routes { masters, connections };
        self.change(|routes| {
            let has_changed = !routes.is_like(&now);
            *routes = now;
            has_changed
        });
        problem.map_or(Ok(()), Err)
    }

    /// The connection to a master if it works, or else another.
    async fn checked(&self, address: &Address) -> RedisResult<Live> {
        let live = self.routes.borrow().connections.get(address).cloned();
        if let Some(mut live) = live {
            match cmd("PING").query_async::<String>(&mut live.connection).await {
                Ok(_) => return Ok(live),
                Err(_) => self.give_up(&live),
            }
        }
        self.connect(address).await
    }

    async fn connect(&self, address: &Address) -> RedisResult<Live> {
        let mut connection = connect(self.target.server(address), self.response_timeout, None).await?;
        if self.target.has_sentinels() {
            let role: Vec<Value> = cmd("ROLE").query_async(&mut connection).await?;
            if role.first() != Some(&Value::BulkString(b"master".to_vec())) {
                return Err((ErrorKind::Client, "the master has become a replica").into());
            }
        }
        let load = |script: &'static LazyLock<Script>| {
            let mut connection = connection.clone();
            async move { script.load_async(&mut connection).await }
        };
        try_join_all(self.scripts.iter().copied().map(load)).await?;
        let number = self.connected.fetch_add(1, Ordering::Relaxed);
        Ok(Live { address: address.clone(), connection, number })
    }

    /// A connection for what Redis pushes.
    pub(super) async fn listen(
        &self,
        address: &Address,
        push: Arc<dyn AsyncPushSender>,
    ) -> RedisResult<MultiplexedConnection> {
        let server = self.target.server(address);
        // Only with this version of its protocol may Redis be asked other things on such a connection.
        let login = server.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        connect(server.set_redis_settings(login), self.response_timeout, Some(push)).await
    }

    fn live(&self, place: Place) -> Option<Live> {
        self.routes.borrow().live(place.slot()).cloned()
    }

    /// Forgets a connection that failed, unless there is another one already.
    fn give_up(&self, live: &Live) {
        self.change(|routes| {
            let is_current =
                routes.connections.get(&live.address).is_some_and(|current| current.number == live.number);
            if is_current {
                routes.connections.remove(&live.address);
            }
            is_current
        });
        self.look_again();
    }

    fn change(&self, change: impl FnOnce(&mut Routes) -> bool) {
        self.routes.send_if_modified(|routes| {
            let was_complete = routes.is_complete();
            let has_changed = change(routes);
            match (was_complete, routes.is_complete()) {
                (false, true) => info!("connected to Redis"),
                (true, false) => warn!("lost a connection to Redis"),
                _ => {}
            }
            has_changed
        });
    }
}

async fn connect(
    server: ConnectionInfo,
    patience: Duration,
    push: Option<Arc<dyn AsyncPushSender>>,
) -> RedisResult<MultiplexedConnection> {
    let config = AsyncConnectionConfig::new().set_connection_timeout(Some(patience));
    let config = match push {
        // However long it takes to confirm many channels, they need not be begun anew while it goes on.
        Some(push) => config.set_push_sender(push).set_response_timeout(None),
        None => config.set_response_timeout(Some(patience)),
    };
    Client::open(server)?.get_multiplexed_async_connection_with_config(&config).await
}
