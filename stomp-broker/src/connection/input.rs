//! What has arrived of a client's frames.

use bytes::BytesMut;
use stomp_proto::{Command, DecodeError, Decoder, Frame, Item, Limits, Version};

/// Bodies below this are copied out of the buffer they were read into, since that costs little.
const SHARE_FROM: usize = 4 * 1024;

/// Octets that were read, and the decoder that makes frames of them.
#[derive(Debug)]
pub(super) struct Input {
    decoder: Decoder,
    buffer: BytesMut,
    /// Whether something was taken out of the buffer, so that its capacity is not all that it occupies.
    is_opened: bool,
}

impl Input {
    pub(super) fn new(limits: Limits) -> Self {
        Self { decoder: Decoder::with_limits(limits), buffer: BytesMut::new(), is_opened: false }
    }

    /// Where to read more to.
    pub(super) fn buffer(&mut self) -> &mut BytesMut {
        &mut self.buffer
    }

    /// The next item. A SEND holds little more memory than its octets, because its message may be kept for long: a body
    /// that fills most of its buffer keeps that, all others are copied.
    pub(super) fn decode(&mut self) -> Result<Option<Item>, DecodeError> {
        let whole = (!self.is_opened).then(|| self.buffer.capacity());
        let item = self.decoder.decode(&mut self.buffer)?;
        self.is_opened |= item.is_some();
        Ok(match item {
            Some(Item::Frame(frame)) if frame.command() == &Command::Send => {
                Some(Item::Frame(self.detached(frame, whole)))
            }
            item => item,
        })
    }

    /// The frame in memory that it need not share, or in the `whole` buffer if that holds little else.
    fn detached(&mut self, frame: Frame, whole: Option<usize>) -> Frame {
        let body = frame.body().len();
        if body < SHARE_FROM || whole.is_none_or(|whole| whole > 2 * body) {
            return frame.detach();
        }
        // What follows moves out of the buffer, and is the first of the next one.
        self.buffer = BytesMut::from(&self.buffer[..]);
        self.is_opened = false;
        frame
    }

    /// Gives an empty buffer back: an idle connection keeps none.
    pub(super) fn tidy(&mut self) {
        if self.buffer.is_empty() {
            self.buffer = BytesMut::new();
            self.is_opened = false;
        }
    }

    /// Whether a frame has begun to arrive.
    pub(super) fn has_begun(&self) -> bool {
        !self.buffer.is_empty()
    }

    /// The command of the frame that arrives, once it is known.
    pub(super) fn pending_command(&self) -> Option<&Command> {
        self.decoder.pending_command()
    }

    /// The receipt that the malformed frame asked for.
    pub(super) fn failed_receipt(&self) -> Option<&str> {
        self.decoder.failed_receipt()
    }

    pub(super) fn set_version(&mut self, version: Version) {
        self.decoder.set_version(version);
    }

    pub(super) fn set_limits(&mut self, limits: Limits) {
        self.decoder.set_limits(limits);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `input` reads, in reads of so many octets, as the bodies of the frames.
    fn frames(input: &mut Input, octets: &[u8], read: usize) -> Vec<Frame> {
        let mut frames = Vec::new();
        for octets in octets.chunks(read) {
            input.buffer().extend_from_slice(octets);
            while let Some(item) = input.decode().unwrap() {
                frames.extend(match item {
                    Item::Frame(frame) => Some(frame),
                    Item::HeartBeat => None,
                });
            }
            input.tidy();
        }
        frames
    }

    fn send(body: usize) -> Vec<u8> {
        let head = format!("SEND\ndestination:/topic/a\ncontent-length:{body}\n\n");
        [head.as_bytes(), &vec![b'x'; body], b"\0"].concat()
    }

    /// Whether the body lies where it was read to.
    fn is_shared(octets: &[u8]) -> bool {
        let mut input = Input::new(Limits::unlimited());
        input.buffer().extend_from_slice(octets);
        let read_to = input.buffer().as_ptr_range();
        let Ok(Some(Item::Frame(frame))) = input.decode() else { panic!("a frame") };
        read_to.contains(&frame.body().as_ptr())
    }

    #[test]
    fn a_body_that_fills_its_buffer_stays_there() {
        assert!(is_shared(&send(16 * 1024)) && is_shared(&send(64 * 1024)));
        assert!(is_shared(&[send(16 * 1024), send(10 * 1024)].concat()));
        assert!(!is_shared(&send(256)), "copying costs less than counting");
        assert!(!is_shared(&[send(8 * 1024), send(20 * 1024)].concat()), "it would hold the other");
    }

    #[test]
    fn what_is_behind_other_frames_is_copied() {
        let mut input = Input::new(Limits::unlimited());
        let octets = [send(100), send(16 * 1024)].concat();
        input.buffer().extend_from_slice(&octets);
        let read_to = input.buffer().as_ptr_range();
        for _ in 0..2 {
            let Ok(Some(Item::Frame(frame))) = input.decode() else { panic!("a frame") };
            assert!(!read_to.contains(&frame.body().as_ptr()));
        }
    }

    #[test]
    fn frames_are_the_same_however_they_are_read() {
        let sizes = [0, 10_000, 5_000, 100, 70_000, 4_096, 30_000];
        let octets: Vec<u8> = sizes.iter().flat_map(|size| send(*size)).collect();
        for read in [1_000, 4_097, 32 * 1024, usize::MAX] {
            let mut input = Input::new(Limits::unlimited());
            let frames = frames(&mut input, &octets, read);
            assert_eq!(frames.iter().map(|frame| frame.body().len()).collect::<Vec<_>>(), sizes, "{read}");
            assert!(frames.iter().all(|frame| frame.body().iter().all(|octet| *octet == b'x')));
            assert!(!input.has_begun());
        }
    }
}
