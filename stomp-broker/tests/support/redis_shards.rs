//! A Redis Cluster of a test's own.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use redis::Cmd;

use crate::redis_server::{RedisServer, free_port};

const SLOTS: u16 = 16_384;

/// Longer than members take to agree.
const PATIENCE: Duration = Duration::from_secs(30);

/// Members of a Redis Cluster, with as many slots each.
#[derive(Debug)]
pub(crate) struct RedisShards {
    pub(crate) masters: Vec<RedisServer>,
    pub(crate) replicas: Vec<RedisServer>,
}

impl RedisShards {
    /// With as many masters, each of which has a replica if so wanted.
    pub(crate) fn start(masters: u16, has_replicas: bool) -> Self {
        let replicas = if has_replicas { masters } else { 0 };
        let shards = Self {
            masters: (0..masters).map(|_| member()).collect(),
            replicas: (0..replicas).map(|_| member()).collect(),
        };
        shards.meet();
        shards
    }

    /// Where they are; one of them is enough to begin with.
    pub(crate) fn url(&self) -> String {
        format!("redis+cluster://127.0.0.1:{}", self.masters[0].port())
    }

    fn meet(&self) {
        let first = &self.masters[0];
        for (index, master) in (0..).zip(&self.masters) {
            let count = self.masters.len() as u16;
            let (from, to) = (SLOTS / count * index, SLOTS / count * (index + 1));
            let to = if index + 1 == count { SLOTS } else { to };
            tell(master, &["ADDSLOTSRANGE", &from.to_string(), &(to - 1).to_string()]);
            tell(master, &["SET-CONFIG-EPOCH", &(index + 1).to_string()]);
        }
        for member in self.masters.iter().chain(&self.replicas).skip(1) {
            let bus = ask(first, "cluster-port");
            tell(member, &["MEET", "127.0.0.1", &first.port().to_string(), &bus]);
        }
        let members = self.masters.len() + self.replicas.len();
        let masters = format!("cluster_size:{}", self.masters.len());
        let known = format!("cluster_known_nodes:{members}");
        self.wait_until(|state| state.contains(&known) && state.contains(&masters));
        for (replica, master) in self.replicas.iter().zip(&self.masters) {
            tell(replica, &["REPLICATE", &id(master)]);
        }
        self.wait_until(|state| state.contains("cluster_state:ok"));
        self.replicas.iter().for_each(wait_until_replicating);
    }

    /// Waits until all members say so of the Cluster.
    fn wait_until(&self, holds: impl Fn(&str) -> bool) {
        for member in self.masters.iter().chain(&self.replicas) {
            wait_for("the Cluster is formed", || {
                let state: String = cluster(&["INFO"]).query(&mut member.connection()).unwrap();
                holds(&state)
            });
        }
    }
}

fn member() -> RedisServer {
    let bus = free_port().to_string();
    let cluster = ["--cluster-enabled", "yes", "--cluster-port", &bus, "--cluster-node-timeout", "1000"];
    RedisServer::start_with(&[&cluster[..], &["--repl-diskless-sync-delay", "0"]].concat())
}

/// The name of a member.
pub(crate) fn id(member: &RedisServer) -> String {
    cluster(&["MYID"]).query(&mut member.connection()).unwrap()
}

pub(crate) fn tell(member: &RedisServer, words: &[&str]) {
    let () = cluster(words).query(&mut member.connection()).unwrap();
}

fn cluster(words: &[&str]) -> Cmd {
    let mut command = redis::cmd("CLUSTER");
    command.arg(words);
    command
}

/// A setting of a server.
fn ask(server: &RedisServer, setting: &str) -> String {
    let mut command = redis::cmd("CONFIG");
    let (_, value): (String, String) =
        command.arg("GET").arg(setting).query(&mut server.connection()).unwrap();
    value
}

pub(crate) fn wait_until_replicating(replica: &RedisServer) {
    wait_for("the replica follows its master", || {
        let state: String = redis::cmd("INFO").arg("replication").query(&mut replica.connection()).unwrap();
        state.contains("master_link_status:up")
    });
}

pub(crate) fn wait_for(what: &str, holds: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < end, "{what}");
        sleep(Duration::from_millis(20));
    }
}
