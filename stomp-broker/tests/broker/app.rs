//! Handlers of application destinations.

use std::{sync::Arc, time::Duration};

use stomp_broker::{
    App, Destination, Open, Principal, Publish, Refusal, Server,
    app::{Body, Json, Path, Request, State},
    proto::{Command, Frame, Headers, Version},
    testing::Client,
};
use tokio::sync::{Notify, mpsc};

const QUIET: Duration = Duration::from_millis(300);

/// What handlers saw.
type Log = mpsc::UnboundedSender<String>;

async fn serve<S: Clone + Send + Sync + 'static>(app: App<S>) -> Server {
    Server::builder(Open, Open).app(app).topics("/topic").start().await.expect("a server")
}

async fn client(server: &Server) -> Client {
    let mut client = Client::open(server);
    client.log_in("alice", "").await;
    client
}

#[derive(serde::Deserialize)]
struct Move {
    x: u8,
    y: u8,
}

async fn typed(
    State(log): State<Log>,
    who: Principal,
    Path(game): Path<u32>,
    headers: Headers,
    to: Destination,
    Json(Move { x, y }): Json<Move>,
) {
    let _ = log.send(format!("{} {game} {:?} {to} {x},{y}", who.user(), headers.get("piece")));
}

async fn whole(State(log): State<Log>, request: Request, Body(body): Body) -> Result<(), Refusal> {
    let parameters: Vec<_> =
        request.parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let _ = log.send(format!("{} {body:?}", parameters.join(" ")));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn handlers_get_what_they_ask_for() {
    let (log, mut seen) = mpsc::unbounded_channel();
    let server =
        serve(App::new(log).send("/app/game/{id}/move", typed).send("/app/{a}/and/{b}", whole)).await;
    let mut client = client(&server).await;
    let send = Frame::builder(Command::Send).header("destination", "/app/game/7/move");
    client.confirm(send.header("piece", "rook").body(r#"{"x":1,"y":2}"#)).await;
    assert_eq!(seen.recv().await.as_deref(), Some("alice 7 Some(\"rook\") /app/game/7/move 1,2"));
    client.publish("/app/this/and/that", "octets").await;
    assert_eq!(seen.recv().await.as_deref(), Some("a=this b=that b\"octets\""));
}

#[tokio::test(start_paused = true)]
async fn what_an_extractor_cannot_read_is_refused() {
    let (log, mut seen) = mpsc::unbounded_channel();
    let server = serve(App::new(log).send("/app/game/{id}/move", typed)).await;
    for (destination, body, summary) in [
        ("/app/game/7/move", "{}", "the body is not the JSON expected"),
        ("/app/game/7/move", "", "the body is not the JSON expected"),
        ("/app/game/seven/move", r#"{"x":1,"y":2}"#, "no such destination"),
        ("/app/game/7", r#"{"x":1,"y":2}"#, "unknown destination"),
        ("/app/game//move", r#"{"x":1,"y":2}"#, "no such destination"),
    ] {
        let mut client = client(&server).await;
        client.send(Client::message(destination, body)).await;
        let error = client.expect_error().await;
        assert_eq!(error.headers().get("message"), Some(summary), "{destination} {body}");
    }
    assert!(seen.try_recv().is_err(), "no handler was called");
}

#[tokio::test(start_paused = true)]
async fn the_refusal_of_an_unknown_destination_lists_those_there_are() {
    let server = serve(App::new(()).send("/app/ping", async || {})).await;
    let mut client = client(&server).await;
    client.send(Client::message("/elsewhere", "")).await;
    let error = client.expect_error().await;
    let text = String::from_utf8_lossy(error.body()).into_owned();
    assert!(["/topic", "/user", "/app/ping"].iter().all(|known| text.contains(known)), "{text}");
}

async fn refuse() -> Result<(), Refusal> {
    Err(Refusal::new("not today").json(r#"{"code":"closed"}"#))
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_an_error_with_the_receipt_of_its_frame() {
    let server = serve(App::new(()).send("/app/refuse", refuse)).await;
    let mut client = client(&server).await;
    let send = Frame::builder(Command::Send).header("destination", "/app/refuse").header("receipt", "r");
    client.send(send.build()).await;
    let error = client.expect_error().await;
    assert_eq!(error.headers().get("receipt-id"), Some("r"));
    assert_eq!(error.headers().get("message"), Some("not today"));
    assert_eq!(error.headers().get("content-type"), Some("application/json;charset=utf-8"));
    assert_eq!(error.body(), r#"{"code":"closed"}"#);
}

#[tokio::test(start_paused = true)]
async fn refusals_are_in_the_words_of_the_application() {
    let words = |who: &Principal, frame: &Frame, refusal: Refusal| {
        let to = frame.headers().get("destination").unwrap_or_default();
        Refusal::new(format!("{}: {} at {to}", who.user(), refusal.summary()))
    };
    let server = serve(App::new(()).send("/app/refuse", refuse).refusals(words)).await;
    let send = |to: &str| Frame::builder(Command::Send).header("destination", to).build();
    let subscribe = Frame::builder(Command::Subscribe).header("id", "0").header("destination", "/nowhere");
    for (frame, expected) in [
        (send("/app/refuse"), "alice: not today at /app/refuse"),
        (send("/nowhere"), "alice: unknown destination at /nowhere"),
        (subscribe.build(), "alice: unknown destination at /nowhere"),
    ] {
        let mut client = client(&server).await;
        client.send(frame).await;
        assert_eq!(client.expect_error().await.headers().get("message"), Some(expected));
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_can_be_a_message_to_the_session_alone() {
    let server = serve(App::new(()).send("/app/refuse", refuse).errors_to("/user/queue/errors")).await;
    let (mut sender, mut other) = (client(&server).await, client(&server).await);
    sender.subscribe("e", "/user/queue/errors").await;
    other.subscribe("e", "/user/queue/errors").await;
    sender.send(Client::message("/app/refuse", "")).await;
    let told = sender.expect(Command::Message).await;
    assert_eq!(told.headers().get("message"), Some("not today"));
    assert_eq!(told.body(), r#"{"code":"closed"}"#);
    other.expect_nothing(QUIET).await;
    // The session goes on; but who waits for a receipt must be told by ERROR.
    sender.publish("/topic/x", "").await;
    let send = Frame::builder(Command::Send).header("destination", "/app/refuse").header("receipt", "r");
    sender.send(send.build()).await;
    sender.expect_error().await;
    // Who does not listen is told by ERROR as well.
    let mut deaf = client(&server).await;
    deaf.send(Client::message("/app/refuse", "")).await;
    deaf.expect_error().await;
}

async fn wait(State(gate): State<Arc<Notify>>) {
    gate.notified().await;
}

#[tokio::test(start_paused = true)]
async fn a_receipt_waits_for_its_handler_and_nothing_else_does() {
    let gate = Arc::new(Notify::new());
    let server = serve(App::new(Arc::clone(&gate)).send("/app/wait", wait)).await;
    let mut client = Client::open(&server);
    client.connect_with(Version::V1_2, &[("heart-beat", "1000,1000")]).await;
    client.subscribe("s", "/topic/x").await;
    let send = Frame::builder(Command::Send).header("destination", "/app/wait").header("receipt", "slow");
    client.send(send.build()).await;
    client.send(Client::message("/topic/x", "behind it")).await;

    let topic = Destination::new("/topic/x").expect("a destination");
    for _ in 0..20 {
        server.handle().publish(Publish::new(topic.clone(), "meanwhile")).await.expect("a live back-end");
        assert_eq!(client.expect(Command::Message).await.body(), "meanwhile");
        // A client that keeps its promise is not taken for silent.
        client.send_octets("\n").await;
        client.expect_nothing(Duration::from_millis(900)).await;
    }
    gate.notify_one();
    assert_eq!(client.expect(Command::Receipt).await.headers().get("receipt-id"), Some("slow"));
    assert_eq!(client.expect(Command::Message).await.body(), "behind it");
}

#[tokio::test(start_paused = true)]
async fn nothing_follows_an_error_while_a_handler_still_runs() {
    let gate = Arc::new(Notify::new());
    let server = serve(App::new(Arc::clone(&gate)).send("/app/wait", wait)).await;
    let mut client = client(&server).await;
    client.subscribe("s", "/topic/x").await;
    client.send(Client::message("/app/wait", "")).await;
    client.expect_nothing(QUIET).await;
    server.handle().disconnect("alice", &Refusal::new("banned"));
    client.expect(Command::Error).await;
    let topic = Destination::new("/topic/x").expect("a destination");
    server.handle().publish(Publish::new(topic, "late")).await.expect("a live back-end");
    client.expect_nothing(QUIET).await;
    gate.notify_one();
    client.closed().await;
}

async fn fail() {
    panic!("a fault of the application's");
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_panics_leaves_no_session_behind() {
    let server = serve(App::new(()).send("/app/fail", fail)).await;
    let (mut careless, mut other) = (client(&server).await, client(&server).await);
    careless.subscribe("s", "/topic/x").await;
    careless.send(Client::message("/app/fail", "")).await;
    assert_eq!(careless.expect_error().await.headers().get("message"), Some("internal error"));
    other.publish("/topic/x", "still served").await;
    assert_eq!(server.handle().sessions_of("alice"), 1);
}
