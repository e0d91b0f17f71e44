//! The session alone, on explicit time.

mod property;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::BytesMut;
use stomp_proto::{AckMode, Command, Decoder, Frame, Item, Version};

use super::{Closing, Request, Session, Unsettled};
use crate::{Config, Refusal, hub::Credit};

const SECOND: Duration = Duration::from_secs(1);

/// A session with its driver, which says when things happen and how they went.
struct Driven {
    session: Session<u32>,
    start: Instant,
}

impl Driven {
    fn new(config: Config) -> Self {
        let start = Instant::now();
        Self { session: Session::new(Arc::new(config), "session-1".to_owned(), start), start }
    }

    /// A session that has logged in at the start, with these heart-beats and lifetime.
    fn open(heart_beat: &str, lifetime: Option<Duration>) -> Self {
        let mut driven = Self::new(Config::default());
        driven.connect(heart_beat);
        driven.session.authenticated(driven.start, "alice", lifetime);
        assert_eq!(driven.written(), ["CONNECTED"]);
        driven
    }

    fn connect(&mut self, heart_beat: &str) {
        let request = self.feed("CONNECT", &[("accept-version", "1.2"), ("heart-beat", heart_beat)]);
        assert!(matches!(request, Some(Request::Authenticate(_))), "{request:?}");
    }

    fn feed(&mut self, command: &str, headers: &[(&str, &str)]) -> Option<Request<u32>> {
        let frame = Frame::builder(Command::from(command));
        let frame = headers.iter().fold(frame, |frame, (name, value)| frame.header(name, value));
        self.session.handle_frame(self.start, frame.build())
    }

    fn subscribe(&mut self, id: &str, receipt: &str) -> Option<Request<u32>> {
        self.feed("SUBSCRIBE", &[("id", id), ("destination", "/topic/a"), ("receipt", receipt)])
    }

    fn send(&mut self, receipt: &str) -> Option<Request<u32>> {
        self.feed("SEND", &[("destination", "/topic/a"), ("receipt", receipt)])
    }

    fn frames(&mut self) -> Vec<Frame> {
        let mut wire = BytesMut::new();
        std::iter::from_fn(|| self.session.poll_transmit())
            .for_each(|octets| wire.extend_from_slice(&octets));
        decode(&mut wire)
    }

    /// What the session wants written: commands, with receipt ids behind a space, and `message` of ERROR.
    fn written(&mut self) -> Vec<String> {
        let shown = |frame: &Frame| {
            let about = ["message", "receipt-id"].iter().find_map(|name| frame.headers().get(name));
            about.map_or_else(|| frame.command().to_string(), |about| format!("{} {about}", frame.command()))
        };
        self.frames().iter().map(shown).collect()
    }

    fn at(&self, after: Duration) -> Instant {
        self.start + after
    }

    /// When the session wants to be woken, from the start.
    fn wake_up(&self) -> Option<Duration> {
        self.session.poll_timeout().map(|time| time - self.start)
    }
}

fn decode(wire: &mut BytesMut) -> Vec<Frame> {
    let (mut decoder, mut frames) = (Decoder::new(), Vec::new());
    while let Some(item) = decoder.decode(wire).expect("a well-formed stream") {
        if let Item::Frame(frame) = item {
            let version = frame.headers().get("version").filter(|_| frame.command() == &Command::Connected);
            if let Some(version) = version {
                decoder.set_version(version.parse().expect("a version"));
            }
            frames.push(frame);
        }
    }
    assert!(wire.is_empty(), "an unfinished frame: {wire:?}");
    frames
}

#[test]
fn login_must_come_in_time() {
    let mut driven = Driven::new(Config::default());
    assert_eq!(driven.wake_up(), Some(10 * SECOND));
    driven.session.handle_timeout(driven.at(10 * SECOND - Duration::from_nanos(1)));
    assert_eq!(driven.written(), [""; 0]);
    driven.session.handle_timeout(driven.at(10 * SECOND));
    assert_eq!(driven.written(), ["ERROR no login within 10 seconds"]);
    assert_eq!(driven.session.closing(), Some(Closing::Error));
    assert_eq!(driven.wake_up(), None);
}

