//! Which of the addresses that a peer tells are worth keeping.

use std::net::IpAddr;

use libp2p::Multiaddr;
use libp2p::multiaddr::Protocol;

use crate::guard::ip_of;

/// Most addresses of a peer that are kept: some networks it is in, with both families.
pub(crate) const PER_PEER: usize = 8;

/// Who reaches an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    /// Processes of the same machine.
    Machine,
    /// Machines of the same network.
    Network,
    /// Everybody.
    World,
}

/// Whether an address that a peer says is its own may be of use, given the address of
/// our connection to it. A peer of the internet that names addresses of private networks
/// would have us knock at the doors of our neighbours.
pub(crate) fn is_worth_keeping(told: &Multiaddr, connection: &Multiaddr) -> bool {
    let mut parts = told.iter();
    let told_ip = match parts.next() {
        Some(Protocol::Ip4(ip)) => IpAddr::from(ip),
        Some(Protocol::Ip6(ip)) => IpAddr::from(ip),
        // Names that strangers choose are not looked up.
        _ => return false,
    };
    let Some(Protocol::Tcp(1..)) = parts.next() else {
        return false;
    };
    if !matches!(
        (parts.next(), parts.next()),
        (None | Some(Protocol::P2p(_)), None)
    ) || told_ip.is_unspecified()
        || told_ip.is_multicast()
    {
        return false;
    }
    let near = ip_of(connection).map_or(Reach::World, reach);
    reach(told_ip) >= near
}

fn reach(ip: IpAddr) -> Reach {
    let ip = ip.to_canonical();
    let is_near = match ip {
        // With the shared space of carriers, 100.64.0.0/10.
        IpAddr::V4(ip) => {
            let [first, second, ..] = ip.octets();
            ip.is_private() || ip.is_link_local() || (first == 100 && second & 0xC0 == 64)
        }
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_unicast_link_local(),
    };
    match (ip.is_loopback(), is_near) {
        (true, _) => Reach::Machine,
        (false, true) => Reach::Network,
        (false, false) => Reach::World,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_sends_us_to_nearer_doors() {
        let keep = |told: &str, connection: &str| {
            is_worth_keeping(&told.parse().unwrap(), &connection.parse().unwrap())
        };
        let (world, near, here) = (
            "/ip4/198.51.100.7/tcp/9",
            "/ip4/10.1.2.3/tcp/9",
            "/ip4/127.0.0.1/tcp/9",
        );
        let all = [world, near, here];
        assert_eq!(all.map(|told| keep(told, world)), [true, false, false]);
        assert_eq!(all.map(|told| keep(told, near)), [true, true, false]);
        assert_eq!(all.map(|told| keep(told, here)), [true, true, true]);
        assert!(!keep("/ip6/::ffff:10.0.0.1/tcp/1", world));
        assert!(!keep("/ip6/fd00::1/tcp/1", world));
        assert!(!keep("/ip4/100.64.0.1/tcp/1", world));
        assert!(keep("/ip6/2001:db8::1/tcp/1", world));
        for no in [
            "/dns4/example.org/tcp/1",
            "/ip4/198.51.100.7/tcp/0",
            "/ip4/198.51.100.7/udp/1",
            "/ip4/0.0.0.0/tcp/1",
            "/ip4/198.51.100.7/tcp/1/ws",
            "/ip4/224.0.0.1/tcp/1",
        ] {
            assert!(!keep(no, here), "{no}");
        }
    }
}
