//! How many connections there may be, in all and from one network.

use std::{
    collections::{HashMap, hash_map::Entry},
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::Config;

/// Counts open connections.
#[derive(Debug)]
pub(crate) struct Admission {
    most: usize,
    most_of_network: usize,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    all: usize,
    of_network: HashMap<IpAddr, usize>,
}

/// The place of one connection; dropping it makes room for another.
#[derive(Debug)]
pub(crate) struct Place {
    admission: Arc<Admission>,
    network: Option<IpAddr>,
}

impl Admission {
    pub(crate) fn new(config: &Config) -> Arc<Self> {
        let (most, most_of_network) = (config.connections, config.connections_per_address);
        Arc::new(Self { most, most_of_network, open: Mutex::default() })
    }

    /// A place for one more connection, if there is one. Those without an address are counted in all alone.
    pub(crate) fn admit(self: &Arc<Self>, address: Option<IpAddr>) -> Option<Place> {
        let network = address.map(network);
        let mut open = self.open();
        let of_network = network.and_then(|network| open.of_network.get(&network)).copied().unwrap_or(0);
        if open.all >= self.most || of_network >= self.most_of_network {
            return None;
        }
        open.all += 1;
        open.of_network.extend(network.map(|network| (network, of_network + 1)));
        Some(Place { admission: Arc::clone(self), network })
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.admission.open();
        open.all -= 1;
        if let Some(Entry::Occupied(mut of_network)) =
            self.network.map(|network| open.of_network.entry(network))
        {
            *of_network.get_mut() -= 1;
            if *of_network.get() == 0 {
                of_network.remove();
            }
        }
    }
}

/// What one party is likely to have all of: an IPv4 address, or the /64 of an IPv6 address (RFC 6177).
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (!0 << 64)).into(),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn places_are_counted_in_all_and_by_network() {
        let admission =
            Admission::new(&Config { connections: 4, connections_per_address: 2, ..Config::default() });
        let places = ["192.0.2.1", "::ffff:192.0.2.1"].map(|text| admission.admit(address(text)));
        assert!(places.iter().all(Option::is_some));
        assert!(admission.admit(address("192.0.2.1")).is_none());
        let others = ["2001:db8::1", "2001:db8::2"].map(|text| admission.admit(address(text)));
        assert!(others.iter().all(Option::is_some));
        assert!(admission.admit(address("192.0.2.2")).is_none() && admission.admit(None).is_none());
        drop(places);
        assert!(admission.admit(address("2001:db8::3")).is_none());
        assert!(admission.admit(address("192.0.2.1")).is_some() && admission.admit(None).is_some());
        drop(others);
        assert!(admission.open().of_network.is_empty() && admission.open().all == 0);
    }
}
