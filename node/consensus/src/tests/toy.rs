//! A chain of counted blocks in memory, and a town of nodes that agree on it.

#![expect(clippy::disallowed_methods, reason = "tests give up after a while")]

use std::collections::BTreeSet;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ed25519_dalek::SigningKey;
use hull_types::host_api::{Address, Hash, Height};
use hull_types::{
    Block, Evidence, Header, Payload, Signature, SignedTransaction, Transaction, Validator,
    evidence_root, transactions_root, verify_certificate,
};
use malachitebft_engine_byzantine::ByzantineConfig;
use parity_scale_codec::Encode;
use tempfile::TempDir;

use crate::{
    Application, Consensus, Decided, Failure, Pace, Settings, SigningGuard, Timeouts, Verdict,
};

pub(super) const CHAIN: Hash = Hash([5; 32]);

/// A chain whose state is the hash of all blocks before.
pub(super) struct Toy {
    validators: Vec<Validator>,
    blocks: Mutex<Vec<(Block, Vec<u8>)>>,
    evidence: Mutex<Vec<Evidence>>,
    /// Bytes of every block that this node proposes.
    pub(super) bytes: Mutex<usize>,
    /// This node's state is not what it should be.
    pub(super) diverged: Mutex<bool>,
    /// What this node proposes does not follow the head.
    pub(super) lies: Mutex<bool>,
    /// There is nothing to do.
    pub(super) idle: Mutex<bool>,
}

impl Toy {
    fn new(validators: Vec<Validator>) -> Self {
        Self {
            validators,
            blocks: Mutex::default(),
            evidence: Mutex::default(),
            bytes: Mutex::new(0),
            diverged: Mutex::new(false),
            lies: Mutex::new(false),
            idle: Mutex::new(false),
        }
    }

    fn parent(&self) -> Header {
        let blocks = self.blocks.lock().unwrap();
        let last = blocks.last();
        last.map(|(block, _)| block.header.clone())
            .unwrap_or_default()
    }

    fn check(&self, block: &Block) -> Result<(), String> {
        let parent = self.parent();
        if *self.diverged.lock().unwrap() {
            return Err("the state root here is another".into());
        }
        match block.header.parent == parent.hash() && block.header.height == parent.height + 1 {
            true => Ok(()),
            false => Err("it does not follow the head".into()),
        }
    }

    /// How many rounds ended without a block before this height was decided, in all.
    pub(super) fn lost_rounds(&self, height: Height) -> u64 {
        let blocks = self.blocks.lock().unwrap();
        blocks[height as usize - 1].0.header.time - height
    }

    pub(super) fn hash_of(&self, height: Height) -> Option<Hash> {
        let blocks = self.blocks.lock().unwrap();
        let index = usize::try_from(height).ok()?.checked_sub(1)?;
        blocks.get(index).map(|(block, _)| block.header.hash())
    }
}

/// Fills a block. Nobody looks at signatures here.
fn filler(bytes: usize) -> Vec<SignedTransaction> {
    if bytes == 0 {
        return Vec::new();
    }
    let transaction = Transaction {
        sender: Address([0; 32]),
        nonce: 0,
        gas_limit: 0,
        gas_price: 0,
        tip: 0,
        deposit_limit: 0,
        payload: Payload::Upload {
            code: vec![7; bytes],
        },
    };
    vec![SignedTransaction {
        transaction,
        signature: Signature::Secp256k1([0; 65]),
    }]
}

impl Application for Toy {
    fn head(&self) -> Result<Height, Failure> {
        Ok(self.blocks.lock().unwrap().len() as Height)
    }

    fn oldest(&self) -> Result<Height, Failure> {
        Ok(1)
    }

    fn validators(&self, _: Height) -> Result<Vec<Validator>, Failure> {
        Ok(self.validators.clone())
    }

