//! How much a user may still send.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::{Rate, rate::Bucket};

/// What the sessions of one user have sent lately, all together.
#[derive(Debug, Default)]
pub(crate) struct Allowance(Mutex<Sent>);

#[derive(Debug, Default)]
struct Sent {
    bucket: Bucket,
    strikes: u32,
    last_strike: Option<Instant>,
}

/// Too much was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooMuch {
    /// When the same would be allowed.
    pub(crate) retry_after: Duration,
    /// The user was told before, and goes on.
    pub(crate) is_flood: bool,
}

/// A user who goes on after being told so often is cut off.
const STRIKES: u32 = 3;

/// What was on its way when the user was told does not count: there is one strike in this time.
const STRIKE: Duration = Duration::from_secs(1);

impl Allowance {
    /// Notes that `count` messages are sent, if that is within the rate.
    pub(crate) fn take(&self, now: Instant, rate: Rate, count: u32) -> Result<(), TooMuch> {
        let mut sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if sent.bucket.is_empty(now) {
            sent.strikes = 0;
        }
        let Err(retry_after) = sent.bucket.take(now, rate, count) else { return Ok(()) };
        if sent.last_strike.is_none_or(|last| last + STRIKE <= now) {
            sent.last_strike = Some(now);
            sent.strikes += 1;
        }
        Err(TooMuch { retry_after, is_flood: sent.strikes >= STRIKES })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { burst: 2, every: Duration::from_millis(500) };

    #[test]
    fn who_goes_on_is_a_flood_and_who_waits_is_forgiven() {
        let (allowance, start) = (Allowance::default(), Instant::now());
        // Which of so many tries, one each 100 ms, are refused as a flood.
        let flood = |start: Instant, tries: u32| {
            let take = |n| allowance.take(start + Duration::from_millis(100) * n, RATE, 1);
            (0..tries).find(|n| take(*n).is_err_and(|much| much.is_flood))
        };
        assert_eq!(flood(start, 20), None, "for two seconds");
        assert_eq!(flood(start + 2 * STRIKE, 20), Some(2), "in the third");
        assert_eq!(flood(start + 60 * STRIKE, 20), None);
        assert!(allowance.take(start + 120 * STRIKE, RATE, 2).is_ok());
    }
}
