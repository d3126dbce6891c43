//! The engine's actors, put together.
//!
//! Not by the engine's own builder: its connector handles one message at a time and
//! waits for each answer, and the engine itself waits for some of them, so that a block
//! that takes long to execute would hold votes up. With a [host](crate::host) of our own
//! every answer can be late.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use hull_types::Statement;
use malachitebft_app::config::{
    ChannelNames, ConsensusConfig, DiscoveryConfig, P2pConfig, ProtocolNames, ValueSyncConfig,
};
use malachitebft_app::engine::consensus::{ConsensusMsg, ConsensusRef};
use malachitebft_app::engine::network::{NetworkIdentity, NetworkMsg, NetworkRef};
use malachitebft_app::engine::node::NodeRef;
use malachitebft_app::engine::util::output_port::{OutputPort, OutputPortSubscriberTrait};
use malachitebft_app::engine::wal::log_entries;
use malachitebft_app::events::TxEvent;
use malachitebft_app::metrics::{Metrics, SharedRegistry};
use malachitebft_app::spawn;
use malachitebft_app::streaming::StreamMessage;
use malachitebft_app::types::Keypair;
use malachitebft_app::types::codec::Codec;
use malachitebft_app::wal::Log;
use malachitebft_core_consensus::{Input, ProposedValue};
use malachitebft_core_types::{SigningScheme, ValueOrigin};
use malachitebft_signing::Signer;
use ractor::Actor;
use tokio::task::JoinHandle;

use crate::application::Failure;
use crate::codec::{MAX_BLOCKS, Scale};
use crate::context::{Address, Hull};
use crate::guard::Position;
use crate::host::{Host, Shared};
use crate::logged::Logged;
use crate::outbox::Outbox;
use crate::part::Part;
use crate::scheme::Scheme;
use crate::settings::Settings;
use crate::signer::{Examiner, Signatory};
use crate::worker::{Outlet, Work};

/// The running actors.
pub(crate) struct Actors {
    /// Ends when one of the others does; stays when the log failed.
    pub(crate) node: NodeRef,
    pub(crate) ended: JoinHandle<()>,
    pub(crate) network: NetworkRef<Hull>,
    pub(crate) consensus: ConsensusRef<Hull>,
    pub(crate) metrics: Metrics,
}

/// The actors that a worker talks to without being asked.
pub(crate) struct Listeners {
    pub(crate) network: NetworkRef<Hull>,
    pub(crate) consensus: ConsensusRef<Hull>,
}

impl Outlet for Listeners {
    fn publish(&self, piece: StreamMessage<Part>) {
        let _ = self.network.cast(NetworkMsg::PublishProposalPart(piece));
    }

    fn judged(&self, value: ProposedValue<Hull>) {
        let told = ConsensusMsg::ReceivedProposedValue(value, ValueOrigin::Consensus);
        let _ = self.consensus.cast(told);
    }
}

/// The file of the write-ahead log in its folder.
const LOG_FILE: &str = "consensus.wal";

/// Starts all actors, each after those that it talks to.
pub(crate) async fn start(
    settings: &Settings,
    signatory: Option<&Signatory>,
    shared: Arc<Shared>,
    work: Sender<Work>,
) -> Result<Actors, Failure> {
    let registry = SharedRegistry::global().with_moniker(&settings.name);
    let metrics = Metrics::register(&registry);
    let (node, ended) = spawn::spawn_node_actor(metrics.clone()).await?;
    let (config, sync_config) = (config(settings)?, sync_config(settings));
    let identity = identity(settings, signatory).await?;
    let network =
        spawn::spawn_network_actor(&config, &sync_config, identity, &registry, Scale).await?;
    network.link(node.get_cell());
    let outbox = Outbox {
        network: network.clone(),
        signatory: signatory.cloned(),
    };
    let (outbox, _) = Actor::spawn(None, outbox, ()).await?;
    outbox.link(node.get_cell());
    #[cfg(test)]
    let outbox = crate::tests::attack(settings, signatory, outbox).await?;
    let log = settings.folder.join(LOG_FILE);
    let wal = spawn::spawn_wal_actor(&Hull, Scale, &log, &registry, node.clone()).await?;
    wal.link(node.get_cell());
    let (host, _) = Actor::spawn(None, Host { shared, work }, ()).await?;
    host.link(node.get_cell());
    let signer = signatory.map(|it| {
        let (signatory, log) = (it.clone(), wal.clone());
        Box::new(Logged { signatory, log }) as Box<dyn Signer<Hull>>
    });
    let port = Arc::new(OutputPort::new());
    let consensus = spawn::spawn_consensus_actor(
        Hull,
        signatory.map_or(Address([0; 32]), Signatory::address),
        config,
        Box::new(Examiner {
            chain_id: settings.chain_id,
        }),
        signer,
        outbox,
        host.clone(),
        wal,
        Arc::clone(&port),
        metrics.clone(),
        TxEvent::new(),
        node.clone(),
    )
    .await?;
    consensus.link(node.get_cell());
    let sync = spawn::spawn_sync_actor(
        Hull,
        network.clone(),
        host,
        consensus.clone(),
        Scale,
        &sync_config,
        &registry,
    )
    .await?;
    if let Some(sync) = sync {
        sync.link(node.get_cell());
        sync.subscribe_to_port(&port);
    }
    Ok(Actors {
        node,
        ended,
        network,
        consensus,
        metrics,
    })
}