    fn propose(&self, height: Height, round: u32) -> Result<Block, Failure> {
        let parent = self.parent();
        let transactions = filler(*self.bytes.lock().unwrap());
        let header = Header {
            height,
            time: parent.time + 1 + u64::from(round),
            parent: match *self.lies.lock().unwrap() {
                true => Hash([0xBA; 32]),
                false => parent.hash(),
            },
            transactions_root: transactions_root(&transactions),
            evidence_root: evidence_root(&[]),
            ..Header::default()
        };
        Ok(Block {
            header,
            transactions,
            evidence: Vec::new(),
        })
    }

    fn validate(&self, block: &Block) -> Result<Verdict, Failure> {
        Ok(match self.check(block) {
            Ok(()) => Verdict::Valid,
            Err(reason) => Verdict::Invalid(reason),
        })
    }

    fn commit(&self, block: &Block, certificate: &[u8]) -> Result<(), Failure> {
        self.check(block)?;
        let (height, hash) = (block.header.height, block.header.hash());
        verify_certificate(&CHAIN, &self.validators, height, &hash, certificate)?;
        let mut blocks = self.blocks.lock().unwrap();
        blocks.push((block.clone(), certificate.into()));
        Ok(())
    }

    fn decided(&self, height: Height) -> Result<Option<Decided>, Failure> {
        let blocks = self.blocks.lock().unwrap();
        let index = usize::try_from(height)?.checked_sub(1);
        let found = index.and_then(|index| blocks.get(index));
        Ok(found.map(|(block, certificate)| Decided {
            block: block.encode(),
            certificate: certificate.clone(),
        }))
    }

    fn pace(&self) -> Result<Pace, Failure> {
        Ok(match *self.idle.lock().unwrap() {
            true => Pace::Idle,
            false => Pace::Now,
        })
    }

    fn misbehaved(&self, evidence: &[Evidence]) -> Result<(), Failure> {
        self.evidence.lock().unwrap().extend_from_slice(evidence);
        Ok(())
    }
}

/// Where a node lives, running or not.
struct House {
    folder: TempDir,
    secret: [u8; 32],
    address: SocketAddr,
    chain: Arc<Toy>,
    attack: Option<ByzantineConfig>,
    garbles: bool,
    node: Option<Consensus>,
}

/// Nodes that know each other.
pub(super) struct Town {
    houses: Vec<House>,
    pub(super) heartbeat: Duration,
}

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

impl Town {
    /// As many validators, none of them running.
    pub(super) fn new(validators: u8) -> Self {
        Self::with_power(&vec![1; usize::from(validators)])
    }

    /// Validators of these powers; those of power 0 are full nodes.
    pub(super) fn with_power(powers: &[u64]) -> Self {
        // What `RUST_LOG` asks for. Fails if another test of the process was first.
        let filter = tracing_subscriber::EnvFilter::from_default_env();
        let log = tracing_subscriber::fmt().with_env_filter(filter);
        let _ = log.with_test_writer().try_init();
        let mut keys: Vec<([u8; 32], u64)> = (1_u8..)
            .zip(powers)
            .map(|(seed, power)| ([seed; 32], *power))
            .collect();
        keys.sort_by_key(|(secret, _)| SigningKey::from_bytes(secret).verifying_key().to_bytes());
        // Full nodes at the end.
        keys.sort_by_key(|(_, power)| *power == 0);
        let members = keys.iter().filter(|(_, power)| *power > 0);
        let validators: Vec<Validator> = members
            .map(|(secret, power)| Validator {
                public_key: SigningKey::from_bytes(secret).verifying_key().to_bytes(),
                power: *power,
            })
            .collect();
        let house = |(secret, power): ([u8; 32], u64)| {
            let folder = tempfile::tempdir().unwrap();
            if power > 0 {
                SigningGuard::create(&folder.path().join("signing"), &CHAIN, &secret).unwrap();
            }
            House {
                folder,
                secret,
                address: free_address(),
                chain: Arc::new(Toy::new(validators.clone())),
                attack: None,
                garbles: false,
                node: None,
            }
        };
        Self {
            houses: keys.into_iter().map(house).collect(),
            heartbeat: Duration::from_secs(5),
        }
    }

    pub(super) fn attack(&mut self, node: usize, attack: ByzantineConfig) {
        self.houses[node].attack = Some(attack);
    }

