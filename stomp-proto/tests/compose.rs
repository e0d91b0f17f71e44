//! Composed frames pass their typed views, and what cannot be written cannot be built.

use bytes::BytesMut;
use stomp_proto::{AckMode, ClientFrame, EncodeError, HeartBeat, ServerFrame, Version, compose, encode};

#[test]
fn client_frames_pass_their_views() {
    let frames = [
        compose::connect("h").login("me", "a:b").heart_beat(HeartBeat::default()).build(),
        compose::send("/a").content_type("text/plain").transaction("t").receipt("r").body("hi").build(),
        compose::subscribe("0", "/a", AckMode::ClientIndividual).receipt("r").build(),
        compose::unsubscribe("0").build(),
        compose::ack("m").transaction("t").build(),
        compose::nack("m").build(),
        compose::begin("t").build(),
        compose::commit("t").build(),
        compose::abort("t").build(),
        compose::disconnect().receipt("r").build(),
    ];
    for frame in frames {
        let frame = frame.expect("nothing that cannot be written");
        ClientFrame::parse(frame.clone(), Version::V1_2).expect("what the command requires");
        encode(&frame, Version::V1_1, &mut BytesMut::new()).expect("1.1 can carry it");
    }
    for frame in [compose::ack_1_1("m", "0").build(), compose::nack_1_1("m", "0").build()] {
        let frame = frame.expect("nothing that cannot be written");
        ClientFrame::parse(frame, Version::V1_1).expect("what the command requires");
    }
}

#[test]
fn server_frames_pass_their_views() {
    let frames = [
        compose::connected(Version::V1_2).heart_beat(HeartBeat::default()).header("server", "x/1").build(),
        compose::message("/a", "m", "0").body("hi").build(),
        compose::receipt("r:1").build(),
        compose::error("no").body("not at all").build(),
    ];
    for frame in frames {
        let frame = frame.expect("nothing that cannot be written");
        ServerFrame::parse(frame).expect("what the command requires");
    }
}

#[test]
fn what_cannot_be_written_cannot_be_built() {
    let unencodable = Err(EncodeError::UnencodableHeader);
    assert_eq!(compose::send("/a\0").build(), unencodable);
    assert_eq!(compose::send("/a").header("", "x").build(), unencodable);
    assert_eq!(compose::connect("h\ninjected:yes").build(), unencodable);
    assert_eq!(compose::connect("h").login("a", "b\r").build(), unencodable);
    let mismatch = Err(EncodeError::ContentLengthMismatch);
    assert_eq!(compose::send("/a").header("content-length", "1").body("hi").build(), mismatch);
    assert_eq!(compose::begin("t").header("content-length", "1").build(), mismatch);
}

#[test]
fn a_second_header_does_not_replace_a_required_one() {
    let frame = compose::send("/a").header("destination", "/b").build().expect("a frame");
    assert_eq!(frame.headers().get("destination"), Some("/a"));
}

#[cfg(feature = "serde")]
#[test]
fn a_body_of_json_comes_back() {
    let frame = compose::send("/a").json(&[1, 2]).expect("JSON").build().expect("a frame");
    assert_eq!(frame.body(), "[1,2]");
    assert_eq!(frame.json::<Vec<u8>>().expect("JSON"), [1, 2]);
    assert!(frame.json::<String>().is_err());
}
