//! Who serves which slots, and the connections to them.

use std::{collections::HashMap, ops::RangeInclusive};

use redis::aio::MultiplexedConnection;

use super::target::Address;
use crate::broker::redis::keys::{SLOTS, Slot};

/// Which master serves which slots.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in super::super) struct Masters {
    /// In the order of the slots.
    ranges: Vec<(RangeInclusive<u16>, Address)>,
}

/// The masters, and a connection to each that can be reached.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Routes {
    pub(super) masters: Masters,
    pub(super) connections: HashMap<Address, Live>,
}

/// A connection that worked when it was last looked at.
#[derive(Debug, Clone)]
pub(super) struct Live {
    pub(super) address: Address,
    pub(super) connection: MultiplexedConnection,
    /// Tells it from earlier ones to the same address.
    pub(super) number: u64,
}

impl Masters {
    pub(super) fn new(mut ranges: Vec<(RangeInclusive<u16>, Address)>) -> Self {
        ranges.sort_by_key(|(slots, _)| *slots.start());
        Self { ranges }
    }

    /// One master with everything.
    pub(super) fn one(address: Address) -> Self {
        Self { ranges: vec![(0..=SLOTS - 1, address)] }
    }

    pub(in super::super) fn of(&self, slot: Slot) -> Option<&Address> {
        let behind = self.ranges.partition_point(|(slots, _)| *slots.start() <= slot.0);
        let (slots, address) = self.ranges.get(behind.checked_sub(1)?)?;
        slots.contains(&slot.0).then_some(address)
    }

    /// Each of them once.
    pub(in super::super) fn addresses(&self) -> Vec<Address> {
        let mut addresses: Vec<_> = self.ranges.iter().map(|(_, address)| address.clone()).collect();
        addresses.sort();
        addresses.dedup();
        addresses
    }
}

impl Routes {
    pub(super) fn live(&self, slot: Slot) -> Option<&Live> {
        self.connections.get(self.masters.of(slot)?)
    }

    /// Whether every master can be reached.
    pub(super) fn is_complete(&self) -> bool {
        let addresses = self.masters.addresses();
        !addresses.is_empty() && addresses.iter().all(|address| self.connections.contains_key(address))
    }

    /// Whether nothing is different but for the moment.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let number = |routes: &Self, address| routes.connections.get(address).map(|live| live.number);
        self.masters == other.masters
            && self.connections.len() == other.connections.len()
            && self.connections.keys().all(|address| number(self, address) == number(other, address))
    }

    pub(in super::super) fn masters(&self) -> &Masters {
        &self.masters
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_has_the_master_that_has_its_range() {
        let address = |port| Address { host: "host".to_owned(), port };
        let masters =
            Masters::new(vec![(100..=199, address(2)), (0..=99, address(1)), (300..=301, address(1))]);
        let owner = |slot| masters.of(Slot(slot)).map(|address| address.port);
        let owners = [0, 99, 100, 199, 200, 299, 300, 301, 302].map(owner);
        let (one, two) = (Some(1), Some(2));
        assert_eq!(owners, [one, one, two, two, None, None, one, one, None]);
        assert_eq!(masters.addresses(), [address(1), address(2)]);
    }
}
