//! Value encoding (STOMP 1.2, "Value Encoding"), to the wire: the escapes of header names and values.

use bytes::{BufMut, BytesMut};

use crate::{
    Command, EncodeError, Version,
    simd::{BLOCK, Lane, Vectorised, special, vectorised},
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
    vectorised(CountSpecial(text))
}

struct CountSpecial<'a>(&'a [u8]);

impl Vectorised for CountSpecial<'_> {
    type Output = usize;

    #[inline(always)]
    fn run<L: Lane>(self) -> usize {
        let (mut count, mut at) = (0, 0);
        while at < self.0.len() {
            count += special::<L>(self.0, at).count_ones() as usize;
            at += BLOCK;
        }
        count
    }
}

/// Appends `text`, checked, escaped and copied in one pass.
fn escape_into(
    dst: &mut BytesMut,
    text: &[u8],
    escaping: Escaping,
    in_name: bool,
) -> Result<(), EncodeError> {
    for block in text.chunks(BLOCK) {
        if count_special(block) == 0 {
            dst.put_slice(block);
            continue;
        }
        // Written here first, for an escape more costs less than an append more.
        let (mut escaped, mut length) = ([0; 2 * BLOCK], 0);
        for &octet in block {
            let escape = escaping.escape(octet, in_name)?;
            escaped[length] = if escape.is_some() { b'\\' } else { octet };
            escaped[length + 1] = escape.unwrap_or_default();
            length += 1 + usize::from(escape.is_some());
        }
        dst.put_slice(&escaped[..length]);
    }
    Ok(())
}
