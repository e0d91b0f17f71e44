//! The grammar of STOMP frames (STOMP 1.2, "Augmented BNF") as `nom` parsers over borrowed octets.
//!
//! They are streaming parsers: input that ends too early is [`nom::Err::Incomplete`]. Nothing is unescaped
//! or checked against limits here; [`Decoder`](crate::Decoder) does both on top of [`line()`], resumably. Use
//! these to find STOMP inside another format, or to look at a frame without owning its buffer.
//!
//! ```text
//! frame   = *eol command *( header ) blank-line body NUL
//! command = line without control characters
//! header  = line with a ':'
//! line    = *OCTET EOL             the hot leaf, a hand-written scan
//! EOL     = LF / ( CR LF in 1.2 )
//! ```
//!
//! ```
//! use nom::{Parser, bytes::streaming::tag, sequence::preceded};
//! use stomp_proto::{Version, parser};
//!
//! // A log of another program that has frames in it.
//! let mut logged = preceded(tag("received: "), parser::frame(Version::V1_2));
//! let (_, frame) = logged.parse(b"received: DISCONNECT\nreceipt:77\n\n\0")?;
//! assert_eq!(frame.command, b"DISCONNECT");
//! # Ok::<(), nom::Err<stomp_proto::DecodeError>>(())
//! ```

use alloc::vec::Vec;

use nom::{
    Needed, Parser,
    bytes::streaming::{tag, take, take_until},
    combinator::{map_res, verify},
    error::{ErrorKind, FromExternalError, ParseError},
    multi::{many_till, many0_count},
    sequence::terminated,
};

use crate::{
    DecodeError, Version, header,
    rules::Cr,
    scan::{LineEnd, Scan},
};

type Input<'a> = &'a [u8];

impl ParseError<Input<'_>> for DecodeError {
    fn from_error_kind(_: Input<'_>, _: ErrorKind) -> Self {
        Self::BadCommand
    }

    fn append(_: Input<'_>, _: ErrorKind, other: Self) -> Self {
        other
    }
}

impl FromExternalError<Input<'_>, Self> for DecodeError {
    fn from_external_error(_: Input<'_>, _: ErrorKind, error: Self) -> Self {
        error
    }
}

/// One line of a frame's head.
///
/// ```
/// use nom::Parser;
/// use stomp_proto::{Version, parser};
///
/// let (_, line) = parser::line(Version::V1_2).parse(b"host:a\\cb\r\n")?;
/// assert_eq!((line.text, line.colon, line.care), (&b"host:a\\cb"[..], Some(4), true));
/// # Ok::<(), nom::Err<stomp_proto::DecodeError>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// The octets without the line end.
    pub text: &'a [u8],
    /// Where the first `:` is.
    pub colon: Option<usize>,
    /// Whether there is a `\`, a CR or an octet outside ASCII in it.
    pub care: bool,
}

impl Line<'_> {
    /// Where the `:` behind the name of a header is.
    pub(crate) fn name_end(&self) -> Result<usize, DecodeError> {
        self.colon.filter(|&colon| colon > 0).ok_or(DecodeError::MalformedHeader)
    }
}

/// A header entry as it stands on the wire, still escaped.
///
/// ```
/// use nom::Parser;
/// use stomp_proto::{Version, parser};
///
/// let (_, header) = parser::header(Version::V1_2).parse(b"path:C\\c\n")?;
/// assert_eq!((header.name, header.value), (&b"path"[..], &b"C\\c"[..]));
/// # Ok::<(), nom::Err<stomp_proto::DecodeError>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawHeader<'a> {
    /// The octets before the first `:`; never empty.
    pub name: &'a [u8],
    /// The octets behind it.
    pub value: &'a [u8],
}

/// A frame as it stands on the wire.
///
/// ```
/// use nom::Parser;
/// use stomp_proto::{Version, parser};
///
/// let (_, frame) = parser::frame(Version::V1_2).parse(b"SEND\na:1\na:2\n\n\0")?;
/// assert_eq!((frame.command, frame.headers.len()), (&b"SEND"[..], 2));
/// # Ok::<(), nom::Err<stomp_proto::DecodeError>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawFrame<'a> {
    /// The first line.
    pub command: &'a [u8],
    /// The header entries, in order.
    pub headers: Vec<RawHeader<'a>>,
    /// The octets between the blank line and the NUL.
    pub body: &'a [u8],
}

