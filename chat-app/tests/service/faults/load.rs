//! Members who send and listen while something fails, and what each of them knows at the end.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use stomp_broker::proto::Command;
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{sleep, timeout},
};

use super::{PATIENCE, link::Link};
use crate::support::{Answer, Remote, User};

const MEMBERS: usize = 6;
const ROOMS: usize = 2;

/// Between two messages of a member, and between two attempts to connect.
const PAUSE: Duration = Duration::from_millis(20);

/// Messages of a room by their numbers: each with the id that its sender gave it.
type Messages = BTreeMap<i64, String>;

/// What is going on; it ends with [`Load::check`].
pub(super) struct Load {
    shared: Arc<Shared>,
    senders: Vec<JoinHandle<()>>,
    listeners: Vec<JoinHandle<()>>,
}

struct Shared {
    rooms: Vec<i64>,
    members: Vec<Member>,
    servers: Mutex<Vec<SocketAddr>>,
    http: Mutex<SocketAddr>,
    /// How often a member has come to listen to all rooms.
    listening: watch::Sender<usize>,
    acknowledged: watch::Sender<usize>,
    is_over: watch::Sender<bool>,
}

struct Member {
    token: String,
    /// What it knows of each room: from its subscriptions alone, and with what it asked for after they had ended.
    live: Mutex<Vec<Messages>>,
    known: Mutex<Vec<Messages>>,
    /// What it sent, and in which room.
    sent: Mutex<Vec<(usize, String)>>,
}

impl Load {
    /// Members come to the servers in turn, and begin.
    pub(super) async fn start(remote: &Remote, servers: Vec<SocketAddr>) -> Self {
        let users =
            join_all((0..MEMBERS).map(|number| async move { remote.guest(&format!("m{number}")).await }))
                .await;
        let mut rooms = Vec::new();
        for _ in 0..ROOMS {
            let room = users[0].create_room("room").await;
            join_all(users.iter().skip(1).map(|user| user.join(room))).await;
            rooms.push(room);
        }
        let member = |user: &User<'_>| Member {
            token: user.token.clone(),
            live: Mutex::new(vec![Messages::new(); ROOMS]),
            known: Mutex::new(vec![Messages::new(); ROOMS]),
            sent: Mutex::default(),
        };
        let shared = Arc::new(Shared {
            rooms,
            members: users.iter().map(member).collect(),
            servers: Mutex::new(servers),
            http: Mutex::new(remote.address),
            listening: watch::Sender::new(0),
            acknowledged: watch::Sender::new(0),
            is_over: watch::Sender::new(false),
        });
        let listeners = (0..MEMBERS).map(|number| tokio::spawn(Arc::clone(&shared).listen(number))).collect();
        // What was sent before would never come to who listens alone.
        let mut listening = shared.listening.subscribe();
        let all = timeout(PATIENCE, listening.wait_for(|count| *count >= MEMBERS)).await;
        all.expect("members can listen").unwrap();
        let senders = (0..MEMBERS).map(|number| tokio::spawn(Arc::clone(&shared).send(number))).collect();
        Self { shared, senders, listeners }
    }

    /// Waits until so many more messages are acknowledged.
    pub(super) async fn acknowledged(&self, more: usize) {
        let mut acknowledged = self.shared.acknowledged.subscribe();
        let goal = *acknowledged.borrow() + more;
        let reached = timeout(PATIENCE, acknowledged.wait_for(|count| *count >= goal)).await;
        reached.expect("messages are acknowledged again").unwrap();
    }

    /// Members whose connections end go to these from now on.
    pub(super) fn servers_are(&self, servers: Vec<SocketAddr>, remote: &Remote) {
        *self.shared.servers.lock().unwrap() = servers;
        *self.shared.http.lock().unwrap() = remote.address;
    }

    /// Waits until the subscriptions alone, none of which has ended, have brought what is stored by now to everyone.
    pub(super) async fn check_live(&self) {
        let stored = self.shared.stored().await;
        let all_live = async {
            loop {
                if self.shared.members.iter().all(|member| has_all(&member.live.lock().unwrap(), &stored)) {
                    return;
                }
                sleep(PAUSE).await;
            }
        };
        timeout(PATIENCE, all_live).await.expect("everything reaches everyone");
    }

    /// Lets members finish, and compares what they know with what is stored.
    pub(super) async fn check(self, remote: &Remote) {
        let Self { shared, senders, listeners } = self;
        shared.is_over.send_replace(true);
        let finished = timeout(PATIENCE, async {
            for task in senders.into_iter().chain(listeners) {
                task.await.unwrap();
            }
        });
        finished.await.expect("everything is acknowledged in the end");
        let stored = shared.stored().await;
        for (room, messages) in stored.iter().enumerate() {
            assert!(messages.keys().copied().eq(1..=messages.len() as i64), "numbers have no holes");
            let ids: BTreeSet<_> = messages.values().filter(|id| !id.is_empty()).collect();
            let lines = MEMBERS - 1;
            assert_eq!(ids.len() + lines, messages.len(), "nothing is stored twice");
            shared.check_senders(room, messages);
        }
        for (number, member) in shared.members.iter().enumerate() {
            shared.fill(number).await.expect("the server answers");
            assert_eq!(*member.known.lock().unwrap(), stored, "member {number} knows everything");
            let live = member.live.lock().unwrap();
            assert!(
                live.iter()
                    .zip(&stored)
                    .all(|(live, stored)| { live.iter().all(|(seq, id)| stored.get(seq) == Some(id)) })
            );
        }
        shared.check_unread(remote, &stored).await;
    }
}

