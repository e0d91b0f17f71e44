//! Transactions of one session: what was sent in them, until COMMIT or ABORT (STOMP 1.2, "BEGIN").

use std::collections::HashMap;

use stomp_proto::Send;

use super::{
    Violation,
    acks::{Tag, Verdict},
};

/// A frame that belongs to a transaction.
#[derive(Debug)]
// Most steps are messages; boxing them would save nothing.
#[allow(clippy::large_enum_variant)]
pub(crate) enum Step {
    Send(Send),
    Settle(Tag, Verdict),
}

/// Bounds on the transactions of one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransactionLimits {
    /// Open transactions.
    pub open: usize,
    /// Frames in one transaction.
    pub frames: usize,
    /// The octets of those frames.
    pub bytes: usize,
}

impl Default for TransactionLimits {
    /// 16 transactions of 256 frames and 1 MiB.
    fn default() -> Self {
        Self { open: 16, frames: 256, bytes: 1 << 20 }
    }
}

/// The open transactions by name.
#[derive(Debug)]
pub(crate) struct Transactions {
    open: HashMap<String, Transaction>,
    limits: TransactionLimits,
}

#[derive(Debug, Default)]
struct Transaction {
    steps: Vec<Step>,
    bytes: usize,
}

impl Transactions {
    pub(crate) fn new(limits: TransactionLimits) -> Self {
        Self { open: HashMap::new(), limits }
    }

    pub(crate) fn begin(&mut self, name: &str) -> Result<(), Violation> {
        if self.open.contains_key(name) {
            return Err(Violation::DuplicateTransaction);
        }
        if self.open.len() >= self.limits.open {
            return Err(Violation::TooManyTransactions { limit: self.limits.open });
        }
        self.open.insert(name.to_owned(), Transaction::default());
        Ok(())
    }

    /// Puts a frame of `bytes` octets into a transaction.
    pub(crate) fn add(&mut self, name: &str, step: Step, bytes: usize) -> Result<(), Violation> {
        let transaction = self.open.get_mut(name).ok_or(Violation::UnknownTransaction)?;
        transaction.bytes += bytes;
        if transaction.bytes > self.limits.bytes {
            return Err(Violation::TransactionTooLarge { what: "bytes", limit: self.limits.bytes });
        }
        if transaction.steps.len() >= self.limits.frames {
            return Err(Violation::TransactionTooLarge { what: "frames", limit: self.limits.frames });
        }
        transaction.steps.push(step);
        Ok(())
    }

    /// Ends a transaction, by COMMIT or ABORT, and gives out what was in it.
    pub(crate) fn end(&mut self, name: &str) -> Result<Vec<Step>, Violation> {
        self.open.remove(name).map(|transaction| transaction.steps).ok_or(Violation::UnknownTransaction)
    }
}
