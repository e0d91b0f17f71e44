//! Odd frames behind a good login, beside the section of STOMP 1.2 that decides what becomes of them.

use stomp_broker::{
    proto::{Command, Frame, Version},
    testing::Client,
};

use crate::dialogues::{QUIET, ack_id, client, consumer, left, publish, refused, server, summary};

/// What a client sends and is answered: `RECEIPT id`, `ERROR receipt-id`, and of what comes beside these `MESSAGE
/// subscription body`.
struct Dialogue {
    section: &'static str,
    version: Version,
    sent: &'static str,
    answers: &'static [&'static str],
    messages: &'static [&'static str],
}

const fn dialogue(section: &'static str, sent: &'static str, answers: &'static [&'static str]) -> Dialogue {
    Dialogue { section, version: Version::V1_2, sent, answers, messages: &[] }
}

impl Dialogue {
    const fn of(self, version: Version) -> Self {
        Self { version, ..self }
    }

    const fn with(self, messages: &'static [&'static str]) -> Self {
        Self { messages, ..self }
    }

    async fn hold(&self) {
        let mut client = client(&server().await, self.version).await;
        client.send_octets(self.sent).await;
        let (mut answers, mut messages) = (Vec::new(), Vec::new());
        while let Some(frame) = client.receive_within(QUIET).await {
            let header = |name| frame.headers().get(name).unwrap_or_default();
            match frame.command() {
                Command::Message => {
                    let body = String::from_utf8_lossy(frame.body());
                    messages.push(format!("MESSAGE {} {body}", header("subscription")));
                }
                command => answers.push(format!("{} {}", command.as_str(), header("receipt-id"))),
            }
        }
        assert_eq!(
            (&answers[..], &messages[..]),
            (&owned(self.answers)[..], &owned(self.messages)[..]),
            "{}",
            self.section
        );
        if answers.last().is_some_and(|answer| answer.starts_with("ERROR")) {
            client.closed().await;
        }
    }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

