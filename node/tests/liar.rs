//! One of four validators proposes what nobody may accept, with all else as it should
//! be.

#![expect(clippy::disallowed_methods, reason = "tests give up after a while")]

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use ed25519_dalek::SigningKey;
use hull_chain::{Chain, Settings as ChainSettings};
use hull_consensus::{
    Application, Consensus, Decided, Failure, Pace, Settings, SigningGuard, Timeouts, Verdict,
};
use hull_types::host_api::{Hash, Height};
use hull_types::{
    Block, Evidence, Genesis, Payload, Signature, SignedTransaction, Validator, dev,
    transactions_root,
};
use hulld::agreement::Agreement;
use hulld::clock::Clock;
use tempfile::TempDir;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// Four turns of each.
const HEIGHT: Height = 16;

/// What a liar does to the blocks that it proposes.
#[derive(Clone, Copy)]
enum Lie {
    StateRoot,
    ReceiptsRoot,
    Future,
    /// More bytes than the parameters of the chain allow.
    Oversized,
    Unsigned,
    /// A transaction whose nonce is not the next.
    Skipping,
    /// Somebody is accused without a proof.
    Accusing,
}

struct Liar {
    honest: Agreement,
    chain: Chain,
    lie: Lie,
    /// How often it lied.
    told: Arc<AtomicU32>,
}

impl Liar {
    fn spoil(&self, block: &mut Block) {
        let header = &mut block.header;
        match self.lie {
            Lie::StateRoot => header.state_root = Hash([7; 32]),
            Lie::ReceiptsRoot => header.receipts_root = Hash([7; 32]),
            Lie::Future => header.time += 3_600_000,
            Lie::Oversized => {
                let code = vec![7; 1_000_000];
                let upload = |nonce| self.signed(nonce, Payload::Upload { code: code.clone() });
                self.fill(block, (0..5).map(upload).collect());
            }
            Lie::Unsigned => {
                let mut one = self.transfer(0);
                one.signature = Signature::Secp256k1([1; 65]);
                self.fill(block, vec![one]);
            }
            Lie::Skipping => self.fill(block, vec![self.transfer(1_000_000)]),
            Lie::Accusing => {
                let [accused, ..] = &*self.chain.genesis().validators else {
                    return;
                };
                let said = |byte| {
                    let says = hull_types::Says::Prevote(Some(Hash([byte; 32])));
                    let (height, round) = (block.header.height, 0);
                    let statement = hull_types::Statement {
                        height,
                        round,
                        says,
                    };
                    (statement, [byte; 64])
                };
                block.evidence = vec![Evidence {
                    validator: accused.public_key,
                    first: said(1),
                    second: said(2),
                }];
                block.header.evidence_root = hull_types::evidence_root(&block.evidence);
            }
        }
    }

    fn fill(&self, block: &mut Block, transactions: Vec<SignedTransaction>) {
        block.header.transactions_root = transactions_root(&transactions);
        block.transactions = transactions;
    }

    fn signed(&self, nonce: u64, payload: Payload) -> SignedTransaction {
        let alice = &dev::accounts()[0];
        let body = dev::transaction(alice.address, nonce, payload);
        body.sign(&self.chain.chain_id(), &alice.key())
    }

    fn transfer(&self, nonce: u64) -> SignedTransaction {
        let to = dev::accounts()[1].address;
        self.signed(nonce, Payload::Transfer { to, value: 7 })
    }
}

impl Application for Liar {
    fn head(&self) -> Result<Height, Failure> {
        self.honest.head()
    }

    fn oldest(&self) -> Result<Height, Failure> {
        self.honest.oldest()
    }

    fn validators(&self, height: Height) -> Result<Vec<Validator>, Failure> {
        self.honest.validators(height)
    }

    fn propose(&self, height: Height, round: u32) -> Result<Block, Failure> {
        let mut block = self.honest.propose(height, round)?;
        self.spoil(&mut block);
        self.told.fetch_add(1, Ordering::Relaxed);
        Ok(block)
    }

    fn validate(&self, block: &Block) -> Result<Verdict, Failure> {
        self.honest.validate(block)
    }

    fn commit(&self, block: &Block, certificate: &[u8]) -> Result<(), Failure> {
        self.honest.commit(block, certificate)
    }

    fn decided(&self, height: Height) -> Result<Option<Decided>, Failure> {
        self.honest.decided(height)
    }

    fn pace(&self) -> Result<Pace, Failure> {
        self.honest.pace()
    }
}

