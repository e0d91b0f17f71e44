//! Web Push: telling members of messages when no page of theirs is open (RFC 8030).
//!
//! ```text
//!  a message is stored ─▶ queue ─▶ whom it is for, and does not look ─▶ sealed (RFC 8291), signed (RFC 8292)
//!                                                                       ─▶ the push service of each device
//! ```
//!
//! A message that cannot be pushed is lost for the device and nothing else: it is unread in its room.

mod delivery;
mod subscription;
mod vapid;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use reqwest::Client;
use tokio::{
    sync::{Semaphore, mpsc},
    time::sleep,
};

pub(crate) use self::subscription::Subscription;
pub use self::vapid::VapidError;
use self::{subscription::may_be_endpoint, vapid::Vapid};
use crate::{
    chat::{Live, Notification, Presence},
    domain::{MemberId, Message, MessageId, Timestamp},
    error::ChatError,
    outbound::Reach,
    store::{NewSubscription, Store},
};

/// Devices of a member, at most.
const DEVICES: i64 = 10;

/// Messages that wait for their devices to be looked up, at most.
const QUEUE: usize = 4_096;

/// How long the next look-up waits, so that under load one does for many messages of a room.
const PAUSE: Duration = Duration::from_millis(100);

/// Requests to push services at once, at most.
const REQUESTS: usize = 16;

/// Pushes messages; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Push {
    store: Arc<dyn Store>,
    live: Live,
    presence: Presence,
    vapid: Arc<Vapid>,
    reach: Reach,
    http: Client,
    requests: Arc<Semaphore>,
    queue: mpsc::Sender<Message>,
}

/// The messages to push, for [`Push::run`].
#[derive(Debug)]
pub(crate) struct Queue(mpsc::Receiver<Message>);

impl Push {
    /// Opens the key. `contact` is a URL that says to push services whose server this is.
    pub(crate) async fn open(
        store: Arc<dyn Store>,
        live: Live,
        presence: Presence,
        reach: Reach,
        contact: Option<String>,
    ) -> Result<(Self, Queue), VapidError> {
        let vapid = Arc::new(Vapid::open(&*store, contact).await?);
        let (queue, messages) = mpsc::channel(QUEUE);
        let requests = Arc::new(Semaphore::new(REQUESTS));
        Ok((
            Self { store, live, presence, vapid, reach, http: reach.client(), requests, queue },
            Queue(messages),
        ))
    }

    /// The key that browsers subscribe for: a point on the curve P-256 in base64url.
    pub(crate) fn public_key(&self) -> &str {
        self.vapid.public_key()
    }

    /// How far subscriptions may reach.
    pub(crate) fn reach(&self) -> Reach {
        self.reach
    }

    /// Adds a device.
    ///
    /// # Errors
    ///
    /// [`ChatError::Store`] alone.
    pub(crate) async fn subscribe(&self, new: NewSubscription<'_>) -> Result<(), ChatError> {
        Ok(self.store.add_subscription(new, DEVICES).await?)
    }

    /// Takes a device away.
    ///
    /// # Errors
    ///
    /// [`ChatError::Store`] alone.
    pub(crate) async fn unsubscribe(&self, member: MemberId, endpoint: &str) -> Result<(), ChatError> {
        if may_be_endpoint(endpoint) {
            self.store.remove_subscription(member, endpoint).await?;
        }
        Ok(())
    }

    /// Pushes a message soon; never waits.
    pub(crate) fn push_soon(&self, message: &Message) {
        if self.queue.try_send(message.clone()).is_err() {
            tracing::warn!(message = %message.id, "too much is to be pushed: a message is not");
        }
    }

    /// Pushes what is queued. Ends never.
    pub(crate) async fn run(self, mut queue: Queue) {
        let mut messages = Vec::new();
        while queue.0.recv_many(&mut messages, QUEUE).await > 0 {
            let by_id = messages.drain(..).map(|message| (message.id, message)).collect();
            if let Err(error) = self.push(&by_id).await {
                tracing::warn!(%error, "{} messages are not pushed", by_id.len());
            }
            sleep(PAUSE).await;
        }
    }

    async fn push(&self, messages: &BTreeMap<MessageId, Message>) -> Result<(), ChatError> {
        let ids: Vec<_> = messages.keys().copied().collect();
        let mut looking = HashMap::new();
        for target in self.store.push_targets(&ids, Timestamp::now()).await? {
            let member = target.member_id;
            let is_looking = match looking.get(&member) {
                Some(known) => *known,
                None => self.is_looking(member).await,
            };
            looking.insert(member, is_looking);
            let message = messages.get(&target.message_id).filter(|_| !is_looking);
            if let Some(message) = message {
                let notification = Notification::new(target.kind, message);
                self.deliver_soon(target, serde_json::to_vec(&notification).unwrap_or_default()).await;
            }
        }
        Ok(())
    }

    /// Whether a page of a member is to be seen somewhere.
    async fn is_looking(&self, member: MemberId) -> bool {
        self.live.is_connected_anywhere(member).await && !self.presence.is_away(member)
    }
}
