//! Those who try often, or send much.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use stomp_broker::{
    App, Authenticator, Config, Credentials, Open, Peer, Principal, Rate, Refusal, Server, async_trait,
    proto::{Command, Frame, Version},
    testing::Client,
};
use tokio::{
    io::duplex,
    task::JoinSet,
    time::{Instant, advance, sleep},
};

use super::server_with;

const SECOND: Duration = Duration::from_secs(1);

/// A client that seems to come from an address.
fn client_from(server: &Server, address: &str) -> Client {
    let (ours, theirs) = duplex(64 * 1024);
    let mut peer = Peer::default();
    peer.address = Some(SocketAddr::new(address.parse().expect("an address"), 4711));
    server.serve_stream(theirs, peer);
    Client::over(ours)
}

/// Knows alice alone, and is out of order for those named so.
#[derive(Debug)]
struct OnlyAlice;

#[async_trait]
impl Authenticator for OnlyAlice {
    async fn authenticate(&self, credentials: Credentials<'_>) -> Result<Principal, Refusal> {
        match credentials.is_login("alice", "secret") {
            true => Ok(Principal::new("alice")),
            false if credentials.login() == Some("outage") => {
                Err(Refusal::new("try later").retry_after(SECOND))
            }
            false => Err(Refusal::new("wrong login or passcode")),
        }
    }
}

async fn guarded() -> Server {
    Server::builder(OnlyAlice, Open).topics("/topic").start().await.expect("a server")
}

/// What a login attempt is answered with.
async fn try_login(server: &Server, from: &str, login: &str, passcode: &str) -> Frame {
    let mut client = client_from(server, from);
    let connect = Frame::builder(Command::Connect).header("accept-version", "1.2");
    client.send(connect.header("login", login).header("passcode", passcode).build()).await;
    client.receive().await.expect("an answer")
}

fn summary(frame: &Frame) -> &str {
    frame.headers().get("message").unwrap_or_else(|| frame.command().as_str())
}

#[tokio::test(start_paused = true)]
async fn t18_an_account_cannot_be_guessed_from_one_address() {
    let server = guarded().await;
    for login in ["alice", "nobody"] {
        let mut answers = Vec::new();
        for guess in 0..20 {
            answers
                .push(summary(&try_login(&server, "192.0.2.1", login, &guess.to_string()).await).to_owned());
        }
        let tried = answers.iter().filter(|answer| *answer == "wrong login or passcode").count();
        assert_eq!(tried, 5, "known or not: {login}");
        assert!(answers[5..].iter().all(|answer| answer == "too many failed logins"));
    }
    // The right passcode is not heard either, but from elsewhere it is.
    let refused = try_login(&server, "192.0.2.1", "alice", "secret").await;
    assert_eq!(summary(&refused), "too many failed logins");
    assert_eq!(refused.headers().get("retry-after"), Some("12"));
    assert_eq!(summary(&try_login(&server, "192.0.2.2", "alice", "secret").await), "CONNECTED");
    advance(12 * SECOND).await;
    assert_eq!(summary(&try_login(&server, "192.0.2.1", "alice", "secret").await), "CONNECTED");
}

#[tokio::test(start_paused = true)]
async fn t18_many_accounts_cannot_be_guessed_from_one_address() {
    let server = guarded().await;
    let mut tried = 0;
    for account in 0..40 {
        let answer = try_login(&server, "192.0.2.1", &format!("user{account}"), "123456").await;
        tried += usize::from(summary(&answer) == "wrong login or passcode");
    }
    assert_eq!(tried, 20);
}

/// Takes a second to find out that nobody may log in, and counts.
#[derive(Debug, Default, Clone)]
struct Slow(Arc<AtomicU32>);

#[async_trait]
impl Authenticator for Slow {
    async fn authenticate(&self, _: Credentials<'_>) -> Result<Principal, Refusal> {
        self.0.fetch_add(1, Ordering::Relaxed);
        sleep(SECOND).await;
        Err(Refusal::new("wrong login or passcode"))
    }
}

#[tokio::test(start_paused = true)]
async fn t18_attempts_at_the_same_time_count_before_they_have_failed() {
    let slow = Slow::default();
    let server = Server::builder(slow.clone(), Open).start().await.expect("a server");
    let mut attempts = JoinSet::new();
    for guess in 0..50 {
        let server = server.clone();
        attempts.spawn(async move { try_login(&server, "192.0.2.1", "alice", &guess.to_string()).await });
    }
    while let Some(answer) = attempts.join_next().await {
        assert_eq!(answer.expect("an answer").command(), &Command::Error);
    }
    assert_eq!(slow.0.load(Ordering::Relaxed), 5);
}

