//! What interceptors see, and what they can do to messages.

use std::time::Duration;

use stomp_broker::{
    App, Credentials, Interceptor, Message, Open, Passage, Principal, Publish, Refusal, Server,
    app::{Body, State},
    proto::{Command, Frame, Subscribe},
    testing::Client,
};
use tokio::sync::mpsc;

const QUIET: Duration = Duration::from_millis(300);

/// Signs, drops and refuses what comes in; hides secrets from guests on the way out.
#[derive(Debug)]
struct Censor;

impl Interceptor for Censor {
    fn inbound(&self, sender: &Principal, message: &Publish) -> Result<Passage, Refusal> {
        match &*message.body {
            b"spam" => Ok(Passage::Drop("spam")),
            b"insult" => Err(Refusal::new("be kind")),
            _ => Ok(Passage::Change(message.clone().header("signed", sender.user()))),
        }
    }

    fn outbound(&self, user: &str, message: &Message) -> Passage {
        match (user, message.header("secret")) {
            ("guest", Some("yes")) => Passage::Drop("secret"),
            ("guest", Some(_)) => Passage::Change(Publish::new(message.destination().clone(), "(hidden)")),
            _ => Passage::Pass,
        }
    }
}

async fn client(server: &Server, login: &str) -> Client {
    let mut client = Client::open(server);
    client.log_in(login, "").await;
    client.subscribe("s", "/topic/x").await;
    client
}

fn secret(value: &str) -> Frame {
    let send = Frame::builder(Command::Send).header("destination", "/topic/x").header("secret", value);
    send.body("the plan").build()
}

async fn note(State(log): State<mpsc::UnboundedSender<bytes::Bytes>>, Body(body): Body) {
    let _ = log.send(body);
}

#[tokio::test(start_paused = true)]
async fn messages_are_changed_dropped_and_refused_on_their_way_in() {
    let (log, mut seen) = mpsc::unbounded_channel();
    let app = App::new(log).send("/app/log", note);
    let server = Server::builder(Open, Open).topics("/topic").app(app).interceptor(Censor);
    let server = server.start().await.expect("a server");
    let (mut alice, mut bob) = (client(&server, "alice").await, client(&server, "bob").await);
    for body in ["hello", "spam"] {
        alice.publish("/topic/x", body).await;
        alice.publish("/app/log", body).await;
    }
    let message = bob.expect(Command::Message).await;
    assert_eq!((message.headers().get("signed"), message.body().as_ref()), (Some("alice"), &b"hello"[..]));
    assert_eq!(seen.recv().await.as_deref(), Some(&b"hello"[..]));
    alice.expect(Command::Message).await;

    alice.confirm(Frame::builder(Command::Begin).header("transaction", "t")).await;
    for body in ["spam", "kept"] {
        let send = format!("SEND\ndestination:/topic/x\ntransaction:t\n\n{body}\0");
        alice.send_octets(send).await;
    }
    alice.confirm(Frame::builder(Command::Commit).header("transaction", "t")).await;
    assert_eq!(bob.expect(Command::Message).await.body(), "kept");

    alice.expect(Command::Message).await;
    alice.send(Client::message("/topic/x", "insult")).await;
    assert_eq!(alice.expect_error().await.headers().get("message"), Some("be kind"));
    bob.expect_nothing(QUIET).await;
    assert!(seen.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn messages_are_changed_and_dropped_for_one_subscription_alone() {
    let server =
        Server::builder(Open, Open).topics("/topic").interceptor(Censor).start().await.expect("a server");
    let (mut alice, mut guest) = (client(&server, "alice").await, client(&server, "guest").await);
    let mut ids = Vec::new();
    for value in ["yes", "partly"] {
        alice.send(secret(value)).await;
        let message = alice.expect(Command::Message).await;
        assert_eq!(message.body(), "the plan");
        ids.push(message.headers().get("message-id").map(str::to_owned));
    }
    let message = guest.expect(Command::Message).await;
    assert_eq!(message.body(), "(hidden)");
    assert_eq!(message.headers().get("message-id").map(str::to_owned), ids[1], "it is the same message");
    assert_eq!(message.headers().get("secret"), None);
    guest.expect_nothing(QUIET).await;
}

/// Tells what it sees, and lets nobody called mallory in and nobody to `/topic/closed`.
#[derive(Debug)]
struct Doorman(mpsc::UnboundedSender<String>);

impl Interceptor for Doorman {
    fn connect(&self, credentials: &Credentials<'_>) -> Result<(), Refusal> {
        match credentials.login() {
            Some("mallory") => Err(Refusal::new("not you")),
            login => self.tell(format_args!("connect {}", login.unwrap_or_default())),
        }
    }

    fn disconnect(&self, user: &Principal) {
        let _ = self.tell(format_args!("disconnect {}", user.user()));
    }

    fn subscribe(&self, subscriber: &Principal, frame: &Subscribe) -> Result<(), Refusal> {
        match frame.destination() {
            "/topic/closed" => Err(Refusal::new("closed")),
            destination => self.tell(format_args!("subscribe {} {destination}", subscriber.user())),
        }
    }

    fn unsubscribe(&self, subscriber: &Principal, destination: &str) {
        let _ = self.tell(format_args!("unsubscribe {} {destination}", subscriber.user()));
    }
}

impl Doorman {
    fn tell(&self, what: std::fmt::Arguments<'_>) -> Result<(), Refusal> {
        let _ = self.0.send(what.to_string());
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn sessions_and_subscriptions_are_seen_and_refused() {
    let (tell, mut seen) = mpsc::unbounded_channel();
    let server = Server::builder(Open, Open).topics("/topic").interceptor(Doorman(tell));
    let server = server.start().await.expect("a server");

    let mut mallory = Client::open(&server);
    mallory.send_octets("CONNECT\naccept-version:1.2\nlogin:mallory\n\n\0").await;
    assert_eq!(mallory.expect_error().await.headers().get("message"), Some("not you"));

    let mut alice = client(&server, "alice").await;
    alice.confirm(Frame::builder(Command::Unsubscribe).header("id", "s")).await;
    alice.send_octets("SUBSCRIBE\nid:t\ndestination:/topic/closed\n\n\0").await;
    assert_eq!(alice.expect_error().await.headers().get("message"), Some("closed"));

    for expected in
        ["connect alice", "subscribe alice /topic/x", "unsubscribe alice /topic/x", "disconnect alice"]
    {
        assert_eq!(seen.recv().await.as_deref(), Some(expected));
    }
    assert!(seen.try_recv().is_err());
}
