//! The graceful end of a server: nothing acknowledged is lost, and not all come back at once.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use stomp_broker::{
    App, Config, Open, Server,
    app::{Body, State},
    proto::{Command, Frame, header::name},
    testing::Client,
};
use tokio::{net::TcpListener, time::Instant};

const DEADLINE: Duration = Duration::from_secs(10);

type Store = Arc<Mutex<HashSet<String>>>;

/// What takes a while, as a database does.
async fn store(State(store): State<Store>, Body(body): Body) {
    tokio::time::sleep(Duration::from_millis(20)).await;
    store.lock().unwrap().insert(String::from_utf8(body.to_vec()).unwrap());
}

async fn server(stored: &Store) -> Server {
    let app = App::new(Arc::clone(stored)).send("/app/store", store);
    let builder = Server::builder(Open, Open).config(Config::default()).app(app);
    builder.topics("/topic").queues("/queue").start().await.expect("a server")
}

async fn client(server: &Server) -> Client {
    let mut client = Client::open(server);
    client.connect().await;
    client
}

/// The time after which the client is asked to come back.
fn reconnect_after(error: &Frame) -> Duration {
    assert_eq!(error.headers().get(name::MESSAGE), Some("shutdown"), "{error:?}");
    let after = error.headers().get("x-reconnect-after").expect("a time to come back");
    Duration::from_millis(after.parse().expect("milliseconds"))
}

/// Stores one thing after the other until the server ends the session; gives back what it got a RECEIPT for.
async fn store_until_the_end(mut client: Client, name: usize) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for number in 0.. {
        let body = format!("{name}-{number}");
        let send = Frame::builder(Command::Send).header(name::DESTINATION, "/app/store");
        client.send(send.header(name::RECEIPT, &body).body(body.clone()).build()).await;
        match client.receive().await {
            Some(frame) if frame.command() == &Command::Receipt => acknowledged.push(body),
            Some(frame) => {
                reconnect_after(&frame);
                break;
            }
            None => panic!("closed without a word"),
        }
    }
    client.closed().await;
    acknowledged
}

#[tokio::test(start_paused = true)]
async fn what_was_acknowledged_was_done() {
    let stored = Store::default();
    let server = server(&stored).await;
    let mut clients = Vec::new();
    for name in 0..20 {
        clients.push(tokio::spawn(store_until_the_end(client(&server).await, name)));
    }
    tokio::time::sleep(Duration::from_millis(333)).await;
    assert!(server.drain(DEADLINE).await);
    let mut acknowledged = 0;
    for client in clients {
        let bodies = client.await.expect("a client that was told");
        acknowledged += bodies.len();
        let stored = stored.lock().unwrap();
        assert!(bodies.iter().all(|body| stored.contains(body)));
    }
    // Every request that had been begun was finished and acknowledged.
    assert_eq!(acknowledged, stored.lock().unwrap().len());
    assert!(acknowledged > 20, "{acknowledged}");
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_a_client_is_delivered_first() {
    let server = server(&Store::default()).await;
    let (mut reader, mut publisher) = (client(&server).await, client(&server).await);
    reader.subscribe("s", "/topic/a").await;
    let body = "x".repeat(1024);
    for _ in 0..200 {
        publisher.publish("/topic/a", body.clone()).await;
    }
    let draining = tokio::spawn(async move { server.drain(DEADLINE).await });
    // The pipe holds 64 of them; the others wait in the outbox.
    for _ in 0..200 {
        assert_eq!(reader.expect(Command::Message).await.body().len(), 1024);
    }
    reconnect_after(&reader.expect_error().await);
    reconnect_after(&publisher.expect_error().await);
    assert!(draining.await.expect("an end"));
}

#[tokio::test(start_paused = true)]
async fn clients_go_in_batches_and_are_asked_back_at_different_times() {
    let server = server(&Store::default()).await;
    let mut clients = Vec::new();
    for _ in 0..350 {
        clients.push(client(&server).await);
    }
    let (handle, start) = (server.handle(), Instant::now());
    assert!(handle.is_ready());
    let draining = tokio::spawn(async move { server.drain(DEADLINE).await });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!handle.is_ready());
    let left = handle.sessions().len();
    assert!((200..300).contains(&left), "{left} are left after the first batch");
    let mut times = HashSet::new();
    for mut client in clients {
        times.insert(reconnect_after(&client.expect_error().await));
    }
    assert!(times.len() > 100 && times.iter().all(|time| *time <= DEADLINE), "{}", times.len());
    assert!(draining.await.expect("an end") && start.elapsed() < Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn who_does_not_read_cannot_hold_the_end_up() {
    let server = server(&Store::default()).await;
    let (mut stuck, mut publisher) = (client(&server).await, client(&server).await);
    stuck.subscribe("s", "/topic/a").await;
    for _ in 0..200 {
        publisher.publish("/topic/a", "x".repeat(1024)).await;
    }
    let start = Instant::now();
    server.drain(Duration::from_secs(4)).await;
    assert!(start.elapsed() <= Duration::from_secs(4), "{:?}", start.elapsed());
    drop(stuck);
}

#[tokio::test]
async fn listeners_end_first_and_newcomers_are_sent_away() {
    let server = server(&Store::default()).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let serving = tokio::spawn({
        let server = server.clone();
        async move { server.serve_tcp(listener).await }
    });
    assert!(server.drain(DEADLINE).await);
    serving.await.expect("a task").expect("no fault");
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
    reconnect_after(&Client::open(&server).expect_error().await);
}
