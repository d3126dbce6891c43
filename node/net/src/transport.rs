//! TCP with names, encrypted by Noise, shared by Yamux.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use libp2p::core::muxing::StreamMuxerBox;
use libp2p::core::transport::{
    Boxed, DialOpts, ListenerId, PortUse, Transport, TransportError, TransportEvent,
};
use libp2p::core::upgrade::Version;
use libp2p::identity::Keypair;
use libp2p::{Multiaddr, PeerId, dns, noise, tcp, yamux};

use crate::settings::StartError;

/// How long a connection may take to be made. Longer than the handshake of any honest
/// node, short enough that pending ones do not pile up.
const HANDSHAKE: Duration = Duration::from_secs(10);

pub(crate) fn transport(key: &Keypair) -> Result<Boxed<(PeerId, StreamMuxerBox)>, StartError> {
    let tcp = tcp::tokio::Transport::new(tcp::Config::new().nodelay(true));
    let named = dns::tokio::Transport::system(tcp).map_err(StartError::Resolver)?;
    let noise = noise::Config::new(key);
    let noise = noise.map_err(|error| StartError::Settings(error.to_string()))?;
    let transport = NewPorts(named)
        .upgrade(Version::V1Lazy)
        .authenticate(noise)
        .multiplex(yamux::Config::default())
        .timeout(HANDSHAKE);
    Ok(transport.boxed())
}

/// Dials from a port of its own each time. From the port it listens on, two nodes that
/// dial each other at the same moment get one connection on which both are the dialler,
/// and a node that comes back quickly meets what the system remembers of the old one.
struct NewPorts<T>(T);

impl<T: Transport + Unpin> Transport for NewPorts<T> {
    type Output = T::Output;
    type Error = T::Error;
    type ListenerUpgrade = T::ListenerUpgrade;
    type Dial = T::Dial;

    fn listen_on(
        &mut self,
        id: ListenerId,
        address: Multiaddr,
    ) -> Result<(), TransportError<Self::Error>> {
        self.0.listen_on(id, address)
    }

    fn remove_listener(&mut self, id: ListenerId) -> bool {
        self.0.remove_listener(id)
    }

    fn dial(
        &mut self,
        address: Multiaddr,
        options: DialOpts,
    ) -> Result<Self::Dial, TransportError<Self::Error>> {
        let options = DialOpts {
            port_use: PortUse::New,
            ..options
        };
        self.0.dial(address, options)
    }

    fn poll(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<TransportEvent<Self::ListenerUpgrade, Self::Error>> {
        Pin::new(&mut self.0).poll(context)
    }
}