/// Where the write-ahead log of a validator ends: its last own statement.
pub(crate) fn log_position(folder: &Path, validator: &Address) -> Result<Position, Failure> {
    let path = folder.join(LOG_FILE);
    if !path.try_exists()? {
        return Ok(Position::default());
    }
    let mut log = Log::open(&path)?;
    let entries = log_entries::<Hull, Scale>(&mut log, &Scale)?;
    // What is damaged, the engine finds too, and stands still.
    let intact = entries.map_while(Result::ok);
    Ok(last_position(intact, validator))
}

/// The last own statement of a validator among the entries of its log.
pub(crate) fn last_position(
    entries: impl IntoIterator<Item = Input<Hull>>,
    validator: &Address,
) -> Position {
    let own = |statement: Option<Statement>, by: &Address| {
        statement
            .filter(|_| by == validator)
            .map(|it| Position::of(&it))
    };
    let positions = entries.into_iter().filter_map(|entry| match entry {
        Input::Vote(vote) => own(vote.message.statement(), &vote.message.validator),
        Input::Proposal(one) => own(one.message.statement(), &one.message.proposer),
        _ => None,
    });
    positions.max().unwrap_or_default()
}

/// How often it is looked whether the log is free.
const LOOK: Duration = Duration::from_millis(10);

/// Waits until the engine's thread has let go of the write-ahead log, which it does some
/// time after its actors have ended. Then the node can be started again.
pub(crate) async fn log_is_free(folder: &Path) {
    let path = folder.join(LOG_FILE);
    while path.exists() && Log::open(&path).is_err() {
        tokio::time::sleep(LOOK).await;
    }
}

/// Who this node is to its peers; a validator shows that it is one.
async fn identity(
    settings: &Settings,
    signatory: Option<&Signatory>,
) -> Result<NetworkIdentity, Failure> {
    let name = settings.name.clone();
    let keypair = Keypair::ed25519_from_bytes(settings.node_key)?;
    let Some(signatory) = signatory else {
        return Ok(NetworkIdentity::new(name, keypair, None));
    };
    let address = signatory.address();
    let peer = keypair.public().to_peer_id().to_bytes();
    let public_key = Scheme::encode_public_key(&address);
    let proof = signatory.sign_validator_proof(public_key, peer).await?;
    let proof = Scale.encode(&proof)?;
    let address = address.to_string();
    Ok(NetworkIdentity::new_validator(
        name, keypair, address, proof,
    ))
}

fn config(settings: &Settings) -> Result<ConsensusConfig, Failure> {
    let chain = settings.chain_id;
    let name = |what: &str| format!("/hull/{chain}/{what}/1");
    // The name of a channel has at most 64 bytes. It is a second wall behind protocols.
    let short = &chain.to_string()[..16];
    let channel = |what: &str| format!("/hull/{short}/{what}/1");
    let listen = settings.listen;
    let ip = if listen.is_ipv4() { "ip4" } else { "ip6" };
    let listen = format!("/{ip}/{}/tcp/{}", listen.ip(), listen.port());
    let peers = settings.peers.iter().map(|peer| {
        let parsed = peer.parse();
        parsed.map_err(|error| format!("the peer `{peer}` is no address: {error}"))
    });
    Ok(ConsensusConfig {
        p2p: P2pConfig {
            listen_addr: listen.parse()?,
            persistent_peers: peers.collect::<Result<_, _>>()?,
            discovery: DiscoveryConfig {
                max_connections_per_ip: settings.connections_per_ip,
                ..DiscoveryConfig::default()
            },
            protocol_names: ProtocolNames {
                consensus: name("consensus"),
                discovery_kad: name("discovery/kad"),
                discovery_regres: name("discovery/peers"),
                sync: name("sync"),
                validator_proof: name("validator-proof"),
            },
            channel_names: ChannelNames {
                consensus: channel("consensus"),
                proposal_parts: channel("parts"),
                sync: channel("sync"),
                liveness: channel("liveness"),
            },
            ..P2pConfig::default()
        },
        // `value_payload` is proposals and parts by default; proposals alone would be
        // taken for valid without asking.
        ..ConsensusConfig::default()
    })
}

fn sync_config(settings: &Settings) -> ValueSyncConfig {
    ValueSyncConfig {
        status_update_interval: settings.status_interval,
        batch_size: MAX_BLOCKS / 2,
        ..ValueSyncConfig::default()
    }
}
