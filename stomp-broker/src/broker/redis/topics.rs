//! The way in: messages of topics, each once and in order, to the server.

use std::{
    collections::{HashMap, HashSet},
    mem,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use bytes::Bytes;

use super::{
    envelope::{self, Envelope},
    keys::Place,
    sequence::{Page, Released, Sequence},
};
use crate::{Destination, Epoch, Inbound, Interest, Message, MessageId, NodeId, Pattern, Position, metrics};

/// The topics that this node listens to.
#[derive(Debug, Default)]
pub(super) struct Topics {
    inbound: OnceLock<Arc<dyn Inbound>>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Topics with a history.
    kept: HashMap<Destination, Kept>,
    patterns: Vec<Pattern>,
    /// The number of the last message without a position of each node, in each partition of the topics. There a node's
    /// numbers only grow, and so do they on their way: what is not beyond the last one has been here before.
    seen: HashMap<(NodeId, Place), u64>,
    /// Messages of topics with a history that this node delivered on its own, although Redis may have them as well.
    alone: HashSet<MessageId>,
}

#[derive(Debug)]
struct Kept {
    stage: Stage,
    /// It is wanted by its name, and not only by a pattern.
    by_name: bool,
}

#[derive(Debug)]
enum Stage {
    /// It is not known yet from where on this node listens; what comes waits.
    Starting(Vec<(Position, Message)>),
    Running {
        sequence: Sequence,
        healing: Healing,
    },
}

/// Topics that are in order because a pattern matches them, at most; others are delivered as they come.
const MAX_BY_PATTERN: usize = 100_000;

/// Nodes and partitions whose last message is remembered, at most: nodes that are gone do not say so.
const MAX_SEEN: usize = 1 << 18;

/// Messages that are remembered because they may come back, at most. One pipeline is out when Redis goes away.
const MAX_ALONE: usize = 4096;

/// Whether somebody is reading the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Healing {
    No,
    Yes,
    /// And has to read on, because something may have been missed since.
    Again,
}

/// What a topic needs of its log.
#[derive(Debug, Default)]
pub(super) struct Needs {
    /// It is to be read: there is a hole.
    pub(super) heal: bool,
    /// It went back within that epoch, which has to end.
    pub(super) forget: Option<Epoch>,
}

impl Needs {
    fn and(self, other: Self) -> Self {
        Self { heal: self.heal || other.heal, forget: self.forget.or(other.forget) }
    }
}

impl Topics {
    pub(super) fn connect(&self, inbound: Arc<dyn Inbound>) -> bool {
        self.inbound.set(inbound).is_ok()
    }

    pub(super) fn inbound(&self) -> Option<&Arc<dyn Inbound>> {
        self.inbound.get()
    }

    /// Listens to a topic with history; what comes waits until it is known where it starts.
    pub(super) fn prepare(&self, topic: &Destination) {
        let starting = || Kept { stage: Stage::Starting(Vec::new()), by_name: true };
        self.lock().kept.entry(topic.clone()).or_insert_with(starting).by_name = true;
    }

    /// Those of which it is not known yet from where on this node listens.
    pub(super) fn starting(&self, topics: &[Destination]) -> Vec<Destination> {
        let mut state = self.lock();
        let is_starting = |topic: &&Destination| matches!(state.stage(topic), Some(Stage::Starting(_)));
        topics.iter().filter(is_starting).cloned().collect()
    }

    /// Starts a topic, whose newest message had that position after this node began to listen.
    pub(super) fn start(&self, topic: &Destination, newest: Option<Position>) -> Needs {
        let mut state = self.lock();
        let early = match state.stage(topic) {
            Some(Stage::Starting(early)) => mem::take(early),
            _ => return Needs::default(),
        };
        // What came before that was known came after this node began to listen: it is wanted too.
        let before = early.iter().map(|(at, _)| Position { offset: at.offset.saturating_sub(1), ..*at });
        let behind = newest.into_iter().chain(before).min_by_key(|at| (at.epoch.0, at.offset));
        if let Some(stage) = state.stage(topic) {
            *stage = Stage::running(behind);
        }
        let receive = |needs: Needs, (at, message)| needs.and(self.receive(&mut state, at, message));
        early.into_iter().fold(Needs::default(), receive)
    }

    pub(super) fn listen_to(&self, pattern: &Pattern) {
        self.lock().patterns.push(pattern.clone());
    }

    /// Forgets what nobody listens to any more.
    pub(super) fn forget(&self, interest: &Interest) {
        let mut state = self.lock();
        match interest {
            Interest::Topic(topic) => match state.kept.get_mut(topic) {
                Some(kept) => kept.by_name = false,
                None => return,
            },
            Interest::Pattern(gone) => state.patterns.retain(|pattern| pattern != gone),
            Interest::Queue(_) => return,
        }
        state.forget_unwanted(interest);
    }

