//! Frames to octets.

use bytes::{BufMut, BytesMut};

use crate::{
    Command, EncodeError, Frame, Version,
    escape::{Escaping, count_special, write_header},
    header::{Survey, name},
    parser,
};

/// Appends `frame` to `dst` as `version` writes it, with its NUL.
///
/// A `content-length` is added behind the other headers when there is a body and the frame names none. The
/// room for the whole frame is reserved at once; into a buffer that has it, nothing is allocated.
///
/// # Errors
///
/// An [`EncodeError`] when the version cannot carry the frame; `dst` is then as it was.
///
/// ```
/// use bytes::BytesMut;
/// use stomp_proto::{Command, Frame, Version, encode};
///
/// let frame = Frame::builder(Command::Send).header("a:b", "c\nd").body("hi").build();
/// let mut wire = BytesMut::new();
/// encode(&frame, Version::V1_2, &mut wire)?;
/// assert_eq!(&wire[..], b"SEND\na\\cb:c\\nd\ncontent-length:2\n\nhi\0");
/// // 1.0 has no escapes: what would end the line is refused.
/// assert!(encode(&frame, Version::V1_0, &mut wire).is_err());
/// # Ok::<(), stomp_proto::EncodeError>(())
/// ```
pub fn encode(frame: &Frame, version: Version, dst: &mut BytesMut) -> Result<(), EncodeError> {
    let start = dst.len();
    write(frame, version, dst).inspect_err(|_| dst.truncate(start))
}

fn write(frame: &Frame, version: Version, dst: &mut BytesMut) -> Result<(), EncodeError> {
    let (command, headers, body) = (frame.command(), frame.headers(), frame.body());
    let head = headers.head().as_bytes();
    let Survey { content_length: declared, nameless } = headers.survey();
    // The first and the blank line end in an LF each, and an entry has a ':' and an LF; what is beyond may be escaped.
    let escapes = count_special(head).saturating_sub(2 * (1 + headers.len()));
    let size = head.len() + escapes + body.len() + "\0".len();
    let length_needed = declared.is_none() && !body.is_empty();
    dst.reserve(size + if length_needed { content_length_line(body.len()) } else { 0 });

    // A blank line that did not come is no part of the head.
    let plain = escapes == 0 && !nameless && version > Version::V1_0 && head.ends_with(b"\n\n");
    if plain {
        let mut writer = FrameWriter::behind_command(dst, command, version)?;
        writer.verbatim(&head[..head.len() - "\n".len()], declared)?;
        return writer.end(body);
    }
    let mut writer = FrameWriter::new(dst, command, version)?;
    headers.iter().try_for_each(|(name, value)| writer.header(name, value))?;
    writer.end(body)
}

/// The octets of a `content-length` header line.
fn content_length_line(length: usize) -> usize {
    let digits = length.checked_ilog10().unwrap_or(0) as usize + 1;
    name::CONTENT_LENGTH.len() + ":\n".len() + digits
}

/// The octets of a header line, escapes included.
pub(crate) fn line_length(name: &str, value: &str, version: Version) -> usize {
    let escapes = || count_special(name.as_bytes()) + count_special(value.as_bytes());
    name.len() + value.len() + ":\n".len() + if version.escapes() { escapes() } else { 0 }
}

/// The octets behind the headers that a [`FrameWriter`] is given: `content-length` where there is a body, the blank
/// line, the body and the NUL.
pub(crate) fn end_length(body: &[u8]) -> usize {
    let length_line = if body.is_empty() { 0 } else { content_length_line(body.len()) };
    length_line + "\n".len() + body.len() + "\0".len()
}

/// Writes one frame header by header, with nothing in between.
///
/// ```
/// use bytes::BytesMut;
/// use stomp_proto::{Command, FrameWriter, Version};
///
/// let mut wire = BytesMut::new();
/// let mut writer = FrameWriter::new(&mut wire, &Command::Receipt, Version::V1_2)?;
/// writer.header("receipt-id", "a:1")?;
/// writer.finish(b"")?;
/// assert_eq!(&wire[..], b"RECEIPT\nreceipt-id:a\\c1\n\n\0");
/// # Ok::<(), stomp_proto::EncodeError>(())
/// ```
#[derive(Debug)]
pub struct FrameWriter<'a> {
    dst: &'a mut BytesMut,
    version: Version,
    escaping: Escaping,
    body_allowed: bool,
    content_length: Option<usize>,
}

