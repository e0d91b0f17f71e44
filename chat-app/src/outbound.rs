//! Requests to where others say: only to the Internet, never into the network that this server is in.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use reqwest::{
    Client, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect::Policy,
};
use tokio::net::lookup_host;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// What may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reach {
    /// Public addresses, by HTTPS.
    #[default]
    Public,
    /// Anything, as tests need it.
    Anywhere,
}

impl Reach {
    /// A client that goes no further. It follows no redirects.
    pub(crate) fn client(self) -> Client {
        let client = Client::builder().timeout(PATIENCE).redirect(Policy::none()).no_proxy();
        let client = match self {
            Self::Public => client.dns_resolver(PublicNames).https_only(true),
            Self::Anywhere => client,
        };
        client.build().expect("a client with these settings can be built")
    }

    /// Whether a URL is within reach, as far as it says itself: names are looked at when they are resolved.
    pub(crate) fn allows(self, url: &Url) -> bool {
        let plain = url.username().is_empty() && url.password().is_none();
        let public = url.scheme() == "https"
            && match url.host() {
                Some(url::Host::Domain(_)) => true,
                Some(url::Host::Ipv4(ip)) => is_public(ip.into()),
                Some(url::Host::Ipv6(ip)) => is_public(ip.into()),
                None => false,
            };
        plain && (public || self == Self::Anywhere && matches!(url.scheme(), "http" | "https"))
    }
}

/// Resolves names to their public addresses, at the very moment of connecting: a name may point elsewhere a moment
/// after it was looked at.
#[derive(Debug)]
struct PublicNames;

impl Resolve for PublicNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = lookup_host((name.as_str(), 0)).await?;
            let public: Vec<_> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err(io::Error::other("the name has no public address").into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is one of the Internet at large (the registries of RFC 6890).
fn is_public(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let assignments = a == 192 && b == 0 && c == 0;
    let benchmarks = a == 198 && (18..20).contains(&b);
    !(a == 0
        || a >= 224
        || shared
        || assignments
        || benchmarks
        || ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation())
}

/// Global unicast is 2000::/3; within it are ways to say an address of IPv4 (6to4 and Teredo), and examples.
fn is_public_v6(ip: Ipv6Addr) -> bool {
    match ip.segments() {
        [0x2002, ..] | [0x2001, 0..0x200, ..] | [0x2001, 0xdb8, ..] | [0x3fff, ..] => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_this_network_are_not_public() {
        for ip in ["8.8.8.8", "223.130.200.1", "2606:4700::1111", "2001:4860:4860::8888"] {
            assert!(is_public(ip.parse().unwrap()), "{ip}");
        }
        for ip in [
            "127.0.0.1",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.1",
            "198.18.0.1",
            "203.0.113.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
        ] {
            assert!(!is_public(ip.parse().unwrap()), "{ip}");
        }
    }

    #[test]
    fn only_public_addresses_by_https_are_within_reach() {
        let allows = |reach: Reach, url: &str| reach.allows(&url.parse().unwrap());
        assert!(allows(Reach::Public, "https://push.example.net/x"));
        for url in [
            "http://push.example.net/",
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://[::1]/",
            "https://[::ffff:169.254.169.254]/",
            "https://user:secret@push.example.net/",
            "file:///etc/passwd",
        ] {
            assert!(!allows(Reach::Public, url), "{url}");
        }
        assert!(allows(Reach::Anywhere, "http://127.0.0.1:1/"));
        assert!(!allows(Reach::Anywhere, "file:///etc/passwd"));
    }

    #[tokio::test]
    async fn a_name_of_this_machine_is_not_resolved() {
        let error = Reach::Public.client().get("https://localhost:1/").send().await.unwrap_err();
        assert!(format!("{error:?}").contains("no public address"), "{error:?}");
    }
}
