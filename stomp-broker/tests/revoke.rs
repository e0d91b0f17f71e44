//! Rights that end while they are used.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use stomp_broker::{
    Action, Authorizer, Decision, Destination, Handle, Open, Principal, Refusal, Server,
    proto::{Command, Frame},
    testing::Client,
};

/// Takes the right away right after it was asked about for the first time.
#[derive(Debug, Clone, Default)]
struct Fickle {
    handle: Arc<OnceLock<Handle>>,
    revoked: Arc<AtomicBool>,
}

#[async_trait]
impl Authorizer for Fickle {
    async fn authorize(&self, principal: &Principal, action: Action, destination: &Destination) -> Decision {
        if action == Action::Send {
            return Decision::Allow;
        }
        if self.revoked.swap(true, Ordering::SeqCst) {
            return Decision::Deny(Refusal::new("no longer"));
        }
        self.handle.get().unwrap().revoke(principal.user(), destination).await;
        Decision::Allow
    }
}

#[tokio::test]
async fn a_right_that_is_revoked_while_a_subscription_begins_gives_none() {
    let fickle = Fickle::default();
    let server = Server::builder(Open, fickle.clone()).topics("/topic").start().await.unwrap();
    fickle.handle.set(server.handle()).unwrap();
    let mut client = Client::open(&server);
    client.connect().await;
    let subscribe = Frame::builder(Command::Subscribe).header("id", "s").header("destination", "/topic/a");
    client.send(subscribe.header("receipt", "r").build()).await;
    let error = client.expect_error().await;
    assert_eq!(error.headers().get("message"), Some("no longer"));
}
