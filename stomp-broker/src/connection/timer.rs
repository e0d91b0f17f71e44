//! The one timer of a connection, and what ends it when the peer does not read.

use std::{
    future::Future,
    io,
    pin::pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use tokio::task::coop::unconstrained;
use tracing::debug;

use super::{Connection, now};
use crate::transport::Transport;

/// A write that has not finished yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stall {
    written: u64,
    deadline: Instant,
}

/// Longer than anything waits: the timer of a session without a deadline.
const NEVER: Duration = Duration::from_secs(24 * 60 * 60);

impl<T: Transport> Connection<T> {
    pub(super) fn handle_timeout(&mut self) -> io::Result<()> {
        let now = now();
        if self.stall.is_some_and(|stall| stall.deadline <= now) {
            debug!("the peer does not read");
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.session.handle_timeout(now);
        Ok(())
    }

    /// Ready at the session's next deadline, at the end of a write without progress, or when the next message grows too
    /// old.
    pub(super) fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let deadline = self.next_deadline();
        // A timer that fires early costs one turn of the loop; setting it anew for every frame costs more.
        if self.timer.is_elapsed() || deadline < self.timer.deadline() {
            self.timer.as_mut().reset(deadline);
            self.timed = None;
        }
        // So does asking it again, after every delivery, when it will wake this very task.
        if self.timed.as_ref().is_some_and(|task| task.will_wake(cx.waker())) {
            return Poll::Pending;
        }
        // One that has no turn left would not remember whom to wake.
        let fired = pin!(unconstrained(self.timer.as_mut())).poll(cx);
        self.timed = fired.is_pending().then(|| cx.waker().clone());
        fired
    }

    fn next_deadline(&mut self) -> tokio::time::Instant {
        let stalled = self.transport.has_output().then(|| {
            let written = self.transport.written();
            let fresh = Stall { written, deadline: now() + self.shared.config.write_timeout };
            // A session that is over gets one such time, however slowly the peer takes its last frame.
            let is_over = self.session.closing().is_some();
            self.stall.filter(|stall| is_over || stall.written == written).unwrap_or(fresh)
        });
        self.stall = stalled;
        let expiry = self.shared.config.outbox_age.and_then(|_| self.client.outbox.expire(now()));
        let deadlines = [stalled.map(|stall| stall.deadline), self.session.poll_timeout(), expiry];
        deadlines.into_iter().flatten().min().unwrap_or_else(|| now() + NEVER).into()
    }
}