/// A line end: LF, in 1.2 also CR LF. Between frames it is a heart-beat.
///
/// ```
/// use nom::Parser;
/// use stomp_proto::{Version, parser};
///
/// assert_eq!(parser::eol(Version::V1_2).parse(b"\r\nSEND")?, (&b"SEND"[..], &b"\r\n"[..]));
/// assert!(parser::eol(Version::V1_1).parse(b"\r\nSEND").is_err());
/// # Ok::<(), nom::Err<stomp_proto::DecodeError>>(())
/// ```
pub fn eol<'a>(version: Version) -> impl Parser<Input<'a>, Output = Input<'a>, Error = DecodeError> {
    move |input: Input<'a>| match (Cr::of(version).ends_line(), input) {
        (true, [b'\r', next, ..]) if *next != b'\n' => Err(nom::Err::Failure(DecodeError::StrayCr)),
        (true, [b'\r', ..]) => tag("\r\n").parse_complete(input),
        _ => tag("\n").parse_complete(input),
    }
}

/// A line of the head with its line end.
///
/// ```
/// use nom::Parser;
/// use stomp_proto::{Version, parser};
///
/// let (rest, line) = parser::line(Version::V1_1).parse(b"SEND\nrest")?;
/// assert_eq!((rest, line.text), (&b"rest"[..], &b"SEND"[..]));
/// assert!(parser::line(Version::V1_1).parse(b"SEN").unwrap_err().is_incomplete());
/// # Ok::<(), nom::Err<stomp_proto::DecodeError>>(())
/// ```
pub fn line<'a>(version: Version) -> impl Parser<Input<'a>, Output = Line<'a>, Error = DecodeError> {
    move |input: Input<'a>| {
        let mut scan = Scan::default();
        while scan.load::<u64>(input) {
            if let Some(end) = scan.next_line() {
                let line = checked_line(input, 0, &end, Cr::of(version)).map_err(nom::Err::Failure)?;
                return Ok((input.get(end.at + 1..).unwrap_or_default(), line));
            }
        }
        Err(nom::Err::Incomplete(Needed::new(1)))
    }
}

/// The line of `head` from `start` to `end`, if it ends in LF and has no CR that is an error.
#[inline]
pub(crate) fn checked_line<'a>(
    head: Input<'a>,
    start: usize,
    end: &LineEnd,
    cr: Cr,
) -> Result<Line<'a>, DecodeError> {
    let mut text = head.get(start..end.at).unwrap_or_default();
    let mut care = end.care;
    if care {
        let nul = head.get(end.at) == Some(&0);
        if let (Some(before_cr), true, false) = (text.strip_suffix(b"\r"), cr.ends_line(), nul) {
            text = before_cr;
            care = text.iter().any(|&octet| matches!(octet, b'\r' | b'\\' | 0x80..));
        }
        if cr == Cr::LineEnd && text.contains(&b'\r') {
            return Err(DecodeError::StrayCr);
        }
        if nul {
            return Err(DecodeError::NulInHeader);
        }
    }
    let colon = end.colon.map(|at| at - start);
    Ok(Line { text, colon, care })
}

/// The first line of a frame.
///
/// ```
/// use nom::Parser;
/// use stomp_proto::{Version, parser};
///
/// let (_, command) = parser::command(Version::V1_2).parse(b"SEND\n")?;
/// assert_eq!(command, b"SEND");
/// # Ok::<(), nom::Err<stomp_proto::DecodeError>>(())
/// ```
pub fn command<'a>(version: Version) -> impl Parser<Input<'a>, Output = Input<'a>, Error = DecodeError> {
    map_res(line(version), |line| command_text(line.text))
}

