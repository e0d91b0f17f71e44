//! How often something may happen.

use std::time::{Duration, Instant};

/// So many times at once, and then once in every so long: a token bucket.
///
/// ```
/// use std::time::Duration;
/// use stomp_broker::Rate;
///
/// let ten_a_second_thirty_at_once = Rate { burst: 30, every: Duration::from_millis(100) };
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How often after a pause.
    pub burst: u32,
    /// The time between two in the long run.
    pub every: Duration,
}

/// What has happened at a [`Rate`], told by when it will be forgotten (the generic cell rate algorithm).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Bucket {
    empty_at: Option<Instant>,
}

impl Bucket {
    /// Notes that it happens `count` times, if that is within the rate; else says how long to wait.
    pub(crate) fn take(&mut self, now: Instant, rate: Rate, count: u32) -> Result<(), Duration> {
        let empty_at = self.empty_at(now) + rate.every * count;
        match empty_at.checked_duration_since(now + rate.every * rate.burst) {
            None | Some(Duration::ZERO) => {
                self.empty_at = Some(empty_at);
                Ok(())
            }
            Some(wait) => Err(wait),
        }
    }

    /// Notes that it happens, whatever the rate; says when it will be forgotten.
    pub(crate) fn add(&mut self, now: Instant, rate: Rate) -> Instant {
        let empty_at = self.empty_at(now) + rate.every;
        self.empty_at = Some(empty_at);
        empty_at
    }

    /// Notes that it happens, whatever the rate; says until when it may not happen again.
    pub(crate) fn throttle(&mut self, now: Instant, rate: Rate) -> Option<Instant> {
        let next = self.add(now, rate) + rate.every;
        next.checked_duration_since(now + rate.every * rate.burst)
            .filter(|wait| !wait.is_zero())
            .map(|wait| now + wait)
    }

    /// Whether everything that happened is forgotten.
    pub(crate) fn is_empty(&self, now: Instant) -> bool {
        self.empty_at(now) == now
    }

    fn empty_at(&self, now: Instant) -> Instant {
        self.empty_at.map_or(now, |at| at.max(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const RATE: Rate = Rate { burst: 3, every: SECOND };

    #[test]
    fn after_a_burst_there_is_one_in_each_interval() {
        let (mut bucket, start) = (Bucket::default(), Instant::now());
        assert_eq!([(); 4].map(|()| bucket.take(start, RATE, 1)), [Ok(()), Ok(()), Ok(()), Err(SECOND)]);
        assert_eq!(bucket.take(start + SECOND / 2, RATE, 1), Err(SECOND / 2));
        assert_eq!(bucket.take(start + SECOND, RATE, 1), Ok(()));
        assert_eq!(bucket.take(start + SECOND, RATE, 2), Err(2 * SECOND));
        assert!(!bucket.is_empty(start + 3 * SECOND) && bucket.is_empty(start + 4 * SECOND));
        assert_eq!(bucket.take(start + 60 * SECOND, RATE, 3), Ok(()), "the burst is there again");
        assert_eq!(bucket.take(start + 60 * SECOND, RATE, 1), Err(SECOND));
    }
}
