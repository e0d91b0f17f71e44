//! The command and header lines of the frame that is being decoded.

use core::{mem, ops::Range};

use bytes::{Bytes, BytesMut};

use crate::{
    ByteStr, Command, DecodeError, Frame, Headers, Limits, Version,
    escape::unescape_in_place,
    header::{Entries, Entry},
    parser,
    scan::Scan,
};

/// The octets of the NUL that ends a frame.
const NUL: usize = 1;

/// The head so far; positions count from the start of the frame, which is the start of the buffer.
#[derive(Debug, Default)]
pub(crate) struct Head {
    command: Option<Command>,
    entries: Entries,
    /// Where the line that is being read starts; behind the blank line, the length of the head.
    line_start: usize,
    scan: Scan,
}

impl Head {
    /// Reads lines up to the blank one; `false` when it needs more input.
    #[inline]
    pub(crate) fn read(
        &mut self,
        src: &mut BytesMut,
        version: Version,
        limits: &Limits,
    ) -> Result<bool, DecodeError> {
        while let Some(end) = self.scan.next_line(src) {
            self.check_length(src.get(self.line_start..end.at), version, limits)?;
            let line = parser::checked_line(src, self.line_start, end, version);
            let line = line.map_err(|error| self.blame(error))?;
            if self.command.is_none() {
                self.command = Some(command(line.text)?);
            } else if line.text.is_empty() {
                self.line_start = end.at + 1;
                return Ok(true);
            } else if self.entries.len() >= limits.headers {
                return Err(DecodeError::TooManyHeaders { limit: limits.headers });
            } else {
                let (colon, length, care) = (line.name_end()?, line.text.len(), line.care);
                let entry = self.entry(src, colon, length, care, version)?;
                self.entries.push(entry);
            }
            self.line_start = end.at + 1;
        }
        self.check_length(src.get(self.line_start..), version, limits)?;
        Ok(false)
    }

    /// The entry for the line of `length` octets at `line_start`, which is unescaped where it stands.
    #[inline]
    fn entry(
        &self,
        src: &mut BytesMut,
        mut colon: usize,
        mut length: usize,
        care: bool,
        version: Version,
    ) -> Result<Entry, DecodeError> {
        if care || version == Version::V1_0 {
            let command = self.command.as_ref();
            let escapes = command.is_some_and(|command| command.escapes(version));
            let line = src.get_mut(self.line_start..self.line_start + length);
            (colon, length) = normalise(line.unwrap_or_default(), colon, version, escapes)?;
        }
        let position = |offset: usize| {
            u32::try_from(self.line_start + offset)
                .map_err(|_| DecodeError::HeaderTooLong { limit: u32::MAX as usize })
        };
        Ok(Entry { start: position(0)?, colon: position(colon)?, end: position(length)? })
    }

    /// Checks the octets so far of the line at `line_start`, which may still lack its end.
    #[inline]
    fn check_length(
        &self,
        line: Option<&[u8]>,
        version: Version,
        limits: &Limits,
    ) -> Result<(), DecodeError> {
        let line = line.unwrap_or_default();
        let left = (limits.head as usize).saturating_sub(self.line_start);
        let cr = version.allows_crlf() && line.ends_with(b"\r");
        if line.len() - usize::from(cr) <= left.min(limits.header_line) {
            return Ok(());
        }
        let limit = match limits.header_line <= left {
            true => limits.header_line,
            false => limits.head as usize,
        };
        Err(self.blame(DecodeError::HeaderTooLong { limit }))
    }

    /// In the command line any fault but a stray CR makes a bad command.
    fn blame(&self, error: DecodeError) -> DecodeError {
        match self.command {
            None if error != DecodeError::StrayCr => DecodeError::BadCommand,
            _ => error,
        }
    }

    /// The command, once its line is there.
    pub(crate) fn command(&self) -> Option<&Command> {
        self.command.as_ref()
    }

    pub(crate) fn allows_body(&self, version: Version) -> bool {
        self.command.as_ref().is_some_and(|command| command.allows_body(version))
    }

    /// The value of the first header of that name among those read so far.
    pub(crate) fn value<'a>(&self, src: &'a BytesMut, name: &str) -> Option<&'a str> {
        let at = |range: Range<u32>| src.get(range.start as usize..range.end as usize).unwrap_or_default();
        let entry = self.entries.iter().find(|entry| at(entry.start..entry.colon) == name.as_bytes())?;
        core::str::from_utf8(at(entry.colon + 1..entry.end)).ok()
    }

    /// The octets of the whole head, blank line included.
    pub(crate) fn length(&self) -> usize {
        self.line_start
    }

    /// Takes head, body and NUL out of `src`, and is then ready for the next frame.
    #[inline]
    pub(crate) fn take_frame(&mut self, src: &mut BytesMut, body: usize) -> Frame {
        let mut wire = src.split_to(self.line_start + body + NUL).freeze();
        let body = match body {
            0 => Bytes::new(),
            length => wire.slice(self.line_start..self.line_start + length),
        };
        wire.truncate(self.line_start);
        let text = ByteStr::from_checked(wire);
        self.line_start = 0;
        self.scan = Scan::default();
        // A frame is complete only behind its command line.
        let command = self.command.take().unwrap_or(Command::Other(ByteStr::default()));
        Frame::new(command, Headers::new(text, mem::take(&mut self.entries)), body)
    }
}

fn command(line: &[u8]) -> Result<Command, DecodeError> {
    match Command::known(line) {
        Some(command) => Ok(command),
        None => {
            let name = parser::command_text(line)?;
            Ok(Command::Other(ByteStr::from_checked(Bytes::copy_from_slice(name))))
        }
    }
}

/// Checks the octets of a header line, unescapes and (1.0) trims them in place; returns its new colon and end.
///
/// What the line no longer needs is filled, so that the head stays one piece of valid text.
fn normalise(
    line: &mut [u8],
    colon: usize,
    version: Version,
    escapes: bool,
) -> Result<(usize, usize), DecodeError> {
    core::str::from_utf8(line).map_err(|_| DecodeError::InvalidUtf8)?;
    let (name, value) = match version {
        // The examples of 1.0 pad with spaces; later versions forbid both padding and trimming.
        Version::V1_0 => (trimmed(line, 0..colon), trimmed(line, colon + 1..line.len())),
        _ => (0..colon, colon + 1..line.len()),
    };
    if name.is_empty() {
        return Err(DecodeError::MalformedHeader);
    }
    let (colon, end) = if escapes {
        let colon = unescape_in_place(line, name, 0, version)?;
        (colon, unescape_in_place(line, value, colon + 1, version)?)
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
