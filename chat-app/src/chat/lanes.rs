//! Messages on their way into the store: those that come while others are stored are stored together.

use std::{
    collections::VecDeque,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::oneshot, time::timeout};

use super::{Chat, Draft, Sent};
use crate::{
    domain::{MemberId, Problems, RoomId, Timestamp},
    error::{ChatError, Code},
    store::{Append, NewMessage, StoreError},
};

/// Messages that are stored together, at most.
const BATCH: usize = 64;

/// Messages that may wait in a lane; more of them are refused.
const WAITING: usize = 1_000;

/// How long storing may take before its outcome counts as unknown.
const PATIENCE: Duration = Duration::from_secs(5);

/// The lanes: each room's messages go through one of them, in order, and each lane stores a batch at a time.
#[derive(Debug, Clone)]
pub(super) struct Lanes(Arc<[Mutex<Lane>]>);

#[derive(Debug, Default)]
struct Lane {
    waiting: VecDeque<Waiting>,
    /// Whether somebody sees to them.
    is_moving: bool,
}

/// A message that waits to be stored.
#[derive(Debug)]
struct Waiting {
    sender: MemberId,
    draft: Draft,
    /// Where its outcome is waited for, if anybody still does.
    outcome: oneshot::Sender<Result<Sent, ChatError>>,
}

impl Lanes {
    /// So many lanes, at least one.
    pub(super) fn new(count: usize) -> Self {
        Self((0..count.max(1)).map(|_| Mutex::default()).collect())
    }

    fn of(&self, room: RoomId) -> usize {
        room.0.unsigned_abs() as usize % self.0.len()
    }

    fn lock(&self, lane: usize) -> MutexGuard<'_, Lane> {
        self.0[lane].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Chat {
    /// Puts a message into its lane and waits for its outcome. It is stored and told also if nobody waits any more.
    pub(super) async fn store_and_tell(&self, sender: MemberId, draft: Draft) -> Result<Sent, ChatError> {
        let (outcome, stored) = oneshot::channel();
        let number = self.lanes.of(draft.room);
        {
            let mut lane = self.lanes.lock(number);
            if lane.waiting.len() >= WAITING {
                return Err(Code::Unavailable.into());
            }
            lane.waiting.push_back(Waiting { sender, draft, outcome });
            if !mem::replace(&mut lane.is_moving, true) {
                tokio::spawn(self.clone().empty(number));
            }
        }
        stored.await.unwrap_or(Err(ChatError::Internal("storing a message panicked")))
    }

    /// Stores what waits in a lane until nothing does.
    async fn empty(self, number: usize) {
        let moving = Moving { lanes: &self.lanes, number };
        while let Some(batch) = moving.next() {
            let _turns = self.turns.take_all(batch.iter().map(|waiting| waiting.draft.room)).await;
            self.store_batch(batch).await;
        }
    }

    /// Stores messages whose rooms' turn it is, tells those who listen, and then those who sent them.
    async fn store_batch(&self, batch: Vec<Waiting>) {
        let now = Timestamp::now();
        let new: Vec<_> = batch.iter().map(|waiting| waiting.new_message(now)).collect();
        let stored = timeout(PATIENCE, self.store.append(&new)).await;
        match stored {
            Ok(Ok(outcomes)) => self.tell_batch(batch, outcomes).await,
            // What is wrong with one of them is not to fail the others.
            Ok(Err(StoreError::Failed(_))) if batch.len() > 1 => {
                for waiting in batch {
                    Box::pin(self.store_batch(vec![waiting])).await;
                }
            }
            Ok(Err(error)) => {
                let error = ChatError::from(error);
                tracing::error!(error = &error as &dyn std::error::Error, "messages are not stored");
                refuse(batch, error.code());
            }
            Err(_) => {
                tracing::error!("the database does not answer; messages may be stored or not");
                refuse(batch, Code::Unavailable);
            }
        }
    }

    async fn tell_batch(&self, batch: Vec<Waiting>, outcomes: Vec<Append>) {
        let stored = outcomes.iter().filter_map(Append::stored);
        self.live.messages(stored).await;
        for (waiting, outcome) in batch.into_iter().zip(outcomes) {
            let outcome = self.conclude(&waiting, outcome);
            // Whoever sent it may be gone.
            let _ = waiting.outcome.send(outcome);
        }
    }

    fn conclude(&self, waiting: &Waiting, outcome: Append) -> Result<Sent, ChatError> {
        match outcome {
            Append::Stored(message) => {
                self.stop_typing(message.room_id, waiting.sender);
                self.rail.room_changed(message.room_id);
                self.notify_soon(&message);
                Ok(Sent { message: *message, duplicate: false })
            }
            Append::Duplicate(message) => Ok(Sent { message: *message, duplicate: true }),
            Append::NotIn => Err(Code::NotParticipant.into()),
            Append::NoRoom => Err(Code::RoomNotFound.into()),
            Append::Blocked => Err(Code::Blocked.into()),
            Append::NoSuchFile => {
                Err(Problems::one("fileIds", "files that you brought to this room and did not send yet")
                    .into())
            }
            Append::NoSuchReply => Err(Problems::one("replyTo", "a message of the room").into()),
        }
    }
}

impl Waiting {
    fn new_message(&self, now: Timestamp) -> NewMessage<'_> {
        let Self { sender, draft, .. } = self;
        NewMessage {
            room: draft.room,
            sender: *sender,
            content: &draft.content,
            client_message_id: draft.client_message_id.as_ref(),
            reply_to: draft.reply_to,
            files: &draft.files,
            now,
        }
    }
}

fn refuse(batch: Vec<Waiting>, code: Code) {
    for waiting in batch {
        let _ = waiting.outcome.send(Err(code.into()));
    }
}

/// A lane that is being emptied. Should that panic, the next message starts it again.
struct Moving<'a> {
    lanes: &'a Lanes,
    number: usize,
}

impl Moving<'_> {
    /// What is next; `None` when nothing waits, and then the lane rests.
    fn next(&self) -> Option<Vec<Waiting>> {
        let mut lane = self.lanes.lock(self.number);
        let count = lane.waiting.len().min(BATCH);
        lane.is_moving = count > 0;
        (count > 0).then(|| lane.waiting.drain(..count).collect())
    }
}

impl Drop for Moving<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.lanes.lock(self.number).is_moving = false;
        }
    }
}
