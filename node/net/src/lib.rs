//! Transactions and code between the nodes of a chain.
//!
//! A swarm of libp2p beside the one that consensus has: TCP, encrypted by Noise, shared
//! by Yamux. Over it go
//!
//! - transactions, by gossip, each judged by the node before it goes further;
//! - codes, asked for by their hash, the answer held against it;
//! - who else there is.
//!
//! ```text
//!   Network::publish ──> gossip ──> peers
//!   peers ──> gossip ──> rate ──> line of the peer ──in turns──> Gate::transaction
//!                                                                  │
//!             forwarded <── Accept ──┬── Ignore ──> goes no further│
//!                                    └── Reject ──> loses standing ┴──> banned
//! ```
//!
//! # Terms
//!
//! | term | meaning |
//! |---|---|
//! | peer | another node of the same chain that is connected; its id is its public key |
//! | gate | what the network asks the node: [`Gate`] |
//! | line | what of one peer waits; lines are served in turns, so a flood waits for itself alone |
//! | standing | what a peer did wrong, forgiven with time; too much of it is a ban |
//! | ban | no connection for a while; several at an address ban the address |
//! | named peer | one in [`Settings::peers`]: a connection to it is kept and counts against no limit |
//!
//! # Chains apart
//!
//! Every protocol and the topic carry the chain's id, and nodes tell each other all of
//! it first. A node of another chain is sent away before anything else is said.
//!
//! # Who may do what
//!
//! | a peer may | and is kept from |
//! |---|---|
//! | connect, once | taking all connections: most in all, inbound, per address ([`Limits`]) |
//! | send transactions at its rate | filling the lines of others, or the memory: its own line is bounded, what is over is dropped |
//! | send on what is valid | sending what is not: four times within minutes is a ban |
//! | serve codes | serving other bytes: a ban, and the next peer is asked |
//! | ask for codes at its rate | more |
//! | tell addresses of peers | telling nearer ones than its own: nobody makes us knock at our neighbours' doors |
//!
//! # Example
//!
//! ```
//! use hull_net::{Gate, Keypair, Metrics, Network, Settings, Verdict};
//! use hull_types::host_api::Hash;
//!
//! /// Takes everything, has nothing.
//! struct Open;
//!
//! impl Gate for Open {
//!     fn transaction(&self, _: &[u8]) -> Verdict {
//!         Verdict::Accept
//!     }
//!     fn code(&self, _: &Hash) -> Option<Vec<u8>> {
//!         None
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let chain_id = Hash([1; 32]);
//! let settings = || Settings::new(Keypair::generate_ed25519(), chain_id);
//! let (one, _) = Network::start(settings(), Open, Metrics::default()).await.unwrap();
//! let mut events = one.events();
//!
//! let settings = Settings { peers: one.addresses(), ..settings() };
//! let (other, _) = Network::start(settings, Open, Metrics::default()).await.unwrap();
//! while events.recv().await.unwrap() != hull_net::Event::Connected(other.local()) {}
//! assert_eq!(one.peers()[0].id, other.local());
//! # }
//! ```
#![cfg_attr(docsrs, feature(doc_cfg))]

mod addresses;
mod behaviour;
mod bucket;
mod code;
mod dials;
mod driver;
mod fetch;
mod gate;
mod guard;
mod metrics;
mod names;
mod network;
mod queue;
mod settings;
mod standing;
mod transport;

pub use fetch::FetchError;
pub use gate::{Gate, Verdict};
pub use guard::Denied;
pub use libp2p::identity::Keypair;
pub use libp2p::{Multiaddr, PeerId};
pub use metrics::Metrics;
pub use network::{Direction, Event, Network, PeerInfo, PublishError};
pub use settings::{Limits, Settings, StartError, id_of};
