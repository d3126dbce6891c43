//! What the methods do.
//!
//! Functions from parameters to answers, on the calling thread: no sockets, no tasks.

mod events;
mod execute;
mod proof;
mod state;
mod status;
mod transactions;

use std::sync::Arc;

use hull_chain::{Chain, Trial};
use hull_host_api as host;
use hull_rpc_types::{Address, BlockId};
use tokio::sync::{Semaphore, watch};

use crate::convert::Convert;
use crate::failed::Failed;
use crate::metrics::Metrics;
use crate::node::Node;
use crate::settings::Settings;

/// What the methods do. Clones are the same.
#[derive(Clone)]
pub struct Api {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) node: Node,
    pub(crate) settings: Settings,
    pub(crate) metrics: Metrics,
    /// The height of the head, for those who wait.
    pub(crate) heights: watch::Receiver<u64>,
    pub(crate) readers: Arc<Semaphore>,
    pub(crate) executions: Arc<Semaphore>,
}

impl Api {
    /// The API of a node.
    pub fn new(node: Node, settings: Settings) -> Self {
        let metrics = Metrics::new(&node);
        let (sender, heights) = watch::channel(node.chain.head().height);
        let committed = metrics.clone();
        node.chain.on_commit(move |block| {
            committed.committed(block);
            sender.send_replace(block.block.header.height);
        });
        Self {
            inner: Arc::new(Inner {
                readers: Arc::new(Semaphore::new(settings.readers.max(1) as usize)),
                executions: Arc::new(Semaphore::new(settings.executions.max(1) as usize)),
                node,
                settings,
                metrics,
                heights,
            }),
        }
    }

    /// What is counted.
    pub fn metrics(&self) -> &Metrics {
        &self.inner.metrics
    }

    pub(crate) fn node(&self) -> &Node {
        &self.inner.node
    }

    pub(crate) fn chain(&self) -> &Chain {
        &self.inner.node.chain
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    pub(crate) fn convert(&self) -> Convert<'_> {
        Convert {
            prefix: &self.inner.settings.prefix,
        }
    }

    /// Reads an address of this network.
    pub(crate) fn address(&self, text: &Address, place: &str) -> Result<host::Address, Failed> {
        let prefix = &self.inner.settings.prefix;
        host::Address::from_text(&text.0, prefix).map_err(|error| {
            let remedy = format!("write it as the node does: lower-case bech32m, {prefix}1…");
            Failed::params(error, place, remedy)
        })
    }

    /// The height of a block that is there.
    pub(crate) fn height(&self, block: BlockId) -> Result<u64, Failed> {
        let latest = self.chain().head().height;
        match block {
            BlockId::Latest => Ok(latest),
            BlockId::Height(height) if height <= latest => Ok(height),
            BlockId::Height(height) => {
                let what = format!("there is no block {height}; the last one is {latest}");
                Err(Failed::not_found(what, "block"))
            }
            BlockId::Hash(hash) => {
                let height = self.chain().store().height_of(&hash.into())?;
                height.ok_or_else(|| Failed::not_found(format!("no block {hash}"), "block"))
            }
        }
    }

    /// Where something is tried: on a block's state, now.
    pub(crate) fn trial(&self, block: BlockId) -> Result<Trial, Failed> {
        Ok(Trial {
            height: self.height(block)?,
            time: (self.inner.node.clock)(),
        })
    }
}
