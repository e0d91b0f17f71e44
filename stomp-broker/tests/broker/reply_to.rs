//! Temporary destinations: questions, and answers to nobody else.

use std::time::Duration;

use stomp_broker::{
    App, Open, Server,
    app::{Json, SendTo},
    proto::{Command, Frame, FrameBuilder, header::name},
    testing::Client,
};

const QUIET: Duration = Duration::from_millis(300);

async fn serve() -> Server {
    let app = App::new(())
        .send("/app/add", async |Json([a, b]): Json<[u32; 2]>| Json(a + b))
        .send("/app/shout", async || SendTo("/topic/shouts", "hey"));
    Server::builder(Open, Open).app(app).topics("/topic").queues("/queue").start().await.expect("a server")
}

async fn client(server: &Server) -> Client {
    let mut client = Client::open(server);
    client.log_in("alice", "").await;
    client
}

fn ask(destination: &str, reply_to: &str) -> FrameBuilder {
    Frame::builder(Command::Send).header(name::DESTINATION, destination).header("reply-to", reply_to)
}

/// Asks a question and gives back the address that the worker is to answer to.
async fn address(asker: &mut Client, worker: &mut Client, name: &str) -> String {
    asker.confirm(ask("/queue/questions", name)).await;
    let question = worker.expect(Command::Message).await;
    question.headers().get("reply-to").expect("an address").to_owned()
}

async fn worker(server: &Server) -> Client {
    let mut worker = client(server).await;
    worker.subscribe("questions", "/queue/questions").await;
    worker
}

#[tokio::test(start_paused = true)]
async fn an_answer_comes_without_a_subscribe_and_to_the_asker_alone() {
    let server = serve().await;
    let (mut asker, mut other, mut worker) =
        (client(&server).await, client(&server).await, worker(&server).await);
    // Two sessions use the same name: each has its own.
    let addresses = [
        address(&mut asker, &mut worker, "/temp-queue/answers").await,
        address(&mut other, &mut worker, "/temp-queue/answers").await,
    ];
    assert_ne!(addresses[0], addresses[1]);
    assert!(addresses.iter().all(|address| address.starts_with("/reply-queue/") && address.len() > 32));
    let answer = Frame::builder(Command::Send).header(name::DESTINATION, &addresses[0]);
    worker.confirm(answer.header("correlation-id", "1").body("42")).await;
    let answer = asker.expect(Command::Message).await;
    assert_eq!(answer.headers().get(name::SUBSCRIPTION), Some("/temp-queue/answers"));
    assert_eq!(answer.headers().get("correlation-id"), Some("1"));
    assert_eq!(answer.body(), "42");
    other.expect_nothing(QUIET).await;
    // Asking again goes by the same address.
    assert_eq!(address(&mut asker, &mut worker, "/temp-queue/answers").await, addresses[0]);
    assert_ne!(address(&mut asker, &mut worker, "/temp-queue/others").await, addresses[0]);
}

#[tokio::test(start_paused = true)]
async fn handlers_answer_to_a_temporary_destination() {
    let server = serve().await;
    let mut asker = client(&server).await;
    asker.confirm(ask("/app/add", "/temp-queue/sums").header("correlation-id", "7").body("[1,2]")).await;
    let answer = asker.expect(Command::Message).await;
    assert_eq!(answer.headers().get(name::SUBSCRIPTION), Some("/temp-queue/sums"));
    assert_eq!(answer.headers().get("correlation-id"), Some("7"));
    assert_eq!(answer.body(), "3");
    asker.confirm(ask("/app/shout", "/temp-queue/sums")).await;
    asker.expect_nothing(QUIET).await;
}

#[tokio::test(start_paused = true)]
async fn a_question_may_be_part_of_a_transaction() {
    let server = serve().await;
    let (mut asker, mut worker) = (client(&server).await, worker(&server).await);
    asker.confirm(Frame::builder(Command::Begin).header(name::TRANSACTION, "t")).await;
    asker.confirm(ask("/queue/questions", "/temp-queue/a").header(name::TRANSACTION, "t")).await;
    asker.confirm(Frame::builder(Command::Commit).header(name::TRANSACTION, "t")).await;
    let question = worker.expect(Command::Message).await;
    assert!(question.headers().get("reply-to").is_some_and(|address| address.starts_with("/reply-queue/")));
}

#[tokio::test(start_paused = true)]
async fn nobody_else_can_listen_and_nothing_is_sent_to_a_name() {
    let server = serve().await;
    let (mut asker, mut worker) = (client(&server).await, worker(&server).await);
    let address = address(&mut asker, &mut worker, "/temp-queue/a").await;
    for destination in [&*address, "/temp-queue/a", "/reply-queue/*", "/**"] {
        let mut thief = client(&server).await;
        let subscribe = Frame::builder(Command::Subscribe).header(name::ID, "s");
        thief.send(subscribe.header(name::DESTINATION, destination).build()).await;
        thief.expect_error().await;
    }
    asker.send(Client::message("/temp-queue/a", "")).await;
    asker.expect_error().await;
    let listed = server.handle().subscriptions();
    assert!(listed.iter().all(|status| status.destination == "/queue/questions"), "{listed:?}");
}

#[tokio::test(start_paused = true)]
async fn temporary_destinations_are_few_and_end_with_their_session() {
    let server = serve().await;
    let (mut asker, mut worker) = (client(&server).await, worker(&server).await);
    let first = address(&mut asker, &mut worker, "/temp-queue/0").await;
    for number in 1..16 {
        address(&mut asker, &mut worker, &format!("/temp-queue/{number}")).await;
    }
    asker.send(ask("/queue/questions", "/temp-queue/16").build()).await;
    let error = asker.expect_error().await;
    assert_eq!(error.headers().get(name::MESSAGE), Some("too many temporary destinations"));
    // The late answer reaches nobody, and harms nobody.
    worker.publish(&first, "too late").await;
    worker.expect_nothing(QUIET).await;
}

#[test]
fn no_root_covers_what_is_the_servers_own() {
    for root in ["", "/", "topic", "/topic/", "/user", "/reply-queue", "/temp-queue/a", "/topic/*"] {
        let declared = std::panic::catch_unwind(|| Server::builder(Open, Open).topics(root));
        assert!(declared.is_err(), "{root:?}");
    }
}