#[test]
fn a_slow_authenticator_does_not_extend_the_time_to_log_in() {
    let mut driven = Driven::new(Config::default());
    driven.connect("0,0");
    assert_eq!(driven.wake_up(), Some(10 * SECOND));
    driven.session.handle_timeout(driven.at(10 * SECOND));
    assert_eq!(driven.written(), ["ERROR no login within 10 seconds"]);
    // The answer comes too late.
    driven.session.authenticated(driven.at(11 * SECOND), "alice", None);
    assert_eq!(driven.written(), [""; 0]);
}

#[test]
fn heart_beats_are_sent_before_the_interval_ends() {
    let mut driven = Driven::open("0,5000", None);
    assert_eq!(driven.wake_up(), Some(4 * SECOND));
    driven.session.handle_output(driven.at(3 * SECOND));
    assert_eq!(driven.wake_up(), Some(7 * SECOND), "what was written counts as a heart-beat");
    driven.session.handle_timeout(driven.at(7 * SECOND));
    assert_eq!(driven.session.poll_transmit().as_deref(), Some(&b"\n"[..]));
    assert_eq!(driven.wake_up(), Some(11 * SECOND));
}

#[test]
fn heart_beats_are_no_more_frequent_than_the_server_offers() {
    assert_eq!(Driven::open("0,1", None).wake_up(), Some(SECOND * 4 / 5));
    assert_eq!(Driven::open("0,0", None).wake_up(), None);
}

#[test]
fn a_silent_client_is_cut_after_two_and_a_half_intervals() {
    let mut driven = Driven::open("1000,0", None);
    assert_eq!(driven.wake_up(), Some(SECOND * 5 / 2));
    driven.session.handle_input(driven.at(2 * SECOND));
    driven.session.handle_timeout(driven.at(4 * SECOND));
    assert_eq!(driven.written(), [""; 0]);
    driven.session.handle_timeout(driven.at(SECOND * 9 / 2));
    assert_eq!(driven.written(), ["ERROR heart-beat missing"]);
}

#[test]
fn a_client_that_cannot_be_heard_is_not_silent() {
    let mut driven = Driven::open("1000,0", None);
    driven.send("r");
    // While the request is carried out, nothing is read.
    driven.session.handle_timeout(driven.at(50 * SECOND));
    driven.session.done();
    driven.session.handle_input(driven.at(50 * SECOND));
    assert_eq!(driven.written(), ["RECEIPT r"]);
    assert_eq!(driven.wake_up(), Some(50 * SECOND + SECOND * 5 / 2));
}

#[test]
fn intervals_beyond_all_time_are_harmless() {
    for heart_beat in ["4294967296,4294967296", "18446744073709551615,18446744073709551615"] {
        let mut driven = Driven::open(heart_beat, None);
        driven.session.handle_input(driven.at(SECOND));
        driven.session.handle_timeout(driven.at(SECOND));
        assert_eq!(driven.written(), [""; 0]);
    }
}

/// Delivers a message that the client is to acknowledge.
fn deliver(driven: &mut Driven, after: Duration) -> u64 {
    let delivery = Unsettled { subscription: 1, mode: AckMode::ClientIndividual, bytes: 100, lease: None };
    driven.session.delivered(driven.start + after, delivery)
}

#[test]
fn a_client_that_acknowledges_nothing_gets_no_more_and_is_cut() {
    let mut driven = Driven::new(Config { unacknowledged: 2, ..Config::default() });
    driven.connect("0,0");
    driven.session.authenticated(driven.start, "alice", None);
    assert_eq!(driven.session.credit(), Credit::UNLIMITED, "nothing is to be acknowledged");
    driven.feed("SUBSCRIBE", &[("id", "s"), ("destination", "/topic/a"), ("ack", "client-individual")]);
    driven.session.subscribed(1, None);
    assert_eq!(driven.session.credit(), Credit { messages: 2, bytes: 1 << 20 });
    let tags = [1, 2].map(|after| deliver(&mut driven, after * SECOND));
    assert_eq!(driven.session.credit().messages, 0);
    assert_eq!(driven.wake_up(), Some(62 * SECOND));

    driven.session.handle_timeout(driven.at(61 * SECOND));
    driven.feed("ACK", &[("id", &tags[0].to_string())]);
    driven.session.done();
    assert_eq!((driven.session.credit().messages, driven.wake_up()), (1, None));
    deliver(&mut driven, 70 * SECOND);
    driven.session.handle_timeout(driven.at(130 * SECOND));
    assert_eq!(driven.written(), ["CONNECTED", "ERROR nothing acknowledged within 60 seconds"]);
}

