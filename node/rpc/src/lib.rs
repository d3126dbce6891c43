//! The RPC of a Hull node: JSON-RPC 2.0 over HTTP and WebSocket on one port, and
//! beside it health and metrics.
//!
//! ```text
//!   socket ──> connection ──> http ──┬─> /healthz /readyz /metrics
//!              most in all,          └─> gate ──> module ──> Api ──> hull_chain::Chain
//!              most per address,         rate, depth,        answers questions;
//!              time limits               calls at once       knows of no socket
//! ```
//!
//! # Terms
//!
//! | term | meaning |
//! |---|---|
//! | [`Api`] | what the methods do, without anything of sockets |
//! | gate | what every call passes: rate of its address, depth of its JSON, calls at once of its connection |
//! | feed | a subscription; it reads blocks from the chain at its reader's pace, so a slow reader holds no memory, and who was cut off goes on where it was |
//! | weight | what a call counts against the rate: executing weighs more than reading |
//!
//! Every bound is a field of [`Settings`] with its reason.
//!
//! # Example
//!
//! ```
//! use hull_chain::{Chain, Settings as ChainSettings};
//! use hull_rpc::{Api, Node, Settings};
//! use hull_types::dev;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let chain = Chain::open(ChainSettings::in_memory(dev::genesis("example"))).unwrap();
//! let api = Api::new(Node::new(chain), Settings::default());
//! let module = hull_rpc::module(api);
//! let (answer, _) = module
//!     .raw_json_request(r#"{"jsonrpc":"2.0","id":1,"method":"hull_status"}"#, 1)
//!     .await
//!     .unwrap();
//! assert!(answer.get().contains(r#""height":0"#));
//! # }
//! ```
#![cfg_attr(docsrs, feature(doc_cfg))]

mod api;
mod convert;
mod depth;
mod failed;
mod feeds;
mod gate;
mod http;
mod metrics;
mod module;
mod node;
mod peers;
mod rate;
mod server;
mod settings;

pub use api::Api;
pub use failed::Failed;
pub use metrics::Metrics;
pub use module::module;
pub use node::{Clock, DevControl, NetworkControl, Node};
pub use server::{Server, StartError};
pub use settings::Settings;
