//! What becomes of messages for a client that does not read them.

use std::time::Duration;

use stomp_broker::{
    Config, DestinationPolicy, Open, Overflow, Policies, Server,
    proto::{Command, Frame, header::name},
    testing::Client,
};

/// Messages that fill the pipe between client and server, and the outbox, many times over.
const MESSAGES: usize = 200;

async fn server(policy: Overflow) -> Server {
    let config = Config { outbox_frames: 8, ..Config::default() };
    let server = Server::builder(Open, Open).config(config).topics("/topic");
    let policy = DestinationPolicy::new("/topic/**").unwrap().overflow(policy);
    server.policies(Policies::new([policy])).start().await.unwrap()
}

/// Publishes while the subscriber does not read; then gives back the numbers that it gets, and whether it was cut off.
async fn flood(policy: Overflow) -> (Vec<usize>, bool) {
    let server = server(policy).await;
    let (mut reader, mut publisher) = (Client::open(&server), Client::open(&server));
    reader.connect().await;
    reader.subscribe("s", "/topic/a").await;
    publisher.connect().await;
    for number in 0..MESSAGES {
        let key = (number % 4).to_string();
        let body = format!("{number} {}", "x".repeat(8 * 1024));
        let frame = Frame::builder(Command::Send).header(name::DESTINATION, "/topic/a").header("key", &key);
        publisher.confirm(frame.body(body)).await;
    }
    let mut numbers = Vec::new();
    while let Ok(frame) = tokio::time::timeout(Duration::from_millis(500), reader.receive()).await {
        match frame {
            Some(frame) if *frame.command() == Command::Message => {
                let body = String::from_utf8(frame.body().to_vec()).unwrap();
                numbers.push(body.split(' ').next().unwrap().parse().unwrap());
            }
            Some(frame) => assert_eq!(frame.headers().get(name::MESSAGE), Some("slow-consumer")),
            None => return (numbers, true),
        }
    }
    (numbers, false)
}

fn is_ascending(numbers: &[usize]) -> bool {
    numbers.is_sorted_by(|one, next| one < next)
}

#[tokio::test]
async fn by_default_a_slow_consumer_is_told_and_cut_off() {
    let (numbers, cut_off) = flood(Overflow::Disconnect).await;
    assert!(cut_off);
    assert!(numbers.len() < MESSAGES && is_ascending(&numbers), "{numbers:?}");
}

#[tokio::test]
async fn the_oldest_messages_can_make_room() {
    let (numbers, cut_off) = flood(Overflow::DropOldest).await;
    assert!(!cut_off && is_ascending(&numbers), "{numbers:?}");
    assert!(numbers.len() < MESSAGES && numbers.ends_with(&[MESSAGES - 2, MESSAGES - 1]), "{numbers:?}");
}

#[tokio::test]
async fn the_newest_message_can_be_the_one_to_go() {
    let (numbers, cut_off) = flood(Overflow::DropNewest).await;
    assert!(!cut_off && is_ascending(&numbers), "{numbers:?}");
    let unbroken = numbers.iter().enumerate().all(|(index, number)| index == *number);
    assert!(numbers.len() < MESSAGES && unbroken, "{numbers:?}");
}

#[tokio::test]
async fn the_latest_message_of_each_key_can_replace_the_one_that_waits() {
    let (numbers, cut_off) = flood(Overflow::Conflate("key".to_owned())).await;
    assert!(!cut_off && numbers.len() < MESSAGES, "{numbers:?}");
    let last = |key: usize| numbers.iter().copied().filter(|number| number % 4 == key).max();
    let latest = [0, 1, 2, 3].map(last);
    assert_eq!(latest, [196, 197, 198, 199].map(Some));
}
