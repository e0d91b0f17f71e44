//! The frames that a session writes on its own account, encoded.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use stomp_proto::{Command, Frame, FrameBuilder, Version, encode, header::name};

use super::Violation;
use crate::{Config, Refusal, message::RECOVERED, refusal::RETRY_AFTER};

/// CONNECTED.
pub(super) fn connected(config: &Config, session: &str, user: &str, version: Version) -> Bytes {
    let frame = Frame::builder(Command::Connected)
        .header(name::VERSION, version.as_str())
        .header(name::SESSION, session)
        .header(name::SERVER, &on_one_line(&config.server_name))
        .header(name::HEART_BEAT, &config.heart_beat.to_string())
        .header("user-name", &on_one_line(user));
    encoded(frame, version)
}

/// RECEIPT for a frame that asked for one.
pub(super) fn receipt(id: &str, version: Version) -> Bytes {
    encoded(Frame::builder(Command::Receipt).header(name::RECEIPT_ID, id), version)
}

/// RECEIPT for a SUBSCRIBE that asked for history.
pub(super) fn recovery(id: &str, recovered: bool, version: Version) -> Bytes {
    let frame = Frame::builder(Command::Receipt).header(name::RECEIPT_ID, id);
    encoded(frame.header(RECOVERED, if recovered { "true" } else { "false" }), version)
}

/// ERROR.
pub(super) fn error(refusal: &Refusal, receipt: Option<&str>, version: Version) -> Bytes {
    let frame = Frame::builder(Command::Error).header(name::MESSAGE, &on_one_line(refusal.summary()));
    error_with(frame, refusal, receipt, version)
}

/// ERROR before CONNECTED: the peer's version is unknown, so nothing that any version escapes is written.
pub(super) fn early_error(refusal: &Refusal, receipt: Option<&str>, config: &Config) -> Bytes {
    let summary = on_one_line(refusal.summary()).replace([':', '\\'], " ");
    let frame = Frame::builder(Command::Error)
        .header(name::VERSION, &versions(config))
        .header(name::MESSAGE, &summary);
    let receipt = receipt.filter(|receipt| !receipt.contains([':', '\\', '\r', '\n']));
    error_with(frame, refusal, receipt, Version::V1_2)
}

/// ERROR when the server stops. It is the same in every version: nothing in it is ever escaped.
pub(super) fn shutdown(reconnect_after: Duration) -> Bytes {
    let refusal = Refusal::new("shutdown").text("The server is stopping. Connect again in a moment.\n");
    let frame = Frame::builder(Command::Error)
        .header(name::MESSAGE, refusal.summary())
        .header("x-reconnect-after", &reconnect_after.as_millis().to_string());
    error_with(frame, &refusal, None, Version::V1_2)
}

fn error_with(mut frame: FrameBuilder, refusal: &Refusal, receipt: Option<&str>, version: Version) -> Bytes {
    if let Some(seconds) = refusal.retry_after_seconds() {
        frame = frame.header(RETRY_AFTER, &seconds.to_string());
    }
    if let Some(receipt) = receipt {
        frame = frame.header(name::RECEIPT_ID, receipt);
    }
    if !refusal.body().is_empty() {
        frame = frame.header(name::CONTENT_TYPE, refusal.content_type()).body(refusal.body().clone());
    }
    encoded(frame, version)
}

/// What the body of an ERROR says of a violation: what was wrong, what would help, where that is written.
pub(super) fn explanation(violation: &Violation, config: &Config) -> String {
    let hint = match violation {
        Violation::NoCommonVersion => format!("This server speaks {}.\n", versions(config)),
        _ => String::new(),
    };
    format!("{violation}.\n{hint}See: {}.\n", violation.clause())
}

fn versions(config: &Config) -> String {
    config.versions.iter().map(|version| version.as_str()).collect::<Vec<_>>().join(",")
}

/// Text for a header that not every version can escape.
fn on_one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

fn encoded(frame: FrameBuilder, version: Version) -> Bytes {
    let frame = frame.build();
    let mut wire = BytesMut::with_capacity(frame.size() + 64);
    let written = encode(&frame, version, &mut wire);
    debug_assert_eq!(written, Ok(()), "values are made to fit every version");
    if version == Version::V1_0 {
        // Clients of that time skip an octet behind the NUL, as their servers wrote one.
        wire.extend_from_slice(b"\n");
    }
    wire.freeze()
}
