//! Kinds `decode`, `decode-switch` and `ws-decode`.

use bytes::BytesMut;
use serde::Deserialize;
use stomp_proto::{Command, Decoder, Frame, Item, Limits, Version};

use crate::{
    expect,
    format::{self, Split, Vector},
    run,
};

#[test]
fn every_decode_case_at_every_cut() {
    run("decode", |vector| {
        let expected = vector.expected::<Expected>();
        for version in vector.versions() {
            every_cut(&vector.input.0, vector.split, |pieces| {
                let outcome = decode(decoder(vector, version), pieces, |_, _| {});
                expected.check(&outcome)?;
                check_lookup(vector, &outcome)
            })
            .map_err(|why| format!("{version}: {why}"))?;
        }
        Ok(())
    });
}

#[test]
fn the_version_changes_between_two_frames_of_one_buffer() {
    run("decode-switch", |vector| {
        let supported = vector.server_versions();
        every_cut(&vector.input.0, vector.split, |pieces| {
            let outcome = decode(decoder(vector, Version::V1_2), pieces, |decoder, frame| {
                if matches!(frame.command(), Command::Connect | Command::Stomp) {
                    let offered = frame.headers().get("accept-version");
                    decoder.set_version(Version::negotiate(offered, &supported).expect("a common version"));
                }
            });
            vector.expected::<Expected>().check(&outcome)
        })
    });
}

#[test]
fn websocket_messages_are_pieces_of_one_stream() {
    run("ws-decode", |vector| {
        let pieces: Vec<&[u8]> = vector.messages.iter().map(|message| &message.data.0[..]).collect();
        vector.versions().into_iter().try_for_each(|version| {
            let outcome = decode(decoder(vector, version), &pieces, |_, _| {});
            vector.expected::<Expected>().check(&outcome)
        })
    });
}

fn decoder(vector: &Vector, version: Version) -> Decoder {
    let mut limits = Limits::unlimited();
    if let Some(format::Limits { max_headers, max_header_line, max_body }) = vector.limits {
        limits.headers = max_headers;
        limits.header_line = max_header_line;
        limits.body = max_body;
    }
    let mut decoder = Decoder::with_limits(limits);
    decoder.set_version(version);
    decoder
}

/// What came out of a decoder.
struct Outcome {
    frames: Vec<Frame>,
    heart_beats: usize,
    end: End,
    error: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum End {
    Clean,
    Partial,
    Error,
}

fn decode(mut decoder: Decoder, pieces: &[&[u8]], mut on_frame: impl FnMut(&mut Decoder, &Frame)) -> Outcome {
    let mut outcome = Outcome { frames: Vec::new(), heart_beats: 0, end: End::Clean, error: None };
    let mut read = BytesMut::new();
    for piece in pieces {
        read.extend_from_slice(piece);
        loop {
            match decoder.decode(&mut read) {
                Ok(Some(Item::Frame(frame))) => {
                    on_frame(&mut decoder, &frame);
                    outcome.frames.push(frame);
                }
                Ok(Some(Item::HeartBeat)) => outcome.heart_beats += 1,
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(decoder.decode(&mut read), Err(error.clone()), "an error is final");
                    outcome.end = End::Error;
                    outcome.error = Some(error.kind());
                    return outcome;
                }
            }
        }
    }
    if !read.is_empty() {
        outcome.end = End::Partial;
    }
    outcome
}

#[derive(Debug, Deserialize)]
struct Expected {
    frames: Vec<format::Frame>,
    end: End,
    #[serde(default)]
    error: Vec<String>,
    eols: Option<usize>,
}

impl Expected {
    fn check(&self, outcome: &Outcome) -> Result<(), String> {
        let mut actual = outcome.frames.iter();
        for expected in &self.frames {
            for _ in 0..expected.times {
                let frame = actual.next().ok_or("too few frames")?;
                check_frame(frame, expected)?;
            }
        }
        expect(&actual.len(), &0, "frames too many")?;
        if let Some(kind) = outcome.error {
            let listed = self.error.iter().any(|expected| expected == kind);
            return match listed && self.end == End::Error {
                true => Ok(()),
                false => Err(format!("expected {:?} {:?}, got {kind}", self.end, self.error)),
            };
        }
        expect(&outcome.end, &self.end, "end")?;
        self.eols.map_or(Ok(()), |eols| expect(&outcome.heart_beats, &eols, "heart-beats"))
    }
}

fn check_frame(frame: &Frame, expected: &format::Frame) -> Result<(), String> {
    expect(&frame.command().as_str().as_bytes().to_vec(), &expected.command.octets(), "command")?;
    let octets = |(name, value): (&str, &str)| (name.as_bytes().to_vec(), value.as_bytes().to_vec());
    let actual: Vec<_> = frame.headers().iter().map(octets).collect();
    let wanted = expected.headers.iter();
    let wanted: Vec<_> = wanted.map(|(name, value)| (name.octets(), value.octets())).collect();
    expect(&actual, &wanted, "headers")?;
    match frame.body()[..] == expected.body.0 {
        true => Ok(()),
        false => Err(format!("body of {} octets", frame.body().len())),
    }
}

fn check_lookup(vector: &Vector, outcome: &Outcome) -> Result<(), String> {
    for (name, value) in &vector.lookup {
        let frame = outcome.frames.first().ok_or("no frame to look up in")?;
        expect(&frame.headers().get(name), &Some(value.as_str()), name)?;
    }
    Ok(())
}

/// Calls `check` with `input` cut in each way that `split` stands for.
fn every_cut(
    input: &[u8],
    split: Split,
    check: impl Fn(&[&[u8]]) -> Result<(), String>,
) -> Result<(), String> {
    let check = |how: &str, pieces: &[&[u8]]| check(pieces).map_err(|why| format!("{how}: {why}"));
    let halves = |at: usize| check(&format!("cut at {at}"), &[&input[..at], &input[at..]]);
    let chunked = |size: usize| check(&format!("pieces of {size}"), &input.chunks(size).collect::<Vec<_>>());
    check("whole", &[input])?;
    match split {
        Split::None => {}
        Split::All => {
            chunked(1)?;
            (0..=input.len()).try_for_each(halves)?;
        }
        Split::Pairs => {
            chunked(1)?;
            (0..=input.len()).try_for_each(halves)?;
            for first in 0..=input.len() {
                for second in first..=input.len() {
                    let pieces = [&input[..first], &input[first..second], &input[second..]];
                    check(&format!("cut at {first} and {second}"), &pieces)?;
                }
            }
        }
        Split::Coarse => {
            if input.len() <= 200_000 {
                chunked(1)?;
            }
            [7, 4096, 65_537].into_iter().try_for_each(chunked)?;
            let ends = (0..=input.len().min(40)).chain(input.len().saturating_sub(40)..=input.len());
            ends.into_iter().try_for_each(halves)?;
        }
    }
    Ok(())
}
