//! What members do: the use cases over the store and the broker.
//!
//! Whatever changes something is stored first and told afterwards, in the order in which it was stored, and goes on
//! to its end when whoever asked for it is gone: nothing is stored that nobody hears of.

mod account;
mod draft;
mod live;
mod members;
mod messages;
mod rail;
mod reading;
mod rooms;
mod turns;

use std::{future::Future, sync::Arc};

pub use self::{
    draft::{Draft, SendMessage},
    live::{Live, Queue, events_of, messages_of},
    messages::{Ack, Sent},
    rooms::RoomDetails,
};
use self::{rail::Rail, turns::Turns};
use crate::{
    domain::RoomId,
    error::{ChatError, Code},
    limits::Limits,
    store::Store,
};

/// The use cases; cheap to clone.
#[derive(Debug, Clone)]
pub struct Chat {
    store: Arc<dyn Store>,
    live: Live,
    limits: Arc<Limits>,
    turns: Arc<Turns>,
    rail: Rail,
}

impl Chat {
    /// Use cases over a store and a broker.
    pub fn new(store: Arc<dyn Store>, live: Live, limits: Arc<Limits>) -> Self {
        let rail = Rail::new(Arc::clone(&store), live.clone());
        Self { store, live, limits, turns: Arc::default(), rail }
    }

    /// What is connected now.
    pub fn live(&self) -> &Live {
        &self.live
    }

    /// Whether the service can serve.
    ///
    /// # Errors
    ///
    /// [`ChatError::Store`] when the database does not answer.
    pub async fn ready(&self) -> Result<(), ChatError> {
        Ok(self.store.ping().await?)
    }

    /// Why a member may not do something in a room that it is not in.
    async fn outsider(&self, room: RoomId) -> ChatError {
        match self.store.room_exists(room).await {
            Ok(true) => Code::NotParticipant.into(),
            Ok(false) => Code::RoomNotFound.into(),
            Err(error) => error.into(),
        }
    }
}

/// Runs a use case to its end, even if nobody waits for its result any more: a connection that breaks drops what it
/// waits for.
async fn to_the_end<T: Send + 'static>(
    use_case: impl Future<Output = Result<T, ChatError>> + Send + 'static,
) -> Result<T, ChatError> {
    tokio::spawn(use_case).await.unwrap_or(Err(ChatError::Internal("a use case panicked")))
}
