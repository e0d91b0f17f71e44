//! Where the two sides of a session over HTTP meet: the connection's transport, and the client's requests.
//!
//! ```text
//! connection ── push ──▶ messages ── poll_chunk ──▶ the receiver attached: a response that is being sent
//!            ◀── incoming, one waits ── xhr_send
//! ```
//!
//! Neither side waits for the other but at the two queues, which are bounded: the connection pushes no more before
//! a receiver has taken all, and `xhr_send` is answered when the connection has room.

use std::{
    collections::VecDeque,
    io,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use tokio::{sync::mpsc, time::Instant};

use super::{caller::Caller, frame, receiver::Style};

/// The most octets of messages in one frame; a longer message has a frame of its own.
const FRAME: usize = 128 * 1024;

/// A receiver takes no more at a time, so that a slow one can be told from one that is stuck.
const CHUNK: usize = 16 * 1024;

/// What both sides share.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) id: Box<str>,
    pub(super) caller: Caller,
    pub(super) incoming: mpsc::Sender<Bytes>,
    outbound: Mutex<Outbound>,
    transport: AtomicWaker,
    receiver: AtomicWaker,
}

#[derive(Debug)]
struct Outbound {
    opened: bool,
    /// Each quoted already.
    messages: VecDeque<String>,
    /// What is left of the frame that the receiver is sending.
    sending: Bytes,
    /// Octets that receivers have taken.
    taken: u64,
    /// Since when there is no receiver.
    alone_since: Option<Instant>,
    /// The last frame, which every receiver from now on gets.
    close: Option<String>,
    close_taken: bool,
}

/// A piece of a response.
#[derive(Debug)]
pub(super) struct Chunk {
    pub(super) octets: Bytes,
    /// Whether it is the end of a frame.
    pub(super) ends_frame: bool,
    /// Whether no other frame comes behind it.
    pub(super) is_last: bool,
}

impl Session {
    /// A session without a receiver, and what comes in for it.
    pub(super) fn new(id: Box<str>, caller: Caller) -> (Self, mpsc::Receiver<Bytes>) {
        let (incoming, receiver) = mpsc::channel(1);
        let outbound = Outbound {
            opened: false,
            messages: VecDeque::new(),
            sending: Bytes::new(),
            taken: 0,
            alone_since: Some(Instant::now()),
            close: None,
            close_taken: false,
        };
        let session = Self {
            id,
            caller,
            incoming,
            outbound: Mutex::new(outbound),
            transport: AtomicWaker::new(),
            receiver: AtomicWaker::new(),
        };
        (session, receiver)
    }

    /// Takes the place of the receiver, if that is free.
    pub(super) fn attach(&self) -> bool {
        self.lock().alone_since.take().is_some()
    }

    /// Gives the place of the receiver free.
    pub(super) fn detach(&self) {
        self.lock().alone_since = Some(Instant::now());
        self.transport.wake();
    }

    /// What the receiver is to send next.
    pub(super) fn poll_chunk(&self, cx: &mut Context<'_>, style: Style) -> Poll<Chunk> {
        self.receiver.register(cx.waker());
        let mut outbound = self.lock();
        if outbound.sending.is_empty() {
            let Some(frame) = outbound.next_frame() else {
                return Poll::Pending;
            };
            outbound.sending = style.wrap(&frame).into();
        }
        let size = outbound.sending.len().min(CHUNK);
        let octets = outbound.sending.split_to(size);
        outbound.taken += octets.len() as u64;
        let ends_frame = outbound.sending.is_empty();
        let chunk = Chunk { octets, ends_frame, is_last: ends_frame && outbound.close_taken };
        let has_output = outbound.has_output();
        drop(outbound);
        if !has_output {
            self.transport.wake();
        }
        Poll::Ready(chunk)
    }

    /// Wakes the connection when the receiver comes or goes, has taken all, or the session is over.
    pub(super) fn register(&self, connection: &Waker) {
        self.transport.register(connection);
    }

    /// Queues a message.
    pub(super) fn push(&self, quoted: String) {
        self.lock().messages.push_back(quoted);
        self.receiver.wake();
    }

    pub(super) fn has_output(&self) -> bool {
        self.lock().has_output()
    }

    /// Ready when receivers have taken all messages.
    pub(super) fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.register(cx.waker());
        let outbound = self.lock();
        if !outbound.has_output() {
            Poll::Ready(Ok(()))
        } else if outbound.close.is_some() {
            Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
        } else {
            Poll::Pending
        }
    }

    /// Octets that receivers have taken.
    pub(super) fn taken(&self) -> u64 {
        self.lock().taken
    }

    /// Since when there has been no receiver.
    pub(super) fn alone_since(&self) -> Option<Instant> {
        self.lock().alone_since
    }

    pub(super) fn is_over(&self) -> bool {
        self.lock().close.is_some()
    }

    /// Ends the session behind what is queued; the first reason is the one that is told.
    pub(super) fn close(&self, code: u16, reason: &str) {
        self.lock().close.get_or_insert_with(|| frame::close(code, reason));
        self.receiver.wake();
        self.transport.wake();
    }

    /// Ends the session, whose client is gone: what is left of an interrupted frame could not be understood.
    pub(super) fn interrupt(&self) {
        let mut outbound = self.lock();
        outbound.sending = Bytes::new();
        outbound.messages = VecDeque::new();
        drop(outbound);
        self.close(1002, "Connection interrupted");
    }

    fn lock(&self) -> MutexGuard<'_, Outbound> {
        self.outbound.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Outbound {
    fn has_output(&self) -> bool {
        !self.messages.is_empty() || !self.sending.is_empty()
    }

    fn next_frame(&mut self) -> Option<String> {
        if !self.opened {
            self.opened = true;
            return Some(frame::OPEN.to_owned());
        }
        if self.messages.is_empty() {
            self.close_taken = self.close.is_some();
            return self.close.clone();
        }
        let mut size = 0_usize;
        let fits = |message: &&String| {
            let is_first = size == 0;
            size = size.saturating_add(message.len());
            is_first || size <= FRAME
        };
        let count = self.messages.iter().take_while(fits).count();
        Some(frame::messages(self.messages.drain(..count)))
    }
}
