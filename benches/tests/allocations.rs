//! Fan-out allocates for the message and not for its subscribers, counted by the allocator.

use std::sync::{Arc, OnceLock};

use benches::{
    counting::{self, Counting},
    subscriber::Audience,
};
use stomp_broker::{
    Broker, BrokerError, Destination, Inbound, Interest, Message, MessageIds, Open, Publish, Published,
    Server, async_trait,
};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A back-end whose messages come from the test.
#[derive(Debug, Default, Clone)]
struct Direct(Arc<OnceLock<Arc<dyn Inbound>>>);

#[async_trait]
impl Broker for Direct {
    async fn start(&self, inbound: Arc<dyn Inbound>) -> Result<(), BrokerError> {
        self.0.set(inbound).map_err(|_| BrokerError::Unavailable)
    }

    async fn interest(&self, _: &[Interest], _: &[Interest]) -> Result<(), BrokerError> {
        Ok(())
    }

    async fn publish(&self, batch: Vec<Publish>) -> Vec<Result<Published, BrokerError>> {
        batch.iter().map(|_| Ok(Published { position: None })).collect()
    }
}

const MESSAGES: u64 = 100;

/// What each of many messages allocates on its way to so many subscribers.
async fn allocations_of_a_message(subscribers: u64) -> f64 {
    let direct = Direct::default();
    let server = Server::builder(Open, Open).broker(direct.clone()).topics("/topic").start().await.unwrap();
    let audience = Audience::default();
    for _ in 0..subscribers {
        audience.subscribe(&server, ["/topic/a".to_owned()]).await;
    }
    let (ids, inbound) = (MessageIds::new(), direct.0.get().unwrap());
    let (topic, body) = (Destination::new("/topic/a").unwrap(), bytes::Bytes::from(vec![b'x'; 256]));
    let message = || Message::new(ids.next(), Publish::new(topic.clone(), body.clone()));
    let deliver = async |message| {
        inbound.message(message);
        audience.hear(subscribers).await;
    };
    // The first ones make the room that those behind them use again.
    for _ in 0..3 {
        deliver(message()).await;
    }
    let messages: Vec<_> = (0..MESSAGES).map(|_| message()).collect();
    let before = counting::allocations();
    for message in messages {
        deliver(message).await;
    }
    (counting::allocations() - before) as f64 / MESSAGES as f64
}

#[tokio::test]
async fn fan_out_allocates_for_each_message_and_for_no_delivery() {
    for subscribers in [1, 10, 1_000] {
        // What is queued, what is encoded, and the count of who shares that.
        assert_eq!(allocations_of_a_message(subscribers).await, 3.0, "{subscribers} subscribers");
    }
}
