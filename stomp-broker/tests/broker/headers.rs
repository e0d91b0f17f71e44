//! Dialogues about what frames carry: escapes, lengths that lie, headers that nobody knows, heart-beats of one side.

use std::time::Duration;

use stomp_broker::{
    Peer,
    proto::{Command, Frame, Version},
    testing::Client,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, duplex},
    time::{sleep, timeout},
};

use crate::dialogues::{QUIET, client, server};

/// "Value Encoding": what one version escapes, each reader gets as its own version can say it.
#[tokio::test(start_paused = true)]
async fn escaped_headers_reach_readers_of_every_version() {
    let server = server().await;
    let mut readers = Vec::new();
    for version in [Version::V1_0, Version::V1_1, Version::V1_2] {
        let mut reader = client(&server, version).await;
        reader.subscribe("s", "/topic/a").await;
        readers.push(reader);
    }
    let mut sender = client(&server, Version::V1_2).await;
    sender.send_octets("SEND\ndestination:/topic/a\na\\cb:x\\\\y\\nz:\\c\nplain:1:2\n\nhi\0").await;
    for (reader, escaped) in readers.iter_mut().zip([None, Some("x\\y\nz::"), Some("x\\y\nz::")]) {
        let message = reader.expect(Command::Message).await;
        assert_eq!(message.headers().get("a:b"), escaped, "{message:?}");
        assert_eq!(message.headers().get("plain"), Some("1:2"));
    }
}

/// "Value Encoding": "Undefined escape sequences such as \t MUST be treated as a fatal protocol error"; 1.0 has none.
#[tokio::test(start_paused = true)]
async fn undefined_escapes_are_refused_where_there_are_escapes() {
    let server = server().await;
    let mut reader = client(&server, Version::V1_2).await;
    reader.subscribe("s", "/topic/a").await;
    for (version, escape, is_good) in [
        (Version::V1_2, r"\t", false),
        (Version::V1_2, r"\", false),
        (Version::V1_1, r"\t", false),
        (Version::V1_1, r"\r", false),
        (Version::V1_2, r"\r", true),
        (Version::V1_0, r"\t", true),
    ] {
        let mut sender = client(&server, version).await;
        sender.send_octets(format!("SEND\ndestination:/topic/a\nx:{escape}\nreceipt:r\n\n\0")).await;
        let answer = sender.receive().await.expect("an answer");
        assert_eq!(answer.command() == &Command::Receipt, is_good, "{version} {escape}: {answer:?}");
        if is_good {
            reader.expect(Command::Message).await;
        }
    }
    reader.expect_nothing(QUIET).await;
}

/// "Body": a `content-length` decides, and where it does not fit nothing of the frame is carried out.
#[tokio::test(start_paused = true)]
async fn a_content_length_that_lies_is_refused() {
    let server = server().await;
    let mut reader = client(&server, Version::V1_2).await;
    reader.subscribe("s", "/topic/a").await;
    for length in ["2", "4", "+3", "-3", "0x3", "3.0", "3,3", "", "99999999999999999999"] {
        let mut sender = client(&server, Version::V1_2).await;
        let send = format!("SEND\ndestination:/topic/a\ncontent-length:{length}\nreceipt:r\n\nabc\0");
        // One more octet, behind which a frame of four must end.
        sender.send_octets(send + "\n").await;
        sender.expect_error().await;
    }
    reader.expect_nothing(QUIET).await;
}

/// "Repeated Header Entries": the first `content-length` counts; NULs within it are octets of the body.
#[tokio::test(start_paused = true)]
async fn the_first_content_length_counts() {
    let server = server().await;
    let mut client = client(&server, Version::V1_2).await;
    client.subscribe("s", "/topic/a").await;
    let head = "SEND\ndestination:/topic/a\ncontent-length:5\ncontent-length:1\n\n";
    client.send_octets([head.as_bytes(), b"a\0b\0c\0"].concat()).await;
    let message = client.expect(Command::Message).await;
    assert_eq!(&**message.body(), b"a\0b\0c");
    assert_eq!(message.headers().get_all("content-length").collect::<Vec<_>>(), ["5"]);
}

/// "SEND": headers of the sender's go through in their order, repeated ones too; those of a SUBSCRIBE go nowhere.
#[tokio::test(start_paused = true)]
async fn headers_that_nobody_knows_go_through() {
    let server = server().await;
    let mut client = client(&server, Version::V1_2).await;
    let subscribe = Frame::builder(Command::Subscribe).header("id", "s").header("destination", "/topic/a");
    client
        .confirm(subscribe.header("selector", "colour = 'red'").header("priority", "9").header("x", "y"))
        .await;
    client.send_octets("SEND\ndestination:/topic/a\nb:1\na:2\nb:3\npersistent:true\nempty:\n\n\0").await;
    let message = client.expect(Command::Message).await;
    let sent = ["a", "b", "persistent", "empty", "selector", "priority", "x"];
    let carried: Vec<_> = message.headers().iter().filter(|(name, _)| sent.contains(name)).collect();
    assert_eq!(carried, [("b", "1"), ("a", "2"), ("b", "3"), ("persistent", "true"), ("empty", "")]);
}

/// "Heart-beating": each direction is agreed on by itself; nobody who promised nothing is cut off for silence.
#[tokio::test(start_paused = true)]
async fn heart_beats_of_one_side_only() {
    let server = server().await;
    for (offer, beats, is_cut_off) in
        [("0,2000", true, false), ("2000,0", false, true), ("0,0", false, false)]
    {
        let (mut ours, theirs) = duplex(1024);
        server.serve_stream(theirs, Peer::default());
        let connect = format!("CONNECT\naccept-version:1.2\nhost:h\nheart-beat:{offer}\n\n\0");
        ours.write_all(connect.as_bytes()).await.expect("an open connection");
        sleep(Duration::from_secs(30)).await;
        let mut read = Vec::new();
        let end = timeout(QUIET, ours.read_to_end(&mut read)).await;
        assert_eq!(end.is_ok(), is_cut_off, "{offer}");
        let connected = read.iter().position(|octet| *octet == 0).expect("CONNECTED");
        let beaten = read[connected + 1..].iter().take_while(|octet| **octet == b'\n').count();
        assert_eq!(beaten > 10, beats, "{offer}: {beaten} heart-beats in 30 s");
    }
}

/// "CONNECT", "STOMP 1.0": without `accept-version` it is 1.0, whatever else the frame knows of later versions.
#[tokio::test(start_paused = true)]
async fn a_login_that_names_no_version_speaks_1_0() {
    let server = server().await;
    let mut client = Client::open(&server);
    client.send_octets("CONNECT\nhost:h\nheart-beat:0,1000\n\n\0").await;
    let connected = client.expect(Command::Connected).await;
    assert!(connected.headers().get("version").is_none_or(|version| version == "1.0"), "{connected:?}");
    // A backslash is one there.
    client.send_octets("SEND\ndestination:/topic/a\nx:\\t\nreceipt:r\n\n\0").await;
    client.expect(Command::Receipt).await;
}
