//! How often something may be asked for.

use std::{
    fmt,
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    str::FromStr,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};

use serde::{Deserialize, Deserializer, de::Error};

use crate::{
    domain::{Email, MemberId, RoomId},
    metrics,
};

/// After so many checks the keys that have all their allowance back are forgotten.
const SWEEP_EVERY: u32 = 1_024;

/// An allowance: some at once, and then so many in a span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    count: NonZeroU32,
    per: Duration,
    burst: NonZeroU32,
}

impl Rate {
    /// `count` in `seconds`, and as many at once. `None` if one of them is 0.
    pub const fn new(count: u32, seconds: u32) -> Option<Self> {
        Self::with_burst(count, seconds, count)
    }

    /// `count` in `seconds`, and `burst` at once. `None` if one of them is 0.
    pub const fn with_burst(count: u32, seconds: u32, burst: u32) -> Option<Self> {
        match (NonZeroU32::new(count), NonZeroU32::new(burst)) {
            (Some(count), Some(burst)) if seconds > 0 => {
                Some(Self { count, per: Duration::from_secs(seconds as u64), burst })
            }
            _ => None,
        }
    }

    /// How many at once.
    pub(crate) fn burst(self) -> u32 {
        self.burst.get()
    }

    /// The same for the broker.
    pub(crate) fn in_broker(self) -> stomp_broker::Rate {
        stomp_broker::Rate { burst: self.burst.get(), every: self.per / self.count.get() }
    }

    fn quota(self) -> Quota {
        let period = (self.per / self.count.get()).max(Duration::from_nanos(1));
        Quota::with_period(period).expect("a period of at least 1 ns").allow_burst(self.burst)
    }
}

impl FromStr for Rate {
    type Err = &'static str;

    /// Reads `COUNT/SECONDS` or `COUNT/SECONDS/BURST`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let numbers: Result<Vec<u32>, _> = text.split('/').map(str::parse).collect();
        let rate = match numbers.as_deref() {
            Ok(&[count, seconds]) => Self::new(count, seconds),
            Ok(&[count, seconds, burst]) => Self::with_burst(count, seconds, burst),
            _ => None,
        };
        rate.ok_or("expected COUNT/SECONDS or COUNT/SECONDS/BURST, none of them 0")
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.count, self.per.as_secs(), self.burst)
    }
}

/// The allowances of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rates {
    /// Logins, for each address on the network and for each e-mail address.
    pub login: Rate,
    /// Accounts, for each address on the network.
    pub sign_up: Rate,
    /// Guests, for each address on the network.
    pub guest: Rate,
    /// Messages, for each member in each room.
    pub send: Rate,
    /// Frames of any kind sent over STOMP, for each member on all its connections to a server; who goes on is cut off.
    pub stomp: Rate,
    /// Passwords tried, for each member and each room.
    pub room_password: Rate,
    /// Passwords tried, for each room.
    pub room_passwords: Rate,
    /// Searches, for each member.
    pub search: Rate,
    /// Files brought, for each member.
    pub upload: Rate,
    /// Reports, for each member.
    pub report: Rate,
    /// Archives of own data, and of rooms, for each member.
    pub export: Rate,
}

impl Default for Rates {
    fn default() -> Self {
        const fn rate(count: u32, seconds: u32, burst: u32) -> Rate {
            Rate::with_burst(count, seconds, burst).expect("no default is 0")
        }
        Self {
            login: const { rate(10, 180, 10) },
            sign_up: const { rate(5, 3_600, 5) },
            guest: const { rate(20, 3_600, 20) },
            send: const { rate(10, 10, 20) },
            stomp: const { rate(20, 1, 60) },
            room_password: const { rate(5, 60, 5) },
            room_passwords: const { rate(100, 3_600, 100) },
            search: const { rate(30, 60, 30) },
            upload: const { rate(30, 60, 30) },
            report: const { rate(20, 3_600, 20) },
            export: const { rate(3, 3_600, 3) },
        }
    }
}

/// Asked for too often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("over the limit of {limit}; try again in {retry_after} s")]
pub struct RateLimited {
    /// How many are allowed at once.
    pub limit: u32,
    /// Seconds until one more is.
    pub retry_after: u64,
}

/// Counts what is asked for, by whom.
#[derive(Debug)]
pub struct Limits {
    login_from: Limiter<IpAddr>,
    login_as: Limiter<Email>,
    sign_up: Limiter<IpAddr>,
    guest: Limiter<IpAddr>,
    send: Limiter<(MemberId, RoomId)>,
    room_password: Limiter<(MemberId, RoomId)>,
    room_passwords: Limiter<RoomId>,
    search: Limiter<MemberId>,
    upload: Limiter<MemberId>,
    report: Limiter<MemberId>,
    export: Limiter<MemberId>,
}

