//! Octets of the kinds that peers send.

use bytes::BytesMut;
use stomp_proto::{Command, Frame, FrameBuilder, Version, encode};

/// One kind of traffic.
#[derive(Debug, Clone)]
pub struct Input {
    /// What to call it.
    pub name: &'static str,
    /// One frame, or as many octets as one unit of work is.
    pub unit: Vec<u8>,
    /// How often the unit follows on itself in a buffer.
    pub times: usize,
}

impl Input {
    /// A full buffer.
    pub fn buffer(&self) -> Vec<u8> {
        self.unit.repeat(self.times)
    }
}

/// What comes in one piece: (a) to (c), (e) to (g).
pub fn streams() -> [Input; 6] {
    [chat(), small(), escapes(), heart_beats(), until_nul(), many_headers()]
}

/// What comes in reads of so many octets: (d) large bodies, (g) one octet at a time.
pub fn reads() -> [(Input, usize); 4] {
    [
        (sized(16 << 10, "d: 16 KiB body"), 8 << 10),
        (sized(1 << 20, "d: 1 MiB body"), 8 << 10),
        (chat(), 1),
        (many_headers(), 1),
    ]
}

/// A chat message with eight headers and a body of 200 octets.
pub fn chat_message() -> Frame {
    message(vec![b'j'; 200])
}

/// A message with the headers of a chat message.
pub fn message(body: Vec<u8>) -> Frame {
    let length = body.len().to_string();
    headers(Command::Message).header("content-length", &length).body(body).build()
}

fn headers(command: Command) -> FrameBuilder {
    Frame::builder(command)
        .header("subscription", "sub-0")
        .header("message-id", "7a1c22f0-1b9d")
        .header("destination", "/topic/rooms.42.messages")
        .header("content-type", "application/json")
        .header("x-offset", "184467")
        .header("x-epoch", "k3j9")
        .header("x-sender", "user-1729")
}

/// A frame whose headers are full of escapes.
pub fn escaped() -> Frame {
    let text = "C:\\temp\\a:b\nc:d\re\\f";
    let frame = Frame::builder(Command::Send)
        .header("destination", "/queue/a")
        .header("x-path", text)
        .header("x:name\\", text)
        .header("x-more", &text.repeat(4));
    frame.build()
}

/// `frame` as 1.2 writes it.
pub fn wire(frame: &Frame) -> Vec<u8> {
    let mut wire = BytesMut::new();
    encode(frame, Version::V1_2, &mut wire).expect("a frame that 1.2 can carry");
    wire.to_vec()
}

/// (a) chat messages.
pub fn chat() -> Input {
    Input { name: "a: chat MESSAGE, 8 headers, 200 B", unit: wire(&chat_message()), times: 64 }
}

/// (b) small sends without `content-length`.
pub fn small() -> Input {
    let unit = b"SEND\ndestination:/queue/orders\nreceipt:77\n\nhello\0".to_vec();
    Input { name: "b: small SEND, no content-length", unit, times: 512 }
}

/// (c) headers full of escapes.
pub fn escapes() -> Input {
    Input { name: "c: escape-heavy SEND", unit: wire(&escaped()), times: 64 }
}

/// (d) a large body behind `content-length`.
pub fn sized(length: usize, name: &'static str) -> Input {
    let frame = headers(Command::Message).body(vec![b'x'; length]).build();
    Input { name, unit: wire(&frame), times: 1 }
}

/// (e) heart-beats.
pub fn heart_beats() -> Input {
    Input { name: "e: heart-beats", unit: b"\n".to_vec(), times: 4096 }
}

/// (f) a body of 4 KiB that only its NUL ends.
pub fn until_nul() -> Input {
    let mut unit = b"SEND\ndestination:/queue/a\n\n".to_vec();
    unit.extend(vec![b'x'; 4096]);
    unit.push(0);
    Input { name: "f: 4 KiB body to its NUL", unit, times: 16 }
}

/// (g) as many headers as a frame may have.
pub fn many_headers() -> Input {
    let mut unit = b"SEND\n".to_vec();
    (0..64).for_each(|index| unit.extend_from_slice(format!("header-{index}:{index}\n").as_bytes()));
    unit.extend_from_slice(b"\nx\0");
    Input { name: "g: 64 headers", unit, times: 16 }
}

/// The header lines of a chat message as HTTP would write them, for a parser of HTTP headers.
pub fn http_headers() -> Vec<u8> {
    let frame = chat_message();
    let lines = frame.headers().iter().map(|(name, value)| format!("{name}:{value}\n"));
    (lines.collect::<String>() + "\n").into_bytes()
}
