//! Value encoding (STOMP 1.2, "Value Encoding"): the escapes of header names and values.

use core::ops::Range;

use bytes::{BufMut, BytesMut};

use crate::{Command, DecodeError, EncodeError, Version};

/// How one frame writes its header names and values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escaping {
    /// 1.0: no escapes, CR is data.
    Raw,
    /// CONNECT, STOMP and CONNECTED: no escapes, and no CR, which a 1.2 peer would take for a line end.
    RawLine,
    /// 1.1: `\n`, `\c`, `\\`; CR is data.
    V1_1,
    /// 1.2: adds `\r`.
    V1_2,
}

impl Escaping {
    pub(crate) fn of(command: &Command, version: Version) -> Self {
        match (command.escapes(version), version) {
            (true, Version::V1_1) => Self::V1_1,
            (true, _) => Self::V1_2,
            (false, Version::V1_0) if !is_connect(command) => Self::Raw,
            (false, _) => Self::RawLine,
        }
    }

    /// What `octet` is written as: itself (`Ok(None)`), an escape, or not at all.
    fn escape(self, octet: u8, in_name: bool) -> Result<Option<u8>, EncodeError> {
        match (self, octet) {
            (_, 0) | (Self::Raw | Self::RawLine, b'\n') | (Self::RawLine, b'\r') => {
                Err(EncodeError::UnencodableHeader)
            }
            (Self::Raw | Self::RawLine, b':') if in_name => Err(EncodeError::UnencodableHeader),
            (Self::V1_1 | Self::V1_2, b'\n') => Ok(Some(b'n')),
            (Self::V1_1 | Self::V1_2, b':') => Ok(Some(b'c')),
            (Self::V1_1 | Self::V1_2, b'\\') => Ok(Some(b'\\')),
            (Self::V1_2, b'\r') => Ok(Some(b'r')),
            _ => Ok(None),
        }
    }
}

fn is_connect(command: &Command) -> bool {
    matches!(command, Command::Connect | Command::Stomp | Command::Connected)
}

/// Appends `text` escaped. On an error `dst` holds a part of it.
pub(crate) fn escape_into(
    dst: &mut BytesMut,
    text: &str,
    escaping: Escaping,
    in_name: bool,
) -> Result<(), EncodeError> {
    let octets = text.as_bytes();
    let mut copied = 0;
    for (at, &octet) in octets.iter().enumerate() {
        if let Some(escape) = escaping.escape(octet, in_name)? {
            dst.put_slice(&octets[copied..at]);
            dst.put_slice(&[b'\\', escape]);
            copied = at + 1;
        }
    }
    dst.put_slice(&octets[copied..]);
    Ok(())
}

/// Unescapes `line[read]` in one pass to `write` and on, which is at or left of it; returns where the text ends.
pub(crate) fn unescape_in_place(
    line: &mut [u8],
    read: Range<usize>,
    mut write: usize,
    version: Version,
) -> Result<usize, DecodeError> {
    let mut at = read.start;
    while at < read.end {
        let mut octet = line[at];
        at += 1;
        if octet == b'\\' {
            let escape = if at < read.end { line[at] } else { b' ' };
            octet = unescaped(escape, version).ok_or(DecodeError::BadEscape { version })?;
            at += 1;
        }
        line[write] = octet;
        write += 1;
    }
    Ok(write)
}

/// What the escape sequence of `\` and `escape` stands for.
fn unescaped(escape: u8, version: Version) -> Option<u8> {
    match escape {
        b'n' => Some(b'\n'),
        b'c' => Some(b':'),
        b'\\' => Some(b'\\'),
        b'r' if version == Version::V1_2 => Some(b'\r'),
        _ => None,
    }
}
