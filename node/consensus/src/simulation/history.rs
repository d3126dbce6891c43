//! What happened, as one hash.

use std::fmt;
use std::time::Duration;

use hull_types::host_api::Hash;
use parity_scale_codec::Encode;
use sha2::{Digest, Sha256};

/// The sha2-256 of every event in its order.
pub(super) struct History {
    hasher: Sha256,
    events: u64,
    /// Whether events are printed.
    told: bool,
}

impl History {
    pub(super) fn new(told: bool) -> Self {
        Self {
            hasher: Sha256::new(),
            events: 0,
            told,
        }
    }

    /// Something happened at a node. `what` is for people, `bytes` tell it from others.
    pub(super) fn note(
        &mut self,
        at: Duration,
        node: usize,
        what: fmt::Arguments<'_>,
        bytes: &[u8],
    ) {
        let micros = u64::try_from(at.as_micros()).unwrap_or(u64::MAX);
        let what = what.to_string();
        if self.told {
            let (seconds, micros) = (at.as_secs(), at.subsec_micros());
            println!("{seconds:>4}.{micros:06} node {node} {what}");
        }
        let event = (micros, node as u64, what, bytes);
        self.hasher.update(event.encode());
        self.events += 1;
    }

    pub(super) fn events(&self) -> u64 {
        self.events
    }

    pub(super) fn hash(&self) -> Hash {
        Hash(self.hasher.clone().finalize().into())
    }
}
