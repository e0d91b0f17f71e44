//! Gives a subscription the part of a topic's history that its client asked for: in slices, each of them read when the
//! one before has been written, so that a slow client holds one slice and not the history.
//!
//! Live messages wait in the subscription meanwhile. When more come than may wait they are dropped there, since the
//! history has them as well, and are read from it like the rest. A client that is so slow that the history moves on
//! past it is cut off: it was told that it gets everything.

use std::{
    collections::VecDeque,
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures_util::future::BoxFuture;

use super::Connection;
use crate::{
    Destination, HistoryPage, Message, Position, Refusal, Start,
    hub::{Control, Delivery, Subscription},
    metrics,
    server::Shared,
    transport::Transport,
};

/// Messages that are asked of the back-end at a time.
const SLICE: usize = 256;

/// Octets of a slice that are kept for the client; what is beyond them is read again.
const SLICE_BYTES: usize = 256 * 1024;

/// What a subscription is still to get of the history of its topic.
#[derive(Debug)]
pub(super) struct Replay {
    topic: Destination,
    subscription: Arc<Subscription>,
    /// Where the next slice starts.
    next: Start,
    slice: VecDeque<Message>,
    /// Whether the history ended with this slice when it was read.
    is_last: bool,
}

/// The histories that a session is to get, one slice of each in turn.
#[derive(Default)]
pub(super) struct Replays {
    waiting: VecDeque<Box<Replay>>,
    reading: Option<BoxFuture<'static, Result<Box<Replay>, Control>>>,
}

impl Replay {
    /// Reads the first slice; says as well whether that is where the client left off.
    pub(super) async fn begin(
        shared: &Shared,
        topic: Destination,
        subscription: Arc<Subscription>,
        start: Start,
    ) -> Result<(Box<Self>, bool), Refusal> {
        let (slice, is_last) = (VecDeque::new(), true);
        let mut replay = Box::new(Self { topic, subscription, next: start, slice, is_last });
        let is_complete = replay.read(shared).await?;
        Ok((replay, is_complete))
    }

    /// Reads the next slice; says whether nothing is missing before it.
    async fn read(&mut self, shared: &Shared) -> Result<bool, Refusal> {
        self.subscription.hold_anew();
        let read = shared.in_time(shared.broker.history(&self.topic, self.next, SLICE)).await?;
        let page = read.map_err(|error| Refusal::from(&error))?;
        let HistoryPage { mut messages, complete } =
            page.unwrap_or(HistoryPage { messages: Vec::new(), complete: false });
        let kept = messages.len().min(SLICE);
        messages.truncate(fitting(&messages));
        self.is_last = kept < SLICE && messages.len() == kept;
        self.next = match messages.last().and_then(Message::position) {
            Some(last) => Start::After { offset: last.offset, epoch: Some(last.epoch) },
            // There is nothing yet; whatever comes is new.
            None if matches!(self.next, Start::Last(_)) => Start::First,
            None => self.next,
        };
        self.slice = messages.into();
        Ok(complete)
    }

    async fn read_on(mut self: Box<Self>, shared: Arc<Shared>) -> Result<Box<Self>, Control> {
        match self.read(&shared).await {
            Ok(true) => Ok(self),
            Ok(false) => Err(Control::SlowConsumer),
            Err(refusal) => Err(Control::Close(refusal)),
        }
    }

    /// Lets live messages through behind what has been written; says whether the history had all that were before.
    fn go_live(&self) -> bool {
        let last = match self.next {
            Start::After { offset, epoch: Some(epoch) } => Some(Position { epoch, offset }),
            _ => None,
        };
        self.is_last && self.subscription.go_live(last)
    }
}

impl Replays {
    pub(super) fn extend(&mut self, replays: impl IntoIterator<Item = Box<Replay>>) {
        self.waiting.extend(replays);
    }

    fn is_over(&self) -> bool {
        self.waiting.is_empty() && self.reading.is_none()
    }
}

/// How many of the messages may wait for the client; always one.
fn fitting(messages: &[Message]) -> usize {
    let mut bytes = 0;
    let fits = |message: &&Message| {
        bytes += message.size();
        bytes <= SLICE_BYTES
    };
    messages.iter().take_while(fits).count().max(1)
}

impl<T: Transport> Connection<T> {
    /// Writes a slice of a history, or begins to read one; ready if there was something to do. To be called when all else
    /// has been written.
    pub(super) fn poll_replay(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.replays.is_over() || self.session.closing().is_some() || self.session.is_leaving() {
            return Poll::Pending;
        }
        if let Some(reading) = &mut self.replays.reading {
            let read = ready!(reading.as_mut().poll(cx));
            self.replays.reading = None;
            match read {
                Ok(replay) => self.replays.waiting.push_front(replay),
                Err(control) => self.client.outbox.control(control),
            }
            return Poll::Ready(());
        }
        match self.replays.waiting.pop_front() {
            Some(replay) => self.go_on(replay),
            None => Poll::Pending,
        }
    }

    fn go_on(&mut self, mut replay: Box<Replay>) -> Poll<()> {
        if !replay.subscription.is_active() {
            return Poll::Ready(());
        }
        let written = self.write_slice(&mut replay);
        if !replay.slice.is_empty() {
            self.replays.waiting.push_back(replay);
            return if written > 0 { Poll::Ready(()) } else { Poll::Pending };
        }
        if !replay.go_live() {
            self.replays.reading = Some(Box::pin(replay.read_on(Arc::clone(&self.shared))));
        }
        Poll::Ready(())
    }

    /// Writes of the slice what the client may get before it must acknowledge some.
    fn write_slice(&mut self, replay: &mut Replay) -> usize {
        let mut written = 0;
        while !self.session.credit().is_spent()
            && let Some(message) = replay.slice.pop_front()
        {
            let message = self.shared.hub.budget.charge(message);
            metrics::sent(usize::from(self.push_message(&Delivery::new(&replay.subscription, &message))));
            written += 1;
        }
        written
    }
}