    /// Takes in what Redis pushed, through the channel of a topic or of many. `None` for octets that no node of this
    /// release wrote.
    pub(super) fn pushed(&self, topic: Option<&str>, octets: Bytes) -> Option<(Destination, Needs)> {
        let (position, envelope) = envelope::split(octets)?;
        let is_meant =
            |envelope: &Envelope| topic.is_none_or(|topic| &*envelope.publish.destination == topic);
        let envelope = Envelope::decode(envelope).filter(is_meant)?;
        let topic = envelope.publish.destination.clone();
        let mut state = self.lock();
        let Some(at) = position else {
            self.deliver_once(&mut state, envelope);
            return Some((topic, Needs::default()));
        };
        let message = envelope.into_message(Some(at));
        if !state.kept.contains_key(&topic) && state.matches(&topic) {
            if state.kept.len() >= MAX_BY_PATTERN {
                self.inbound.get()?.message(message);
                return Some((topic, Needs::default()));
            }
            let behind = Position { offset: at.offset.saturating_sub(1), ..at };
            state.kept.insert(topic.clone(), Kept { stage: Stage::running(Some(behind)), by_name: false });
        }
        let needs = self.receive(&mut state, at, message);
        Some((topic, needs))
    }

    /// Takes in a message of this node's that Redis has accepted. One without a position comes back as a push; one
    /// with a position need not wait for that.
    pub(super) fn published(&self, envelope: Envelope, position: Option<Position>) {
        let Some(at) = position else { return };
        let mut state = self.lock();
        // A hole before it is one that its push will show as well.
        let _ = self.receive(&mut state, at, envelope.into_message(Some(at)));
    }

    /// Delivers a message of this node's to its own subscribers, there being no others. One that `was_sent` may come
    /// back with a position; then its subscribers have it.
    pub(super) fn deliver_alone(&self, envelope: Envelope, was_sent: bool) {
        let mut state = self.lock();
        if was_sent && state.kept.contains_key(&envelope.publish.destination) {
            if state.alone.len() >= MAX_ALONE {
                state.alone.clear();
            }
            state.alone.insert(envelope.message_id());
        }
        self.deliver_once(&mut state, envelope);
    }

    /// Where the log of a topic is to be read from. If somebody is reading it, that one reads on instead.
    pub(super) fn begin_healing(&self, topic: &Destination) -> Option<Position> {
        let mut state = self.lock();
        let Some(Stage::Running { sequence, healing }) = state.stage(topic) else { return None };
        let is_first = *healing == Healing::No;
        *healing = if is_first { Healing::Yes } else { Healing::Again };
        is_first.then(|| sequence.position())
    }

    /// Takes in the log from a position on; says what else is needed, and from where on to read next, if at all.
    pub(super) fn fill(&self, topic: &Destination, from: Position, page: Page) -> (Needs, Option<Position>) {
        let mut state = self.lock();
        let Some(Stage::Running { sequence, healing }) = state.stage(topic) else {
            return (Needs::default(), None);
        };
        let released = sequence.fill(from, page);
        let goes_on = released.hole || *healing == Healing::Again;
        *healing = if goes_on { Healing::Yes } else { Healing::No };
        let next = goes_on.then(|| sequence.position());
        (self.deliver(&mut state, topic, from.epoch, released), next)
    }

    /// The topics with a history.
    pub(super) fn kept(&self) -> Vec<Destination> {
        self.lock().kept.keys().cloned().collect()
    }

    fn receive(&self, state: &mut State, at: Position, message: Message) -> Needs {
        let topic = message.destination().clone();
        match state.stage(&topic) {
            Some(Stage::Running { sequence, .. }) => {
                let released = sequence.receive(at, message);
                self.deliver(state, &topic, at.epoch, released)
            }
            Some(Stage::Starting(early)) => {
                early.push((at, message));
                Needs::default()
            }
            None => Needs::default(),
        }
    }

    /// Hands on what was released, under the lock that makes its order everybody's.
    fn deliver(&self, state: &mut State, topic: &Destination, epoch: Epoch, released: Released) -> Needs {
        let Some(inbound) = self.inbound.get() else { return Needs::default() };
        if let Some((last_good, next)) = released.lost {
            inbound.lost(topic, Some(last_good), Some(next));
        }
        for message in released.messages {
            if state.alone.is_empty() || !state.alone.remove(&message.id()) {
                inbound.message(message);
            }
        }
        Needs { heal: released.hole, forget: released.went_back.then_some(epoch) }
    }

    fn deliver_once(&self, state: &mut State, envelope: Envelope) {
        let Some(inbound) = self.inbound.get() else { return };
        if state.seen.len() >= MAX_SEEN {
            state.seen.clear();
        }
        let seen = state.seen.entry((envelope.origin, Place::of(&envelope.publish.destination))).or_default();
        if envelope.number > *seen {
            *seen = envelope.number;
            inbound.message(envelope.into_message(None));
        } else {
            metrics::duplicate();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn stage(&mut self, topic: &Destination) -> Option<&mut Stage> {
        self.kept.get_mut(topic).map(|kept| &mut kept.stage)
    }

    fn matches(&self, topic: &Destination) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(topic))
    }

    /// Forgets topics that an interest was the last one for.
    fn forget_unwanted(&mut self, over: &Interest) {
        let Self { kept, patterns, .. } = self;
        let is_wanted = |topic: &Destination, kept: &mut Kept| {
            kept.by_name || patterns.iter().any(|pattern| pattern.matches(topic))
        };
        match over {
            Interest::Topic(topic) => {
                if kept.get_mut(topic).is_some_and(|kept| !is_wanted(topic, kept)) {
                    kept.remove(topic);
                }
            }
            _ => kept.retain(is_wanted),
        }
    }
}

impl Stage {
    /// Everything behind a position is to be delivered.
    fn running(behind: Option<Position>) -> Self {
        Self::Running { sequence: Sequence::new(behind), healing: Healing::No }
    }
}