#[test]
fn octets_to_acknowledge_are_bounded_too() {
    let mut driven = Driven::new(Config { unacknowledged_bytes: 250, ..Config::default() });
    driven.connect("0,0");
    driven.session.authenticated(driven.start, "alice", None);
    driven.feed("SUBSCRIBE", &[("id", "s"), ("destination", "/topic/a"), ("ack", "client-individual")]);
    driven.session.subscribed(1, None);
    (0..3).for_each(|_| _ = deliver(&mut driven, SECOND));
    assert_eq!(driven.session.credit().bytes, 0);
    driven.feed("UNSUBSCRIBE", &[("id", "s")]);
    driven.session.done();
    assert_eq!(driven.session.credit().bytes, 250, "what a subscription left is forgotten with it");
}

#[test]
fn a_frame_must_be_finished_in_time() {
    let mut driven = Driven::open("1000,0", None);
    for second in 1..60 {
        driven.session.handle_input(driven.at(second * SECOND));
        driven.session.handle_pending(driven.at(second * SECOND), Some(&Command::Send));
        driven.session.handle_timeout(driven.at(second * SECOND));
    }
    driven.send("r");
    driven.session.done();
    driven.session.handle_pending(driven.at(60 * SECOND), None);
    driven.session.handle_input(driven.at(119 * SECOND));
    driven.session.handle_timeout(driven.at(119 * SECOND));
    assert_eq!(driven.written(), ["RECEIPT r"]);
    driven.session.handle_timeout(driven.at(120 * SECOND));
    assert_eq!(driven.written(), ["ERROR a frame was not finished within 60 seconds"]);
}

#[test]
fn what_was_whole_after_all_has_no_limit_of_time() {
    let mut driven = Driven::open("0,0", None);
    driven.session.handle_pending(driven.start, None);
    driven.session.handle_whole();
    driven.session.handle_timeout(driven.at(3600 * SECOND));
    assert!(driven.written().is_empty());
}

#[test]
fn a_request_is_given_up_in_time() {
    for closed in [false, true] {
        let mut driven = Driven::open("0,0", None);
        driven.send("r");
        if closed {
            driven.session.close_with(&Refusal::new("banned"), Closing::Error);
        }
        assert_eq!(driven.wake_up(), Some(60 * SECOND));
        driven.session.handle_timeout(driven.at(60 * SECOND));
        assert!(!driven.session.is_waiting());
        let error = if closed { "ERROR banned" } else { "ERROR not done within 60 seconds" };
        assert_eq!(driven.written(), [error]);
        assert_eq!(driven.wake_up(), None);
    }
}

#[test]
fn answers_that_are_not_read_end_the_reading() {
    let mut driven = Driven::open("1000,0", None);
    let receipt = "r".repeat(250);
    let mut count = 0;
    while !driven.session.is_busy() {
        driven.feed("BEGIN", &[("transaction", "t"), ("receipt", &receipt)]);
        driven.feed("ABORT", &[("transaction", "t"), ("receipt", &receipt)]);
        count += driven.frames().len();
    }
    assert!((200..300).contains(&count), "{count}");
    // Who is not heard is not silent.
    assert_eq!(driven.wake_up(), None);
    driven.session.handle_timeout(driven.at(60 * SECOND));
    driven.session.handle_output(driven.at(60 * SECOND));
    assert!(!driven.session.is_busy());
    assert_eq!(driven.wake_up(), Some(60 * SECOND + SECOND * 5 / 2));
}

#[test]
fn the_session_ends_with_the_login() {
    let mut driven = Driven::open("0,0", Some(5 * SECOND));
    assert_eq!(driven.wake_up(), Some(5 * SECOND));
    driven.session.handle_timeout(driven.at(5 * SECOND));
    assert_eq!(driven.written(), ["ERROR the session's login has expired"]);
}

