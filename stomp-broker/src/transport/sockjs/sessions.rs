//! The sessions over HTTP of one server, by id.

use std::{
    collections::{HashMap, VecDeque},
    mem,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http::StatusCode;
use tokio::{sync::mpsc, time::Instant};

use super::{caller::Caller, session::Session};
use crate::Config;

/// How long a session that is over is remembered, for its client to hear why.
const REMEMBER: Duration = Duration::from_secs(5);

/// Sessions that are live, or were a moment ago.
#[derive(Debug)]
pub(crate) struct Sessions {
    /// Sessions, at most.
    limit: usize,
    /// Sessions of one client network that have not logged in, at most.
    strangers_limit: usize,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    by_id: HashMap<Box<str>, Entry>,
    /// How many sessions of a network have not logged in.
    strangers: HashMap<IpAddr, usize>,
    /// Those that are over, and when they were.
    over: VecDeque<(Instant, Arc<Session>)>,
}

#[derive(Debug)]
struct Entry {
    session: Arc<Session>,
    is_stranger: bool,
}

/// A session that a request found, or opened.
pub(super) enum Found {
    Old(Arc<Session>),
    /// It comes with what its transport reads.
    New(Arc<Session>, mpsc::Receiver<Bytes>),
}

impl Sessions {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            limit: config.sockjs_sessions,
            strangers_limit: config.sockjs_strangers,
            table: Mutex::default(),
        }
    }

    /// The caller's session of that id. Whether others have one by it, nobody is told.
    pub(super) fn find(&self, id: &str, caller: &Caller) -> Option<Arc<Session>> {
        let table = self.lock();
        let entry = table.by_id.get(id)?;
        entry.session.caller.is_same(caller).then(|| Arc::clone(&entry.session))
    }

    /// The caller's session of that id, a new one if need be.
    ///
    /// # Errors
    ///
    /// The status to answer with: the id is another's, or a limit is reached.
    pub(super) fn find_or_open(&self, id: Box<str>, caller: Caller) -> Result<Found, StatusCode> {
        let mut table = self.lock();
        if let Some(Entry { session, .. }) = table.by_id.get(&id) {
            let is_same = session.caller.is_same(&caller);
            return if is_same { Ok(Found::Old(Arc::clone(session))) } else { Err(StatusCode::NOT_FOUND) };
        }
        if table.by_id.len() >= self.limit {
            return Err(StatusCode::SERVICE_UNAVAILABLE);
        }
        if let Some(network) = caller.network() {
            let strangers = table.strangers.entry(network).or_default();
            if *strangers >= self.strangers_limit {
                return Err(StatusCode::TOO_MANY_REQUESTS);
            }
            *strangers += 1;
        }
        let (session, incoming) = Session::new(id.clone(), caller);
        let session = Arc::new(session);
        table.by_id.insert(id, Entry { session: Arc::clone(&session), is_stranger: true });
        Ok(Found::New(session, incoming))
    }

    /// Whether nobody has logged in to the session yet.
    pub(super) fn is_stranger(&self, session: &Session) -> bool {
        self.lock().by_id.get(&session.id).is_some_and(|entry| entry.is_stranger)
    }

    /// Notes that the client has logged in.
    pub(super) fn logged_in(&self, session: &Session) {
        let mut table = self.lock();
        let entry = table.by_id.get_mut(&session.id);
        if entry.is_some_and(|entry| mem::take(&mut entry.is_stranger)) {
            table.count_out(session);
        }
    }

    /// Notes that the session is over; it is forgotten when its client has had time to hear so.
    pub(super) fn end(&self, session: &Arc<Session>) {
        self.lock().over.push_back((Instant::now(), Arc::clone(session)));
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.forget_ended();
        table
    }
}

impl Table {
    fn forget_ended(&mut self) {
        let now = Instant::now();
        while self.over.front().is_some_and(|(since, _)| *since + REMEMBER <= now)
            && let Some((_, session)) = self.over.pop_front()
        {
            let entry = self.by_id.remove(&session.id);
            if entry.is_some_and(|entry| entry.is_stranger) {
                self.count_out(&session);
            }
        }
    }

    /// One stranger less.
    fn count_out(&mut self, session: &Session) {
        let Some(network) = session.caller.network() else { return };
        if let Some(strangers) = self.strangers.get_mut(&network) {
            *strangers -= 1;
            if *strangers == 0 {
                self.strangers.remove(&network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(sessions: &Sessions, id: &str, address: &str) -> Option<Arc<Session>> {
        let caller = Caller::at(address.parse().unwrap());
        match sessions.find_or_open(id.into(), caller) {
            Ok(Found::New(session, _)) => Some(session),
            _ => None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn strangers_are_counted_by_network_until_they_log_in_or_are_forgotten() {
        let sessions = Sessions::new(&Config { sockjs_strangers: 2, ..Config::default() });
        let first = open(&sessions, "a", "[2001:db8::1]:1").unwrap();
        let second = open(&sessions, "b", "[2001:db8::2]:2").unwrap();
        assert!(open(&sessions, "c", "[2001:db8::3]:3").is_none());
        assert!(open(&sessions, "d", "[2001:db8:0:1::1]:1").is_some(), "another network");
        assert!(
            sessions.find("a", &second.caller).is_none(),
            "another address of the network is another caller"
        );
        sessions.logged_in(&first);
        assert!(open(&sessions, "c", "[2001:db8::3]:3").is_some());
        sessions.end(&second);
        assert!(open(&sessions, "e", "[2001:db8::4]:4").is_none());
        tokio::time::advance(REMEMBER).await;
        assert!(open(&sessions, "e", "[2001:db8::4]:4").is_some());
    }
}
