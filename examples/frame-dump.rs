//! Prints what a STOMP decoder finds on standard input, as one JSON line per item.
//!
//! ```text
//! $ printf 'SEND\ndestination:/a\n\nhi\0\n' | cargo run --example frame-dump
//! {"frame":{"command":"SEND","headers":[["destination","/a"]],"body":"aGk="}}
//! {"heartbeat":true}
//! ```
//!
//! Bodies are base64. An unfinished frame at the end is `{"incomplete":true}`, a broken one
//! `{"error":"<kind>","message":"..."}` and exit status 1.

use std::{
    io::{self, Read, Write},
    num::NonZeroUsize,
    process::ExitCode,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::BytesMut;
use clap::{Parser, ValueEnum};
use serde_json::{Value, json};
use stomp_proto::{ClientFrame, Decoder, Frame, FrameError, Item, Limits, ServerFrame, Version};

/// Decodes STOMP frames from standard input and prints one JSON line per item.
#[derive(Parser)]
struct Args {
    /// The version whose rules apply to every frame: 1.0, 1.1 or 1.2.
    #[arg(long, value_name = "VERSION", default_value_t = Version::V1_2)]
    stomp_version: Version,
    /// Feed the decoder so many octets at a time; by default as many as a read returns.
    #[arg(long, value_name = "N")]
    chunk: Option<NonZeroUsize>,
    /// Whose decoder it is: a server reads what clients send, and the other way round. Frames decode alike on
    /// both sides; one that the other side would not send is remarked on standard error.
    #[arg(long, value_enum, default_value_t = Side::Server)]
    side: Side,
}

#[derive(Clone, Copy, ValueEnum)]
enum Side {
    Client,
    Server,
}

/// Wide enough for any file worth dumping, and still a bound.
const LIMITS: Limits = Limits { head: 64 << 20, headers: 1 << 20, header_line: 64 << 20, body: 8 << 30 };

fn main() -> ExitCode {
    let args = Args::parse();
    match dump(&args, io::stdin().lock(), io::stdout().lock()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("frame-dump: {error}");
            ExitCode::FAILURE
        }
    }
}

fn dump(args: &Args, mut input: impl Read, mut output: impl Write) -> io::Result<ExitCode> {
    let mut decoder = Decoder::with_limits(LIMITS);
    decoder.set_version(args.stomp_version);
    let mut read = vec![0; 64 * 1024];
    let mut buffer = BytesMut::new();
    loop {
        let length = match input.read(&mut read) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        for chunk in read[..length].chunks(args.chunk.map_or(length, NonZeroUsize::get)) {
            buffer.extend_from_slice(chunk);
            loop {
                match decoder.decode(&mut buffer) {
                    Ok(Some(item)) => writeln!(output, "{}", describe(item, args))?,
                    Ok(None) => break,
                    Err(error) => {
                        let error = json!({ "error": error.kind(), "message": error.to_string() });
                        writeln!(output, "{error}")?;
                        return Ok(ExitCode::FAILURE);
                    }
                }
            }
        }
    }
    if !buffer.is_empty() {
        writeln!(output, "{}", json!({ "incomplete": true }))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn describe(item: Item, args: &Args) -> Value {
    let Item::Frame(frame) = item else {
        return json!({ "heartbeat": true });
    };
    let described = json!({ "frame": {
        "command": frame.command().as_str(),
        "headers": frame.headers().iter().collect::<Vec<_>>(),
        "body": STANDARD.encode(frame.body()),
    }});
    let command = frame.command().clone();
    if let Err(fault) = check(frame, args) {
        eprintln!("frame-dump: {command}: {fault}");
    }
    described
}

/// Whether the peer of this side may send the frame.
fn check(frame: Frame, args: &Args) -> Result<(), FrameError> {
    match args.side {
        Side::Server => ClientFrame::parse(frame, args.stomp_version).map(drop),
        Side::Client => ServerFrame::parse(frame).map(drop),
    }
}
