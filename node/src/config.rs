//! Settings in layers: defaults, a file, the environment, flags. Each later one wins,
//! and it is known where each value came from.
//!
//! ```
//! use hulld::config::Layers;
//!
//! let mut layers = Layers::default();
//! layers.file("hulld.toml", "[rpc]\nbatch = 10\n");
//! layers.environment("HULL_RPC_BATCH", "20");
//! let effective = layers.read().unwrap();
//! assert_eq!(effective.config.rpc.batch, 20);
//! assert_eq!(effective.origin("rpc.batch").unwrap().to_string(), "HULL_RPC_BATCH");
//!
//! let mut layers = Layers::default();
//! layers.file("hulld.toml", "[rpc]\nbach = 10\n");
//! let error = layers.read().unwrap_err().to_string();
//! assert!(error.contains("did you mean `rpc.batch`"), "{error}");
//! ```

mod keys;
mod layers;

pub use keys::{Config, Consensus, Dev, Engine, KEYS, Key, Log, Network, Pool, Rpc, Store};
pub use layers::{ConfigError, Effective, Layers, Origin};
