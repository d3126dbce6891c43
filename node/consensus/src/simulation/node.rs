//! A node: the engine's state machine, and the product's host and worker around it.

mod questions;
mod running;
mod words;

use std::sync::Arc;

use hull_types::host_api::{Hash, Height};
use malachitebft_app::types::{Keypair, PeerId};

use super::disk::Disk;
use super::options::Plant;
use super::queue::Now;
use crate::application::Application;
use crate::settings::Timeouts;

pub(super) use running::{Here, Out, Running};

/// A node, running or not.
pub(super) struct Node<A> {
    pub(super) disk: Disk,
    pub(super) running: Option<Running<A>>,
    /// How often it was started: what was meant for an earlier run of it is for nobody.
    pub(super) run: u64,
    /// The highest block of it that was looked at.
    pub(super) seen: Height,
}

impl<A> Node<A> {
    pub(super) fn new() -> Self {
        Self {
            disk: Disk::default(),
            running: None,
            run: 0,
            seen: 0,
        }
    }
}

/// What a node is started with.
pub(super) struct Start<A> {
    pub(super) index: usize,
    pub(super) chain_id: Hash,
    pub(super) chain: Arc<A>,
    pub(super) now: Now,
    pub(super) timeouts: Timeouts,
    pub(super) heartbeat: std::time::Duration,
    pub(super) lies_about_roots: bool,
    pub(super) plant: Option<Plant>,
}

impl<A: Application> Node<A> {
    /// Starts it, from what its disk has.
    pub(super) fn start(&mut self, start: Start<A>) -> Result<(), String> {
        self.run += 1;
        let running = Running::start(start, &mut self.disk).map_err(|error| error.to_string())?;
        self.running = Some(running);
        Ok(())
    }
}

/// The secret of a node's key as a validator.
pub(super) fn secret(node: usize) -> [u8; 32] {
    let mut secret = [7; 32];
    secret[..8].copy_from_slice(&(node as u64).to_le_bytes());
    secret
}

/// The name of a node to its peers.
pub(super) fn peer(node: usize) -> PeerId {
    let mut secret = secret(node);
    secret[31] = 0xEE;
    let named = Keypair::ed25519_from_bytes(secret).map(|key| key.public().to_peer_id().to_bytes());
    let named = named.ok().and_then(|bytes| PeerId::from_bytes(&bytes).ok());
    named.expect("every 32 bytes are an Ed25519 secret")
}