/// Whether nothing is missing but the lines that members came, which were there before.
fn has_all(live: &[Messages], stored: &[Messages]) -> bool {
    live.iter().zip(stored).all(|(live, stored)| {
        stored.iter().filter(|(_, id)| !id.is_empty()).all(|(seq, id)| live.get(seq) == Some(id))
    })
}

impl Shared {
    /// Sends one message after the other, each until it is acknowledged.
    async fn send(self: Arc<Self>, number: usize) {
        let member = &self.members[number];
        let mut link = None;
        for message in 0.. {
            if *self.is_over.borrow() {
                return;
            }
            let (room, id) = (message % ROOMS, format!("{number}-{message}"));
            member.sent.lock().unwrap().push((room, id.clone()));
            let body = json!({ "message": id, "clientMessageId": id }).to_string();
            let destination = format!("/app/{}", self.rooms[room]);
            let mut attempt = 0;
            while self.try_send(&mut link, (number, attempt), &destination, &body).await.is_none() {
                (link, attempt) = (None, attempt + 1);
                sleep(PAUSE).await;
            }
            self.acknowledged.send_modify(|count| *count += 1);
            sleep(PAUSE).await;
        }
    }

    async fn try_send(
        &self,
        link: &mut Option<Link>,
        (number, attempt): (usize, usize),
        destination: &str,
        body: &str,
    ) -> Option<()> {
        if link.is_none() {
            *link = self.connect(number, attempt).await;
        }
        link.as_mut()?.send(destination, body.to_owned()).await
    }

    /// Connects a member to one server after the other.
    async fn connect(&self, number: usize, attempt: usize) -> Option<Link> {
        let server = {
            let servers = self.servers.lock().unwrap();
            servers[(number + attempt) % servers.len()]
        };
        Link::connect(server, &self.members[number].token).await
    }

    /// Listens to all rooms, again and again, and asks for what it missed meanwhile.
    async fn listen(self: Arc<Self>, number: usize) {
        let mut is_over = self.is_over.subscribe();
        let over = async { is_over.wait_for(|is_over| *is_over).await.map(drop) };
        let listen = async {
            for attempt in 0.. {
                self.listen_once(number, attempt).await;
                sleep(PAUSE).await;
            }
        };
        tokio::select! {
            _ = over => {}
            () = listen => {}
        }
    }

