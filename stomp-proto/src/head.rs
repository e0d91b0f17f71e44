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
        loop {
            let in_headers = self.command.is_some();
            let plain = if in_headers { scan.next_plain_header(self.line_start) } else { None };
            if let Some((colon, end)) = plain {
                self.check_length(end - self.line_start, rules)?;
                self.push(src, colon, end, false, rules)?;
                self.line_start = end + 1;
            } else if let Some(end) = scan.next_line() {
                if self.read_line(src, end, rules)? {
                    return Ok(true);
                }
                self.line_start = end.at + 1;
            } else if !scan.load(src) {
                return self.unfinished(src, rules);
            }
        }
    }

    /// Reads any line; `true` when it ends the head.
    fn read_line(&mut self, src: &mut BytesMut, end: LineEnd, rules: &Rules) -> Result<bool, DecodeError> {
        if self.command.is_none() {
            self.command = Some(self.read_command(src, end, rules)?);
            return Ok(false);
        }
        if rules.leniency.missing_blank_line && src.get(self.line_start) == Some(&0) {
            return Ok(true);
        }
        let line = self.line(src, end, rules)?;
        if line.text.is_empty() {
            self.line_start = end.at + 1;
            return Ok(true);
        }
        let (colon, length, care) = (line.name_end()?, line.text.len(), line.care);
        self.push(src, self.line_start + colon, self.line_start + length, care, rules)?;
        Ok(false)
    }

    fn read_command(&self, src: &[u8], end: LineEnd, rules: &Rules) -> Result<Command, DecodeError> {
        let line = self.line(src, end, rules).map_err(|error| match error {
            DecodeError::StrayCr => error,
            _ => DecodeError::BadCommand,
        })?;
        match Command::known(line.text) {
            Some(command) => Ok(command),
            None => {
                let name = Bytes::copy_from_slice(parser::command_text(line.text)?);
                Ok(Command::Other(ByteStr::from_checked(name)))
            }
        }
    }

    fn line<'a>(&self, src: &'a [u8], end: LineEnd, rules: &Rules) -> Result<Line<'a>, DecodeError> {
        let line = src.get(self.line_start..end.at).unwrap_or_default();
        self.check_length(text_length(line, rules), rules)?;
        parser::checked_line(src, self.line_start, end, rules.cr())
    }

    /// Checks what is there of a line that still lacks its end.
    fn unfinished(&self, src: &[u8], rules: &Rules) -> Result<bool, DecodeError> {
        let line = src.get(self.line_start..).unwrap_or_default();
        let checked = self.check_length(text_length(line, rules), rules);
        checked.map(|()| false).map_err(|error| match self.command {
            None => DecodeError::BadCommand,
            Some(_) => error,
        })
    }

    /// Appends the header that the buffer holds from `line_start` to `end`.
    #[inline]
    fn push(
        &mut self,
        src: &mut BytesMut,
        mut colon: usize,
        mut end: usize,
        care: bool,
        rules: &Rules,
    ) -> Result<(), DecodeError> {
        if self.entries.len() >= rules.limits.headers {
            return Err(DecodeError::TooManyHeaders { limit: rules.limits.headers });
        }
        if care || rules.trims() {
            (colon, end) = self.normalise(src, colon, end, rules)?;
        }
        // `check_length` has compared the end with `Limits::head`, a `u32`.
        self.entries.push(Entry { start: self.line_start as u32, colon: colon as u32, end: end as u32 });
        Ok(())
    }

    #[cold]
    fn normalise(
        &self,
        src: &mut BytesMut,
        colon: usize,
        end: usize,
        rules: &Rules,
    ) -> Result<(usize, usize), DecodeError> {
        let start = self.line_start;
        let line = src.get_mut(start..end).unwrap_or_default();
        let escaped = self.command.as_ref().is_some_and(|command| command.escapes(rules.version));
        let (colon, length) = normalise(line, colon - start, rules, escaped)?;
        Ok((start + colon, start + length))
    }

    /// Checks a line of so many octets, so far, at `line_start`.
    #[inline]
    fn check_length(&self, length: usize, rules: &Rules) -> Result<(), DecodeError> {
        let (line, head) = (rules.limits.header_line, rules.limits.head as usize);
        if length <= line && length <= head.saturating_sub(self.line_start) {
            return Ok(());
        }
        // The limit that such a line meets first, however it is cut.
        let limit = if self.line_start.saturating_add(line) <= head { line } else { head };
        Err(DecodeError::HeaderTooLong { limit })
    }

    /// The command, once its line is there.
    pub(crate) fn command(&self) -> Option<&Command> {
        self.command.as_ref()
    }

    /// The value of the first header of that name among those read so far.
    pub(crate) fn value<'a>(&self, src: &'a [u8], name: &str) -> Option<&'a [u8]> {
        let entry = self.entries.iter().find(|entry| entry.is_named(src, name))?;
        src.get(entry.value())
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

/// The octets of an unfinished or finished line without the CR of its line end, or what may become one.
fn text_length(line: &[u8], rules: &Rules) -> usize {
    let cr = rules.cr().ends_line() && line.ends_with(b"\r");
    line.len() - usize::from(cr)
}