impl<'a> FrameWriter<'a> {
    /// Appends the command line.
    ///
    /// # Errors
    ///
    /// [`EncodeError::BadCommand`] for a command with control characters or none at all.
    #[inline]
    pub fn new(dst: &'a mut BytesMut, command: &Command, version: Version) -> Result<Self, EncodeError> {
        let writer = Self::behind_command(dst, command, version)?;
        writer.dst.put_slice(command.as_str().as_bytes());
        writer.dst.put_u8(b'\n');
        Ok(writer)
    }

    /// A writer for headers behind a command line that is written elsewhere.
    #[inline]
    pub(crate) fn behind_command(
        dst: &'a mut BytesMut,
        command: &Command,
        version: Version,
    ) -> Result<Self, EncodeError> {
        if let Command::Other(name) = command {
            parser::command_text(name.as_bytes()).map_err(|_| EncodeError::BadCommand)?;
        }
        Ok(Self {
            dst,
            version,
            escaping: Escaping::of(command, version),
            body_allowed: command.allows_body(version),
            content_length: None,
        })
    }

    /// Appends a header, escaped as the version and the command ask for.
    ///
    /// # Errors
    ///
    /// [`EncodeError::UnencodableHeader`], and nothing is appended.
    pub fn header(&mut self, name: &str, value: &str) -> Result<(), EncodeError> {
        if !can_name(name, self.version) {
            return Err(EncodeError::UnencodableHeader);
        }
        if name == name::CONTENT_LENGTH && self.content_length.is_none() {
            self.declare(value)?;
        }
        let start = self.dst.len();
        write_header(self.dst, name, value, self.escaping).inspect_err(|_| self.dst.truncate(start))
    }

    /// Appends lines that need no escape, with the value of the first `content-length` among them.
    fn verbatim(&mut self, lines: &[u8], content_length: Option<&str>) -> Result<(), EncodeError> {
        content_length.map_or(Ok(()), |value| self.declare(value))?;
        self.dst.put_slice(lines);
        Ok(())
    }

    fn declare(&mut self, content_length: &str) -> Result<(), EncodeError> {
        let length = parser::content_length(content_length.as_bytes());
        self.content_length = Some(length.map_err(|_| EncodeError::ContentLengthMismatch)?);
        Ok(())
    }

    /// Appends the blank line, the body and the NUL.
    ///
    /// # Errors
    ///
    /// [`EncodeError::BodyNotAllowed`] or [`EncodeError::ContentLengthMismatch`]; the head stays appended.
    pub fn finish(mut self, body: &[u8]) -> Result<(), EncodeError> {
        self.end(body)
    }

    /// Finishes the frame. By reference, for moving the writer costs as much as a header.
    #[inline]
    fn end(&mut self, body: &[u8]) -> Result<(), EncodeError> {
        if !body.is_empty() && !self.body_allowed {
            return Err(EncodeError::BodyNotAllowed);
        }
        match self.content_length {
            Some(length) if length != body.len() => return Err(EncodeError::ContentLengthMismatch),
            None if !body.is_empty() => {
                self.header(name::CONTENT_LENGTH, decimal(body.len(), &mut [0; 20]))?;
            }
            _ => {}
        }
        self.dst.put_u8(b'\n');
        self.dst.put_slice(body);
        self.dst.put_u8(0);
        Ok(())
    }
}

/// Whether a header may have that name. 1.0 peers trim spaces, so that one with outer spaces would become another.
fn can_name(name: &str, version: Version) -> bool {
    !name.is_empty() && (version > Version::V1_0 || name.trim_matches(' ').len() == name.len())
}

/// `number` in decimal, without an allocation; 20 digits hold every `usize`.
fn decimal(mut number: usize, digits: &mut [u8; 20]) -> &str {
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return core::str::from_utf8(&digits[start..]).unwrap_or_default();
        }
    }
}
