//! The command and header lines of the frame that is being decoded.

use alloc::boxed::Box;
use core::iter;

use bytes::{Buf, Bytes, BytesMut};

use crate::{
    ByteStr, Command, DecodeError, Frame, Headers,
    entries::{Entries, Entry},
    examined::examined,
    parser::{self, Line},
    rules::Rules,
    scan::{LineEnd, Scan},
    simd::{Lane, Vectorised, vectorised},
    unescape::normalise,
};

/// The head so far; positions count from the start of the frame, which is the start of the buffer.
#[derive(Debug, Default)]
pub(crate) struct Head {
    command: Option<Command>,
    entries: Entries,
    /// Where the line that is being read starts; behind the blank line, the length of the head.
    line_start: usize,
    /// The scan for that line, where it ran out of input.
    stopped: Option<Scan>,
}

/// Reading the lines that are there.
struct ReadLines<'a> {
    head: &'a mut Head,
    src: &'a mut BytesMut,
    rules: &'a Rules,
}

impl Vectorised for ReadLines<'_> {
    type Output = Result<bool, DecodeError>;

    #[inline(always)]
    fn run<L: Lane>(self) -> Self::Output {
        // A scan of its own, which need not be in memory but where the input ends.
        let mut scan = self.head.stopped.take().unwrap_or_default();
        let complete = self.head.read_lines::<L>(self.src, self.rules, &mut scan)?;
        if !complete {
            self.head.stopped = Some(scan);
        }
        Ok(complete)
    }
}

impl Head {
    /// Reads lines up to the blank one; `false` when it needs more input.
    #[inline]
    pub(crate) fn read(&mut self, src: &mut BytesMut, rules: &Rules) -> Result<bool, DecodeError> {
        vectorised(ReadLines { head: self, src, rules })
    }

    #[inline(always)]
    fn read_lines<L: Lane>(
        &mut self,
        src: &mut BytesMut,
        rules: &Rules,
        scan: &mut Scan,
    ) -> Result<bool, DecodeError> {
        loop {
            self.read_plain_headers(rules, scan);
            let Some(end) = scan.next_line() else {
                if scan.load::<L>(src) {
                    continue;
                }
                return self.unfinished(src, rules);
            };
            if self.command.is_none() {
                self.command = Some(self.read_command(src, &end, rules)?);
                self.line_start = end.at + 1;
            } else if end.at == self.line_start && !end.care {
                self.line_start = end.at + 1;
                return Ok(true);
            } else if self.read_line(src, &end, rules)? {
                return Ok(true);
            }
        }
    }

    /// Reads the headers ahead in the block at hand, as long as they stand in the buffer as they are meant.
    #[inline(always)]
    fn read_plain_headers(&mut self, rules: &Rules, scan: &mut Scan) {
        let mut start = self.line_start;
        // No line at hand is longer than what has been seen.
        let within_limits = self.check_length(start, scan.seen().saturating_sub(start), rules).is_ok();
        if self.command.is_none() || rules.trims() || !within_limits {
            return;
        }
        let room = rules.limits.headers.saturating_sub(self.entries.as_slice().len());
        let headers = iter::from_fn(|| {
            let (colon, end) = scan.next_plain_header(start)?;
            let entry = Entry::new(start, colon, end);
            start = end + 1;
            Some(entry)
        });
        self.entries.extend_inlined(headers.take(room));
        self.line_start = start;
    }

    /// Reads any line behind the command; `true` when it ends the head.
    fn read_line(&mut self, src: &mut BytesMut, end: &LineEnd, rules: &Rules) -> Result<bool, DecodeError> {
        let start = self.line_start;
        if rules.leniency.missing_blank_line && src.get(start) == Some(&0) {
            return Ok(true);
        }
        examined(end.at - start);
        let line = self.line(src, end, rules)?;
        self.line_start = end.at + 1;
        if line.text.is_empty() {
            return Ok(true);
        }
        let (mut colon, mut end, care) = (start + line.name_end()?, start + line.text.len(), line.care);
        if care || rules.trims() {
            (colon, end) = self.normalise(src, start, colon, end, rules)?;
        }
        self.push(start, colon, end, rules)?;
        Ok(false)
    }

    #[inline]
    fn read_command(&self, src: &[u8], end: &LineEnd, rules: &Rules) -> Result<Command, DecodeError> {
        let plain = !end.care && self.check_length(0, end.at, rules).is_ok();
        let known = if plain { src.get(..end.at).and_then(Command::known) } else { None };
        known.map_or_else(|| self.read_any_command(src, end, rules), Ok)
    }

    #[cold]
    fn read_any_command(&self, src: &[u8], end: &LineEnd, rules: &Rules) -> Result<Command, DecodeError> {
        let line = self.line(src, end, rules).map_err(|error| match error {
            DecodeError::StrayCr => error,
            _ => DecodeError::BadCommand,
        })?;
        match Command::known(line.text) {
            Some(command) => Ok(command),
            None => {
                let name = Bytes::copy_from_slice(parser::command_text(line.text)?);
                Ok(Command::Other(Box::new(ByteStr::from_checked(name))))
            }
        }
    }

    fn line<'a>(&self, src: &'a [u8], end: &LineEnd, rules: &Rules) -> Result<Line<'a>, DecodeError> {
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
        if self.entries.as_slice().len() >= rules.limits.headers {
            return Err(DecodeError::TooManyHeaders { limit: rules.limits.headers });
        }
        self.entries.push(Entry::new(start, colon, end));
        Ok(())
    }

    /// Unescapes and trims the header line at `start` where it stands; returns its `:` and end.
    fn normalise(
        &self,
        src: &mut BytesMut,
        start: usize,
        colon: usize,
        end: usize,
        rules: &Rules,
    ) -> Result<(usize, usize), DecodeError> {
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
        let entry = self.entries.as_slice().iter().find(|entry| entry.is_named(src, name))?;
        src.get(entry.value())
    }

    /// The octets of the whole head, blank line included.
    pub(crate) fn length(&self) -> usize {
        self.line_start
    }

    /// Takes head, body and NUL out of `src`, and is then ready for the next frame.
    #[inline]
    pub(crate) fn take_frame(&mut self, src: &mut BytesMut, body: usize) -> Frame {
        let nul = 1;
        let wire = src.split_to(self.line_start).freeze();
        let body = if body == 0 {
            src.advance(nul);
            Bytes::new()
        } else {
            let mut octets = src.split_to(body + nul);
            octets.truncate(body);
            octets.freeze()
        };
        self.line_start = 0;
        // A frame is complete only behind its command line.
        let command = self.command.take().unwrap_or_else(|| Command::from(""));
        Frame::new(command, Headers::new(ByteStr::from_checked(wire), self.entries.take()), body)
    }
}

/// The octets of an unfinished or finished line without the CR of its line end, or what may become one.
fn text_length(line: &[u8], rules: &Rules) -> usize {
    let cr = rules.cr().ends_line() && line.ends_with(b"\r");
    line.len() - usize::from(cr)
}
