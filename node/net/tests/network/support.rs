//! Nodes in one process, over the loopback interface.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use hull_net::{Event, Gate, Keypair, Metrics, Multiaddr, Network, PeerId, Settings, Verdict};
use hull_types::host_api::{Hash, code_hash};
use tokio::sync::broadcast::Receiver;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How long anything may take before a test fails. Nothing takes nearly as long.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

pub(crate) const CHAIN: Hash = Hash([1; 32]);

/// A gate that judges by the first letter: `x` is invalid, `i` is not wanted, anything
/// else is good. It tells of all that it is asked.
pub(crate) struct Letters {
    asked: UnboundedSender<Vec<u8>>,
    codes: BTreeMap<Hash, Vec<u8>>,
    door: Arc<Door>,
}

/// Holds the gate up while it is shut.
#[derive(Default)]
pub(crate) struct Door {
    is_shut: Mutex<bool>,
    opened: Condvar,
}

impl Door {
    pub(crate) fn shut(&self) {
        *self.is_shut.lock().unwrap() = true;
    }

    pub(crate) fn open(&self) {
        *self.is_shut.lock().unwrap() = false;
        self.opened.notify_all();
    }

    fn pass(&self) {
        let shut = self.is_shut.lock().unwrap();
        drop(self.opened.wait_while(shut, |shut| *shut).unwrap());
    }
}

impl Gate for Letters {
    fn transaction(&self, bytes: &[u8]) -> Verdict {
        self.door.pass();
        // Fails if the test is over.
        let _ = self.asked.send(bytes.to_vec());
        match bytes.first() {
            Some(b'x') => Verdict::Reject("it begins with an x".into()),
            Some(b'i') => Verdict::Ignore,
            _ => Verdict::Accept,
        }
    }

    fn code(&self, hash: &Hash) -> Option<Vec<u8>> {
        self.codes.get(hash).cloned()
    }
}

/// A node of a test.
pub(crate) struct Node {
    pub(crate) network: Network,
    pub(crate) metrics: Metrics,
    pub(crate) door: Arc<Door>,
    task: JoinHandle<()>,
    events: Receiver<Event>,
    asked: UnboundedReceiver<Vec<u8>>,
}

pub(crate) fn settings(peers: &[&Node]) -> Settings {
    Settings {
        peers: peers.iter().map(|node| node.address()).collect(),
        ..Settings::new(Keypair::generate_ed25519(), CHAIN)
    }
}

impl Node {
    pub(crate) async fn start(settings: Settings) -> Self {
        Self::with_codes(settings, &[]).await
    }

    /// With codes under their hashes.
    pub(crate) async fn with_codes(settings: Settings, codes: &[&[u8]]) -> Self {
        let codes = codes.iter().map(|code| (code_hash(code), code.to_vec()));
        Self::with_answers(settings, codes.collect()).await
    }

    /// With any answers to questions for codes.
    pub(crate) async fn with_answers(settings: Settings, codes: BTreeMap<Hash, Vec<u8>>) -> Self {
        let (sender, asked) = unbounded_channel();
        let (metrics, door) = (Metrics::default(), Arc::<Door>::default());
        let gate = Letters {
            asked: sender,
            codes,
            door: Arc::clone(&door),
        };
        let started = Network::start(settings, gate, metrics.clone()).await;
        let (network, task) = started.unwrap();
        Self {
            events: network.events(),
            network,
            metrics,
            door,
            task,
            asked,
        }
    }

    pub(crate) fn id(&self) -> PeerId {
        self.network.local()
    }

    pub(crate) fn address(&self) -> Multiaddr {
        self.network.addresses()[0].clone()
    }

    pub(crate) fn has_peer(&self, peer: PeerId) -> bool {
        self.network.peers().iter().any(|info| info.id == peer)
    }

    /// Waits for what happens.
    pub(crate) async fn until(&mut self, what: &str, is_it: impl Fn(&Event) -> bool) -> Event {
        let waiting = async {
            loop {
                let event = self.events.recv().await.unwrap();
                if is_it(&event) {
                    return event;
                }
            }
        };
        let found = timeout(DEADLINE, waiting).await;
        found.unwrap_or_else(|_| panic!("in vain: {what}"))
    }

    pub(crate) async fn until_connected(&mut self, other: &Node) {
        let mut events = self.network.events();
        let peer = other.id();
        if self.has_peer(peer) {
            return;
        }
        let waiting = async { while events.recv().await.unwrap() != Event::Connected(peer) {} };
        timeout(DEADLINE, waiting).await.expect("they connect");
    }

    pub(crate) fn publish(&self, transaction: &[u8]) {
        self.network.publish(transaction.to_vec()).unwrap();
    }

    /// The next transaction that the gate is asked about.
    pub(crate) async fn next(&mut self) -> Vec<u8> {
        let next = timeout(DEADLINE, self.asked.recv()).await;
        next.expect("a transaction comes").unwrap()
    }

    /// All that the gate is asked about up to a transaction, with it.
    pub(crate) async fn next_until(&mut self, last: &[u8]) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        while all.last().is_none_or(|it: &Vec<u8>| it != last) {
            all.push(self.next().await);
        }
        all
    }

    /// Ends it, and waits until it has ended.
    pub(crate) async fn stop(self) {
        let Self { network, task, .. } = self;
        drop(network);
        timeout(DEADLINE, task).await.expect("it stops").unwrap();
    }
}
