//! Whatever the encoder writes, the decoder reads back as the same frame, and it writes all that was decoded.
//!
//! The first octet of the input chooses the version; the rest is cut into a command, headers and a body.

#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use stomp_proto::{Command, Decoder, EncodeError, Frame, Item, Limits, Version, encode};

fuzz_target!(|input: &[u8]| {
    let [version, octets @ ..] = input else { return };
    let version = Version::ALL[usize::from(*version) % Version::ALL.len()];
    if let Some(frame) = build(octets) {
        check_built(&frame, version);
    }
    if let Some(frame) = decode(octets, version) {
        check_decoded(&frame, version);
    }
});

/// A frame of the parts of `octets`, which the highest value but 255 separates.
fn build(octets: &[u8]) -> Option<Frame> {
    let mut parts = octets.split(|&octet| octet == 0xFE);
    let command = std::str::from_utf8(parts.next()?).ok()?;
    let body = parts.next()?.to_vec();
    let mut builder = Frame::builder(Command::from(command));
    while let (Some(name), Some(value)) = (parts.next(), parts.next()) {
        builder = builder.header(std::str::from_utf8(name).ok()?, std::str::from_utf8(value).ok()?);
    }
    Some(builder.body(body).build())
}

fn check_built(frame: &Frame, version: Version) {
    let mut wire = BytesMut::from("before");
    if encode(frame, version, &mut wire).is_err() {
        assert_eq!(wire, "before", "an error leaves nothing behind");
        return;
    }
    let decoded = decode(&wire["before".len()..], version).expect("what was encoded decodes");
    assert_eq!(decoded.command(), frame.command());
    assert_eq!(decoded.body(), frame.body());
    let mut headers = decoded.headers().iter();
    for (name, value) in frame.headers().iter() {
        let (decoded_name, decoded_value) = headers.next().expect("as many headers");
        assert_eq!(decoded_name, trimmed(name, version));
        assert_eq!(decoded_value, trimmed(value, version));
    }
    assert!(headers.all(|(name, _)| name == "content-length"));
}

/// 1.0 takes spaces around names and values for padding.
fn trimmed(text: &str, version: Version) -> &str {
    if version == Version::V1_0 { text.trim_matches(' ') } else { text }
}

fn check_decoded(frame: &Frame, version: Version) {
    let mut wire = BytesMut::new();
    if let Err(error) = encode(frame, version, &mut wire) {
        // Only a CR, data before 1.2, in a frame that has no escapes and that a peer of 1.2 may read.
        let cr = frame.headers().iter().any(|(name, value)| name.contains('\r') || value.contains('\r'));
        assert!(cr && error == EncodeError::UnencodableHeader, "{error}");
        return;
    }
    let again = decode(&wire, version).expect("and decodes again");
    assert_eq!(again.command(), frame.command());
    assert_eq!(again.body(), frame.body());
    assert!(again.headers().iter().zip(frame.headers().iter()).all(|(one, other)| one == other));
    assert_eq!(frame.detach(), *frame);
}

/// The first frame of `octets`.
fn decode(octets: &[u8], version: Version) -> Option<Frame> {
    let mut decoder = Decoder::with_limits(Limits::unlimited());
    decoder.set_version(version);
    let mut read = BytesMut::from(octets);
    loop {
        match decoder.decode(&mut read).ok()?? {
            Item::Frame(frame) => return Some(frame),
            Item::HeartBeat => {}
        }
    }
}
