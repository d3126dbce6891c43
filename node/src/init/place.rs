//! Where a node runs: its host and its ports.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use anyhow::{Result, bail, ensure};

/// Ports of a node follow each other: RPC, consensus, transactions.
const PORTS: u16 = 3;
/// Ports of the nodes of one machine are so far apart: people find them.
const STEP: u16 = 10;

/// The host of a node, and its ports.
pub(super) struct Place {
    /// How others find its machine; nothing if there are no others.
    host: Option<String>,
    ports: [u16; PORTS as usize],
}

impl Place {
    /// The node of an index on this machine, for this machine alone.
    pub(super) fn here(first: u16, index: u16) -> Result<Self> {
        let (host, ports) = (None, ports(first, index)?);
        Ok(Self { host, ports })
    }

    /// A node on each of these hosts. Those of the same have ports of their own.
    pub(super) fn on(hosts: &[String], first: u16) -> Result<Vec<Self>> {
        let places = hosts.iter().zip(0_usize..).map(|(host, index)| {
            let is_part = |it: char| it.is_ascii_alphanumeric() || ".:-_".contains(it);
            ensure!(
                !host.is_empty() && host.chars().all(is_part),
                "`{host}` is no host; write IP addresses or names, with commas between them"
            );
            let before = hosts[..index].iter().filter(|other| *other == host).count();
            let ports = ports(first, u16::try_from(before)?)?;
            let host = Some(host.clone());
            Ok(Self { host, ports })
        });
        places.collect()
    }

    /// Where its RPC listens: for its own machine alone.
    pub(super) fn rpc(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.ports[0]).into()
    }

    /// Where it listens for consensus.
    pub(super) fn consensus_listen(&self) -> SocketAddr {
        (self.interface(), self.ports[1]).into()
    }

    /// Where it listens for transactions.
    pub(super) fn network_listen(&self) -> SocketAddr {
        (self.interface(), self.ports[2]).into()
    }

    /// Where the others find it for consensus.
    pub(super) fn consensus(&self) -> String {
        self.multiaddr(self.ports[1])
    }

    /// Where the others find it for transactions.
    pub(super) fn network(&self) -> String {
        self.multiaddr(self.ports[2])
    }

    /// What it tells others of where it is, if they do not see it themselves.
    pub(super) fn external(&self) -> Vec<String> {
        let host = self.host.iter();
        host.map(|_| self.network()).collect()
    }

    fn interface(&self) -> IpAddr {
        match self.host.as_deref().map(str::parse) {
            None => Ipv4Addr::LOCALHOST.into(),
            Some(Ok(IpAddr::V6(_))) => Ipv6Addr::UNSPECIFIED.into(),
            Some(_) => Ipv4Addr::UNSPECIFIED.into(),
        }
    }

    fn multiaddr(&self, port: u16) -> String {
        let host = self.host.as_deref().unwrap_or("127.0.0.1");
        let family = match host.parse() {
            Ok(IpAddr::V4(_)) => "ip4",
            Ok(IpAddr::V6(_)) => "ip6",
            Err(_) => "dns4",
        };
        format!("/{family}/{host}/tcp/{port}")
    }
}

/// The ports of the node of an index; with a first one of 0 those that are free now.
fn ports(first: u16, index: u16) -> Result<[u16; 3]> {
    if first == 0 {
        return free_ports();
    }
    let step = index.checked_mul(STEP);
    let own = step.and_then(|step| first.checked_add(step));
    match own.filter(|own| own.checked_add(PORTS).is_some()) {
        Some(own) => Ok([own, own + 1, own + 2]),
        None => bail!("the ports from {first} on do not suffice; give a lower --port"),
    }
}

/// Ports that nobody listens on now. Somebody may soon, so this is for tests.
fn free_ports() -> Result<[u16; 3]> {
    let listen = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    // All at once, so that they differ.
    let listeners = [listen()?, listen()?, listen()?];
    let mut ports = [0; 3];
    for (port, listener) in ports.iter_mut().zip(listeners) {
        *port = listener.local_addr()?.port();
    }
    Ok(ports)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(hosts: &[&str]) -> Vec<Place> {
        let hosts: Vec<String> = hosts.iter().map(|host| (*host).into()).collect();
        Place::on(&hosts, 4855).unwrap()
    }

    #[test]
    fn what_is_for_this_machine_is_not_for_others() {
        let place = Place::here(4855, 1).unwrap();
        assert_eq!(place.rpc().to_string(), "127.0.0.1:4865");
        assert_eq!(place.consensus_listen().to_string(), "127.0.0.1:4866");
        assert_eq!(place.network(), "/ip4/127.0.0.1/tcp/4867");
        assert!(place.external().is_empty());
    }

    #[test]
    fn others_find_a_host_as_it_is_named() {
        let places = on(&["192.0.2.1", "2001:db8::1", "one.example", "192.0.2.1"]);
        let found: Vec<_> = places.iter().map(Place::consensus).collect();
        let expected = [
            "/ip4/192.0.2.1/tcp/4856",
            "/ip6/2001:db8::1/tcp/4856",
            "/dns4/one.example/tcp/4856",
            "/ip4/192.0.2.1/tcp/4866",
        ];
        assert_eq!(found, expected);
        let listen = places
            .iter()
            .map(|place| place.network_listen().to_string());
        let listen: Vec<_> = listen.collect();
        assert_eq!(listen[..3], ["0.0.0.0:4857", "[::]:4857", "0.0.0.0:4857"]);
        assert_eq!(places[2].external(), ["/dns4/one.example/tcp/4857"]);
        assert!(places.iter().all(|place| place.rpc().ip().is_loopback()));
        assert!(Place::on(&["a/b".into()], 4855).is_err());
    }
}
