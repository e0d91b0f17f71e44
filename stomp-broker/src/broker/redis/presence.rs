//! Presence: a hash for each node that expires with it, and a set of their names.

use std::{
    collections::{HashMap, HashSet},
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use redis::{Pipeline, pipe};
use tokio::sync::Notify;

use super::{Node, keys::Place};
use crate::{BrokerError, NodeId, NodePresence, Presence};

/// Users of one command.
const BATCH: usize = 512;

/// The users of this node, and what Redis has not heard of them yet.
#[derive(Debug, Default)]
pub(super) struct Users {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    sessions: HashMap<Arc<str>, usize>,
    changed: HashSet<Arc<str>>,
}

/// The presence of a relay.
#[derive(Debug)]
pub(super) struct RedisPresence(pub(super) Arc<Node>);

#[async_trait]
impl Presence for RedisPresence {
    fn note(&self, user: &Arc<str>, sessions: usize) {
        let mut state = self.0.users.lock();
        match sessions {
            0 => state.sessions.remove(user),
            _ => state.sessions.insert(Arc::clone(user), sessions),
        };
        state.changed.insert(Arc::clone(user));
        drop(state);
        self.0.users.changed.notify_one();
    }

    async fn sessions_of(&self, user: &str) -> Result<usize, BrokerError> {
        let user = field(user);
        let of_user = |pipeline: &mut Pipeline, key: &str| {
            pipeline.cmd("HGET").arg(key).arg(&user);
        };
        let nodes = self.0.ask_nodes(of_user).await?;
        Ok(nodes.into_iter().filter_map(|node| node.answer).sum())
    }

    async fn nodes(&self) -> Result<Vec<NodePresence>, BrokerError> {
        let fields = |pipeline: &mut Pipeline, key: &str| {
            pipeline.cmd("HLEN").arg(key);
        };
        let nodes = self.0.ask_nodes(fields).await?;
        let presence = |Asked { name, sessions, answer }: Asked| {
            let users = answer.unwrap_or_default().saturating_sub(1);
            Some(NodePresence { node: name.parse::<NodeId>().ok()?, sessions, users })
        };
        Ok(nodes.into_iter().filter_map(presence).collect())
    }
}

/// A node that lives, and the answer to what was asked of its hash.
struct Asked {
    name: String,
    sessions: usize,
    answer: Option<usize>,
}

/// The field of a node's hash with all its sessions; fields of users start otherwise.
const SESSIONS: &str = "sessions";

fn field(user: &str) -> String {
    format!("u:{user}")
}

impl Users {
    /// Resolves when there is something to tell.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Node {
    /// Tells Redis about all users of this node; what it had of the node is replaced.
    pub(super) async fn tell_all_users(&self) -> Result<(), BrokerError> {
        let users: Vec<_> = {
            let mut state = self.users.lock();
            state.changed.clear();
            state.sessions.iter().map(|(user, sessions)| (Arc::clone(user), *sessions)).collect()
        };
        let key = self.own_key();
        let mut pipeline = pipe();
        // A node without a key is dead: without room for the new one the old one stays.
        pipeline.atomic().cmd("DEL").arg(&key).ignore();
        for batch in users.chunks(BATCH) {
            let command = pipeline.cmd("HSET").arg(&key);
            for (user, sessions) in batch {
                command.arg(field(user)).arg(*sessions);
            }
            command.ignore();
        }
        let all: usize = users.iter().map(|(_, sessions)| sessions).sum();
        pipeline.cmd("HSET").arg(&key).arg(SESSIONS).arg(all).ignore();
        self.expire(&mut pipeline).ignore();
        pipeline.cmd("SADD").arg(self.keys.nodes()).arg(self.id.to_string()).ignore();
        self.link.query(Place::COMMON, &mut pipeline).await
    }

    /// Tells Redis about users that came or went since.
    pub(super) async fn tell_changed_users(&self) -> Result<(), BrokerError> {
        let key = self.own_key();
        let mut pipeline = pipe();
        {
            let mut state = self.users.lock();
            for user in mem::take(&mut state.changed) {
                match state.sessions.get(&user) {
                    Some(sessions) => {
                        pipeline.cmd("HSET").arg(&key).arg(field(&user)).arg(*sessions).ignore()
                    }
                    None => pipeline.cmd("HDEL").arg(&key).arg(field(&user)).ignore(),
                };
            }
            let all: usize = state.sessions.values().sum();
            pipeline.cmd("HSET").arg(&key).arg(SESSIONS).arg(all).ignore();
        }
        // A key that had expired meanwhile expires again.
        self.expire(&mut pipeline).ignore();
        self.link.query(Place::COMMON, &mut pipeline).await
    }

    /// Puts off the expiry of this node's key; says whether it was there.
    pub(super) async fn stay_alive(&self) -> Result<bool, BrokerError> {
        let mut pipeline = pipe();
        self.expire(&mut pipeline);
        let (was_there,): (bool,) = self.link.query(Place::COMMON, &mut pipeline).await?;
        Ok(was_there)
    }

    /// Says that this node is gone.
    pub(super) async fn say_goodbye(&self) {
        let mut pipeline = pipe();
        pipeline.cmd("DEL").arg(self.own_key()).ignore();
        pipeline.cmd("SREM").arg(self.keys.nodes()).arg(self.id.to_string()).ignore();
        // Otherwise it takes the others a while to see.
        let _ = self.link.query::<()>(Place::COMMON, &mut pipeline).await;
    }

    /// Asks something of the hashes of all nodes; those that have died are forgotten.
    async fn ask_nodes(&self, ask: impl Fn(&mut Pipeline, &str) + Send) -> Result<Vec<Asked>, BrokerError> {
        let mut pipeline = pipe();
        pipeline.cmd("SMEMBERS").arg(self.keys.nodes());
        let (names,): (Vec<String>,) = self.link.query(Place::COMMON, &mut pipeline).await?;
        let mut pipeline = pipe();
        for key in names.iter().map(|name| self.keys.node(name)) {
            pipeline.cmd("HGET").arg(&key).arg(SESSIONS);
            ask(&mut pipeline, &key);
        }
        let answers: Vec<Option<usize>> = self.link.query(Place::COMMON, &mut pipeline).await?;
        let (mut alive, mut dead) = (Vec::new(), Vec::new());
        for (name, answers) in names.into_iter().zip(answers.chunks(2)) {
            match *answers {
                [Some(sessions), answer] => alive.push(Asked { name, sessions, answer }),
                _ => dead.push(name),
            }
        }
        if !dead.is_empty() {
            let mut pipeline = pipe();
            pipeline.cmd("SREM").arg(self.keys.nodes()).arg(dead).ignore();
            let () = self.link.query(Place::COMMON, &mut pipeline).await?;
        }
        Ok(alive)
    }

    fn expire<'a>(&self, pipeline: &'a mut Pipeline) -> &'a mut Pipeline {
        let lifetime = u64::try_from(self.settings.node_timeout.as_millis()).unwrap_or(u64::MAX);
        pipeline.cmd("PEXPIRE").arg(self.own_key()).arg(lifetime)
    }

    fn own_key(&self) -> String {
        self.keys.node(&self.id.to_string())
    }
}
