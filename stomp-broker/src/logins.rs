//! Logins that failed, so that passwords cannot be tried out.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::{Config, Rate, Refusal, admission::network, rate::Bucket};

/// Remembers where logins failed, and for which account.
#[derive(Debug)]
pub(crate) struct FailedLogins {
    of_account: Rate,
    of_network: Rate,
    hasher: RandomState,
    failures: Mutex<Failures>,
}

#[derive(Debug, Default)]
struct Failures {
    /// By network, and by the hash of an account there.
    buckets: HashMap<(IpAddr, Option<u64>), Bucket>,
    tidy_above: usize,
}

/// Logins that were tried at the same time are all paid for, but for no longer than this.
const LONGEST: Duration = Duration::from_secs(60);

/// Buckets that are not worth tidying up.
const TIDY_ABOVE: usize = 1024;

impl FailedLogins {
    pub(crate) fn new(config: &Config) -> Self {
        let (of_account, of_network) = (config.failed_logins, config.failed_logins_per_address);
        Self { of_account, of_network, hasher: RandomState::new(), failures: Mutex::default() }
    }

    /// Whether somebody there may try to log in as `account`. What is said depends on nothing that is known of it.
    pub(crate) fn check(&self, now: Instant, from: IpAddr, account: &str) -> Result<(), Refusal> {
        let failures = self.failures();
        for (key, rate) in self.keys(from, account) {
            // A copy: only failures count.
            if let Some(mut bucket) = failures.buckets.get(&key).copied()
                && let Err(wait) = bucket.take(now, rate, 1)
            {
                return Err(Refusal::new("too many failed logins").retry_after(wait));
            }
        }
        Ok(())
    }

    /// Notes that a login failed.
    pub(crate) fn note(&self, now: Instant, from: IpAddr, account: &str) {
        let mut failures = self.failures();
        for (key, rate) in self.keys(from, account) {
            failures.buckets.entry(key).or_default().force(now, rate, LONGEST);
        }
        if failures.buckets.len() > failures.tidy_above {
            failures.buckets.retain(|_, bucket| !bucket.is_empty(now));
            failures.tidy_above = 2 * failures.buckets.len() + TIDY_ABOVE;
        }
    }

    fn keys(&self, from: IpAddr, account: &str) -> [((IpAddr, Option<u64>), Rate); 2] {
        let network = network(from);
        let account = self.hasher.hash_one(account);
        [((network, Some(account)), self.of_account), ((network, None), self.of_network)]
    }

    fn failures(&self) -> MutexGuard<'_, Failures> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_count_for_the_account_and_for_the_network() {
        let (logins, now) = (FailedLogins::new(&Config::default()), Instant::now());
        let [attacker, neighbour, other] =
            ["2001:db8::1", "2001:db8::2", "192.0.2.1"].map(|text| text.parse().unwrap());
        (0..5).for_each(|_| logins.note(now, attacker, "alice"));
        assert!(
            logins.check(now, attacker, "alice").is_err() && logins.check(now, neighbour, "alice").is_err()
        );
        assert!(logins.check(now, attacker, "bob").is_ok() && logins.check(now, other, "alice").is_ok());
        assert!(logins.check(now + Duration::from_secs(12), attacker, "alice").is_ok());
        (0..15).for_each(|account| logins.note(now, attacker, &account.to_string()));
        assert!(logins.check(now, attacker, "bob").is_err());
        assert!(logins.check(now + Duration::from_secs(3), attacker, "bob").is_ok());
    }

    #[test]
    fn what_is_over_is_forgotten() {
        let (logins, start) = (FailedLogins::new(&Config::default()), Instant::now());
        for minute in 0..10 {
            for account in 0..1000 {
                logins.note(start + minute * 2 * LONGEST, "192.0.2.1".parse().unwrap(), &account.to_string());
            }
        }
        assert!(logins.failures().buckets.len() <= 1000 + 2 * TIDY_ABOVE);
    }
}