const DIALOGUES: [Dialogue; 24] = [
    dialogue(
        "Augmented BNF: any number of EOLs between frames",
        "\n\r\n\nSEND\ndestination:/topic/a\nreceipt:1\n\n\0\n\n\r\nSEND\ndestination:/topic/a\nreceipt:2\n\n\0\n",
        &["RECEIPT 1", "RECEIPT 2"],
    ),
    dialogue(
        "Augmented BNF: EOL may be CRLF",
        "SEND\r\ndestination:/topic/a\r\nreceipt:1\r\n\r\n\0",
        &["RECEIPT 1"],
    ),
    dialogue("STOMP 1.1 knows no CRLF", "SEND\r\ndestination:/topic/a\r\nreceipt:1\r\n\r\n\0", &["ERROR "])
        .of(Version::V1_1),
    dialogue(
        "Repeated Header Entries: the first counts",
        "SUBSCRIBE\nid:s\nid:t\ndestination:/topic/a\ndestination:/topic/b\nreceipt:1\nreceipt:2\n\n\0\
         SEND\ndestination:/topic/b\n\nno\0SEND\ndestination:/topic/a\ndestination:/topic/b\n\nyes\0",
        &["RECEIPT 1"],
    )
    .with(&["MESSAGE s yes"]),
    dialogue(
        "Body: octets behind a content-length of 0 are none of it",
        "SEND\ndestination:/topic/a\nreceipt:1\ncontent-length:0\n\nbody\0",
        &["ERROR 1"],
    ),
    dialogue(
        "Body: a content-length lets it have a NUL",
        "SUBSCRIBE\nid:s\ndestination:/topic/a\n\n\0SEND\ndestination:/topic/a\ncontent-length:3\n\na\0b\0",
        &[],
    )
    .with(&["MESSAGE s a\0b"]),
    dialogue(
        "Body: only SEND, MESSAGE and ERROR have one",
        "SUBSCRIBE\nid:s\ndestination:/topic/a\nreceipt:1\n\nbody\0",
        &["ERROR 1"],
    ),
    dialogue("Augmented BNF: a header has a colon", "SEND\ndestination:/topic/a\nreceipt:1\nx\n\n\0", &["ERROR 1"]),
    dialogue("Augmented BNF: a header has a name", "SEND\ndestination:/topic/a\nreceipt:1\n:x\n\n\0", &["ERROR 1"]),
    dialogue(
        "Augmented BNF: blanks belong to the value",
        "SEND\ndestination:/topic/a\nreceipt: 1 \n\n\0",
        &["RECEIPT  1 "],
    ),
    dialogue("STOMP 1.0 ignores blanks around a value", "SEND\ndestination: /topic/a\nreceipt: 1\n\n\0", &["RECEIPT 1"])
        .of(Version::V1_0),
    dialogue("CONNECT comes once", "CONNECT\naccept-version:1.2\nhost:localhost\nreceipt:1\n\n\0", &["ERROR 1"]),
    dialogue("STOMP is CONNECT", "STOMP\naccept-version:1.2\nhost:localhost\nreceipt:1\n\n\0", &["ERROR 1"]),
    dialogue("ERROR: what comes behind it is not carried out", "ABORT\ntransaction:t\n\n\0SEND\ndestination:/topic/a\nreceipt:1\n\n\0", &["ERROR "]),
    dialogue("MESSAGE is for the server to send", "MESSAGE\ndestination:/topic/a\nreceipt:1\n\nx\0", &["ERROR 1"]),
    dialogue("BEGIN: an open transaction's name is taken", "BEGIN\ntransaction:t\n\n\0BEGIN\ntransaction:t\nreceipt:1\n\n\0", &["ERROR 1"]),
    dialogue("BEGIN: the transaction header is required", "BEGIN\nreceipt:1\n\n\0", &["ERROR 1"]),
    dialogue(
        "ABORT ends a transaction, whose name is free then",
        "SUBSCRIBE\nid:s\ndestination:/topic/a\n\n\0BEGIN\ntransaction:a\\cb\nreceipt:1\n\n\0\
         SEND\ndestination:/topic/a\ntransaction:a\\cb\nreceipt:2\n\nno\0ABORT\ntransaction:a\\cb\nreceipt:3\n\n\0\
         BEGIN\ntransaction:a\\cb\nreceipt:4\n\n\0SEND\ndestination:/topic/a\ntransaction:a\\cb\n\nyes\0\
         COMMIT\ntransaction:a\\cb\nreceipt:5\n\n\0",
        &["RECEIPT 1", "RECEIPT 2", "RECEIPT 3", "RECEIPT 4", "RECEIPT 5"],
    )
    .with(&["MESSAGE s yes"]),
    dialogue(
        "COMMIT: each transaction at its own time",
        "SUBSCRIBE\nid:s\ndestination:/topic/a\n\n\0BEGIN\ntransaction:t\n\n\0BEGIN\ntransaction:u\n\n\0\
         SEND\ndestination:/topic/a\ntransaction:t\n\none\0SEND\ndestination:/topic/a\ntransaction:u\n\ntwo\0\
         SEND\ndestination:/topic/a\n\nzero\0COMMIT\ntransaction:u\n\n\0COMMIT\ntransaction:t\n\n\0",
        &[],
    )
    .with(&["MESSAGE s zero", "MESSAGE s two", "MESSAGE s one"]),
    dialogue("COMMIT of what nobody began", "COMMIT\ntransaction:t\nreceipt:1\n\n\0", &["ERROR 1"]),
    dialogue("SEND in a transaction that nobody began", "SEND\ndestination:/topic/a\ntransaction:t\nreceipt:1\n\nx\0", &["ERROR 1"]),
    dialogue("UNSUBSCRIBE: only what is subscribed", "UNSUBSCRIBE\nid:s\nreceipt:1\n\n\0", &["ERROR 1"]),
    dialogue(
        "STOMP 1.0: UNSUBSCRIBE by destination",
        "SUBSCRIBE\ndestination:/topic/a\nreceipt:1\n\n\0UNSUBSCRIBE\ndestination:/topic/a\nreceipt:2\n\n\0\
         SEND\ndestination:/topic/a\nreceipt:3\n\nno\0",
        &["RECEIPT 1", "RECEIPT 2", "RECEIPT 3"],
    )
    .of(Version::V1_0),
    dialogue(
        "DISCONNECT: nothing behind its RECEIPT",
        "DISCONNECT\nreceipt:1\n\n\0SEND\ndestination:/topic/a\nreceipt:2\n\n\0",
        &["RECEIPT 1"],
    ),
];

#[tokio::test(start_paused = true)]
async fn odd_frames_are_answered_as_their_sections_say() {
    for dialogue in &DIALOGUES {
        dialogue.hold().await;
    }
}

/// ACK: what another session was given cannot be acknowledged, whatever its name.
#[tokio::test(start_paused = true)]
async fn nobody_acknowledges_for_another_session() {
    let server = server().await;
    publish(&server, "/queue/a", &["one"]).await;
    let (owner, taken) = consumer(&server, Version::V1_2, "client", 1).await;
    let id = ack_id(&taken[0]);
    for command in ["ACK", "NACK"] {
        let mut other: Client = client(&server, Version::V1_2).await;
        let error: Frame = refused(&mut other, &format!("{command}\nid:{id}")).await;
        assert!(summary(&error).starts_with("unknown message"), "{error:?}");
    }
    drop(owner);
    assert_eq!(left(&server).await, ["one"]);
}
