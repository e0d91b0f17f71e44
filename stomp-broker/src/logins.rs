//! Logins that failed, so that passwords cannot be tried out.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    net::IpAddr,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use tokio::{
    select,
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
    time::sleep_until,
};

use crate::{Config, Rate, Refusal, admission::network, connection::now, rate::Bucket};

/// Remembers where logins failed, and for which account.
///
/// What is being tried counts as well: no more is under way at once than may fail, and the rest waits until it is known
/// how those went.
#[derive(Debug)]
pub(crate) struct FailedLogins {
    of_account: Rate,
    of_network: Rate,
    hasher: RandomState,
    tried: Mutex<Tried>,
}

/// A network, and the hash of an account there.
type Key = (IpAddr, Option<u64>);

#[derive(Debug, Default)]
struct Tried {
    logins: HashMap<Key, Logins>,
    tidy_above: usize,
}

#[derive(Debug)]
struct Logins {
    failures: Bucket,
    places: Places,
}

/// Where those wait who may try once it is known how others went.
#[derive(Debug, Clone)]
struct Places {
    /// One for each that may still fail: taken by who tries, and kept by who failed until that is forgotten.
    free: Arc<Semaphore>,
    /// Wakes who waits, perhaps for nothing now.
    failed: Arc<Notify>,
}

/// A login that is being tried.
#[derive(Debug)]
pub(crate) struct Attempt<'a> {
    logins: &'a FailedLogins,
    keys: [(Key, Rate); 2],
    /// Nobody closes the semaphores, so they are there.
    places: [Option<OwnedSemaphorePermit>; 2],
}

/// Entries that are not worth tidying up.
const TIDY_ABOVE: usize = 1024;

impl FailedLogins {
    pub(crate) fn new(config: &Config) -> Self {
        let (of_account, of_network) = (config.failed_logins, config.failed_logins_per_address);
        Self { of_account, of_network, hasher: RandomState::new(), tried: Mutex::default() }
    }

    /// Waits until somebody there may try to log in as `account`. What is said depends on nothing that is known of it.
    pub(crate) async fn attempt(&self, from: IpAddr, account: &str) -> Result<Attempt<'_>, Refusal> {
        let keys = self.keys(from, account);
        let [of_account, of_network] = keys.map(|(key, rate)| self.tried().of(now(), key, rate));
        let places = [self.place(&of_account, &keys).await?, self.place(&of_network, &keys).await?];
        self.check(&keys)?;
        Ok(Attempt { logins: self, keys, places })
    }

    /// Waits for a place, or until so many have failed that there will be none in time.
    async fn place(
        &self,
        places: &Places,
        keys: &[(Key, Rate); 2],
    ) -> Result<Option<OwnedSemaphorePermit>, Refusal> {
        let mut place = pin!(Arc::clone(&places.free).acquire_owned());
        loop {
            // Whoever fails from here on wakes this.
            let failed = places.failed.notified();
            self.check(keys)?;
            select! {
                place = &mut place => return Ok(place.ok()),
                () = failed => {}
            }
        }
    }

    fn check(&self, keys: &[(Key, Rate); 2]) -> Result<(), Refusal> {
        let tried = self.tried();
        for (key, rate) in keys {
            // A copy: only failures count.
            if let Some(mut failures) = tried.logins.get(key).map(|logins| logins.failures)
                && let Err(wait) = failures.take(now(), *rate, 1)
            {
                return Err(Refusal::new("too many failed logins").retry_after(wait));
            }
        }
        Ok(())
    }

    fn keys(&self, from: IpAddr, account: &str) -> [(Key, Rate); 2] {
        let network = network(from);
        let account = self.hasher.hash_one(account);
        [((network, Some(account)), self.of_account), ((network, None), self.of_network)]
    }

    fn tried(&self) -> MutexGuard<'_, Tried> {
        self.tried.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tried {
    /// The places for those who try.
    fn of(&mut self, now: Instant, key: Key, rate: Rate) -> Places {
        if self.logins.len() > self.tidy_above {
            self.logins.retain(|_, logins| !logins.is_over(now));
            self.tidy_above = 2 * self.logins.len() + TIDY_ABOVE;
        }
        let logins = self.logins.entry(key).or_insert_with(|| Logins {
            failures: Bucket::default(),
            places: Places { free: Arc::new(Semaphore::new(rate.burst as usize)), failed: Arc::default() },
        });
        logins.places.clone()
    }
}

