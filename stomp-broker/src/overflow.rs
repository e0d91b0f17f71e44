//! What happens to messages that a client does not take in time.

/// The policy of a topic for subscribers whose outbox is full.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Overflow {
    /// End the session with the ERROR `slow-consumer`: it can reconnect and recover.
    #[default]
    Disconnect,
    /// Drop the oldest messages that wait for the subscription.
    DropOldest,
    /// Drop the new message.
    DropNewest,
    /// Drop the waiting message that has the same value of this header and, if that is not enough, the oldest: for
    /// messages of which only the latest counts, such as prices.
    Conflate(String),
}
