//! Takes the messages of a WebSocket out of the frames they come in (RFC 6455, section 5).
//!
//! What came of a message goes on at once, so that limits on what is inside, in octets and in time, hold for a message
//! in any number of fragments, and an idle connection holds nothing. Only a compressed message waits until it is whole.

use std::{borrow::Cow, io::Cursor, mem};

use tungstenite::protocol::frame::{
    FrameHeader,
    coding::{CloseCode, Control, Data, OpCode},
};

use super::{
    deflate::{self, InflateError},
    text::TextCheck,
    upgrade::Messages,
};

/// The state between two reads. Its errors are the codes to close the connection with.
#[derive(Debug)]
pub(super) struct Deframer {
    messages: Messages,
    /// The octets that may be made of a compressed message: fewer before the login.
    max_inflated: usize,
    header: PartialHeader,
    frame: Option<Frame>,
    message: Option<Message>,
    /// The payload of a control frame, as far as it came.
    control: Vec<u8>,
}

/// What came out of frames.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event<'a> {
    /// A part of a message, and whether it is the last.
    Part(Cow<'a, [u8]>, bool),
    /// To be answered by a pong with the same payload.
    Ping(Vec<u8>),
    /// The peer closes, with a code or without.
    Close(Option<CloseCode>),
}

/// A frame whose header is known.
#[derive(Debug)]
struct Frame {
    opcode: OpCode,
    is_final: bool,
    /// Begins with what the next octet is masked by.
    key: [u8; 4],
    /// Octets of the payload that are still to come.
    left: u64,
}

/// A message that has begun.
#[derive(Debug)]
struct Message {
    /// The octets of its frames so far, the one that is coming included.
    size: usize,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Octets,
    Text(TextCheck),
    /// Collected.
    Compressed {
        octets: Vec<u8>,
        is_text: bool,
    },
}

/// The longest payload of a control frame (section 5.5).
const MAX_CONTROL: u64 = 125;

impl Deframer {
    pub(super) fn new(messages: Messages, max_inflated: usize) -> Self {
        Self {
            messages,
            max_inflated,
            header: PartialHeader::default(),
            frame: None,
            message: None,
            control: Vec::new(),
        }
    }

    /// Lets compressed messages become as large as others.
    pub(super) fn lift_limit(&mut self) {
        self.max_inflated = self.messages.max;
    }

    /// Whether a part of a message is held back until the rest comes.
    pub(super) fn holds_part(&self) -> bool {
        matches!(&self.message, Some(Message { content: Content::Compressed { .. }, .. }))
    }

