//! Whatever a client sends, and however that goes, some things hold.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use bytes::BytesMut;
use proptest::{collection::vec, prelude::*, sample::select};
use stomp_proto::{AckMode, Command, Decoder, Frame, Item};

use super::{Driven, decode};
use crate::{
    Config, Rate, Refusal,
    hub::Credit,
    session::{Request, Unsettled},
};

/// What happens to a session.
#[derive(Debug, Clone)]
enum Happening {
    /// The client sends this, and a request that comes of it ends like this.
    Octets(String, End),
    Wait(u64),
    Shutdown,
    /// A message goes out that the client is to acknowledge.
    Deliver,
    /// The client has read everything.
    Written,
}

#[derive(Debug, Clone, Copy)]
enum End {
    Well,
    Refused,
    RefusedSoftly,
    /// Not before the session is over by itself.
    Late,
}

const COMMANDS: [&str; 14] = [
    "CONNECT",
    "STOMP",
    "SEND",
    "SUBSCRIBE",
    "UNSUBSCRIBE",
    "ACK",
    "NACK",
    "BEGIN",
    "COMMIT",
    "ABORT",
    "DISCONNECT",
    "MESSAGE",
    "NONSENSE",
    "",
];

const LINES: [&str; 26] = [
    "accept-version:1.0",
    "accept-version:1.1",
    "accept-version:1.2",
    "accept-version:1.0,1.1,1.2",
    "accept-version:9",
    "heart-beat:0,0",
    "heart-beat:1,1",
    "heart-beat:18446744073709551615,1",
    "heart-beat:x",
    "login:alice",
    "destination:/topic/a",
    "destination:",
    "id:1",
    "id:2",
    "id:a\\nb\\cc",
    "ack:client",
    "ack:auto",
    "transaction:t",
    "transaction:u",
    "receipt:",
    "receipt:a\rb",
    "receipt:a\\rb",
    "receipt:a\\n\\c\\\\",
    "content-length:0",
    "content-length:9",
    "\\:\\",
];

fn happening() -> impl Strategy<Value = Happening> {
    let end = select(&[End::Well, End::Well, End::Refused, End::RefusedSoftly, End::Late][..]);
    let frame = (select(&COMMANDS[..]), vec(select(&LINES[..]), 0..6), select(&["", "body"][..]), end);
    let frame = frame.prop_map(|(command, lines, body, end)| {
        let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
        Happening::Octets(format!("{command}\n{lines}\n{body}\0"), end)
    });
    let others = [Happening::Shutdown, Happening::Deliver, Happening::Deliver, Happening::Written];
    prop_oneof![8 => frame, 2 => (0..40_000_u64).prop_map(Happening::Wait), 2 => select(others.to_vec())]
}

/// Most sessions begin well, else few would get anywhere.
fn script() -> impl Strategy<Value = Vec<Happening>> {
    let connect = select(&["1.0", "1.1", "1.2"][..]).prop_map(|version| {
        Happening::Octets(format!("CONNECT\naccept-version:{version}\nheart-beat:9000,1000\n\n\0"), End::Well)
    });
    (connect, vec(happening(), 0..12)).prop_map(|(connect, mut script)| {
        script.insert(0, connect);
        script
    })
}

/// Plays the script; gives back what the client gets and the receipts that it asked for.
fn play(script: Vec<Happening>) -> (BytesMut, HashMap<String, usize>) {
    let config = Config {
        unacknowledged: 2,
        frame_rate: Some(Rate { burst: 3, every: Duration::from_secs(1) }),
        ..Config::default()
    };
    let mut driven = Driven::new(config);
    let (mut decoder, mut now) = (Decoder::new(), driven.start);
    let (mut input, mut answers, mut asked) = (BytesMut::new(), BytesMut::new(), HashMap::new());
    for happening in script {
        match happening {
            Happening::Wait(ms) => {
                now += Duration::from_millis(ms);
                driven.session.handle_timeout(now);
                // A driver that does what it is told does not spin.
                assert!(driven.session.poll_timeout().is_none_or(|next| next > now));
            }
            Happening::Deliver if driven.session.credit() != Credit::NONE => {
                let mode = AckMode::ClientIndividual;
                driven.session.delivered(now, Unsettled { subscription: 1, mode, bytes: 100, lease: None });
            }
            Happening::Deliver => {}
            Happening::Written => driven.session.handle_output(now),
            Happening::Shutdown => driven.session.shut_down(Duration::ZERO),
            Happening::Octets(octets, end) => {
                input.extend_from_slice(octets.as_bytes());
                while driven.session.closing().is_none() && !driven.session.is_busy() {
                    match decoder.decode(&mut input) {
                        Ok(Some(Item::Frame(frame))) => {
                            count_receipt(&frame, &mut asked);
                            if let Some(request) = driven.session.handle_frame(now, frame) {
                                decoder.set_version(driven.session.version());
                                carry_out(&mut driven, request, end, &mut now);
                            }
                        }
                        Ok(Some(Item::HeartBeat)) => {}
                        Ok(None) => {
                            if !input.is_empty() {
                                driven.session.handle_pending(now, decoder.pending_command());
                            }
                            break;
                        }
                        Err(error) => driven.session.handle_decode_error(error, decoder.failed_receipt()),
                    }
                }
            }
        }
        std::iter::from_fn(|| driven.session.poll_transmit())
            .for_each(|octets| answers.extend_from_slice(&octets));
    }
    (answers, asked)
}

fn carry_out(driven: &mut Driven, request: Request<u32>, end: End, now: &mut Instant) {
    if let End::Late = end {
        *now += Duration::from_secs(60);
        driven.session.handle_timeout(*now);
    }
    match (request, end) {
        (_, End::Refused) => driven.session.refuse(&Refusal::new("no:\r\n\\")),
        (Request::Send(_), End::RefusedSoftly) => driven.session.refused_softly(),
        (Request::Authenticate(_), _) => driven.session.authenticated(*now, "al:ice\r\n", None),
        (Request::Subscribe(..), _) => driven.session.subscribed(1, None),
        _ => driven.session.done(),
    }
}

fn count_receipt(frame: &Frame, asked: &mut HashMap<String, usize>) {
    if let Some(receipt) = frame.headers().get("receipt") {
        *asked.entry(receipt.to_owned()).or_default() += 1;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

    #[test]
    fn a_client_gets_one_well_formed_answer_and_nothing_behind_an_error(script in script()) {
        let (mut answers, mut asked) = play(script);
        let frames = decode(&mut answers);
        let errors = frames.iter().filter(|frame| frame.command() == &Command::Error).count();
        prop_assert!(errors <= 1);
        if errors == 1 {
            prop_assert_eq!(frames.last().map(Frame::command), Some(&Command::Error));
        }
        let connected = frames.iter().filter(|frame| frame.command() == &Command::Connected).count();
        prop_assert!(connected <= 1);
        for receipt in frames.iter().filter(|frame| frame.command() == &Command::Receipt) {
            let id = receipt.headers().get("receipt-id").expect("a receipt id");
            let left = asked.get_mut(id).filter(|left| **left > 0);
            prop_assert!(left.is_some(), "nobody asked for {:?}", id);
            left.into_iter().for_each(|left| *left -= 1);
        }
    }
}
