//! What a stream has to write: small frames are copied together, large ones are written from where they are.

use std::{
    cell::Cell,
    collections::VecDeque,
    io::{self, IoSlice},
    mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use tokio::io::AsyncWrite;

/// Frames below this are copied, since that costs less than another slice to write.
const COPY_BELOW: usize = 4096;

/// The most chunks handed to one vectored write.
const VECTORED: usize = 64;

/// The most octets that a thread keeps room for while nothing is queued.
const KEEP: usize = 256 * 1024;

thread_local! {
    /// An empty queue with room. Frames are queued and written in one turn of a task as a rule, so that a thread's
    /// connections can share it, and no connection keeps room of its own while it has nothing to write.
    static SPARE: Cell<Option<Queue>> = const { Cell::new(None) };
}

/// Octets in order, from the front of which some may have been written.
#[derive(Debug, Default)]
pub(super) struct Queue {
    small: Vec<u8>,
    /// How many octets of `small` have been written.
    written: usize,
    large: VecDeque<Large>,
}

#[derive(Debug)]
struct Large {
    /// How many octets of `small` come before it.
    at: usize,
    octets: Bytes,
}

impl Queue {
    pub(super) fn is_empty(&self) -> bool {
        self.large.is_empty() && self.written == self.small.len()
    }

    /// Queues octets by copying them.
    pub(super) fn copy(&mut self, octets: &[u8]) {
        if self.small.capacity() == 0 {
            *self = SPARE.take().unwrap_or_default();
        }
        self.small.extend_from_slice(octets);
    }

    /// Queues a frame of two parts.
    pub(super) fn push(&mut self, prefix: &[u8], rest: &Bytes) {
        self.copy(prefix);
        if rest.len() < COPY_BELOW {
            self.small.extend_from_slice(rest);
        } else {
            self.large.push_back(Large { at: self.small.len(), octets: rest.clone() });
        }
    }

    /// Writes to the stream what is queued; ready when nothing is left.
    pub(super) fn poll_write_to<S: AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        while !self.is_empty() {
            let stream = Pin::new(&mut *stream);
            let written = ready!(if self.large.is_empty() {
                // The kernel takes one slice faster when it is not a list.
                stream.poll_write(cx, self.small.get(self.written..).unwrap_or_default())
            } else {
                let mut slices = [IoSlice::new(&[]); VECTORED];
                let used = self.fill(&mut slices);
                stream.poll_write_vectored(cx, slices.get(..used).unwrap_or_default())
            })?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.advance(written);
        }
        Poll::Ready(Ok(()))
    }

    /// What is to be written as slices, in order; says how many there are. There may be more than `slices` has room for.
    fn fill<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let ends = self.large.iter().map(|large| (large.at, &large.octets[..]));
        let ends = ends.chain([(self.small.len(), &[][..])]);
        let mut at = self.written;
        let pieces = ends.flat_map(|(end, octets)| {
            let small = self.small.get(at..end).unwrap_or_default();
            at = end;
            [small, octets]
        });
        let pieces = pieces.filter(|piece| !piece.is_empty());
        pieces.zip(slices).map(|(piece, slice)| *slice = IoSlice::new(piece)).count()
    }

    /// Forgets the first `written` octets; room that is not needed any more goes back to the thread.
    fn advance(&mut self, mut written: usize) {
        while let Some(large) = self.large.front_mut()
            && written > 0
        {
            let small = written.min(large.at - self.written);
            self.written += small;
            written -= small;
            let part = written.min(large.octets.len());
            large.octets.advance(part);
            written -= part;
            if large.octets.is_empty() {
                self.large.pop_front();
            }
        }
        // Only where nothing large is left can this be more than nothing.
        self.written += written;
        if self.is_empty() {
            self.give_back();
        }
    }

    fn give_back(&mut self) {
        let mut queue = mem::take(self);
        let room = queue.small.capacity() + queue.large.capacity() * size_of::<Large>();
        if room <= KEEP {
            queue.small.clear();
            queue.written = 0;
            SPARE.set(Some(queue));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(queue: &Queue, room: usize) -> Vec<u8> {
        let mut slices = vec![IoSlice::new(&[]); room];
        let used = queue.fill(&mut slices);
        slices[..used].iter().flat_map(|slice| slice.to_vec()).collect()
    }

    #[test]
    fn everything_is_written_in_order_however_little_is_taken_at_a_time() {
        let large = |octet| Bytes::from(vec![octet; COPY_BELOW]);
        let frames: [(&[u8], Bytes); 6] = [
            (b"a", Bytes::from_static(b"b")),
            (b"c", large(b'd')),
            (b"", large(b'e')),
            (b"f", Bytes::new()),
            (b"g", large(b'h')),
            (b"", Bytes::from_static(b"i")),
        ];
        let expected: Vec<u8> =
            frames.iter().flat_map(|(prefix, rest)| [prefix, &rest[..]].concat()).collect();
        for (step, room) in [(1, 1), (2, 64), (1000, 2), (COPY_BELOW + 1, 3), (usize::MAX, 64)] {
            let (mut queue, mut written) = (Queue::default(), Vec::new());
            frames.iter().for_each(|(prefix, rest)| queue.push(prefix, rest));
            while !queue.is_empty() {
                let mut taken = pieces(&queue, room);
                taken.truncate(step);
                queue.advance(taken.len());
                written.extend(taken);
            }
            assert!(written == expected, "{step} {room}");
        }
    }

    #[test]
    fn an_empty_queue_has_no_room_of_its_own() {
        let mut queue = Queue::default();
        queue.push(b"a", &Bytes::from_static(b"b"));
        queue.advance(2);
        assert_eq!(queue.small.capacity(), 0);
        let mut other = Queue::default();
        other.push(b"c", &Bytes::new());
        assert_eq!(pieces(&other, 1), b"c");
    }
}
