//! Value encoding (STOMP 1.2, "Value Encoding"), to the wire: the escapes of header names and values.

use bytes::{BufMut, BytesMut};

use crate::{
    Command, EncodeError, Version,
    simd::{BLOCK, special},
};

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

    /// What the special `octet` is written as: itself (`Ok(None)`), an escape, or not at all.
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

/// Appends `name:value` and a line end, escaped. On an error `dst` holds a part of it.
pub(crate) fn write_header(
    dst: &mut BytesMut,
    name: &str,
    value: &str,
    escaping: Escaping,
) -> Result<(), EncodeError> {
    let start = dst.len();
    for part in [name, ":", value, "\n"] {
        dst.put_slice(part.as_bytes());
    }
    // Most headers hold nothing special but the ':' and the line end, and are written already.
    if count_special(dst.get(start..).unwrap_or_default()) == 2 {
        return Ok(());
    }
    dst.truncate(start);
    escape_into(dst, name.as_bytes(), escaping, true)?;
    dst.put_u8(b':');
    escape_into(dst, value.as_bytes(), escaping, false)?;
    dst.put_u8(b'\n');
    Ok(())
}

/// How many octets of `text` may have to be escaped.
#[inline]
pub(crate) fn count_special(text: &[u8]) -> usize {
    special(text).map(|marks| marks.count_ones() as usize).sum()
}

/// Appends `text`, checked, escaped and copied in one pass.
fn escape_into(
    dst: &mut BytesMut,
    text: &[u8],
    escaping: Escaping,
    in_name: bool,
) -> Result<(), EncodeError> {
    for (block, mut marks) in text.chunks(BLOCK).zip(special(text)) {
        let mut copied = 0;
        while marks != 0 {
            let at = marks.trailing_zeros() as usize;
            marks &= marks - 1;
            if let Some(escape) = escaping.escape(block[at], in_name)? {
                dst.put_slice(&block[copied..at]);
                dst.put_slice(&[b'\\', escape]);
                copied = at + 1;
            }
        }
        dst.put_slice(&block[copied..]);
    }
    Ok(())
}
