//! What the back-end is asked for: counted, confirmed before anybody relies on it, and kept for a while afterwards.

use std::{
    collections::{HashMap, VecDeque},
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::OwnedMutexGuard,
    time::{Instant, sleep_until},
};
use tracing::warn;

use crate::{Broker, BrokerError, Interest};

/// How long an interest outlives its last subscriber: clients that connect again find it still there.
const LINGER: Duration = Duration::from_secs(2);

/// Interests that the back-end is told of in one call, at most.
const BATCH: usize = 512;

/// The interests of all subscriptions of this node.
#[derive(Debug)]
pub(crate) struct Interests {
    broker: Arc<dyn Broker>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    held: HashMap<Interest, Held>,
    /// Interests that nobody held any more at that time; some are held again.
    idle: VecDeque<(Instant, Interest)>,
    /// A task looks after those.
    sweeping: bool,
}

#[derive(Debug, Default)]
struct Held {
    /// How many subscriptions hold it.
    count: usize,
    /// When the last one let go.
    idle: Option<Instant>,
    /// Whether the back-end knows. Whoever changes that holds the lock, so that an interest which ends and begins
    /// at once does so in one order.
    confirmed: Arc<tokio::sync::Mutex<bool>>,
}

impl Interests {
    pub(crate) fn new(broker: Arc<dyn Broker>) -> Arc<Self> {
        Arc::new(Self { broker, state: Mutex::default() })
    }

    /// Holds an interest, and returns when the back-end has confirmed it, to whoever asked first. It is to be
    /// released, also when this fails.
    pub(crate) async fn hold(&self, interest: Interest) -> Result<(), BrokerError> {
        let confirmed = {
            let mut state = self.lock();
            let held = state.held.entry(interest.clone()).or_default();
            held.count += 1;
            held.idle = None;
            Arc::clone(&held.confirmed)
        };
        let mut confirmed = confirmed.lock().await;
        if !*confirmed {
            self.broker.interest(&[interest], &[]).await?;
            *confirmed = true;
        }
        Ok(())
    }

    /// Lets go of an interest. The back-end hears of it later, if nobody holds it again meanwhile.
    pub(crate) fn release(self: &Arc<Self>, interest: &Interest) {
        let now = Instant::now();
        let mut state = self.lock();
        let Some(held) = state.held.get_mut(interest) else { return };
        held.count = held.count.saturating_sub(1);
        if held.count == 0 {
            held.idle = Some(now);
            state.idle.push_back((now, interest.clone()));
            if !mem::replace(&mut state.sweeping, true) {
                tokio::spawn(Arc::clone(self).sweep(now));
            }
        }
    }

    /// Ends interests that nobody has held for a while, until none is left.
    async fn sweep(self: Arc<Self>, mut since: Instant) {
        loop {
            sleep_until(since + LINGER).await;
            let over = self.take_over();
            if !over.is_empty() {
                self.end(over).await;
            }
            let mut state = self.lock();
            match state.idle.front() {
                Some((next, _)) => since = *next,
                None => {
                    state.sweeping = false;
                    return;
                }
            }
        }
    }

    /// Takes interests whose time is over, each locked so that nobody confirms it meanwhile.
    fn take_over(&self) -> Vec<(Interest, OwnedMutexGuard<bool>)> {
        let mut state = self.lock();
        let mut over = Vec::new();
        let is_due = |(since, _): &(Instant, Interest)| since.elapsed() >= LINGER;
        while over.len() < BATCH
            && state.idle.front().is_some_and(is_due)
            && let Some((since, interest)) = state.idle.pop_front()
        {
            let held = state.held.get(&interest).filter(|held| held.idle == Some(since));
            // The lock is free: whoever confirms an interest holds it too.
            if let Some(locked) = held.and_then(|held| Arc::clone(&held.confirmed).try_lock_owned().ok()) {
                over.push((interest, locked));
            }
        }
        over
    }

