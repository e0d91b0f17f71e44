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

/// A slot on its way from one master to another.
#[derive(Debug)]
pub(crate) struct Move {
    slot: String,
    from: usize,
    to: usize,
    keys: usize,
}

impl RedisShards {
    /// With as many masters, each of which has a replica if so wanted.
    pub(crate) fn start(masters: u16, has_replicas: bool) -> Self {
        let replicas = if has_replicas { masters } else { 0 };
        let members = |count| (0..count).map(|_| member::<&str>(&[])).collect();
        Self::of(members(masters), members(replicas))
    }

    /// Of these members, which do not know each other yet.
    pub(crate) fn of(masters: Vec<RedisServer>, replicas: Vec<RedisServer>) -> Self {
        let shards = Self { masters, replicas };
        shards.meet();
        shards
    }

    /// Where they are; one of them is enough to begin with.
    pub(crate) fn url(&self) -> String {
        format!("redis+cluster://127.0.0.1:{}", self.masters[0].port())
    }

    /// Moves the slots that relays use from one master to another, as `redis-cli --cluster reshard` would. Returns
    /// how many keys have moved.
    pub(crate) fn move_slots(&self, from: usize, to: usize) -> usize {
        let mut source = self.masters[from].connection();
        let tags = (0..256).map(|partition: u16| partition.to_string()).chain(["common".to_owned()]);
        let slots = tags.map(|tag| -> u16 { cluster(&["KEYSLOT", &tag]).query(&mut source).unwrap() });
        let slots: Vec<_> = slots.filter(|slot| self.owner(*slot) == from).collect();
        slots.into_iter().map(|slot| self.end_move(&Move::begin(self, slot, to))).sum()
    }

    /// Moves the keys of a topic that is listened to, but not yet its channels.
    pub(crate) fn begin_move(&self, topic: &str) -> Move {
        let channels = |master: &RedisServer| -> Vec<String> {
            redis::cmd("PUBSUB").arg("SHARDCHANNELS").query(&mut master.connection()).unwrap()
        };
        let channel =
            self.masters.iter().flat_map(channels).find(|channel| channel.ends_with(topic)).unwrap();
        let slot = cluster(&["KEYSLOT", &channel]).query(&mut self.masters[0].connection()).unwrap();
        let to = (self.owner(slot) + 1) % self.masters.len();
        Move::begin(self, slot, to)
    }

    /// Moves everything else; returns how many keys have moved.
    pub(crate) fn end_move(&self, Move { slot, from, to, keys }: &Move) -> usize {
        let new = id(&self.masters[*to]);
        for master in [to, from] {
            tell(&self.masters[*master], &["SETSLOT", slot, "NODE", &new]);
        }
        *keys
    }

    /// Leaves a master's replica without what it gets from now on.
    pub(crate) fn cut_off(&self, master: usize) {
        self.replicas[master].freeze();
        let mut kill = redis::cmd("CLIENT");
        let _: usize = kill
            .arg("KILL")
            .arg("TYPE")
            .arg("replica")
            .query(&mut self.masters[master].connection())
            .unwrap();
    }

    /// Who had a slot in the beginning.
    fn owner(&self, slot: u16) -> usize {
        let share = SLOTS / self.masters.len() as u16;
        usize::from(slot / share).min(self.masters.len() - 1)
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

impl Move {
    /// Moves a slot's keys one by one, because others are using them.
    fn begin(shards: &RedisShards, slot: u16, to: usize) -> Self {
        let (from, slot) = (shards.owner(slot), slot.to_string());
        let (source, target) = (&shards.masters[from], &shards.masters[to]);
        tell(target, &["SETSLOT", &slot, "IMPORTING", &id(source)]);
        tell(source, &["SETSLOT", &slot, "MIGRATING", &id(target)]);
        let mut connection = source.connection();
        let mut keys = 0;
        loop {
            let next: Vec<String> = cluster(&["GETKEYSINSLOT", &slot, "1"]).query(&mut connection).unwrap();
            let Some(key) = next.first() else { break };
            let arguments = ["127.0.0.1", &target.port().to_string(), key, "0", "5000"];
            let () = redis::cmd("MIGRATE").arg(&arguments).query(&mut connection).unwrap();
            keys += 1;
        }
        Self { slot, from, to, keys }
    }
}

/// A server that may become a member, with arguments beyond the usual ones.
pub(crate) fn member<A: AsRef<str>>(arguments: &[A]) -> RedisServer {
    let bus = free_port().to_string();
    let cluster = ["--cluster-enabled", "yes", "--cluster-port", &bus, "--cluster-node-timeout", "1000"];
    let mut all = [&cluster[..], &["--repl-diskless-sync-delay", "0"]].concat();
    all.extend(arguments.iter().map(AsRef::as_ref));
    RedisServer::start_with(&all)
}

/// The name of a member.
fn id(member: &RedisServer) -> String {
    cluster(&["MYID"]).query(&mut member.connection()).unwrap()
}

fn tell(member: &RedisServer, words: &[&str]) {
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

/// Waits until a replica has all that its master had when this was called.
pub(crate) fn wait_until_caught_up(master: &RedisServer, replica: &RedisServer) {
    let offset = |server: &RedisServer, name: &str| {
        let state: String = redis::cmd("INFO").arg("replication").query(&mut server.connection()).unwrap();
        let line = state.lines().find_map(|line| line.strip_prefix(name)).unwrap().to_owned();
        line.trim().parse::<u64>().unwrap()
    };
    let all = offset(master, "master_repl_offset:");
    wait_for("the replica has everything", || offset(replica, "slave_repl_offset:") >= all);
}

pub(crate) fn wait_for(what: &str, holds: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < end, "{what}");
        sleep(Duration::from_millis(20));
    }
}