/// Checks that a command line is UTF-8 without control characters.
pub(crate) fn command_text(text: Input<'_>) -> Result<Input<'_>, DecodeError> {
    let printable = !text.is_empty() && text.iter().all(|octet| !octet.is_ascii_control());
    (printable && core::str::from_utf8(text).is_ok()).then_some(text).ok_or(DecodeError::BadCommand)
}

/// A header line; fails with [`DecodeError::MalformedHeader`] on any other, the blank line included.
///
/// ```
/// use nom::{Parser, multi::count};
/// use stomp_proto::{DecodeError, Version, parser};
///
/// let (rest, headers) = count(parser::header(Version::V1_2), 2).parse(b"a:1\nb:2\n\n")?;
/// assert_eq!((rest, headers[1].name), (&b"\n"[..], &b"b"[..]));
/// let blank = parser::header(Version::V1_2).parse(rest).unwrap_err();
/// assert_eq!(blank, nom::Err::Error(DecodeError::MalformedHeader));
/// # Ok::<(), nom::Err<stomp_proto::DecodeError>>(())
/// ```
pub fn header<'a>(version: Version) -> impl Parser<Input<'a>, Output = RawHeader<'a>, Error = DecodeError> {
    map_res(line(version), |line| {
        let (name, value) = line.text.split_at(line.name_end()?);
        Ok::<_, DecodeError>(RawHeader { name, value: value.get(1..).unwrap_or_default() })
    })
}

/// A body with its NUL: `content_length` octets, or up to the first NUL.
///
/// ```
/// use nom::Parser;
/// use stomp_proto::parser;
///
/// assert_eq!(parser::body(None).parse(b"hi\0rest")?, (&b"rest"[..], &b"hi"[..]));
/// assert_eq!(parser::body(Some(3)).parse(b"h\0i\0")?, (&b""[..], &b"h\0i"[..]));
/// # Ok::<(), nom::Err<stomp_proto::DecodeError>>(())
/// ```
pub fn body<'a>(
    content_length: Option<usize>,
) -> impl Parser<Input<'a>, Output = Input<'a>, Error = DecodeError> {
    move |input: Input<'a>| match content_length {
        None => terminated(take_until("\0"), tag("\0")).parse(input),
        Some(length) => {
            let (rest, body) = take(length).parse(input)?;
            let nul = tag::<_, _, DecodeError>("\0").parse(rest);
            let (rest, _) = nul.map_err(|error| error.map(|_| DecodeError::MissingNul))?;
            Ok((rest, body))
        }
    }
}

/// A whole frame, and the line ends before it.
///
/// ```
/// use nom::Parser;
/// use stomp_proto::{Version, parser};
///
/// let (rest, frame) = parser::frame(Version::V1_2).parse(b"\nSEND\ndestination:/a\n\nhi\0rest")?;
/// assert_eq!(frame.command, b"SEND");
/// assert_eq!(frame.headers[0].name, b"destination");
/// assert_eq!(frame.body, b"hi");
/// assert_eq!(rest, b"rest");
/// # Ok::<(), nom::Err<stomp_proto::DecodeError>>(())
/// ```
pub fn frame<'a>(version: Version) -> impl Parser<Input<'a>, Output = RawFrame<'a>, Error = DecodeError> {
    move |input: Input<'a>| {
        let (input, _) = many0_count(eol(version)).parse(input)?;
        let (input, command) = command(version).parse(input)?;
        let (input, (headers, _)) = many_till(header(version), blank_line(version)).parse(input)?;
        let length = headers.iter().find(|header| header.name == header::name::CONTENT_LENGTH.as_bytes());
        let length = length.map(|header| content_length(header.value)).transpose();
        let (input, body) = body(length.map_err(nom::Err::Failure)?).parse(input)?;
        Ok((input, RawFrame { command, headers, body }))
    }
}

/// The line that ends the headers.
fn blank_line<'a>(version: Version) -> impl Parser<Input<'a>, Output = Line<'a>, Error = DecodeError> {
    verify(line(version), |line: &Line<'_>| line.text.is_empty())
}

/// The number that a `content-length` value stands for: digits only, at most 2^63 - 1.
pub(crate) fn content_length(value: Input<'_>) -> Result<usize, DecodeError> {
    if value.is_empty() {
        return Err(DecodeError::BadContentLength);
    }
    let number = value.iter().try_fold(0_i64, |number, octet| {
        let digit = octet.is_ascii_digit().then(|| i64::from(octet - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    });
    number.and_then(|number| usize::try_from(number).ok()).ok_or(DecodeError::BadContentLength)
}
