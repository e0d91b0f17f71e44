//! Frames to octets.

use bytes::{BufMut, BytesMut};

use crate::{
    Command, EncodeError, Frame, Version,
    escape::{Escaping, escape_into},
    header::name,
    parser,
};

/// Appends `frame` to `dst` as `version` writes it, with its NUL.
///
/// A `content-length` is added behind the other headers when there is a body and the frame names none.
///
/// # Errors
///
/// An [`EncodeError`] when the version cannot carry the frame; `dst` is then as it was.
pub fn encode(frame: &Frame, version: Version, dst: &mut BytesMut) -> Result<(), EncodeError> {
    let start = dst.len();
    dst.reserve(frame.size() + SLACK);
    write(frame, version, dst).inspect_err(|_| dst.truncate(start))
}

/// Room for line ends, a content-length and a few escapes.
const SLACK: usize = 64;

fn write(frame: &Frame, version: Version, dst: &mut BytesMut) -> Result<(), EncodeError> {
    let mut writer = FrameWriter::new(dst, frame.command(), version)?;
    for (name, value) in frame.headers().iter() {
        writer.header(name, value)?;
    }
    writer.finish(frame.body())
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
    pub fn new(dst: &'a mut BytesMut, command: &Command, version: Version) -> Result<Self, EncodeError> {
        let line = command.as_str().as_bytes();
        parser::command_text(line).map_err(|_| EncodeError::BadCommand)?;
        dst.put_slice(line);
        dst.put_u8(b'\n');
        Ok(Self::behind_command(dst, command, version))
    }

    /// A writer for headers behind a command line that stands elsewhere.
    pub(crate) fn behind_command(dst: &'a mut BytesMut, command: &Command, version: Version) -> Self {
        Self {
            dst,
            escaping: Escaping::of(command, version),
            body_allowed: command.allows_body(version),
            content_length: None,
        }
    }

    /// Appends a header, escaped as the version and the command ask for.
    ///
    /// # Errors
    ///
    /// [`EncodeError::UnencodableHeader`], and nothing is appended.
    pub fn header(&mut self, name: &str, value: &str) -> Result<(), EncodeError> {
        if name.is_empty() {
            return Err(EncodeError::UnencodableHeader);
        }
        if name == name::CONTENT_LENGTH && self.content_length.is_none() {
            let length = parser::content_length(value.as_bytes());
            self.content_length = Some(length.map_err(|_| EncodeError::ContentLengthMismatch)?);
        }
        let start = self.dst.len();
        self.line(name, value).inspect_err(|_| self.dst.truncate(start))
    }

    fn line(&mut self, name: &str, value: &str) -> Result<(), EncodeError> {
        escape_into(self.dst, name, self.escaping, true)?;
        self.dst.put_u8(b':');
        escape_into(self.dst, value, self.escaping, false)?;
        self.dst.put_u8(b'\n');
        Ok(())
    }

    /// Appends the blank line, the body and the NUL.
    ///
    /// # Errors
    ///
    /// [`EncodeError::BodyNotAllowed`] or [`EncodeError::ContentLengthMismatch`]; the head stays appended.
    pub fn finish(mut self, body: &[u8]) -> Result<(), EncodeError> {
        if !body.is_empty() && !self.body_allowed {
            return Err(EncodeError::BodyNotAllowed);
        }
        match self.content_length {
            Some(length) if length != body.len() => return Err(EncodeError::ContentLengthMismatch),
            None if !body.is_empty() => self.line(name::CONTENT_LENGTH, decimal(body.len(), &mut [0; 20]))?,
            _ => {}
        }
        self.dst.put_u8(b'\n');
        self.dst.put_slice(body);
        self.dst.put_u8(0);
        Ok(())
    }
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
