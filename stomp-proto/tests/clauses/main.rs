//! One test for each clause of STOMP that binds a codec, named after it.
//!
//! The clauses are those of STOMP 1.0, 1.1 and 1.2 in groups: GEN and FRM (frames), ENC (value encoding), BOD
//! (bodies), HDR and LIM (headers and limits), CON, NEG and HB (connecting). The conformance cases in
//! `tests/data` say more octets on most of them; these tests say what each one means.

mod bodies;
mod connecting;
mod encoding;
mod frames;
mod headers_and_limits;
mod views;

use bytes::BytesMut;
use stomp_proto::{Command, DecodeError, Decoder, EncodeError, Frame, Item, Limits, Version, encode};

use Version::{V1_0, V1_1, V1_2};

const SINCE_1_1: [Version; 2] = [V1_1, V1_2];

/// What a decoder makes of some octets.
#[derive(Debug)]
struct Decoded {
    frames: Vec<Frame>,
    heart_beats: usize,
    /// Octets of an unfinished frame, or the error that ended the stream.
    rest: Result<usize, DecodeError>,
}

fn decode(version: Version, octets: impl AsRef<[u8]>) -> Decoded {
    decode_with(decoder(version), octets)
}

fn decoder(version: Version) -> Decoder {
    let mut decoder = Decoder::with_limits(Limits::unlimited());
    decoder.set_version(version);
    decoder
}

fn decode_with(mut decoder: Decoder, octets: impl AsRef<[u8]>) -> Decoded {
    let mut read = BytesMut::from(octets.as_ref());
    let mut decoded = Decoded { frames: Vec::new(), heart_beats: 0, rest: Ok(0) };
    loop {
        match decoder.decode(&mut read) {
            Ok(Some(Item::Frame(frame))) => decoded.frames.push(frame),
            Ok(Some(Item::HeartBeat)) => decoded.heart_beats += 1,
            Ok(None) => decoded.rest = Ok(read.len()),
            Err(error) => decoded.rest = Err(error),
        }
        if decoded.rest != Ok(0) || read.is_empty() {
            return decoded;
        }
    }
}

/// The only frame in `octets`, which hold nothing else.
#[track_caller]
fn frame(version: Version, octets: impl AsRef<[u8]>) -> Frame {
    let mut decoded = decode(version, octets);
    assert_eq!((decoded.frames.len(), &decoded.rest), (1, &Ok(0)), "one whole frame: {decoded:?}");
    decoded.frames.remove(0)
}

/// The kind of the error at which the decoder stops.
#[track_caller]
fn error(version: Version, octets: impl AsRef<[u8]>) -> &'static str {
    decode(version, octets).rest.expect_err("an error").kind()
}

/// The value of `foo` in a SEND whose only header line is `foo:` and the octets.
#[track_caller]
fn foo(version: Version, value: &str) -> String {
    let frame = frame(version, format!("SEND\nfoo:{value}\n\n\0"));
    frame.headers().get("foo").expect("the header").to_owned()
}

fn send(headers: &[(&str, &str)], body: &'static [u8]) -> Frame {
    build(Command::Send, headers, body)
}

fn build(command: Command, headers: &[(&str, &str)], body: &'static [u8]) -> Frame {
    let builder = Frame::builder(command);
    headers.iter().fold(builder, |builder, (name, value)| builder.header(name, value)).body(body).build()
}

fn written(frame: &Frame, version: Version) -> Result<String, EncodeError> {
    let mut wire = BytesMut::new();
    encode(frame, version, &mut wire)?;
    Ok(String::from_utf8_lossy(&wire).into_owned())
}