    async fn listen_once(&self, number: usize, attempt: usize) -> Option<()> {
        let mut link = self.connect(number, attempt).await?;
        for room in &self.rooms {
            link.subscribe(&format!("/topic/room/{room}")).await?;
        }
        let mut receipts = 0;
        loop {
            let frame = link.frame().await?;
            match frame.command() {
                Command::Receipt => {
                    receipts += 1;
                    if receipts == ROOMS {
                        self.fill(number).await?;
                        self.listening.send_modify(|count| *count += 1);
                    }
                }
                Command::Message => self.hear(number, &serde_json::from_slice(frame.body()).ok()?),
                _ => return None,
            }
        }
    }

    fn hear(&self, number: usize, message: &Value) {
        let member = &self.members[number];
        let room = self.rooms.iter().position(|room| message["roomId"] == *room).expect("a room of its own");
        for messages in [&member.live, &member.known] {
            note(&mut messages.lock().unwrap()[room], message);
        }
    }

    /// Asks for what a member does not know, from the first number on that it has not.
    async fn fill(&self, number: usize) -> Option<()> {
        let member = &self.members[number];
        for (index, room) in self.rooms.iter().enumerate() {
            let after = (0..).find(|seq| !member.known.lock().unwrap()[index].contains_key(&(seq + 1)))?;
            for message in self.history(&member.token, *room, after).await? {
                note(&mut member.known.lock().unwrap()[index], &message);
            }
        }
        Some(())
    }

    /// The messages of a room from behind a number on; `None` if nobody answers.
    async fn history(&self, token: &str, room: i64, mut after: i64) -> Option<Vec<Value>> {
        let remote = Remote::at(*self.http.lock().unwrap());
        let mut messages = Vec::new();
        loop {
            let path = format!("/chat/history/{room}?after={after}&limit=100");
            let answer = remote.request(Method::GET, &path).bearer_auth(token).send().await.ok()?;
            let has_more = answer.headers().get("x-has-more")? == "true";
            messages.extend(answer.json::<Vec<Value>>().await.ok()?);
            if !has_more {
                return Some(messages);
            }
            after = messages.last()?["seq"].as_i64()?;
        }
    }

    /// What is stored in each room.
    async fn stored(&self) -> Vec<Messages> {
        let mut stored = vec![Messages::new(); ROOMS];
        for (messages, room) in stored.iter_mut().zip(&self.rooms) {
            let history = self.history(&self.members[0].token, *room, 0).await.expect("the server answers");
            history.iter().for_each(|message| note(messages, message));
        }
        stored
    }

    /// What was acknowledged is stored, what is stored was sent, and each sender's messages are in its order.
    fn check_senders(&self, room: usize, stored: &Messages) {
        for (number, member) in self.members.iter().enumerate() {
            let prefix = format!("{number}-");
            let stored: Vec<_> = stored.values().filter(|id| id.starts_with(&prefix)).collect();
            let sent = member.sent.lock().unwrap();
            let sent: Vec<_> = sent.iter().filter(|(of, _)| *of == room).map(|(_, id)| id).collect();
            assert_eq!(stored, sent, "each sender went on until its last message was acknowledged");
        }
    }

    /// Unread is what others said behind the marker; counting stops at 100.
    async fn check_unread(&self, remote: &Remote, stored: &[Messages]) {
        for (number, member) in self.members.iter().enumerate() {
            let rooms = remote.request(Method::GET, "/chat/my/rooms").bearer_auth(&member.token);
            let rooms = Answer::of(rooms).await.ok();
            for (room, messages) in self.rooms.iter().zip(stored) {
                let shown = rooms.as_array().unwrap().iter().find(|shown| shown["roomId"] == *room).unwrap();
                let read = shown["lastReadSeq"].as_i64().unwrap();
                let own = format!("{number}-");
                let unread =
                    messages.range(read + 1..).filter(|(_, id)| !id.is_empty() && !id.starts_with(&own));
                assert_eq!(shown["unReadCount"], unread.count().min(100), "of member {number}");
            }
        }
    }
}

fn note(messages: &mut Messages, message: &Value) {
    let id = message["clientMessageId"].as_str().unwrap_or_default();
    messages.insert(message["seq"].as_i64().expect("a number"), id.to_owned());
}
