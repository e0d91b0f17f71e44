//! What clients may not do to the server or to each other (T13, T24, T27).

use std::time::Duration;

use axum::body::Body;
use futures_util::stream;
use http::StatusCode;
use stomp_broker::{App, Config, Destination, Open, Publish, Refusal, Server};
use tokio::time::{Instant, sleep};

use crate::client::{CONNECT, Client, Transport, server_with, text};

#[tokio::test(start_paused = true)]
async fn t27_others_can_neither_read_a_session_nor_speak_for_it() {
    let client = Client::new().await;
    client.poll().await;
    let page = client.header("origin", "http://chat.example");
    let config = Config { allowed_origins: vec!["*".to_owned()], ..Config::default() };
    let any = Client::of(&server_with(config).await);
    any.poll().await;
    for stranger in [client.from([192, 0, 2, 2]), any.header("origin", "https://evil.example")] {
        assert_eq!(stranger.post("/0/s/xhr_send", CONNECT).await.status(), StatusCode::NOT_FOUND);
        assert_eq!(stranger.post("/0/s/xhr", "").await.status(), StatusCode::NOT_FOUND);
        assert_eq!(stranger.post("/0/s/xhr_streaming", "").await.status(), StatusCode::NOT_FOUND);
        assert_eq!(stranger.get("/0/s/eventsource").await.status(), StatusCode::NOT_FOUND);
    }
    // A page of this host sends its origin with some requests and not with others.
    page.send(CONNECT).await;
    assert!(client.poll().await.contains("CONNECTED"));
}