    /// The pieces that a node hands round are not those that it signed.
    pub(super) fn garble(&mut self, node: usize) {
        self.houses[node].garbles = true;
    }

    pub(super) fn chain(&self, node: usize) -> &Toy {
        &self.houses[node].chain
    }

    pub(super) fn folder(&self, node: usize) -> &std::path::Path {
        self.houses[node].folder.path()
    }

    pub(super) fn public_key(&self, node: usize) -> [u8; 32] {
        let secret = &self.houses[node].secret;
        SigningKey::from_bytes(secret).verifying_key().to_bytes()
    }

    /// A node loses its chain.
    pub(super) fn forget(&mut self, node: usize) {
        let house = &mut self.houses[node];
        house.chain = Arc::new(Toy::new(house.chain.validators.clone()));
    }

    pub(super) async fn start(&mut self, node: usize) {
        self.try_start(node).await.unwrap();
    }

    pub(super) async fn try_start(&mut self, node: usize) -> Result<(), Failure> {
        let others = self.houses.iter().enumerate().filter(|(at, _)| *at != node);
        let peers = others.map(|(_, house)| format!("/ip4/127.0.0.1/tcp/{}", house.address.port()));
        let peers = peers.collect();
        let heartbeat = self.heartbeat;
        let house = &mut self.houses[node];
        let (folder, secret) = (house.folder.path(), house.secret);
        let signing = folder.join("signing");
        let validator = match signing.exists() {
            true => Some(SigningGuard::open(&signing, &CHAIN, &secret)?),
            false => None,
        };
        let mut node_key = secret;
        node_key[31] = 0xEE;
        let settings = Settings {
            name: format!("node-{node}"),
            validator,
            peers,
            block_time: Duration::from_millis(20),
            heartbeat,
            timeouts: Timeouts {
                propose: Duration::from_millis(1500),
                vote: Duration::from_millis(500),
                more: Duration::from_millis(500),
            },
            attack: house.attack.clone(),
            garbles: house.garbles,
            ..Settings::new(CHAIN, folder.join("data"), node_key, house.address)
        };
        house.node = Some(Consensus::start(settings, house.chain.clone()).await?);
        Ok(())
    }

    pub(super) async fn halt(&mut self, node: usize) {
        self.houses[node].node.take().unwrap().stop().await.unwrap();
    }

    /// Why a node failed.
    pub(super) async fn failure(&mut self, node: usize) -> String {
        let node = self.houses[node].node.as_mut().unwrap();
        tokio::time::timeout(PATIENCE, node.failed())
            .await
            .expect("it fails")
    }

    pub(super) fn wake(&self, node: usize) {
        self.houses[node].node.as_ref().unwrap().waker().wake();
    }

    pub(super) fn height(&self, node: usize) -> Height {
        self.houses[node].chain.head().unwrap()
    }

    /// Waits until a node has a height.
    pub(super) async fn reaches(&self, node: usize, height: Height) {
        let began = Instant::now();
        while self.height(node) < height {
            let at = self.height(node);
            assert!(
                began.elapsed() < PATIENCE,
                "node {node} is at {at}, not at {height}"
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// At every height that several nodes have, they have the same.
    pub(super) fn agrees(&self) {
        let top = (0..self.houses.len())
            .map(|node| self.height(node))
            .max()
            .unwrap_or(0);
        for height in 1..=top {
            let hashes = self
                .houses
                .iter()
                .filter_map(|house| house.chain.hash_of(height));
            let hashes: BTreeSet<Hash> = hashes.collect();
            assert_eq!(hashes.len(), 1, "a fork at {height}");
        }
    }

    pub(super) fn evidence(&self) -> Vec<Evidence> {
        let all = self.houses.iter();
        all.flat_map(|house| house.chain.evidence.lock().unwrap().clone())
            .collect()
    }

    pub(super) async fn stop(mut self) {
        for house in &mut self.houses {
            if let Some(node) = house.node.take() {
                node.stop().await.unwrap();
            }
        }
    }
}
