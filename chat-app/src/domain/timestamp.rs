//! Points in time as the service writes them.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use serde::{Serialize, Serializer};
use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339, macros::format_description};
use utoipa::ToSchema;

/// A point in time in UTC, to the millisecond, written as RFC 3339 text of a fixed width: the texts sort by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ToSchema)]
#[schema(value_type = String, format = DateTime, examples("2026-11-21T05:20:00.000Z"))]
pub struct Timestamp(OffsetDateTime);

impl Timestamp {
    /// The time of this machine's clock.
    pub fn now() -> Self {
        OffsetDateTime::now_utc().into()
    }

    /// A later time.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration.try_into().unwrap_or(time::Duration::MAX)))
    }

    /// An earlier time.
    #[must_use]
    pub fn before(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(duration.try_into().unwrap_or(time::Duration::MAX)))
    }

    /// The time so many seconds after 1970 began; `None` if it has no date.
    pub fn from_unix(seconds: i64) -> Option<Self> {
        OffsetDateTime::from_unix_timestamp(seconds).ok().map(Self)
    }

    /// The same by the clock of the system.
    pub fn to_system_time(self) -> SystemTime {
        self.0.into()
    }

    /// Seconds since 1970 began.
    pub fn unix(self) -> i64 {
        self.0.unix_timestamp()
    }
}

impl From<OffsetDateTime> for Timestamp {
    /// Leaves out what is smaller than a millisecond.
    fn from(time: OffsetDateTime) -> Self {
        Self(time.to_offset(UtcOffset::UTC).truncate_to_millisecond())
    }
}

impl From<Timestamp> for OffsetDateTime {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.0
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let format =
            format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
        f.write_str(&self.0.format(format).map_err(|_| fmt::Error)?)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl TryFrom<String> for Timestamp {
    type Error = time::error::Parse;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        OffsetDateTime::parse(&text, &Rfc3339).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_is_written_with_three_digits_and_read_back() {
        let time = Timestamp::try_from("2026-11-21T05:20:00Z".to_owned()).unwrap();
        assert_eq!(time.to_string(), "2026-11-21T05:20:00.000Z");
        assert_eq!(time.after(Duration::from_millis(1500)).to_string(), "2026-11-21T05:20:01.500Z");
        let now = Timestamp::now();
        assert_eq!(Timestamp::try_from(now.to_string()), Ok(now));
    }
}
