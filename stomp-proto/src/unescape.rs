//! Value encoding (STOMP 1.2, "Value Encoding"), from the wire: header lines are unescaped where they stand.

use core::ops::Range;

use crate::{DecodeError, Version, rules::Rules};

/// Checks the octets of a header line, unescapes and (1.0) trims them in place; returns its new colon and end.
///
/// What the line no longer needs is filled, so that the head stays one piece of valid text.
pub(crate) fn normalise(
    line: &mut [u8],
    colon: usize,
    rules: &Rules,
    escaped: bool,
) -> Result<(usize, usize), DecodeError> {
    core::str::from_utf8(line).map_err(|_| DecodeError::InvalidUtf8)?;
    let (mut name, mut value) = (0..colon, colon + 1..line.len());
    if rules.trims() {
        (name, value) = (trimmed(line, name), trimmed(line, value));
    }
    if name.is_empty() {
        return Err(DecodeError::MalformedHeader);
    }
    let (colon, end) = if escaped {
        let colon = unescape(line, name, 0, rules)?;
        (colon, unescape(line, value, colon + 1, rules)?)
    } else {
        let (colon, length) = (name.len(), value.len());
        line.copy_within(name, 0);
        line.copy_within(value, colon + 1);
        (colon, colon + 1 + length)
    };
    line[colon] = b':';
    line[end..].fill(b'\n');
    Ok((colon, end))
}

fn trimmed(line: &[u8], range: Range<usize>) -> Range<usize> {
    let spaces = |octets: &mut dyn Iterator<Item = &u8>| octets.take_while(|&&octet| octet == b' ').count();
    let start = range.start + spaces(&mut line[range.clone()].iter());
    let end = range.end - spaces(&mut line[start..range.end].iter().rev());
    start..end
}

/// Unescapes `line[read]` in one pass to `write` and on, which is at or left of it; returns where the text ends.
fn unescape(
    line: &mut [u8],
    read: Range<usize>,
    mut write: usize,
    rules: &Rules,
) -> Result<usize, DecodeError> {
    let mut at = read.start;
    while at < read.end {
        let mut octet = line[at];
        at += 1;
        if octet == b'\\' {
            let escape = if at < read.end { line[at] } else { b' ' };
            match unescaped(escape, rules.version) {
                Some(meant) => {
                    octet = meant;
                    at += 1;
                }
                None if rules.leniency.undefined_escapes => {}
                None => return Err(DecodeError::BadEscape { version: rules.version }),
            }
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
