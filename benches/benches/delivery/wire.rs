//! What goes over the wire to each kind of server.

use std::time::Duration;

use crate::server::Kind;

/// Octets of a body: the mark, when it was sent, and a filling.
pub(crate) const BODY: usize = 256;

/// How a body starts, and nothing that surrounds it.
pub(crate) const MARK: u8 = b'@';

/// Digits of the nanoseconds behind the mark.
pub(crate) const DIGITS: usize = 19;

/// Who subscribes at the floor, and who publishes; it answers with the same.
pub(crate) const SUBSCRIBER: u8 = b'S';
pub(crate) const PUBLISHER: u8 = b'P';

const CONNECT: &[u8] = b"CONNECT\naccept-version:1.2\nhost:localhost\n\n\0";
const SUBSCRIBE: &[u8] = b"SUBSCRIBE\nid:0\ndestination:/topic/a\nreceipt:0\n\n\0";

/// The handshake of RFC 6455, section 4.1.
const UPGRADE: &[u8] =
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Protocol: v12.stomp\r\n\r\n";

/// What to send, and how the answer to it ends.
type Step = (Vec<u8>, &'static [u8]);

/// How one becomes a subscriber.
pub(crate) fn subscribe(kind: Kind) -> Vec<Step> {
    match kind {
        Kind::Floor => vec![(vec![SUBSCRIBER], &[SUBSCRIBER])],
        _ => [greet(kind), vec![(framed(kind, SUBSCRIBE), b"\0")]].concat(),
    }
}

/// How one becomes a publisher.
pub(crate) fn greet(kind: Kind) -> Vec<Step> {
    let connect: Step = (framed(kind, CONNECT), b"\0");
    match kind {
        Kind::Floor => vec![(vec![PUBLISHER], &[PUBLISHER])],
        Kind::Tcp => vec![connect],
        Kind::WebSocket => vec![(UPGRADE.to_vec(), b"\r\n\r\n"), connect],
    }
}

/// A message that is sent now, by the clock that [`sent`] is compared with.
pub(crate) fn publish(kind: Kind, now: Duration) -> Vec<u8> {
    let mut body = format!("{}{:0DIGITS$}", char::from(MARK), now.as_nanos()).into_bytes();
    body.resize(BODY, b'x');
    match kind {
        Kind::Floor => body,
        _ => framed(kind, &[&b"SEND\ndestination:/topic/a\n\n"[..], &body, b"\0"].concat()),
    }
}

/// When a message was sent, from the digits behind its mark.
pub(crate) fn sent(digits: &[u8]) -> Duration {
    let number = digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0'));
    Duration::from_nanos(number)
}

/// A frame of STOMP as one message of the transport: on a WebSocket under a mask of zeros (RFC 6455, section 5.3).
fn framed(kind: Kind, frame: &[u8]) -> Vec<u8> {
    if kind != Kind::WebSocket {
        return frame.to_vec();
    }
    let length = (frame.len() as u16).to_be_bytes();
    let header = match frame.len() {
        0..126 => vec![0x82, 0x80 | length[1]],
        _ => vec![0x82, 0xFE, length[0], length[1]],
    };
    [&header[..], &[0; 4], frame].concat()
}