#[test]
fn receipts_come_in_the_order_of_the_frames() {
    let mut driven = Driven::open("0,0", None);
    assert!(matches!(driven.subscribe("s", "1"), Some(Request::Subscribe(..))));
    assert!(driven.session.is_busy());
    driven.session.subscribed(7, None);
    assert!(matches!(driven.send("2"), Some(Request::Send(_))));
    driven.session.done();
    let unsubscribe = driven.feed("UNSUBSCRIBE", &[("id", "s"), ("receipt", "3")]);
    assert!(matches!(unsubscribe, Some(Request::Unsubscribe(7))), "{unsubscribe:?}");
    driven.session.done();
    assert!(driven.feed("DISCONNECT", &[("receipt", "4")]).is_none());
    assert_eq!(driven.written(), ["RECEIPT 1", "RECEIPT 2", "RECEIPT 3", "RECEIPT 4"]);
    assert_eq!(driven.session.closing(), Some(Closing::Disconnected));
}

#[test]
fn connected_is_the_only_answer_to_connect() {
    let mut driven = Driven::new(Config::default());
    driven.feed("CONNECT", &[("accept-version", "1.2"), ("receipt", "r")]);
    driven.session.authenticated(driven.start, "alice", None);
    assert_eq!(driven.written(), ["CONNECTED"]);
}

#[test]
fn an_error_is_the_last_frame() {
    let mut driven = Driven::open("1000,1000", Some(SECOND));
    driven.send("r");
    driven.session.refuse(&Refusal::new("no").text("Because.\n"));
    let errors = driven.frames();
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].headers().get("receipt-id"), Some("r"));
    assert_eq!(errors[0].headers().get("message"), Some("no"));
    assert_eq!(errors[0].body(), "Because.\n");

    let late = driven.at(60 * SECOND);
    driven.session.handle_timeout(late);
    driven.session.done();
    driven.session.subscribed(1, None);
    driven.session.refuse(&Refusal::new("again"));
    driven.session.close_with(&Refusal::new("again"), Closing::Shutdown);
    driven.session.authenticated(late, "mallory", None);
    assert_eq!(driven.written(), [""; 0]);
    assert_eq!(driven.session.closing(), Some(Closing::Error));
}

#[test]
fn what_finishes_behind_an_error_is_not_acknowledged() {
    let mut driven = Driven::open("0,0", Some(SECOND));
    driven.send("r");
    driven.session.handle_timeout(driven.at(SECOND));
    driven.session.done();
    assert_eq!(driven.written(), ["ERROR the session's login has expired"]);
}

#[test]
fn a_soft_refusal_leaves_the_session_open() {
    let mut driven = Driven::open("0,0", None);
    driven.feed("SEND", &[("destination", "/topic/a")]);
    assert!(!driven.session.wants_receipt());
    driven.session.refused_softly();
    driven.send("r");
    driven.session.done();
    assert_eq!(driven.written(), ["RECEIPT r"]);
}

#[test]
fn subscription_ids_are_unique_bounded_and_reusable() {
    let mut driven = Driven::new(Config { subscriptions: 2, ..Config::default() });
    let now = driven.start;
    driven.connect("0,0");
    driven.session.authenticated(now, "alice", None);
    for (id, handle) in [("a", 1), ("b", 2)] {
        driven.subscribe(id, id);
        driven.session.subscribed(handle, None);
    }
    driven.feed("UNSUBSCRIBE", &[("id", "a"), ("receipt", "u")]);
    driven.session.done();
    driven.subscribe("a", "again");
    driven.session.subscribed(3, None);
    assert_eq!(driven.written(), ["CONNECTED", "RECEIPT a", "RECEIPT b", "RECEIPT u", "RECEIPT again"]);
    assert!(driven.subscribe("c", "r").is_none());
    assert_eq!(driven.written(), ["ERROR more than 2 subscriptions"]);
    let mut left: Vec<_> = driven.session.drain_subscriptions().collect();
    left.sort_unstable();
    assert_eq!(left, [2, 3]);
}

#[test]
fn an_error_before_the_version_is_known_fits_every_version() {
    let mut driven = Driven::new(Config { versions: vec![Version::V1_1], ..Config::default() });
    driven.feed("CONNECT", &[("accept-version", "1.2"), ("receipt", "a:b")]);
    let errors = driven.frames();
    assert_eq!(errors[0].headers().get("version"), Some("1.1"));
    assert_eq!(errors[0].headers().get("receipt-id"), None, "versions write it in different ways");
    for (name, value) in errors[0].headers().iter() {
        assert!(!value.contains([':', '\\', '\r', '\n']), "{name}: {value}");
    }
}
