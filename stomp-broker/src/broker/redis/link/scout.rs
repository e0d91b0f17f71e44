//! Finds out which master serves which slots.

use std::{collections::HashMap, ops::RangeInclusive, time::Duration};

use futures_util::future::join_all;
use redis::{
    ConnectionInfo, ErrorKind, FromRedisValue, RedisError, RedisResult, Value, aio::MultiplexedConnection,
    cmd, pipe,
};

use super::{
    connect,
    routes::Masters,
    target::{Address, Kind, Target},
};

/// Asks, and keeps the connections to those it has asked.
#[derive(Debug)]
pub(super) struct Scout<'a> {
    target: &'a Target,
    patience: Duration,
    connections: HashMap<Address, MultiplexedConnection>,
    /// The masters that a Cluster had when it was last asked, and before them the member that answered.
    known: Vec<Address>,
}

impl<'a> Scout<'a> {
    pub(super) fn new(target: &'a Target, patience: Duration) -> Self {
        Self { target, patience, connections: HashMap::new(), known: Vec::new() }
    }

    pub(super) async fn find(&mut self) -> RedisResult<Masters> {
        match &self.target.kind {
            Kind::Standalone => {
                let server = self.target.hosts.first().map(Address::of);
                server.map(Masters::one).ok_or_else(|| refused("no server is known"))
            }
            Kind::Sentinel { master } => self.ask_sentinels(master).await,
            Kind::Cluster => self.ask_cluster().await,
        }
    }

    /// Asks all Sentinels. One that was cut off tells of the past: the newest configuration counts.
    async fn ask_sentinels(&mut self, master: &str) -> RedisResult<Masters> {
        let target = self.target;
        let answers = join_all(target.hosts.iter().map(|host| self.ask_sentinel(host, master))).await;
        let mut newest: Option<(u64, Address)> = None;
        let mut problem = refused("no Sentinel is known");
        for (host, answer) in target.hosts.iter().zip(answers) {
            match answer {
                Ok((connection, epoch, address)) => {
                    self.connections.insert(Address::of(host), connection);
                    if newest.as_ref().is_none_or(|(newest, _)| epoch > *newest) {
                        newest = Some((epoch, address));
                    }
                }
                Err(error) => {
                    self.connections.remove(&Address::of(host));
                    problem = error;
                }
            }
        }
        newest.map(|(_, address)| Masters::one(address)).ok_or(problem)
    }

    async fn ask_sentinel(
        &self,
        host: &ConnectionInfo,
        master: &str,
    ) -> RedisResult<(MultiplexedConnection, u64, Address)> {
        let mut connection = self.connection(host).await?;
        let state: HashMap<String, String> =
            cmd("SENTINEL").arg("MASTER").arg(master).query_async(&mut connection).await?;
        let number = |name| state.get(name).and_then(|value| value.parse::<u64>().ok());
        let address = || {
            let port = u16::try_from(number("port")?).ok()?;
            Some((number("config-epoch")?, Address { host: state.get("ip")?.clone(), port }))
        };
        let (epoch, address) = address().ok_or_else(|| refused("a Sentinel does not know its master"))?;
        Ok((connection, epoch, address))
    }

    /// Asks one member of the Cluster after the other until one knows.
    async fn ask_cluster(&mut self) -> RedisResult<Masters> {
        let target = self.target;
        let known = self.known.iter().map(|address| target.server(address));
        let mut problem = refused("no member of the Cluster is known");
        for host in known.chain(target.hosts.iter().cloned()).collect::<Vec<_>>() {
            let address = Address::of(&host);
            match self.ask_member(&host).await {
                Ok((connection, masters)) => {
                    self.known = masters.addresses();
                    self.known.insert(0, address.clone());
                    self.connections.insert(address, connection);
                    return Ok(masters);
                }
                Err(error) => {
                    self.connections.remove(&address);
                    problem = error;
                }
            }
        }
        Err(problem)
    }

    async fn ask_member(&self, host: &ConnectionInfo) -> RedisResult<(MultiplexedConnection, Masters)> {
        let mut connection = self.connection(host).await?;
        let mut questions = pipe();
        questions.cmd("CLUSTER").arg("INFO").cmd("CLUSTER").arg("SLOTS");
        let (state, shares): (String, Vec<Vec<Value>>) = questions.query_async(&mut connection).await?;
        // Who is cut off from most of the others would refuse everything.
        if !state.contains("cluster_state:ok") {
            return Err(refused("the Cluster is down"));
        }
        let own = Address::of(host);
        let ranges = shares.into_iter().filter_map(|share| range(share, &own)).collect();
        Ok((connection, Masters::new(ranges)))
    }

    async fn connection(&self, host: &ConnectionInfo) -> RedisResult<MultiplexedConnection> {
        match self.connections.get(&Address::of(host)) {
            Some(connection) => Ok(connection.clone()),
            None => connect(host.clone(), self.patience, None).await,
        }
    }
}

/// The first and the last slot, and the master, of a range: it comes before its replicas. A member that does not know
/// its own host has that one at which it was asked.
fn range(share: Vec<Value>, own: &Address) -> Option<(RangeInclusive<u16>, Address)> {
    let mut share = share.into_iter();
    let mut number = || u16::from_redis_value(share.next()?).ok();
    let slots = number()?..=number()?;
    let mut master = Vec::<Value>::from_redis_value(share.next()?).ok()?.into_iter();
    let host = Option::<String>::from_redis_value(master.next()?).ok()?;
    let port = u16::from_redis_value(master.next()?).ok()?;
    let host = host.filter(|host| !host.is_empty()).unwrap_or_else(|| own.host.clone());
    Some((slots, Address { host, port }))
}

fn refused(why: &'static str) -> RedisError {
    (ErrorKind::Client, why).into()
}
