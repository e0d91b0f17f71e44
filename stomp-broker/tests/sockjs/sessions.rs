//! The life of a session over HTTP: SJ-05 to SJ-08, SJ-11, SJ-12, SJ-15, SJ-19.

use std::time::Duration;

use stomp_broker::{Config, Destination, Publish};
use tokio::time::{Instant, sleep, timeout};

use crate::client::{CONNECT, Client, Transport, messages, no_sessions, server_with};

const INTERRUPTED: &str = r#"c[1002,"Connection interrupted"]"#;

const STREAMS: [Transport; 2] = [Transport::Streaming, Transport::EventSource];

#[tokio::test(start_paused = true)]
async fn sj05_sj06_sj19_a_session_opens_and_each_string_is_one_frame() {
    let client = Client::new().await;
    assert_eq!(client.poll().await, "o\n");
    client.send(CONNECT).await;
    client.send_frame("SUBSCRIBE\nid:1\ndestination:/topic/a\nreceipt:r1\n\n\0").await;
    let first = client.poll().await;
    let second = if messages(first.trim_end()).len() == 1 { client.poll().await } else { String::new() };
    let frames: Vec<_> = [first, second]
        .iter()
        .filter(|poll| !poll.is_empty())
        .flat_map(|poll| messages(poll.trim_end()))
        .collect();
    assert_eq!(frames.len(), 2, "{frames:?}");
    assert!(frames[0].starts_with("CONNECTED\n") && frames[0].ends_with("\n\n\0"), "{frames:?}");
    assert_eq!(frames[1], "RECEIPT\nreceipt-id:r1\n\n\0");
}

#[tokio::test(start_paused = true)]
async fn sj07_idle_receivers_get_heart_beats() {
    for transport in STREAMS {
        let client = Client::new().await;
        let mut receiver = client.receive(transport).await;
        receiver.frame().await;
        client.send(CONNECT).await;
        receiver.message().await;
        let start = Instant::now();
        for beat in 1..=3 {
            assert_eq!(receiver.frame().await.as_deref(), Some("h"));
            assert_eq!(start.elapsed().as_secs(), 25 * beat, "{transport:?}");
        }
    }
    let client = Client::new().await;
    client.poll().await;
    client.send(CONNECT).await;
    client.poll().await;
    assert_eq!(client.poll().await, "h\n");
}

