//! The `heart-beat` header and what two of them agree on (STOMP 1.2, "Heart-beating").
//!
//! ```
//! use core::time::Duration;
//! use stomp_proto::HeartBeat;
//!
//! let (client, server): (HeartBeat, HeartBeat) = ("0,10000".parse()?, "5000,5000".parse()?);
//! assert_eq!(server.interval_to(client), Some(Duration::from_secs(10)));
//! assert_eq!(client.interval_to(server), None, "the client said that it cannot");
//! # Ok::<(), stomp_proto::heart_beat::MalformedHeartBeat>(())
//! ```

use core::{fmt, str::FromStr, time::Duration};

/// One side's `heart-beat` header: what it can do and what it would like to get.
///
/// The wire unit is the millisecond; zero means "cannot" and "do not want".
///
/// ```
/// use core::time::Duration;
/// use stomp_proto::HeartBeat;
///
/// let client: HeartBeat = "10000,5000".parse()?;
/// let server = HeartBeat { send: Duration::from_secs(20), receive: Duration::from_secs(20) };
/// assert_eq!(server.interval_to(client), Some(Duration::from_secs(20)));
/// # Ok::<(), stomp_proto::heart_beat::MalformedHeartBeat>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HeartBeat {
    /// The shortest interval at which this side guarantees to send something.
    pub send: Duration,
    /// The interval at which this side would like to receive something.
    pub receive: Duration,
}

impl HeartBeat {
    /// How often this side must send to `peer`, or `None` for no heart-beats in that direction.
    pub fn interval_to(self, peer: Self) -> Option<Duration> {
        (!self.send.is_zero() && !peer.receive.is_zero()).then(|| self.send.max(peer.receive))
    }

    /// The header's value or, when it is absent, `0,0`.
    ///
    /// # Errors
    ///
    /// [`MalformedHeartBeat`] as for [`FromStr`].
    ///
    /// ```
    /// use stomp_proto::HeartBeat;
    ///
    /// assert_eq!(HeartBeat::from_header(None)?, HeartBeat::default());
    /// assert_eq!(HeartBeat::from_header(Some("0,500"))?.receive.as_millis(), 500);
    /// # Ok::<(), stomp_proto::heart_beat::MalformedHeartBeat>(())
    /// ```
    pub fn from_header(value: Option<&str>) -> Result<Self, MalformedHeartBeat> {
        value.map_or_else(|| Ok(Self::default()), str::parse)
    }
}

impl fmt::Display for HeartBeat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{}", self.send.as_millis(), self.receive.as_millis())
    }
}

/// The value is not two numbers of milliseconds separated by a comma.
///
/// ```
/// use stomp_proto::{HeartBeat, heart_beat::MalformedHeartBeat};
///
/// assert_eq!("10 s".parse::<HeartBeat>(), Err(MalformedHeartBeat));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("heart-beat must be two numbers of milliseconds separated by a comma")]
pub struct MalformedHeartBeat;

impl FromStr for HeartBeat {
    type Err = MalformedHeartBeat;

    /// Reads `send,receive`; spaces around the numbers are tolerated.
    fn from_str(text: &str) -> Result<Self, MalformedHeartBeat> {
        let (send, receive) = text.split_once(',').ok_or(MalformedHeartBeat)?;
        Ok(Self { send: milliseconds(send)?, receive: milliseconds(receive)? })
    }
}

fn milliseconds(text: &str) -> Result<Duration, MalformedHeartBeat> {
    let digits = text.trim_matches(' ');
    if digits.is_empty() || !digits.bytes().all(|octet| octet.is_ascii_digit()) {
        return Err(MalformedHeartBeat);
    }
    digits.parse().map(Duration::from_millis).map_err(|_| MalformedHeartBeat)
}
