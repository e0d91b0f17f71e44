//! The command and header lines of the frame that is being decoded.

use core::mem;

use bytes::{Bytes, BytesMut};

use crate::{
    ByteStr, Command, DecodeError, Frame, Headers,
    header::{Entries, Entry},
    parser::{self, Line},
    rules::Rules,
    scan::{LineEnd, Scan},
    unescape::normalise,
};

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
    pub(crate) fn read(&mut self, src: &mut BytesMut, rules: &Rules) -> Result<bool, DecodeError> {
        // A scan of its own, which need not be in memory between two lines.
        let mut scan = mem::take(&mut self.scan);
        let complete = self.read_lines(src, rules, &mut scan);
        self.scan = scan;
        complete
    }

    #[inline(always)]
    fn read_lines(
        &mut self,
        src: &mut BytesMut,
        rules: &Rules,
        scan: &mut Scan,
    ) -> Result<bool, DecodeError> {
        if self.command.is_none() {
            let Some(end) = scan.next_line(src) else {
                return self.unfinished(src, rules);
            };
            self.read_command(src, end, rules)?;
        }
        while let Some(end) = scan.next_line(src) {
            if self.is_plain_header(end, rules) {
                self.push(end.colon, end.at);
            } else if self.read_line(src, end, rules)? {
                return Ok(true);
            }
            self.line_start = end.at + 1;
        }
        self.unfinished(src, rules)
    }

    fn read_command(&mut self, src: &[u8], end: LineEnd, rules: &Rules) -> Result<(), DecodeError> {
        let line = self.line(src, end, rules).map_err(|error| match error {
            DecodeError::StrayCr => error,
            _ => DecodeError::BadCommand,
        })?;
        self.command = Some(command(line.text)?);
        self.line_start = end.at + 1;
        Ok(())
    }

    /// Whether the line is a header that the buffer holds as it is meant, within the limits.
    #[inline]
    fn is_plain_header(&self, end: LineEnd, rules: &Rules) -> bool {
        self.line_start < end.colon
            && end.colon < end.at
            && end.at < end.care
            && end.at - self.line_start <= rules.limits.header_line
            && end.at <= rules.limits.head as usize
            && self.entries.len() < rules.limits.headers
            && !rules.trims()
    }

    /// Reads any other line; `true` when it ends the head.
    #[cold]
    fn read_line(&mut self, src: &mut BytesMut, end: LineEnd, rules: &Rules) -> Result<bool, DecodeError> {
        if rules.leniency.missing_blank_line && src.get(self.line_start) == Some(&0) {
            return Ok(true);
        }
        let line = self.line(src, end, rules)?;
        if line.text.is_empty() {
            self.line_start = end.at + 1;
            return Ok(true);
        }
        if self.entries.len() >= rules.limits.headers {
            return Err(DecodeError::TooManyHeaders { limit: rules.limits.headers });
        }
        let (mut colon, mut length, care) = (line.name_end()?, line.text.len(), line.care);
        if care || rules.trims() {
            let line = src.get_mut(self.line_start..self.line_start + length).unwrap_or_default();
            let escaped = self.command.as_ref().is_some_and(|command| command.escapes(rules.version));
            (colon, length) = normalise(line, colon, rules, escaped)?;
        }
        self.push(self.line_start + colon, self.line_start + length);
        Ok(false)
    }

    /// The entry of the line at `line_start`, which ends within `Limits::head`, a `u32`.
    #[inline]
    fn push(&mut self, colon: usize, end: usize) {
        self.entries.push(Entry { start: self.line_start as u32, colon: colon as u32, end: end as u32 });
    }

    fn line<'a>(&self, src: &'a [u8], end: LineEnd, rules: &Rules) -> Result<Line<'a>, DecodeError> {
        self.check_length(src.get(self.line_start..end.at), rules)?;
        parser::checked_line(src, self.line_start, end, rules.cr())
    }

    /// Checks what is there of a line that still lacks its end.
    fn unfinished(&self, src: &[u8], rules: &Rules) -> Result<bool, DecodeError> {
        let checked = self.check_length(src.get(self.line_start..), rules);
        checked.map(|()| false).map_err(|error| match self.command {
            None => DecodeError::BadCommand,
            Some(_) => error,
        })
    }

    fn check_length(&self, line: Option<&[u8]>, rules: &Rules) -> Result<(), DecodeError> {
        let line = line.unwrap_or_default();
        let head = rules.limits.head as usize;
        let left = head.saturating_sub(self.line_start);
        // A CR at the end belongs to the line end, or is an error that the next octet shows.
        let cr = rules.cr().ends_line() && line.ends_with(b"\r");
        if line.len() - usize::from(cr) <= left.min(rules.limits.header_line) {
            return Ok(());
        }
        let limit = if rules.limits.header_line <= left { rules.limits.header_line } else { head };
        Err(DecodeError::HeaderTooLong { limit })
    }

    /// The command, once its line is there.
    pub(crate) fn command(&self) -> Option<&Command> {
        self.command.as_ref()
    }

    /// The value of the first header of that name among those read so far.
    pub(crate) fn value<'a>(&self, src: &'a [u8], name: &str) -> Option<&'a str> {
        let entry = self.entries.iter().find(|entry| entry.is_named(src, name))?;
        core::str::from_utf8(src.get(entry.value())?).ok()
    }

    /// The octets of the whole head, blank line included.
    pub(crate) fn length(&self) -> usize {
        self.line_start
    }

    /// Takes head, body and NUL out of `src`, and is then ready for the next frame.
    #[inline]
    pub(crate) fn take_frame(&mut self, src: &mut BytesMut, body: usize) -> Frame {
        let (head, nul) = (self.line_start, 1);
        let mut wire = src.split_to(head + body + nul).freeze();
        let body = if body == 0 { Bytes::new() } else { wire.slice(head..head + body) };
        wire.truncate(head);
        self.line_start = 0;
        self.scan = Scan::default();
        // A frame is complete only behind its command line.
        let command = self.command.take().unwrap_or(Command::Other(ByteStr::default()));
        Frame::new(command, Headers::new(ByteStr::from_checked(wire), mem::take(&mut self.entries)), body)
    }
}

fn command(line: &[u8]) -> Result<Command, DecodeError> {
    if let Some(command) = Command::known(line) {
        return Ok(command);
    }
    let name = parser::command_text(line)?;
    Ok(Command::Other(ByteStr::from_checked(Bytes::copy_from_slice(name))))
}