impl Limits {
    /// Nothing was asked for yet.
    pub fn new(rates: &Rates) -> Self {
        Self {
            login_from: Limiter::new("login_from", rates.login),
            login_as: Limiter::new("login_as", rates.login),
            sign_up: Limiter::new("sign_up", rates.sign_up),
            guest: Limiter::new("guest", rates.guest),
            send: Limiter::new("send", rates.send),
            room_password: Limiter::new("room_password", rates.room_password),
            room_passwords: Limiter::new("room_passwords", rates.room_passwords),
            search: Limiter::new("search", rates.search),
            upload: Limiter::new("upload", rates.upload),
            report: Limiter::new("report", rates.report),
            export: Limiter::new("export", rates.export),
        }
    }

    /// Counts a login from an address.
    ///
    /// # Errors
    ///
    /// [`RateLimited`] like all of these.
    pub fn login_from(&self, ip: IpAddr) -> Result<(), RateLimited> {
        self.login_from.check(&network(ip))
    }

    /// Counts a login as the member of that e-mail address.
    ///
    /// # Errors
    ///
    /// [`RateLimited`].
    pub fn login_as(&self, email: &Email) -> Result<(), RateLimited> {
        self.login_as.check(email)
    }

    /// Counts a new account.
    ///
    /// # Errors
    ///
    /// [`RateLimited`].
    pub fn sign_up(&self, ip: IpAddr) -> Result<(), RateLimited> {
        self.sign_up.check(&network(ip))
    }

    /// Counts a new guest.
    ///
    /// # Errors
    ///
    /// [`RateLimited`].
    pub fn guest(&self, ip: IpAddr) -> Result<(), RateLimited> {
        self.guest.check(&network(ip))
    }

    /// Counts a message.
    ///
    /// # Errors
    ///
    /// [`RateLimited`].
    pub fn send(&self, member: MemberId, room: RoomId) -> Result<(), RateLimited> {
        self.send.check(&(member, room))
    }

    /// Counts a password that a member tries.
    ///
    /// # Errors
    ///
    /// [`RateLimited`].
    pub fn room_password(&self, member: MemberId, room: RoomId) -> Result<(), RateLimited> {
        self.room_password.check(&(member, room))?;
        self.room_passwords.check(&room)
    }

    /// Counts a report.
    ///
    /// # Errors
    ///
    /// [`RateLimited`].
    pub fn report(&self, member: MemberId) -> Result<(), RateLimited> {
        self.report.check(&member)
    }

    /// Counts a search.
    ///
    /// # Errors
    ///
    /// [`RateLimited`].
    pub fn search(&self, member: MemberId) -> Result<(), RateLimited> {
        self.search.check(&member)
    }

    /// Counts a file.
    ///
    /// # Errors
    ///
    /// [`RateLimited`].
    pub fn upload(&self, member: MemberId) -> Result<(), RateLimited> {
        self.upload.check(&member)
    }

    /// Counts an archive of a member's own data.
    ///
    /// # Errors
    ///
    /// [`RateLimited`].
    pub fn export(&self, member: MemberId) -> Result<(), RateLimited> {
        self.export.check(&member)
    }
}

struct Limiter<K: Hash + Eq + Clone> {
    name: &'static str,
    limiter: DefaultKeyedRateLimiter<K>,
    checks: AtomicU32,
}

impl<K: Hash + Eq + Clone> Limiter<K> {
    fn new(name: &'static str, rate: Rate) -> Self {
        Self { name, limiter: RateLimiter::keyed(rate.quota()), checks: AtomicU32::new(0) }
    }

    fn check(&self, key: &K) -> Result<(), RateLimited> {
        if self.checks.fetch_add(1, Ordering::Relaxed).is_multiple_of(SWEEP_EVERY) {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(key).map_err(|until| {
            metrics::rate_limited(self.name);
            let wait = until.wait_time_from(DefaultClock::default().now());
            RateLimited { limit: until.quota().burst_size().get(), retry_after: wait.as_secs() + 1 }
        })
    }
}

impl<K: Hash + Eq + Clone> fmt::Debug for Limiter<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(self.name).field("keys", &self.limiter.len()).finish_non_exhaustive()
    }
}

/// Whoever has one address of IPv6 has 2^64 of them: they count as one.
fn network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX))),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_read_from_text() {
        assert_eq!("10/180".parse(), Ok(Rate::new(10, 180).unwrap()));
        assert_eq!("10/10/20".parse(), Ok(Rates::default().send));
        for text in ["", "10", "0/1", "1/0", "1/1/0", "1/1/1/1", "a/b", "-1/1"] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_burst_is_allowed_and_one_more_is_not() {
        let limits = Limits::new(&Rates { login: Rate::new(3, 60).unwrap(), ..Rates::default() });
        let ip = "2001:db8::1".parse().unwrap();
        for _ in 0..3 {
            limits.login_from(ip).unwrap();
        }
        let same_network = "2001:db8::2".parse().unwrap();
        let limited = limits.login_from(same_network).unwrap_err();
        assert_eq!(limited.limit, 3);
        assert!((1..=21).contains(&limited.retry_after), "{limited:?}");
        limits.login_from("2001:db8:0:1::1".parse().unwrap()).unwrap();
    }
}