#[tokio::test(start_paused = true)]
async fn t18_good_logins_and_outages_are_not_held_against_anybody() {
    let server = guarded().await;
    for _ in 0..50 {
        assert_eq!(summary(&try_login(&server, "192.0.2.1", "alice", "secret").await), "CONNECTED");
        assert_eq!(summary(&try_login(&server, "192.0.2.1", "outage", "").await), "try later");
    }
}

#[tokio::test(start_paused = true)]
async fn t14_connections_of_one_address_are_bounded() {
    let server = server_with(Config { connections_per_address: 2, ..Config::default() }).await;
    let mut held = ["2001:db8::1", "2001:db8::2"].map(|address| client_from(&server, address));
    client_from(&server, "2001:db8::3").closed().await;
    held[0].connect().await;
    client_from(&server, "2001:db8:0:1::1").connect().await;
}

/// Ten a second, thirty at once.
const RATE: Rate = Rate { burst: 30, every: Duration::from_millis(100) };

#[tokio::test(start_paused = true)]
async fn t41_a_flood_is_refused_told_when_to_go_on_and_cut() {
    let config = Config { send_rate: Some(RATE), ..Config::default() };
    let server = Server::builder(Open, Open).config(config).topics("/topic");
    let server = server.app(App::new(()).errors_to("/user/queue/errors")).start().await.expect("a server");
    let [mut flooder, mut sibling, mut listener] = [(); 3].map(|()| Client::open(&server));
    for (client, login) in [(&mut flooder, "mallory"), (&mut sibling, "mallory"), (&mut listener, "alice")] {
        client.log_in(login, "").await;
    }
    flooder.subscribe("e", "/user/queue/errors").await;
    listener.subscribe("s", "/topic/x").await;
    for n in 0..31 {
        let sender = if n % 2 == 0 { &mut flooder } else { &mut sibling };
        sender.send(Client::message("/topic/x", n.to_string())).await;
        if n < 30 {
            listener.expect(Command::Message).await;
        }
    }
    let told = flooder.expect(Command::Message).await;
    assert_eq!(told.headers().get("message"), Some("rate-limited"));
    assert_eq!(told.headers().get("retry-after"), Some("1"));
    // The session goes on when there is an allowance again.
    advance(SECOND).await;
    flooder.publish("/topic/x", "patient").await;
    assert_eq!(listener.expect(Command::Message).await.body(), "patient");

    let start = Instant::now();
    let error = loop {
        flooder.send(Client::message("/topic/x", "flood")).await;
        advance(Duration::from_millis(10)).await;
        match flooder.receive_within(Duration::ZERO).await {
            Some(frame) if frame.command() == &Command::Error => break frame,
            _ => assert!(start.elapsed() < 10 * SECOND, "it goes on for ever"),
        }
    };
    assert_eq!(summary(&error), "rate-limited");
    assert!(start.elapsed() > SECOND, "what is on its way is forgiven");
    flooder.closed().await;
}

#[tokio::test(start_paused = true)]
async fn t41_a_transaction_is_no_way_around_the_rate() {
    let server = server_with(Config { send_rate: Some(RATE), ..Config::default() }).await;
    let mut client = Client::open(&server);
    client.connect().await;
    client.confirm(Frame::builder(Command::Begin).header("transaction", "t")).await;
    for _ in 0..31 {
        client.send_octets("SEND\ndestination:/topic/x\ntransaction:t\n\n\0").await;
    }
    client.send_octets("COMMIT\ntransaction:t\n\n\0").await;
    assert_eq!(summary(&client.expect_error().await), "rate-limited");
}

#[tokio::test(start_paused = true)]
async fn t41_frames_of_all_kinds_can_be_slowed_down() {
    let server = server_with(Config { frame_rate: Some(RATE), ..Config::default() }).await;
    let mut client = Client::open(&server);
    client.connect_with(Version::V1_2, &[("heart-beat", "1000,0")]).await;
    let start = Instant::now();
    for _ in 0..50 {
        client.confirm(Frame::builder(Command::Begin).header("transaction", "t")).await;
        client.confirm(Frame::builder(Command::Abort).header("transaction", "t")).await;
    }
    let took = start.elapsed();
    assert!(took > 6 * SECOND && took < 8 * SECOND, "{took:?} for 100 frames");
}