#[tokio::test(start_paused = true)]
async fn t27_an_address_may_open_10_sessions_without_login() {
    let client = Client::new().await;
    let open = async |client: &Client, id: u32| {
        let answer = client.post(&format!("/0/{id}/xhr"), "").await;
        let status = answer.status();
        text(answer).await;
        status
    };
    for id in 0..10 {
        assert_eq!(open(&client, id).await, StatusCode::OK);
    }
    assert_eq!(open(&client, 10).await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(open(&client.from([192, 0, 2, 2]), 11).await, StatusCode::OK);

    client.post("/0/0/xhr_send", CONNECT).await;
    assert!(text(client.post("/0/0/xhr", "").await).await.contains("CONNECTED"));
    assert_eq!(open(&client, 12).await, StatusCode::OK, "a login makes room");
    assert_eq!(open(&client, 13).await, StatusCode::TOO_MANY_REQUESTS);
    // 5 seconds without a receiver, and 5 until they are forgotten.
    sleep(Duration::from_secs(11)).await;
    for id in 20..30 {
        assert_eq!(open(&client, id).await, StatusCode::OK, "{id}");
    }
}

#[tokio::test(start_paused = true)]
async fn t27_sessions_are_bounded() {
    let config = Config { sockjs_sessions: 20, ..Config::default() };
    let client = Client::of(&server_with(config).await);
    for id in 0..20 {
        let client = client.from([198, 51, 100, id]);
        assert_eq!(client.post(&format!("/0/{id}/xhr"), "").await.status(), StatusCode::OK);
    }
    assert_eq!(client.post("/0/s/xhr", "").await.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test(start_paused = true)]
async fn t27_the_routers_of_a_server_share_its_bounds() {
    let server = server_with(Config { sockjs_strangers: 2, ..Config::default() }).await;
    let [one, two] = [(); 2].map(|()| Client::of(&server));
    assert_eq!(one.post("/0/a/xhr", "").await.status(), StatusCode::OK);
    assert_eq!(two.post("/0/b/xhr", "").await.status(), StatusCode::OK);
    for client in [one, two] {
        assert_eq!(client.post("/0/c/xhr", "").await.status(), StatusCode::TOO_MANY_REQUESTS);
    }
}

#[tokio::test(start_paused = true)]
async fn t24_a_session_without_login_is_cut() {
    let client = Client::new().await;
    let start = Instant::now();
    let mut receiver = client.receive(Transport::Streaming).await;
    assert_eq!(receiver.frame().await.as_deref(), Some("o"));
    while let Some(frame) = receiver.frame().await {
        assert!(!frame.contains("CONNECTED"));
    }
    assert_eq!(start.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn bodies_are_bounded_and_more_so_before_the_login() {
    let client = Client::new().await;
    let mut receiver = client.receive(Transport::Streaming).await;
    receiver.frame().await;
    let large = format!("[\"{}\"]", "\\n".repeat(200_000));
    assert_eq!(client.post("/0/s/xhr_send", large.clone()).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    client.send(CONNECT).await;
    receiver.message().await;
    client.send(&large).await;
    let huge = format!("[\"{}\"]", "x".repeat(2_000_000));
    assert_eq!(client.post("/0/s/xhr_send", huge).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test(start_paused = true)]
async fn t25_a_body_that_does_not_come_to_its_end_is_given_up() {
    let client = Client::new().await;
    let _receiver = client.connect().await;
    let start = Instant::now();
    let body = Body::from_stream(stream::pending::<Result<&[u8], std::io::Error>>());
    assert_eq!(client.post("/0/s/xhr_send", body).await.status(), StatusCode::REQUEST_TIMEOUT);
    assert_eq!(start.elapsed().as_secs(), 30);
}

#[tokio::test(start_paused = true)]
async fn t13_a_receiver_that_does_not_read_costs_its_outbox_and_is_cut_off() {
    let config = Config { outbox_frames: 100, ..Config::default() };
    let server = server_with(config).await;
    let client = Client::of(&server);
    let mut receiver = client.connect().await;
    client.send_frame("SUBSCRIBE\nid:1\ndestination:/topic/a\nreceipt:r\n\n\0").await;
    receiver.message().await;
    let topic = Destination::new("/topic/a").unwrap();
    for _ in 0..1000 {
        server.handle().publish(Publish::new(topic.clone(), "x".repeat(1000))).await.unwrap();
        tokio::task::yield_now().await;
    }
    sleep(Duration::from_secs(11)).await;
    assert_eq!(server.handle().sessions_of("guest"), 0);
    let mut octets = 0;
    while let Some(frame) = receiver.frame().await {
        octets += frame.len();
    }
    assert!(octets < 250_000, "{octets}");
}

#[tokio::test(start_paused = true)]
async fn a_slow_receiver_that_reads_is_not_cut_off() {
    let config = Config { heart_beat: Default::default(), ..Config::default() };
    let server = server_with(config).await;
    let client = Client::of(&server);
    let mut receiver = client.connect().await;
    client.send_frame("SUBSCRIBE\nid:1\ndestination:/topic/a\nreceipt:r\n\n\0").await;
    receiver.message().await;
    let topic = Destination::new("/topic/a").unwrap();
    server.handle().publish(Publish::new(topic, "x".repeat(200_000))).await.unwrap();
    assert!(receiver.read().await);
    // The server looks at the time when something happens.
    client.send("[\"\\n\"]").await;
    for _ in 0..10 {
        sleep(Duration::from_secs(4)).await;
        assert!(receiver.read().await);
    }
    assert_eq!(server.handle().sessions_of("guest"), 1);
    assert!(receiver.message().await.ends_with("x\0"));
}

#[tokio::test(start_paused = true)]
async fn xhr_send_waits_while_the_session_is_busy() {
    async fn slow() -> Result<(), Refusal> {
        sleep(Duration::from_secs(20)).await;
        Ok(())
    }
    let server = Server::builder(Open, Open).app(App::new(()).send("/app/slow", slow)).start().await.unwrap();
    let client = Client::of(&server);
    let _receiver = client.connect().await;
    let start = Instant::now();
    client.send_frame("SEND\ndestination:/app/slow\n\n\0").await;
    client.send("[\"\\n\"]").await;
    assert!(start.elapsed().as_secs() < 1, "one request waits in the session");
    client.send("[\"\\n\"]").await;
    assert_eq!(start.elapsed().as_secs(), 20);
}