#[tokio::test(start_paused = true)]
async fn sj08_the_close_frame_is_repeated_until_the_session_is_forgotten() {
    let client = Client::new().await;
    let mut receiver = client.connect().await;
    client.send_frame("DISCONNECT\nreceipt:bye\n\n\0").await;
    assert_eq!(receiver.message().await, "RECEIPT\nreceipt-id:bye\n\n\0");
    assert_eq!(receiver.frame().await.as_deref(), Some(r#"c[1000,"Goodbye"]"#));
    assert_eq!(receiver.frame().await, None);
    for _ in 0..3 {
        assert_eq!(client.poll().await, "c[1000,\"Goodbye\"]\n");
        assert_eq!(client.post("/0/s/xhr_send", CONNECT).await.status(), 404);
    }
    sleep(Duration::from_secs(5)).await;
    assert_eq!(client.poll().await, "o\n");
}

#[tokio::test(start_paused = true)]
async fn sj11_sj12_a_streaming_response_ends_behind_128_kib_and_nothing_is_lost() {
    for transport in STREAMS {
        let server = server_with(Config { outbox_bytes: 4 << 20, ..Config::default() }).await;
        let client = Client::of(&server);
        let mut receiver = client.receive(transport).await;
        receiver.frame().await;
        client.send(CONNECT).await;
        receiver.message().await;
        client.send_frame("SUBSCRIBE\nid:1\ndestination:/topic/a\nreceipt:r\n\n\0").await;
        receiver.message().await;
        let topic = Destination::new("/topic/a").unwrap();
        for number in 0..1000 {
            let body = format!("{number} {}", "x".repeat(1000));
            server.handle().publish(Publish::new(topic.clone(), body)).await.unwrap();
        }

        let (mut numbers, mut responses, mut octets) = (Vec::new(), 1, 0);
        while numbers.len() < 1000 {
            let Some(frame) = receiver.frame().await else {
                assert!((128 * 1024..=2 * 128 * 1024).contains(&octets), "{octets}");
                receiver = client.receive(transport).await;
                (responses, octets) = (responses + 1, 0);
                continue;
            };
            octets += frame.len();
            for message in messages(&frame) {
                let (_, body) = message.split_once("\n\n").unwrap();
                numbers.push(body.split_once(' ').unwrap().0.parse::<u32>().unwrap());
            }
        }
        assert!(numbers.iter().copied().eq(0..1000));
        assert!(responses >= 5, "{responses}");
    }
}

#[tokio::test(start_paused = true)]
async fn sj15_a_second_receiver_is_refused_and_harms_nobody() {
    let client = Client::new().await;
    let mut receiver = client.connect().await;
    for transport in [Transport::Polling, Transport::Streaming, Transport::EventSource] {
        let mut second = client.receive(transport).await;
        assert_eq!(second.frame().await.as_deref(), Some(r#"c[2010,"Another connection still open"]"#));
        assert_eq!(second.frame().await, None);
    }
    client.send_frame("DISCONNECT\nreceipt:bye\n\n\0").await;
    assert_eq!(receiver.message().await, "RECEIPT\nreceipt-id:bye\n\n\0");
}

#[tokio::test(start_paused = true)]
async fn sj15_an_aborted_receiver_ends_the_session() {
    let server = server_with(Config::default()).await;
    let client = Client::of(&server);
    let receiver = client.connect().await;
    assert_eq!(server.handle().sessions_of("guest"), 1);
    drop(receiver);
    assert_eq!(client.poll().await.trim_end(), INTERRUPTED);
    timeout(Duration::from_secs(1), no_sessions(&server)).await.expect("the end of the session");
}

#[tokio::test(start_paused = true)]
async fn sj15_a_session_without_a_receiver_ends_after_5_seconds() {
    let server = server_with(Config::default()).await;
    let client = Client::of(&server);
    client.poll().await;
    client.send(CONNECT).await;
    client.poll().await;
    sleep(Duration::from_millis(4_900)).await;
    assert_eq!(server.handle().sessions_of("guest"), 1);
    client.send_frame("SEND\ndestination:/topic/a\nreceipt:r\n\n\0").await;
    assert!(client.poll().await.contains("RECEIPT"));
    sleep(Duration::from_millis(5_100)).await;
    assert_eq!(server.handle().sessions_of("guest"), 0);
    assert_eq!(client.poll().await.trim_end(), INTERRUPTED);
}

#[tokio::test(start_paused = true)]
async fn sj19_an_error_comes_before_the_end() {
    let client = Client::new().await;
    let mut receiver = client.connect().await;
    client.send_frame("SEND\ndestination:/nowhere\n\n\0").await;
    assert!(receiver.message().await.starts_with("ERROR\n"));
    assert_eq!(receiver.frame().await.as_deref(), Some(r#"c[1002,"An ERROR was sent"]"#));
    assert_eq!(receiver.frame().await, None);
}

#[tokio::test(start_paused = true)]
async fn sj19_strings_are_chunks_of_one_stream() {
    let client = Client::new().await;
    let mut receiver = client.connect().await;
    client
        .send(r#"["\nSEND\ndest","ination:/topic/a\nreceipt:r1\n\nhi\u0000SEND\ndestination:/topic/a\nrec"]"#)
        .await;
    assert!(receiver.message().await.contains("receipt-id:r1\n"));
    client.send(r#"["eipt:r2\n\n\u0000"]"#).await;
    assert!(receiver.message().await.contains("receipt-id:r2\n"));
}

#[tokio::test(start_paused = true)]
async fn sj19_octets_that_are_no_text_become_question_marks() {
    let server = server_with(Config::default()).await;
    let client = Client::of(&server);
    let mut receiver = client.connect().await;
    client.send_frame("SUBSCRIBE\nid:1\ndestination:/topic/a\nreceipt:r\n\n\0").await;
    receiver.message().await;
    let publish = Publish::new(Destination::new("/topic/a").unwrap(), &b"a\xff\xfe\x00b"[..]);
    server.handle().publish(publish).await.unwrap();
    let message = receiver.message().await;
    assert!(message.contains("\ncontent-length:5\n"), "{message:?}");
    assert!(message.ends_with("\n\na??\0b\0"), "{message:?}");
}

#[tokio::test(start_paused = true)]
async fn clients_hear_that_the_server_stops() {
    let server = server_with(Config::default()).await;
    let client = Client::of(&server);
    let mut receiver = client.connect().await;
    let (stopped, _) = tokio::join!(server.shutdown(Duration::from_secs(3)), async {
        assert!(receiver.message().await.contains("message:shutdown\n"));
        assert_eq!(receiver.frame().await.as_deref(), Some(r#"c[1001,"The server is stopping"]"#));
    });
    assert!(stopped);
}
