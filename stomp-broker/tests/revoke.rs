//! Rights that end while they are used.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use stomp_broker::{
    Action, App, Authenticator, Authorizer, Credentials, Decision, Destination, Handle, Open, Principal,
    Refusal, Server, SessionId,
    app::{Body, State},
    proto::{Command, Frame},
    testing::Client,
};
use tokio::time::Instant;

const QUIET: Duration = Duration::from_millis(300);

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

async fn server() -> Server {
    let app = App::new(()).errors_to("/user/queue/errors");
    let server = Server::builder(Open, Open).topics("/topic").queues("/queue").app(app);
    server.start().await.unwrap()
}

fn destination(name: &str) -> Destination {
    Destination::new(name).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_session_is_told_what_it_lost_and_can_use_the_id_again() {
    let server = server().await;
    let (mut alice, mut bob) = (Client::open(&server), Client::open(&server));
    alice.log_in("alice", "").await;
    bob.log_in("bob", "").await;
    alice.subscribe("errors", "/user/queue/errors").await;
    for (revoked, subscribed) in
        [("/topic/a", "/topic/a"), ("/topic/a/b", "/topic/**"), ("/queue/a", "/queue/a")]
    {
        alice.subscribe("s", subscribed).await;
        server.handle().revoke("alice", &destination(revoked)).await;
        let notice = alice.expect(Command::Message).await;
        assert_eq!(notice.headers().get("message"), Some("revoked"));
        let body = format!(r#"{{"code":"revoked","destination":"{subscribed}","subscription":"s"}}"#);
        assert_eq!(notice.body(), &body);
        // Neither the one nor the other is a mistake.
        alice.subscribe("s", "/topic/c").await;
        server.handle().revoke("alice", &destination("/topic/c")).await;
        alice.expect(Command::Message).await;
        alice.confirm(Frame::builder(Command::Unsubscribe).header("id", "s")).await;
    }
    bob.publish("/queue/a", "for whoever may have it").await;
    alice.expect_nothing(QUIET).await;
    bob.subscribe("s", "/queue/a").await;
    bob.expect(Command::Message).await;
}

#[tokio::test(start_paused = true)]
async fn what_a_consumer_loses_with_its_right_goes_to_another() {
    let server = server().await;
    let [mut alice, mut bob] = [(); 2].map(|()| Client::open(&server));
    alice.log_in("alice", "").await;
    bob.log_in("bob", "").await;
    let consume = Frame::builder(Command::Subscribe).header("id", "s").header("destination", "/queue/a");
    alice.confirm(consume.header("ack", "client-individual")).await;
    bob.publish("/queue/a", "job").await;
    let job = alice.expect(Command::Message).await;
    server.handle().revoke("alice", &destination("/queue/a")).await;
    bob.subscribe("s", "/queue/a").await;
    assert_eq!(bob.expect(Command::Message).await.body(), "job");
    // An acknowledgement that was on its way is no mistake either.
    let ack = job.headers().get("ack").unwrap().to_owned();
    alice.confirm(Frame::builder(Command::Ack).header("id", &ack)).await;
}

/// Logs in by a device, for ten seconds.
#[derive(Debug)]
struct Briefly;

fn briefly(user: &str, device: &str) -> Principal {
    Principal::new(user).credential(device).expires_at(SystemTime::now() + Duration::from_secs(10))
}

#[async_trait]
impl Authenticator for Briefly {
    async fn authenticate(&self, credentials: Credentials<'_>) -> Result<Principal, Refusal> {
        Ok(briefly(credentials.login().unwrap_or_default(), credentials.passcode().unwrap_or_default()))
    }
}

/// Logs the session in again, as the body says.
async fn renew(
    State(handle): State<Arc<OnceLock<Handle>>>,
    session: SessionId,
    Body(body): Body,
) -> Result<(), Refusal> {
    let again = String::from_utf8(body.to_vec()).unwrap();
    let (user, device) = again.split_once(' ').unwrap();
    match handle.get().unwrap().renew(session, briefly(user, device)) {
        true => Ok(()),
        false => Err(Refusal::new("not your session")),
    }
}

#[tokio::test(start_paused = true)]
async fn a_login_is_renewed_in_band_and_never_becomes_another_users() {
    let handle = Arc::new(OnceLock::new());
    let app = App::new(Arc::clone(&handle)).send("/app/renew", renew);
    let server = Server::builder(Briefly, Open).topics("/topic").app(app).start().await.unwrap();
    handle.set(server.handle()).unwrap();
    let mut alice = Client::open(&server);
    alice.log_in("alice", "phone").await;
    alice.subscribe("s", "/topic/a").await;
    for _ in 0..5 {
        alice.expect_nothing(Duration::from_secs(6)).await;
        alice.publish("/app/renew", "alice phone").await;
    }
    for other in ["mallory phone", "alice laptop"] {
        let mut client = Client::open(&server);
        client.log_in("alice", "phone").await;
        client.send(Client::message("/app/renew", other)).await;
        assert_eq!(client.expect_error().await.headers().get("message"), Some("not your session"));
    }
    let start = Instant::now();
    let error = alice.expect_error().await;
    assert_eq!(error.headers().get("message"), Some("the session's login has expired"));
    assert!(start.elapsed() < Duration::from_secs(11));
}
