//! Kinds `encode` and `ws-encode`.

use bytes::BytesMut;
use serde::Deserialize;
use stomp_proto::{Command, Decoder, Frame, Item, Version, encode};

use crate::{
    expect,
    format::{self, Vector},
    run,
};

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Expected {
    Output(format::Bytes),
    Error(Vec<String>),
}

#[test]
fn every_encode_case_and_back() {
    run("encode", |vector| {
        let frame = frame(vector);
        vector.versions().into_iter().try_for_each(|version| {
            let mut wire = BytesMut::new();
            match (encode(&frame, version, &mut wire), vector.expected()) {
                (Ok(()), Expected::Output(output)) => {
                    expect(&wire, &BytesMut::from(&output.0[..]), "output")?;
                    decodes_to(&frame, version, wire)
                }
                (Err(error), Expected::Error(kinds)) => {
                    expect(&wire.len(), &0, "octets left behind")?;
                    expect(&kinds.iter().any(|kind| kind == error.kind()), &true, error.kind())
                }
                (result, _) => Err(format!("{version}: {result:?}")),
            }
        })
    });
}

/// One frame is one message: its octets hold one frame and nothing behind it.
#[test]
fn a_frame_is_one_websocket_message() {
    run("ws-encode", |vector| {
        let frame = frame(vector);
        vector.versions().into_iter().try_for_each(|version| {
            let mut wire = BytesMut::new();
            encode(&frame, version, &mut wire).map_err(|error| error.to_string())?;
            decodes_to(&frame, version, wire)
        })
    });
}

fn frame(vector: &Vector) -> Frame {
    let frame = vector.frame.as_ref().expect("a frame to encode");
    let text = |text: &format::Text| String::from_utf8(text.octets()).expect("UTF-8 in a frame to encode");
    let builder = Frame::builder(Command::from(text(&frame.command).as_str()));
    let headers = frame.headers.iter();
    headers
        .fold(builder, |builder, (name, value)| builder.header(&text(name), &text(value)))
        .body(frame.body.0.clone())
        .build()
}

/// Whether `wire` is `frame` and nothing else, but for a `content-length` that was added.
fn decodes_to(frame: &Frame, version: Version, mut wire: BytesMut) -> Result<(), String> {
    let mut decoder = Decoder::new();
    decoder.set_version(version);
    let item = decoder.decode(&mut wire).map_err(|error| error.to_string())?;
    let Some(Item::Frame(decoded)) = item else {
        return Err(format!("decoded to {item:?}"));
    };
    expect(&wire.len(), &0, "octets behind the frame")?;
    expect(decoded.command(), frame.command(), "decoded command")?;
    expect(decoded.body(), frame.body(), "decoded body")?;
    let kept = frame.headers().len();
    expect(
        &decoded.headers().iter().take(kept).collect::<Vec<_>>(),
        &frame.headers().iter().collect(),
        "decoded headers",
    )?;
    let added: Vec<_> = decoded.headers().iter().skip(kept).map(|(name, _)| name).collect();
    expect(&added.iter().all(|name| *name == "content-length"), &true, "headers added")
}