impl Logins {
    /// Whether nobody tries, and all that failed is forgotten.
    fn is_over(&self, now: Instant) -> bool {
        self.failures.is_empty(now) && Arc::strong_count(&self.places.free) == 1
    }
}

impl Attempt<'_> {
    /// The login failed: its places are free again when that is forgotten.
    pub(crate) fn failed(self) {
        let mut tried = self.logins.tried();
        for ((key, rate), place) in self.keys.into_iter().zip(self.places) {
            if let Some(logins) = tried.logins.get_mut(&key) {
                let forgotten = logins.failures.add(now(), rate);
                logins.places.failed.notify_waiters();
                tokio::spawn(async move {
                    sleep_until(forgotten.into()).await;
                    drop(place);
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::{advance, sleep, timeout};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    async fn may_try(logins: &FailedLogins, from: &str, account: &str) -> bool {
        logins.attempt(address(from), account).await.is_ok()
    }

    async fn fail(logins: &FailedLogins, from: &str, account: &str) {
        logins.attempt(address(from), account).await.unwrap().failed();
    }

    #[tokio::test(start_paused = true)]
    async fn failures_count_for_the_account_and_for_the_network() {
        let logins = FailedLogins::new(&Config::default());
        let [attacker, neighbour, other] = ["2001:db8::1", "2001:db8::2", "192.0.2.1"];
        for _ in 0..5 {
            fail(&logins, attacker, "alice").await;
        }
        assert!(!may_try(&logins, attacker, "alice").await && !may_try(&logins, neighbour, "alice").await);
        assert!(may_try(&logins, attacker, "bob").await && may_try(&logins, other, "alice").await);
        for account in 0..15 {
            fail(&logins, attacker, &account.to_string()).await;
        }
        assert!(!may_try(&logins, attacker, "bob").await);
        advance(3 * SECOND).await;
        assert!(may_try(&logins, attacker, "bob").await && !may_try(&logins, attacker, "alice").await);
        advance(9 * SECOND).await;
        assert!(may_try(&logins, attacker, "alice").await);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_being_tried_counts_until_it_has_succeeded() {
        let logins = FailedLogins::new(&Config::default());
        let from = "192.0.2.1";
        fail(&logins, from, "alice").await;
        let mut trying = Vec::new();
        for _ in 0..4 {
            trying.push(logins.attempt(address(from), "alice").await.unwrap());
        }
        assert!(timeout(SECOND, logins.attempt(address(from), "alice")).await.is_err(), "it waits");
        trying.pop();
        trying.push(logins.attempt(address(from), "alice").await.unwrap());
        trying.into_iter().for_each(Attempt::failed);
        assert!(!may_try(&logins, from, "alice").await);
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_is_refused_as_soon_as_too_many_have_failed() {
        let logins = Arc::new(FailedLogins::new(&Config::default()));
        let from = address("192.0.2.1");
        let mut trying = Vec::new();
        for _ in 0..5 {
            trying.push(logins.attempt(from, "alice").await.unwrap());
        }
        let waiting = Arc::clone(&logins);
        let waiting = tokio::spawn(async move { waiting.attempt(from, "alice").await.map(drop) });
        sleep(SECOND).await;
        assert!(!waiting.is_finished());
        trying.into_iter().for_each(Attempt::failed);
        let refused = timeout(SECOND, waiting).await.expect("an answer at once").unwrap();
        assert_eq!(refused.unwrap_err().summary(), "too many failed logins");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_over_is_forgotten() {
        let logins = FailedLogins::new(&Config::default());
        for network in 0..10_000_u32 {
            let from = IpAddr::from(network.to_be_bytes());
            logins.attempt(from, "alice").await.unwrap().failed();
            if network % 1_000 == 0 {
                sleep(60 * SECOND).await;
            }
        }
        assert!(logins.tried().logins.len() <= 6 * TIDY_ABOVE);
    }
}
