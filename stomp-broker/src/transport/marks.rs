//! The one bit of permessage-deflate that the WebSocket library refuses: RSV1, "this message is compressed"
//! (RFC 7692, section 6).
//!
//! What is read passes by here first. The bit is taken off where the extension has it, on the first frame of a
//! message, and remembered; everywhere else it stays, and the library answers the violation.

use std::collections::VecDeque;

/// Follows the frames of a stream (RFC 6455, section 5.2).
#[derive(Debug, Default)]
pub(super) struct Marks {
    next: Place,
    /// How each message began that was not [taken](Self::take) yet.
    messages: VecDeque<Mark>,
}

/// How a message is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// As it is.
    Plain,
    /// Compressed, and octets then.
    Binary,
    /// Compressed, and text then. For the library it is made binary, since compressed text is no UTF-8.
    Text,
}

/// What the next octet of the stream is.
#[derive(Debug, Default, Clone, Copy)]
enum Place {
    #[default]
    Operation,
    Length,
    /// One of `left` octets of a long length; what came of it is a number already.
    LongLength {
        left: u8,
        length: u64,
        key: u64,
    },
    /// One of so many, not 0, that are left of the frame: masking key and payload.
    Rest(u64),
}

const RSV1: u8 = 0x40;
const OPCODE: u8 = 0x0F;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const MASKED: u8 = 0x80;

impl Marks {
    /// Passes over the next octets of the stream.
    pub(super) fn pass(&mut self, octets: &mut [u8]) {
        let mut octets = octets.iter_mut();
        while let Some(octet) = octets.next() {
            self.next = match self.next {
                Place::Operation => {
                    self.begin(octet);
                    Place::Length
                }
                Place::Length => Place::behind_length(*octet),
                Place::LongLength { left, length, key } => {
                    let length = length << 8 | u64::from(*octet);
                    match left {
                        1 => Place::behind_header(length.saturating_add(key)),
                        _ => Place::LongLength { left: left - 1, length, key },
                    }
                }
                Place::Rest(left) => {
                    let more = usize::try_from(left - 1).unwrap_or(usize::MAX).min(octets.len());
                    if more > 0 {
                        octets.nth(more - 1);
                    }
                    Place::behind_header(left - 1 - more as u64)
                }
            };
        }
    }

    /// How to read the oldest message.
    pub(super) fn take(&mut self) -> Mark {
        self.messages.pop_front().unwrap_or(Mark::Plain)
    }

    fn begin(&mut self, operation: &mut u8) {
        let mark = match (*operation & OPCODE, *operation & RSV1) {
            (TEXT | BINARY, 0) => Mark::Plain,
            (TEXT, _) => Mark::Text,
            (BINARY, _) => Mark::Binary,
            _ => return,
        };
        if mark != Mark::Plain {
            *operation = *operation & !(RSV1 | OPCODE) | BINARY;
        }
        self.messages.push_back(mark);
    }
}

impl Place {
    fn behind_length(octet: u8) -> Self {
        let key = if octet & MASKED == 0 { 0 } else { 4 };
        match octet & !MASKED {
            126 => Self::LongLength { left: 2, length: 0, key },
            127 => Self::LongLength { left: 8, length: 0, key },
            length => Self::behind_header(u64::from(length) + key),
        }
    }

    fn behind_header(left: u64) -> Self {
        if left == 0 { Self::Operation } else { Self::Rest(left) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A masked frame of `size` octets that all look like a compressed beginning.
    fn frame(first: u8, size: usize) -> Vec<u8> {
        let length = match size {
            0..=125 => vec![MASKED | size as u8],
            126..=0xFFFF => [&[0xFE][..], &(size as u16).to_be_bytes()].concat(),
            _ => [&[0xFF][..], &(size as u64).to_be_bytes()].concat(),
        };
        [vec![first], length, vec![0xC1; 4 + size]].concat()
    }

    #[test]
    fn the_bit_is_taken_off_where_a_message_begins_however_the_stream_is_cut() {
        let sizes = [0, 1, 125, 126, 300, 0xFFFF, 0x1_0000];
        let sent: Vec<u8> = sizes
            .iter()
            .flat_map(|size| [frame(0x41, *size), frame(0x89, 3), frame(0x80, *size), frame(0xC2, *size)])
            .chain([frame(0x81, 5)])
            .flatten()
            .collect();
        let expected: Vec<u8> = sizes
            .iter()
            .flat_map(|size| [frame(0x02, *size), frame(0x89, 3), frame(0x80, *size), frame(0x82, *size)])
            .chain([frame(0x81, 5)])
            .flatten()
            .collect();
        for cut in [1, 2, 3, 7, 1000, sent.len()] {
            let (mut marks, mut passed) = (Marks::default(), sent.clone());
            passed.chunks_mut(cut).for_each(|chunk| marks.pass(chunk));
            assert!(passed == expected, "{cut}");
            for _ in sizes {
                assert_eq!([marks.take(), marks.take()], [Mark::Text, Mark::Binary]);
            }
            assert_eq!(marks.take(), Mark::Plain);
            assert!(marks.messages.is_empty());
        }
    }

    #[test]
    fn elsewhere_the_bit_stays() {
        for first in [0x40, 0xC0, 0xC8, 0xC9, 0xCA, 0xC3] {
            let (mut marks, mut octets) = (Marks::default(), frame(first, 3));
            marks.pass(&mut octets);
            assert_eq!(octets, frame(first, 3));
            assert!(marks.messages.is_empty());
        }
    }

    #[test]
    fn impossible_lengths_do_no_harm() {
        let mut marks = Marks::default();
        marks.pass(&mut [0xC1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]);
        marks.pass(&mut [0xC1; 100]);
        assert_eq!(marks.messages.len(), 1);
    }
}