    /// What comes next out of `octets`, which are unmasked in place and taken off; `None` when they are used up.
    pub(super) fn next<'a>(&mut self, octets: &mut &'a mut [u8]) -> Result<Option<Event<'a>>, CloseCode> {
        loop {
            let Some(frame) = &mut self.frame else {
                let Some((header, length)) = self.header.take(octets)? else { return Ok(None) };
                self.begin(&header, length)?;
                continue;
            };
            let part = frame.take(octets);
            let is_whole = frame.left == 0;
            if part.is_empty() && !is_whole {
                return Ok(None);
            }
            let (opcode, is_final) = (frame.opcode, frame.is_final);
            if is_whole {
                self.frame = None;
            }
            let event = match opcode {
                OpCode::Control(control) => self.control(control, part, is_whole)?,
                OpCode::Data(_) => self.data(part, is_whole && is_final)?,
            };
            if event.is_some() {
                return Ok(event);
            }
        }
    }

    /// Judges a frame by its header.
    fn begin(&mut self, header: &FrameHeader, length: u64) -> Result<(), CloseCode> {
        let &FrameHeader { is_final, rsv1, rsv2, rsv3, opcode, mask } = header;
        let key = mask.ok_or(CloseCode::Protocol)?;
        // Section 5.4, and section 6 of RFC 7692.
        let is_allowed = match opcode {
            OpCode::Control(_) => is_final && !rsv1 && length <= MAX_CONTROL,
            OpCode::Data(Data::Continue) => self.message.is_some() && !rsv1,
            OpCode::Data(_) => self.message.is_none() && (!rsv1 || self.messages.deflate),
        };
        if !is_allowed || rsv2 || rsv3 {
            return Err(CloseCode::Protocol);
        }
        if let OpCode::Data(data) = opcode {
            let message = self.message.get_or_insert_with(|| Message::new(data == Data::Text, rsv1));
            let size = usize::try_from(length).ok().and_then(|length| message.size.checked_add(length));
            message.size = size.filter(|size| *size <= self.messages.max).ok_or(CloseCode::Size)?;
        }
        self.frame = Some(Frame { opcode, is_final, key, left: length });
        Ok(())
    }

    fn data<'a>(&mut self, part: &'a [u8], is_last: bool) -> Result<Option<Event<'a>>, CloseCode> {
        let message = self.message.as_mut().ok_or(CloseCode::Protocol)?;
        let part = match &mut message.content {
            Content::Octets => Cow::Borrowed(part),
            Content::Text(check) => {
                check.follow(part, is_last).map_err(|_| CloseCode::Invalid)?;
                Cow::Borrowed(part)
            }
            Content::Compressed { octets, is_text } => {
                octets.extend_from_slice(part);
                if !is_last {
                    return Ok(None);
                }
                Cow::Owned(inflate(octets, *is_text, self.max_inflated)?)
            }
        };
        if is_last {
            self.message = None;
        }
        Ok(Some(Event::Part(part, is_last)))
    }

    fn control(
        &mut self,
        control: Control,
        part: &[u8],
        is_whole: bool,
    ) -> Result<Option<Event<'static>>, CloseCode> {
        self.control.extend_from_slice(part);
        if !is_whole {
            return Ok(None);
        }
        let payload = mem::take(&mut self.control);
        Ok(match control {
            Control::Ping => Some(Event::Ping(payload)),
            Control::Close => Some(Event::Close(close_code(&payload)?)),
            _ => None,
        })
    }
}

impl Message {
    fn new(is_text: bool, is_compressed: bool) -> Self {
        let content = match (is_compressed, is_text) {
            (true, is_text) => Content::Compressed { octets: Vec::new(), is_text },
            (false, true) => Content::Text(TextCheck::default()),
            (false, false) => Content::Octets,
        };
        Self { size: 0, content }
    }
}

impl Frame {
    /// Takes off what of the payload there is, unmasked (section 5.3).
    fn take<'a>(&mut self, octets: &mut &'a mut [u8]) -> &'a [u8] {
        let length = usize::try_from(self.left).unwrap_or(usize::MAX).min(octets.len());
        let part = take(octets, length);
        let (words, rest) = part.as_chunks_mut();
        for word in words {
            *word = (u32::from_ne_bytes(*word) ^ u32::from_ne_bytes(self.key)).to_ne_bytes();
        }
        rest.iter_mut().zip(self.key).for_each(|(octet, key)| *octet ^= key);
        self.key.rotate_left(length % 4);
        self.left -= length as u64;
        part
    }
}

/// A header that is not whole yet.
#[derive(Debug, Default)]
struct PartialHeader {
    /// The longest a client may send (section 5.2).
    octets: [u8; 14],
    known: usize,
}

impl PartialHeader {
    /// Takes the rest of the header off `octets`; all of them if it is not there yet.
    fn take(&mut self, octets: &mut &mut [u8]) -> Result<Option<(FrameHeader, u64)>, CloseCode> {
        let room = self.octets.iter_mut().skip(self.known);
        let more = room.zip(octets.iter()).map(|(room, octet)| *room = *octet).count();
        let mut known = Cursor::new(self.octets.get(..self.known + more).unwrap_or_default());
        let header = FrameHeader::parse(&mut known).map_err(|_| CloseCode::Protocol)?;
        let length = usize::try_from(known.position()).unwrap_or_default();
        let used = if header.is_some() { length - self.known } else { more };
        self.known = if header.is_some() { 0 } else { self.known + more };
        take(octets, used);
        Ok(header)
    }
}

