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
            self.read_plain_headers(rules, scan)?;
            if let Some(end) = scan.next_line() {
                if end.at == self.line_start && !end.care {
                    self.line_start = end.at + 1;
                    return Ok(true);
                }
                if self.read_line(src, end, rules)? {
                    return Ok(true);
                }
            } else if !scan.load(src) {
                return self.unfinished(src, rules);
            }
        }
    }

    /// Reads the headers ahead in the block at hand, as long as they stand in the buffer as they are meant.
    #[inline(always)]
    fn read_plain_headers(&mut self, rules: &Rules, scan: &mut Scan) -> Result<(), DecodeError> {
        if self.command.is_none() || rules.trims() {
            return Ok(());
        }
        let mut start = self.line_start;
        while let Some((colon, end)) = scan.next_plain_header(start) {
            self.check_length(start, end - start, rules)?;
            self.push(start, colon, end, rules)?;
            start = end + 1;
        }
        self.line_start = start;
        Ok(())
    }

    /// Reads any line; `true` when it ends the head.
    fn read_line(&mut self, src: &mut BytesMut, end: LineEnd, rules: &Rules) -> Result<bool, DecodeError> {
        let start = self.line_start;
        if self.command.is_none() {
            self.command = Some(self.read_command(src, end, rules)?);
        } else if rules.leniency.missing_blank_line && src.get(start) == Some(&0) {
            return Ok(true);
        } else {
            let line = self.line(src, end, rules)?;
            if line.text.is_empty() {
                self.line_start = end.at + 1;
                return Ok(true);
            }
            let (mut colon, mut end, care) = (start + line.name_end()?, start + line.text.len(), line.care);
            if care || rules.trims() {
                (colon, end) = self.normalise(src, colon, end, rules)?;
            }
            self.push(start, colon, end, rules)?;
        }
        self.line_start = end.at + 1;
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
        if !end.care {
            self.check_length(self.line_start, line.len(), rules)?;
            return Ok(Line { text: line, colon: end.colon.map(|at| at - self.line_start), care: false });
        }
        self.check_length(self.line_start, text_length(line, rules), rules)?;
        parser::checked_line(src, self.line_start, end, rules.cr())
    }

    /// Checks what is there of a line that still lacks its end.
    #[cold]
    fn unfinished(&self, src: &[u8], rules: &Rules) -> Result<bool, DecodeError> {
        let line = src.get(self.line_start..).unwrap_or_default();
        let checked = self.check_length(self.line_start, text_length(line, rules), rules);
        checked.map(|()| false).map_err(|error| match self.command {
            None => DecodeError::BadCommand,
            Some(_) => error,
        })
    }

    /// Appends the header whose line starts at `start`.
    #[inline]
    fn push(&mut self, start: usize, colon: usize, end: usize, rules: &Rules) -> Result<(), DecodeError> {
        if self.entries.len() >= rules.limits.headers {
            return Err(DecodeError::TooManyHeaders { limit: rules.limits.headers });
        }
        // `check_length` has compared the end with `Limits::head`, a `u32`.
        self.entries.push(Entry { start: start as u32, colon: colon as u32, end: end as u32 });
        Ok(())
    }

    /// Unescapes and trims the header line at `line_start` where it stands; returns its `:` and end.
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

    /// Checks a line of so many octets, so far, that starts at `start`.
    #[inline]
    fn check_length(&self, start: usize, length: usize, rules: &Rules) -> Result<(), DecodeError> {
        let (line, head) = (rules.limits.header_line, rules.limits.head as usize);
        if length <= line && length <= head.saturating_sub(start) {
            return Ok(());
        }
        // The limit that such a line meets first, however it is cut.
        let limit = if start.saturating_add(line) <= head { line } else { head };
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
