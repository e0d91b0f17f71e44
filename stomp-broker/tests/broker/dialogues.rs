//! Dialogues that clients seldom have, each beside the clause that decides it.

use std::time::Duration;

use stomp_broker::{
    Open, Peer, Server,
    proto::{Command, Frame, Version},
    testing::Client,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, duplex},
    time::timeout,
};

pub(crate) const QUIET: Duration = Duration::from_millis(300);

pub(crate) async fn server() -> Server {
    Server::builder(Open, Open).topics("/topic").queues("/queue").start().await.expect("a server")
}

pub(crate) async fn client(server: &Server, version: Version) -> Client {
    let mut client = Client::open(server);
    client.connect_with(version, &[]).await;
    client
}

pub(crate) async fn publish(server: &Server, destination: &str, bodies: &[&'static str]) {
    let mut publisher = client(server, Version::V1_2).await;
    for body in bodies {
        publisher.publish(destination, *body).await;
    }
}

/// Subscribes to `/queue/a` and takes so many messages.
pub(crate) async fn consumer(
    server: &Server,
    version: Version,
    ack: &str,
    messages: usize,
) -> (Client, Vec<Frame>) {
    let mut client = client(server, version).await;
    let subscribe = Frame::builder(Command::Subscribe).header("id", "s").header("destination", "/queue/a");
    client.confirm(subscribe.header("ack", ack)).await;
    let mut taken = Vec::new();
    for _ in 0..messages {
        taken.push(client.expect(Command::Message).await);
    }
    (client, taken)
}

/// What is left in `/queue/a` for somebody else, in order.
pub(crate) async fn left(server: &Server) -> Vec<String> {
    let (mut client, mut left) = (client(server, Version::V1_2).await, Vec::new());
    client.subscribe("s", "/queue/a").await;
    while let Some(message) = client.receive_within(QUIET).await {
        left.push(String::from_utf8_lossy(message.body()).into_owned());
    }
    left
}

pub(crate) fn ack_id(message: &Frame) -> String {
    message.headers().get("ack").expect("a message to acknowledge").to_owned()
}

/// Sends lines of a head, and expects the ERROR that ends the session.
pub(crate) async fn refused(client: &mut Client, head: &str) -> Frame {
    client.send_octets(format!("{head}\nreceipt:r\n\n\0")).await;
    let error = client.expect_error().await;
    assert_eq!(error.headers().get("receipt-id"), Some("r"), "{error:?}");
    error
}

pub(crate) fn summary(frame: &Frame) -> &str {
    frame.headers().get("message").unwrap_or_default()
}

/// ACK-06: a name is good for one answer, and the transaction that comes too late changes nothing.
#[tokio::test(start_paused = true)]
async fn an_ack_in_a_transaction_after_the_nack_outside_is_refused() {
    let server = server().await;
    publish(&server, "/queue/a", &["one"]).await;
    let (mut client, taken) = consumer(&server, Version::V1_2, "client-individual", 1).await;
    let id = ack_id(&taken[0]);
    client.confirm(Frame::builder(Command::Begin).header("transaction", "t")).await;
    client.confirm(Frame::builder(Command::Nack).header("id", &id)).await;
    let again = client.expect(Command::Message).await;
    assert_ne!(ack_id(&again), id);
    let error = refused(&mut client, &format!("ACK\nid:{id}\ntransaction:t")).await;
    assert!(summary(&error).starts_with("unknown message"));
    assert_eq!(left(&server).await, ["one"]);
}

/// TXN-03: a transaction of which one part cannot be done does nothing, what comes before that part included.
#[tokio::test(start_paused = true)]
async fn a_commit_that_cannot_settle_everything_settles_and_sends_nothing() {
    let server = server().await;
    publish(&server, "/queue/a", &["one", "two"]).await;
    let mut listener = client(&server, Version::V1_2).await;
    listener.subscribe("s", "/topic/a").await;
    let (mut client, taken) = consumer(&server, Version::V1_2, "client-individual", 2).await;
    let ids: Vec<_> = taken.iter().map(ack_id).collect();
    client.confirm(Frame::builder(Command::Begin).header("transaction", "t")).await;
    client.send_octets("SEND\ndestination:/topic/a\ntransaction:t\n\nhello\0").await;
    for id in &ids {
        client.confirm(Frame::builder(Command::Ack).header("id", id).header("transaction", "t")).await;
    }
    client.confirm(Frame::builder(Command::Ack).header("id", &ids[1])).await;
    refused(&mut client, "COMMIT\ntransaction:t").await;
    assert_eq!(left(&server).await, ["one"]);
    listener.expect_nothing(QUIET).await;
}

/// TXN-05, DSC-06: DISCONNECT aborts, and its RECEIPT comes all the same.
#[tokio::test(start_paused = true)]
async fn disconnect_aborts_what_is_pending() {
    let server = server().await;
    publish(&server, "/queue/a", &["one"]).await;
    let mut listener = client(&server, Version::V1_2).await;
    listener.subscribe("s", "/topic/a").await;
    let (mut client, taken) = consumer(&server, Version::V1_2, "client", 1).await;
    client.confirm(Frame::builder(Command::Begin).header("transaction", "t")).await;
    let ack = Frame::builder(Command::Ack).header("id", &ack_id(&taken[0])).header("transaction", "t");
    client.confirm(ack).await;
    client.send_octets("SEND\ndestination:/topic/a\ntransaction:t\n\nhello\0").await;
    client.confirm(Frame::builder(Command::Disconnect)).await;
    client.closed().await;
    assert_eq!(left(&server).await, ["one"]);
    listener.expect_nothing(QUIET).await;
}

/// ACK-03: 1.0 has no `subscription` in ACK; `message-id` alone says which copy is meant.
#[tokio::test(start_paused = true)]
async fn a_1_0_ack_needs_no_subscription_and_one_that_it_names_does_not_count() {
    let server = server().await;
    publish(&server, "/queue/a", &["one", "two"]).await;
    let (mut client, taken) = consumer(&server, Version::V1_0, "client", 2).await;
    let id = taken[0].headers().get("message-id").expect("an id");
    let ack = Frame::builder(Command::Ack).header("message-id", id).header("subscription", "nonsense");
    client.confirm(ack).await;
    refused(&mut client, &format!("ACK\nmessage-id:{id}")).await;
    assert_eq!(left(&server).await, ["two"]);
}

/// Clients of 1.0 such as PHP's extension skip an octet behind each NUL without looking at it.
#[tokio::test(start_paused = true)]
async fn a_line_end_follows_every_1_0_frame() {
    let server = server().await;
    let (mut ours, theirs) = duplex(64 * 1024);
    server.serve_stream(theirs, Peer::default());
    let frames = "CONNECT\nlogin:a\n\n\0SUBSCRIBE\ndestination:/topic/a\nreceipt:1\n\n\0\
                  SEND\ndestination:/topic/a\n\nhi\0";
    ours.write_all(frames.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let read = async {
        while !answer.ends_with(b"hi\0\n") {
            ours.read_buf(&mut answer).await.unwrap();
        }
    };
    timeout(Duration::from_secs(10), read).await.expect("a MESSAGE with a line end behind it");
    let answer = String::from_utf8(answer).unwrap();
    assert_eq!((answer.matches('\0').count(), answer.matches("\0\n").count()), (3, 3), "{answer:?}");
}

/// ACK-02, ACK-07: in 1.1 both headers are needed, and have to belong together.
#[tokio::test(start_paused = true)]
async fn a_1_1_ack_needs_the_message_and_its_subscription() {
    let server = server().await;
    publish(&server, "/queue/a", &["one"]).await;
    for wrong in ["", "\nsubscription:t", "\nsubscription:nonsense"] {
        let (mut client, taken) = consumer(&server, Version::V1_1, "client", 1).await;
        client.subscribe("t", "/topic/a").await;
        let id = taken[0].headers().get("message-id").expect("an id");
        refused(&mut client, &format!("ACK\nmessage-id:{id}{wrong}")).await;
    }
    assert_eq!(left(&server).await, ["one"]);
}

/// NCK-06: 1.0 has no NACK, whatever headers it has.
#[tokio::test(start_paused = true)]
async fn a_1_0_nack_is_an_unknown_command() {
    let server = server().await;
    publish(&server, "/queue/a", &["one"]).await;
    let (mut client, taken) = consumer(&server, Version::V1_0, "client", 1).await;
    let id = taken[0].headers().get("message-id").expect("an id");
    let error = refused(&mut client, &format!("NACK\nmessage-id:{id}")).await;
    assert_eq!(summary(&error), "unknown command");
    assert_eq!(left(&server).await, ["one"]);
}

/// SUB-03: the second SUBSCRIBE with a live id ends the session, whatever it is to.
#[tokio::test(start_paused = true)]
async fn the_same_id_twice_is_refused_for_another_destination_too() {
    let server = server().await;
    for destination in ["/topic/a", "/topic/b", "/queue/a"] {
        let mut client = client(&server, Version::V1_2).await;
        client.subscribe("s", "/topic/a").await;
        let error = refused(&mut client, &format!("SUBSCRIBE\nid:s\ndestination:{destination}")).await;
        assert_eq!(summary(&error), "subscription id already in use");
    }
}

/// UNS-04, ACK-05: what the subscription had and did not acknowledge goes to others, at once and once.
#[tokio::test(start_paused = true)]
async fn unsubscribe_gives_back_what_was_not_acknowledged() {
    let server = server().await;
    publish(&server, "/queue/a", &["one", "two", "three"]).await;
    let (mut client, taken) = consumer(&server, Version::V1_2, "client-individual", 3).await;
    client.confirm(Frame::builder(Command::Ack).header("id", &ack_id(&taken[1]))).await;
    client.confirm(Frame::builder(Command::Unsubscribe).header("id", "s")).await;
    assert_eq!(left(&server).await, ["one", "three"]);
    let late = format!("ACK\nid:{}", ack_id(&taken[0]));
    assert!(summary(&refused(&mut client, &late).await).starts_with("unknown message"));
}

/// CON-12: no RECEIPT for CONNECT, also when it is pipelined with a frame that gets one.
#[tokio::test(start_paused = true)]
async fn connect_gets_connected_and_no_receipt() {
    let server = server().await;
    for command in ["CONNECT", "STOMP"] {
        let mut client = Client::open(&server);
        let connect = format!("{command}\naccept-version:1.2\nhost:h\nreceipt:c\n\n\0");
        client.send_octets(connect + "SEND\ndestination:/topic/a\nreceipt:s\n\n\0").await;
        client.expect(Command::Connected).await;
        assert_eq!(client.expect(Command::Receipt).await.headers().get("receipt-id"), Some("s"));
    }
}

/// HB-01, HB-03, HB-08, HB-09: numbers of any size are numbers; all else is refused, but in 1.0 not looked at.
#[tokio::test(start_paused = true)]
async fn heart_beats_of_every_kind() {
    let server = server().await;
    let huge = "99999999999999999999999999,99999999999999999999999999";
    let good = ["0,0", "1,1", "10000,0", "4294967296,4294967296", "00010,00010"];
    let bad = ["", "1", "-1,0", "0,-1", "1,2,3", "abc", "1;1", "1.5,1", "1,1\\n", "0x1,1", "+1,1"];
    for (version, values, answer) in [
        ("1.2", &good[..], Command::Connected),
        ("1.2", &bad[..], Command::Error),
        ("1.0", &bad[..10], Command::Connected),
    ] {
        for value in values {
            let answered = login(&server, version, value).await;
            assert_eq!(answered, answer, "{version} {value:?}");
        }
    }
    let answered = login(&server, "1.2", huge).await;
    assert!(matches!(answered, Command::Connected | Command::Error));
}

async fn login(server: &Server, version: &str, heart_beat: &str) -> Command {
    let mut client = Client::open(server);
    let connect = format!("CONNECT\naccept-version:{version}\nhost:h\nheart-beat:{heart_beat}\n\n\0");
    client.send_octets(connect).await;
    client.receive().await.expect("an answer").command().clone()
}

/// NEG-02 to NEG-07: the highest common version of whole tokens, or an ERROR that lists what there is.
#[tokio::test(start_paused = true)]
async fn accept_version_lists_of_every_kind() {
    let server = server().await;
    for (list, version) in [
        ("1.1, 1.2", Some("1.2")),
        ("1.2,1.1,1.0", Some("1.2")),
        (" 1.1 ", Some("1.1")),
        ("1.2,", Some("1.2")),
        (",,1.0", Some("1.0")),
        ("2.0,1.1,9", Some("1.1")),
        ("1.10,1.20", None),
        ("01.2", None),
        ("1.2.0", None),
        ("v1.2", None),
        ("", None),
    ] {
        let mut client = Client::open(&server);
        client.send_octets(format!("CONNECT\naccept-version:{list}\nhost:h\n\n\0")).await;
        let answer = client.receive().await.expect("an answer");
        let expected = version.or(Some("1.0,1.1,1.2"));
        assert_eq!(answer.headers().get("version"), expected, "{list:?}: {answer:?}");
        assert_eq!(answer.command() == &Command::Connected, version.is_some(), "{list:?}");
    }
}

/// FRM, "headers": names and commands are octets; `Destination` is not `destination`, and `send` is no command.
#[tokio::test(start_paused = true)]
async fn names_and_commands_are_case_sensitive() {
    let server = server().await;
    for head in
        ["SEND\nDestination:/topic/a", "send\ndestination:/topic/a", "SUBSCRIBE\nID:s\ndestination:/topic/a"]
    {
        refused(&mut client(&server, Version::V1_2).await, head).await;
    }
    // The first entry counts, and one of another case is a header like any other.
    let mut client = client(&server, Version::V1_2).await;
    client.subscribe("s", "/topic/a").await;
    client.send_octets("SEND\nDESTINATION:/topic/b\ndestination:/topic/a\nReceipt:no\n\nhi\0").await;
    let message = client.expect(Command::Message).await;
    assert_eq!(message.headers().get("DESTINATION"), Some("/topic/b"));
    client.expect_nothing(QUIET).await;
}

/// TXN-06, TXN-09: an ended transaction is unknown until its name begins another one.
#[tokio::test(start_paused = true)]
async fn an_ended_transaction_is_unknown() {
    let server = server().await;
    for (end, then) in
        [("COMMIT", "COMMIT"), ("ABORT", "COMMIT"), ("COMMIT", "ABORT"), ("ABORT", "ACK\nid:1")]
    {
        let mut client = client(&server, Version::V1_2).await;
        for head in ["BEGIN", end, "BEGIN", end] {
            client.send_octets(format!("{head}\ntransaction:t\nreceipt:x\n\n\0")).await;
            client.expect(Command::Receipt).await;
        }
        refused(&mut client, &format!("{then}\ntransaction:t")).await;
    }
}

/// SND-05: a transaction's SEND to nowhere fails the COMMIT, and the rest of the transaction with it.
#[tokio::test(start_paused = true)]
async fn a_transaction_with_a_send_to_nowhere_sends_nothing() {
    let server = server().await;
    let mut listener = client(&server, Version::V1_2).await;
    listener.subscribe("s", "/topic/a").await;
    let mut client = client(&server, Version::V1_2).await;
    client.confirm(Frame::builder(Command::Begin).header("transaction", "t")).await;
    for destination in ["/topic/a", "/nowhere/a"] {
        client.send_octets(format!("SEND\ndestination:{destination}\ntransaction:t\n\nhi\0")).await;
    }
    refused(&mut client, "COMMIT\ntransaction:t").await;
    listener.expect_nothing(QUIET).await;
}