/// Takes the first octets off.
fn take<'a>(octets: &mut &'a mut [u8], length: usize) -> &'a mut [u8] {
    let (taken, rest) = mem::take(octets).split_at_mut(length);
    *octets = rest;
    taken
}

fn inflate(payload: &[u8], is_text: bool, limit: usize) -> Result<Vec<u8>, CloseCode> {
    let message = deflate::inflate(payload, limit).map_err(|error| match error {
        InflateError::TooLarge => CloseCode::Size,
        InflateError::Malformed => CloseCode::Invalid,
    })?;
    if is_text && std::str::from_utf8(&message).is_err() { Err(CloseCode::Invalid) } else { Ok(message) }
}

/// What a close frame says (section 5.5.1).
fn close_code(payload: &[u8]) -> Result<Option<CloseCode>, CloseCode> {
    let Some((code, reason)) = payload.split_first_chunk() else {
        return if payload.is_empty() { Ok(None) } else { Err(CloseCode::Protocol) };
    };
    let code = CloseCode::from(u16::from_be_bytes(*code));
    if !code.is_allowed() {
        return Err(CloseCode::Protocol);
    }
    std::str::from_utf8(reason).map_err(|_| CloseCode::Invalid)?;
    Ok(Some(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 4] = [0xA1, 0xB2, 0xC3, 0xD4];

    fn deframer(deflate: bool) -> Deframer {
        Deframer::new(Messages { max: 100_000, deflate }, 100_000)
    }

    /// A frame of a client's.
    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let length = match payload.len() {
            length @ 0..=125 => vec![0x80 | length as u8],
            length @ 126..=0xFFFF => [&[0xFE][..], &(length as u16).to_be_bytes()].concat(),
            length => [&[0xFF][..], &(length as u64).to_be_bytes()].concat(),
        };
        let masked: Vec<u8> =
            payload.iter().zip(KEY.iter().cycle()).map(|(octet, key)| octet ^ key).collect();
        [&[first][..], &length, &KEY, &masked].concat()
    }

    /// What comes out of octets in reads of that size, parts of one message joined.
    fn read(deframer: &mut Deframer, octets: &[u8], size: usize) -> Result<Vec<Event<'static>>, CloseCode> {
        let (mut events, mut message) = (Vec::new(), Vec::new());
        for octets in octets.chunks(size) {
            let mut octets = octets.to_vec();
            let mut octets = &mut octets[..];
            while let Some(event) = deframer.next(&mut octets)? {
                match event {
                    Event::Part(part, is_last) => {
                        message.extend_from_slice(&part);
                        if is_last {
                            events.push(Event::Part(mem::take(&mut message).into(), true));
                        }
                    }
                    Event::Ping(payload) => events.push(Event::Ping(payload)),
                    Event::Close(code) => events.push(Event::Close(code)),
                }
            }
        }
        Ok(events)
    }

    #[test]
    fn messages_are_the_same_however_the_stream_is_cut() {
        let [small, medium, large] = [3, 300, 70_000].map(|size| "한".repeat(size / 3).into_bytes());
        let stream = [
            frame(0x81, &small),
            frame(0x82, &large),
            frame(0x01, &medium[..100]),
            frame(0x89, b"are you there"),
            frame(0x00, b""),
            frame(0x80, &medium[100..]),
            frame(0x8A, b"I am"),
            frame(0x81, b""),
            frame(0x88, b"\x03\xE8bye"),
        ]
        .concat();
        for size in [1, 2, 3, 5, 7, 13, 1000, stream.len()] {
            let events = read(&mut deframer(false), &stream, size).unwrap();
            let expected = [
                Event::Part(small.clone().into(), true),
                Event::Part(large.clone().into(), true),
                Event::Ping(b"are you there".to_vec()),
                Event::Part(medium.clone().into(), true),
                Event::Part(Cow::Borrowed(b""), true),
                Event::Close(Some(CloseCode::Normal)),
            ];
            assert!(events == expected, "{size}");
        }
    }

    #[test]
    fn what_has_come_of_a_message_goes_on_at_once() {
        let mut deframer = deframer(false);
        let mut stream = frame(0x01, b"abc");
        let last = stream.pop().unwrap();
        let mut octets = &mut stream[..];
        assert_eq!(deframer.next(&mut octets), Ok(Some(Event::Part(Cow::Borrowed(b"ab"), false))));
        assert_eq!((deframer.next(&mut octets), deframer.holds_part()), (Ok(None), false));
        assert_eq!(
            read(&mut deframer, &[&[last][..], &frame(0x80, b"d")].concat(), 1).map(|events| events.len()),
            Ok(1)
        );
    }

    #[test]
    fn compressed_messages_are_held_until_they_are_whole() {
        // "Hello", of section 7.2.3.1 of RFC 7692, in two fragments; then what is not compressed.
        let stream = [
            frame(0x41, b"\xF2\x48\xCD"),
            frame(0x89, b""),
            frame(0x80, b"\xC9\xC9\x07\x00"),
            frame(0x81, b"x"),
        ];
        let mut deframer = deframer(true);
        assert_eq!(read(&mut deframer, &stream[0], 1), Ok(vec![]));
        assert!(deframer.holds_part());
        let rest = read(&mut deframer, &stream[1..].concat(), 2).unwrap();
        let text = |text: &'static str| Event::Part(Cow::Borrowed(text.as_bytes()), true);
        assert_eq!(rest, [Event::Ping(vec![]), text("Hello"), text("x")]);
        assert!(!deframer.holds_part());
    }

    #[test]
    fn violations_are_named_by_their_codes_however_the_stream_is_cut() {
        let not_masked = vec![0x81, 0x01, b'x'];
        for (code, stream) in [
            (CloseCode::Protocol, not_masked),
            (CloseCode::Protocol, frame(0xC1, b"x")),
            (CloseCode::Protocol, frame(0xA1, b"x")),
            (CloseCode::Protocol, frame(0x91, b"x")),
            (CloseCode::Protocol, frame(0x83, b"x")),
            (CloseCode::Protocol, frame(0x8F, b"x")),
            (CloseCode::Protocol, frame(0xC9, b"x")),
            (CloseCode::Protocol, frame(0x09, b"x")),
            (CloseCode::Protocol, frame(0x89, &[0; 126])),
            (CloseCode::Protocol, frame(0x80, b"x")),
            (CloseCode::Protocol, [frame(0x01, b"x"), frame(0x81, b"x")].concat()),
            (CloseCode::Protocol, [frame(0x01, b"x"), frame(0xC0, b"x")].concat()),
            (CloseCode::Protocol, frame(0x88, b"x")),
            (CloseCode::Protocol, frame(0x88, &1005_u16.to_be_bytes())),
            (CloseCode::Protocol, frame(0x88, &999_u16.to_be_bytes())),
            (CloseCode::Invalid, frame(0x88, b"\x03\xE8\xFF")),
            (CloseCode::Invalid, frame(0x81, b"\xFF")),
            (CloseCode::Invalid, [frame(0x01, b"\xED"), frame(0x80, b"\x95")].concat()),
            (CloseCode::Size, frame(0x82, &[0; 100_001])),
            (CloseCode::Size, [frame(0x02, &[0; 100_000]), frame(0x80, b"x")].concat()),
            (CloseCode::Size, vec![0x82, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0]),
        ] {
            for size in [1, 3, 4096] {
                let head = &stream[..stream.len().min(20)];
                assert_eq!(read(&mut deframer(false), &stream, size), Err(code), "{head:02x?}, {size}");
            }
        }
        // The bit is for the first frame of a message, and for no control frame.
        for stream in [[frame(0x41, b"x"), frame(0xC0, b"x")].concat(), frame(0xC9, b"x"), frame(0xA1, b"x")]
        {
            assert_eq!(read(&mut deframer(true), &stream, 1), Err(CloseCode::Protocol));
        }
    }
}
