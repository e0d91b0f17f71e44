//! What handlers return, and where it goes.

use std::time::Duration;

use stomp_broker::{
    App, Open, Refusal, Server, SessionId,
    app::{Json, Path, SendTo, SendToUser},
    proto::{Command, Frame, FrameBuilder, header::name},
    testing::Client,
};

const QUIET: Duration = Duration::from_millis(300);

async fn serve(app: App<()>) -> Server {
    Server::builder(Open, Open).app(app).topics("/topic").start().await.expect("a server")
}

async fn client(server: &Server, user: &str) -> Client {
    let mut client = Client::open(server);
    client.log_in(user, "").await;
    client
}

fn subscribe(id: &str, destination: &str) -> FrameBuilder {
    Frame::builder(Command::Subscribe).header(name::ID, id).header(name::DESTINATION, destination)
}

fn send(destination: &str) -> FrameBuilder {
    Frame::builder(Command::Send).header(name::DESTINATION, destination)
}

#[derive(serde::Serialize)]
struct Room {
    id: u32,
}

async fn state(Path(id): Path<u32>) -> Result<Json<Room>, Refusal> {
    match id {
        0 => Err(Refusal::new("no such room")),
        id => Ok(Json(Room { id })),
    }
}

#[tokio::test(start_paused = true)]
async fn a_subscribe_is_answered_once_to_its_session_alone_and_ahead_of_its_receipt() {
    let server = serve(App::new(()).subscribe("/app/room/{id}/state", state)).await;
    let (mut asker, mut other) = (client(&server, "alice").await, client(&server, "alice").await);
    other.subscribe("other", "/app/room/8/state").await;
    other.expect(Command::Message).await;

    asker.send(subscribe("s", "/app/room/7/state").header(name::RECEIPT, "r").build()).await;
    let answer = asker.expect(Command::Message).await;
    assert_eq!(answer.headers().get(name::SUBSCRIPTION), Some("s"));
    assert_eq!(answer.headers().get(name::DESTINATION), Some("/app/room/7/state"));
    assert_eq!(answer.headers().get(name::CONTENT_TYPE), Some("application/json;charset=utf-8"));
    assert_eq!(answer.body(), r#"{"id":7}"#);
    assert_eq!(asker.expect(Command::Receipt).await.headers().get(name::RECEIPT_ID), Some("r"));
    other.expect_nothing(QUIET).await;

    asker.confirm(Frame::builder(Command::Unsubscribe).header(name::ID, "s")).await;
    asker.subscribe("s", "/app/room/9/state").await;
    assert_eq!(asker.expect(Command::Message).await.body(), r#"{"id":9}"#);
}

#[tokio::test(start_paused = true)]
async fn an_answer_can_be_acknowledged_like_any_message() {
    let server = serve(App::new(()).subscribe("/app/room/{id}/state", state)).await;
    let mut asker = client(&server, "alice").await;
    asker.send(subscribe("s", "/app/room/7/state").header(name::ACK, "client").build()).await;
    let answer = asker.expect(Command::Message).await;
    let tag = answer.headers().get(name::ACK).expect("a name to acknowledge it by");
    asker.confirm(Frame::builder(Command::Ack).header(name::ID, tag)).await;
}

#[tokio::test(start_paused = true)]
async fn a_handler_may_refuse_a_subscribe() {
    let server = serve(App::new(()).subscribe("/app/room/{id}/state", state)).await;
    let mut asker = client(&server, "alice").await;
    asker.send(subscribe("s", "/app/room/0/state").header(name::RECEIPT, "r").build()).await;
    let error = asker.expect_error().await;
    assert_eq!(error.headers().get(name::MESSAGE), Some("no such room"));
    assert_eq!(error.headers().get(name::RECEIPT_ID), Some("r"));
}

#[tokio::test(start_paused = true)]
async fn handlers_of_send_and_of_subscribe_are_apart() {
    let app = App::new(()).subscribe("/app/ask", async || "answer").send("/app/tell", async || ());
    let server = serve(app).await;
    let mut asker = client(&server, "alice").await;
    asker.send(subscribe("s", "/app/tell").build()).await;
    assert_eq!(asker.expect_error().await.headers().get(name::MESSAGE), Some("unknown destination"));
    let mut teller = client(&server, "alice").await;
    teller.send(send("/app/ask").build()).await;
    assert_eq!(teller.expect_error().await.headers().get(name::MESSAGE), Some("unknown destination"));
}

async fn sell(
    Json(amount): Json<u32>,
) -> (SendTo<&'static str, String>, SendToUser<&'static str, Json<u32>>) {
    (SendTo("/topic/market", format!("sold {amount}")), SendToUser("/user/queue/sales", Json(amount)))
}

#[tokio::test(start_paused = true)]
async fn what_a_handler_returns_is_sent_before_the_receipt_of_its_frame() {
    let server = serve(App::new(()).send("/app/sell", sell)).await;
    let (mut seller, mut other) = (client(&server, "alice").await, client(&server, "bob").await);
    for client in [&mut seller, &mut other] {
        client.subscribe("market", "/topic/market").await;
        client.subscribe("sales", "/user/queue/sales").await;
    }
    seller.publish("/app/sell", "3").await;
    assert_eq!(other.expect(Command::Message).await.body(), "sold 3");
    other.expect_nothing(QUIET).await;
    assert_eq!(seller.expect(Command::Message).await.body(), "sold 3");
    let sale = seller.expect(Command::Message).await;
    assert_eq!(sale.headers().get(name::SUBSCRIPTION), Some("sales"));
    assert_eq!(sale.body(), "3");
}

#[tokio::test(start_paused = true)]
async fn a_destination_that_is_none_is_the_applications_fault() {
    let app = App::new(())
        .send("/app/nowhere", async || SendTo("/nowhere", "x"))
        .send("/app/user", async || SendToUser("/topic/a", "x"));
    let server = serve(app).await;
    for destination in ["/app/nowhere", "/app/user"] {
        let mut client = client(&server, "alice").await;
        client.send(send(destination).build()).await;
        assert_eq!(client.expect_error().await.headers().get(name::MESSAGE), Some("internal error"));
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_goes_where_the_sender_asks_for_it() {
    let app = App::new(()).send("/app/add", async |Json([a, b]): Json<[u32; 2]>| Json(a + b));
    let server = serve(app).await;
    let (mut asker, mut other) = (client(&server, "alice").await, client(&server, "alice").await);
    for client in [&mut asker, &mut other] {
        client.subscribe("sums", "/user/queue/sums").await;
    }
    let question = send("/app/add").header("reply-to", "/user/queue/sums").header("correlation-id", "q");
    asker.confirm(question.body("[1,2]")).await;
    let answer = asker.expect(Command::Message).await;
    assert_eq!(answer.headers().get("correlation-id"), Some("q"));
    assert_eq!(answer.body(), "3");
    asker.publish("/app/add", "[3,4]").await;
    asker.expect_nothing(QUIET).await;
    other.expect_nothing(QUIET).await;
}

#[tokio::test(start_paused = true)]
async fn handlers_may_ask_for_the_session() {
    let server = serve(App::new(()).subscribe("/app/me", async |id: SessionId| id.to_string())).await;
    let mut client = Client::open(&server);
    let connected = client.log_in("alice", "").await;
    client.subscribe("me", "/app/me").await;
    let told = client.expect(Command::Message).await;
    assert_eq!(connected.headers().get(name::SESSION).map(str::as_bytes), Some(&**told.body()));
}