/// Three that are honest, and the liar.
struct Town {
    folders: Vec<TempDir>,
    genesis: Genesis,
    chains: Vec<Chain>,
    nodes: Vec<Consensus>,
    told: Arc<AtomicU32>,
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

impl Town {
    async fn with(lie: Lie) -> Self {
        let secrets = [1_u8, 2, 3, 4].map(|seed| [seed; 32]);
        let mut validators = secrets.map(|secret| Validator {
            public_key: SigningKey::from_bytes(&secret).verifying_key().to_bytes(),
            power: 1,
        });
        validators.sort_by_key(|one| one.public_key);
        let mut town = Self {
            folders: Vec::new(),
            genesis: Genesis {
                validators: validators.into(),
                ..dev::genesis("a liar")
            },
            chains: Vec::new(),
            nodes: Vec::new(),
            told: Arc::default(),
        };
        let addresses = [(); 4].map(|()| free_address());
        for (index, secret) in secrets.into_iter().enumerate() {
            let lie = (index == 3).then_some(lie);
            town.start(index, secret, &addresses, lie).await;
        }
        town
    }

    async fn start(
        &mut self,
        index: usize,
        secret: [u8; 32],
        addresses: &[SocketAddr],
        lie: Option<Lie>,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let chain_id = self.genesis.chain_id();
        let signing = folder.path().join("signing");
        SigningGuard::create(&signing, &chain_id, &secret).unwrap();
        let guard = SigningGuard::open(&signing, &chain_id, &secret).unwrap();
        let chain = Chain::open(ChainSettings::in_memory(self.genesis.clone())).unwrap();
        let honest = Agreement::new(chain.clone(), Clock::default());
        let application: Arc<dyn Application> = match lie {
            None => Arc::new(honest),
            Some(lie) => Arc::new(Liar {
                honest,
                chain: chain.clone(),
                lie,
                told: Arc::clone(&self.told),
            }),
        };
        let others = addresses.iter().filter(|one| **one != addresses[index]);
        let mut node_key = secret;
        node_key[31] = 0xEE;
        let settings = Settings {
            name: format!("node-{index}"),
            validator: Some(guard),
            peers: others
                .map(|one| format!("/ip4/127.0.0.1/tcp/{}", one.port()))
                .collect(),
            block_time: Duration::from_millis(20),
            // Blocks come whether or not there is anything in them.
            heartbeat: Duration::from_millis(20),
            timeouts: Timeouts {
                propose: Duration::from_millis(1_500),
                vote: Duration::from_millis(500),
                more: Duration::from_millis(500),
            },
            ..Settings::new(
                chain_id,
                folder.path().join("data"),
                node_key,
                addresses[index],
            )
        };
        let node = Consensus::start(settings, application).await.unwrap();
        self.folders.push(folder);
        self.chains.push(chain);
        self.nodes.push(node);
    }

    /// The honest ones go on together, and nothing of the liar is decided.
    async fn survives(mut self) {
        let began = Instant::now();
        while self.chains[..3]
            .iter()
            .any(|chain| chain.head().height < HEIGHT)
        {
            let heights: Vec<_> = self
                .chains
                .iter()
                .map(|chain| chain.head().height)
                .collect();
            assert!(began.elapsed() < PATIENCE, "{heights:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        for height in 1..=HEIGHT {
            let block = |chain: &Chain| chain.store().block(height).unwrap().unwrap();
            let first = block(&self.chains[0]);
            for chain in &self.chains[1..3] {
                assert_eq!(block(chain).header, first.header, "a fork at {height}");
            }
            assert_eq!(first.transactions, []);
            assert_eq!(first.evidence, []);
        }
        assert!(self.told.load(Ordering::Relaxed) >= 3, "it had its turns");
        let head = self.chains[0].head().height;
        assert_eq!(self.chains[0].validators(head + 1).unwrap().len(), 4);
        for node in self.nodes.drain(..) {
            node.stop().await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_state_root_is_not_decided() {
    Town::with(Lie::StateRoot).await.survives().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_receipts_root_is_not_decided() {
    Town::with(Lie::ReceiptsRoot).await.survives().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_of_the_future_is_not_decided() {
    Town::with(Lie::Future).await.survives().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_oversized_block_is_not_decided() {
    Town::with(Lie::Oversized).await.survives().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_with_a_false_signature_is_not_decided() {
    Town::with(Lie::Unsigned).await.survives().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_with_a_nonce_too_far_is_not_decided() {
    Town::with(Lie::Skipping).await.survives().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_false_accusation_is_not_decided() {
    Town::with(Lie::Accusing).await.survives().await;
}
