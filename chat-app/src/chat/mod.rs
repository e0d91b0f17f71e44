//! What members do: the use cases over the store and the broker.
//!
//! Whatever changes something is stored first and told afterwards, in the order in which it was stored, and goes on
//! to its end when whoever asked for it is gone: nothing is stored that nobody hears of.

mod account;
mod changes;
mod door;
mod draft;
mod gossip;
mod health;
mod lanes;
mod live;
mod mailbox;
mod members;
mod membership;
mod messages;
mod node;
mod notifications;
mod numbers;
mod online;
mod presence;
mod rail;
mod reading;
mod recheck;
mod repair;
mod report;
mod rooms;
mod search;
mod settings;
mod sweep;
mod turns;
mod typing;

use std::{future::Future, sync::Arc};

pub use self::{
    door::Invitation,
    draft::{Draft, EditMessage, SendMessage},
    health::Health,
    live::{COUNTS, Live, Queue, events_of, messages_of, presence_of, typing_of},
    messages::{Ack, Sent},
    node::{Feed, Node},
    presence::Connection,
    rooms::{CreateRoom, RoomDetails},
    search::Hit,
    settings::ChangeRoom,
};
use self::{lanes::Lanes, mailbox::Mailbox, rail::Rail, reading::Reading, turns::Turns, typing::Typing};
pub(crate) use self::{node::NODES, notifications::Notification, presence::Presence};
use crate::{
    auth::Passwords,
    domain::{Message, RoomId},
    error::{ChatError, Code},
    limits::Limits,
    push::Push,
    store::Store,
};

/// The use cases; cheap to clone.
#[derive(Debug, Clone)]
pub struct Chat {
    store: Arc<dyn Store>,
    live: Live,
    limits: Arc<Limits>,
    passwords: Passwords,
    turns: Arc<Turns>,
    lanes: Lanes,
    rail: Rail,
    reading: Reading,
    presence: Presence,
    typing: Typing,
    to_notify: Mailbox<Message>,
    push: Push,
}

impl Chat {
    /// Use cases over a store and a broker.
    pub(crate) fn new(
        store: Arc<dyn Store>,
        live: Live,
        presence: Presence,
        limits: Arc<Limits>,
        passwords: Passwords,
        push: Push,
    ) -> Self {
        let rail = Rail::new(Arc::clone(&store), live.clone(), presence.clone());
        let reading = Reading::new(live.clone(), rail.clone());
        let typing = Typing::new(live.clone());
        let lanes = Lanes::new(store.lanes());
        let (turns, to_notify) = (Arc::default(), Mailbox::default());
        Self {
            store,
            live,
            limits,
            passwords,
            turns,
            lanes,
            rail,
            reading,
            presence,
            typing,
            to_notify,
            push,
        }
    }

    /// What is connected now.
    pub fn live(&self) -> &Live {
        &self.live
    }

    /// Why a member may not do something in a room that it is not in.
    async fn outsider(&self, room: RoomId) -> ChatError {
        match self.store.room_settings(room).await {
            Ok(Some(_)) => Code::NotParticipant.into(),
            Ok(None) => Code::RoomNotFound.into(),
            Err(error) => error.into(),
        }
    }
}

/// Runs a use case to its end, even if nobody waits for its result any more: a connection that breaks drops what it
/// waits for.
pub(crate) async fn to_the_end<T: Send + 'static>(
    use_case: impl Future<Output = Result<T, ChatError>> + Send + 'static,
) -> Result<T, ChatError> {
    tokio::spawn(use_case).await.unwrap_or(Err(ChatError::Internal("a use case panicked")))
}