    async fn end(&self, over: Vec<(Interest, OwnedMutexGuard<bool>)>) {
        let (interests, locked): (Vec<_>, Vec<_>) = over.into_iter().unzip();
        if let Err(error) = self.broker.interest(&[], &interests).await {
            // Messages that nobody wants cost a look-up each; they reach nobody.
            warn!(%error, "cannot end interests");
        }
        let mut state = self.lock();
        for (interest, mut confirmed) in interests.iter().zip(locked) {
            *confirmed = false;
            if state.held.get(interest).is_some_and(|held| held.count == 0) {
                state.held.remove(interest);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use tokio::{sync::Semaphore, time::timeout};

    use super::*;
    use crate::{Inbound, Publish, Published};

    /// Notes what it is asked, and answers when it may.
    #[derive(Debug)]
    struct Slow {
        asked: Mutex<Vec<String>>,
        answers: Semaphore,
    }

    #[async_trait]
    impl Broker for Slow {
        async fn start(&self, _: Arc<dyn Inbound>) -> Result<(), BrokerError> {
            Ok(())
        }

        async fn interest(&self, add: &[Interest], remove: &[Interest]) -> Result<(), BrokerError> {
            let names = |sign: char, of: &[Interest]| {
                of.iter().map(|interest| format!("{sign}{interest}")).collect::<Vec<_>>()
            };
            self.asked.lock().unwrap().extend(names('+', add).into_iter().chain(names('-', remove)));
            self.answers.acquire().await.map_err(|_| BrokerError::Unavailable)?.forget();
            Ok(())
        }

        async fn publish(&self, _: Vec<Publish>) -> Vec<Result<Published, BrokerError>> {
            Vec::new()
        }
    }

    fn slow(answers: usize) -> (Arc<Slow>, Arc<Interests>) {
        let broker = Arc::new(Slow { asked: Mutex::default(), answers: Semaphore::new(answers) });
        (Arc::clone(&broker), Interests::new(broker))
    }

    fn topic() -> Interest {
        Interest::Topic("/t".try_into().unwrap())
    }

    fn asked(broker: &Slow) -> String {
        broker.asked.lock().unwrap().join(" ")
    }

    #[tokio::test(start_paused = true)]
    async fn the_second_subscriber_waits_for_the_confirmation_too() {
        let (broker, interests) = slow(0);
        let mut first = Box::pin(interests.hold(topic()));
        let mut second = Box::pin(interests.hold(topic()));
        let moment = Duration::from_millis(10);
        assert!(timeout(moment, &mut first).await.is_err());
        assert!(timeout(moment, &mut second).await.is_err());
        broker.answers.add_permits(1);
        first.await.unwrap();
        second.await.unwrap();
        assert_eq!(asked(&broker), "+/t");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_comes_after_a_failure_asks_again() {
        let (broker, interests) = slow(0);
        broker.answers.close();
        assert!(interests.hold(topic()).await.is_err());
        assert!(interests.hold(topic()).await.is_err());
        assert_eq!(asked(&broker), "+/t +/t");
    }

    #[tokio::test(start_paused = true)]
    async fn an_interest_outlives_its_last_subscriber_for_a_while() {
        let (broker, interests) = slow(9);
        interests.hold(topic()).await.unwrap();
        interests.release(&topic());
        tokio::time::sleep(LINGER / 2).await;
        interests.hold(topic()).await.unwrap();
        tokio::time::sleep(LINGER).await;
        assert_eq!(asked(&broker), "+/t", "it was held again in time");
        interests.release(&topic());
        tokio::time::sleep(LINGER * 2).await;
        assert_eq!(asked(&broker), "+/t -/t");
        assert!(interests.lock().held.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn an_interest_that_begins_while_it_ends_is_confirmed_again() {
        let (broker, interests) = slow(1);
        interests.hold(topic()).await.unwrap();
        interests.release(&topic());
        tokio::time::sleep(LINGER * 2).await;
        let again = interests.hold(topic());
        broker.answers.add_permits(2);
        again.await.unwrap();
        assert_eq!(asked(&broker), "+/t -/t +/t");
    }
}
