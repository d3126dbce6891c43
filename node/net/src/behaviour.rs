//! The protocols of the swarm, and their settings.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::time::Duration;

use hull_types::MAX_TRANSACTION_BYTES;
use hull_types::host_api::code_hash;
use libp2p::gossipsub::{self, IdentTopic, MessageAuthenticity, ValidationMode};
use libp2p::kad::{self, store::MemoryStore, store::MemoryStoreConfig};
use libp2p::request_response::{self, ProtocolSupport};
use libp2p::swarm::NetworkBehaviour;
use libp2p::{PeerId, connection_limits, identify, ping};

use crate::code::CodeCodec;
use crate::guard::Guard;
use crate::names::Names;
use crate::settings::{Settings, StartError};
use crate::standing::OUT;

/// Handshakes under way at once, in either direction: as many as fit the time that one
/// may take without the machine noticing.
const PENDING: u32 = 32;
/// How often a connection is tried, and how long an answer may take. A peer whose machine
/// is gone is noticed after both.
const PING: Duration = Duration::from_secs(10);
/// How long a peer may take to answer a question for a code of a megabyte.
const CODE_TIME: Duration = Duration::from_secs(10);
/// Questions for codes on a connection at once, in both directions.
const CODE_STREAMS: usize = 8;
/// How long a transaction is remembered as seen. Longer than any that is still on its
/// way; what is sent again later is judged again.
const SEEN: Duration = Duration::from_secs(60);
/// Bytes beside the transaction in a message: its topic and the framing, with room.
const FRAMING: usize = 1_024;
/// Transactions that wait for a peer that does not take them as fast as they come: a
/// pool of them. One that finds no room is lost for that peer, and those that wait longer
/// than seconds are given up.
const WAITING: usize = 20_000;
/// The protocols of the swarm.
#[derive(NetworkBehaviour)]
pub(crate) struct Behaviour {
    pub(crate) guard: Guard,
    pending: connection_limits::Behaviour,
    pub(crate) identify: identify::Behaviour,
    ping: ping::Behaviour,
    pub(crate) gossip: Gossip,
    pub(crate) codes: request_response::Behaviour<CodeCodec>,
    pub(crate) discovery: kad::Behaviour<MemoryStore>,
}

/// Gossip about one topic.
pub(crate) type Gossip =
    gossipsub::Behaviour<gossipsub::IdentityTransform, gossipsub::WhitelistSubscriptionFilter>;

impl Behaviour {
    pub(crate) fn new(settings: &Settings, known: BTreeSet<PeerId>) -> Result<Self, StartError> {
        let names = Names::new(&settings.chain_id);
        let public = settings.key.public();
        let identify = identify::Config::new(names.version(), public.clone())
            .with_agent_version(settings.agent.clone())
            .with_push_listen_addr_updates(true);
        let pending = connection_limits::ConnectionLimits::default()
            .with_max_pending_incoming(Some(PENDING))
            .with_max_pending_outgoing(Some(PENDING));
        let codes = request_response::Config::default()
            .with_request_timeout(CODE_TIME)
            .with_max_concurrent_streams(CODE_STREAMS);
        Ok(Self {
            guard: Guard::new(settings.limits, known, settings.only_peers),
            pending: connection_limits::Behaviour::new(pending),
            identify: identify::Behaviour::new(identify),
            ping: ping::Behaviour::new(ping::Config::new().with_interval(PING).with_timeout(PING)),
            gossip: gossip(&names)?,
            codes: request_response::Behaviour::new([(names.code(), ProtocolSupport::Full)], codes),
            discovery: discovery(&names, public.to_peer_id()),
        })
    }
}

/// The topic of transactions.
pub(crate) fn topic(names: &Names) -> IdentTopic {
    IdentTopic::new(names.transactions())
}

fn gossip(names: &Names) -> Result<Gossip, StartError> {
    let refused = |error: &dyn std::fmt::Display| StartError::Settings(error.to_string());
    let config = gossipsub::ConfigBuilder::default()
        .protocol_id_prefix(names.gossip())
        // Transactions are signed by their senders; who sent one first is nobody's
        // business.
        .validation_mode(ValidationMode::Anonymous)
        .message_id_fn(|message| code_hash(&message.data).0.to_vec().into())
        .validate_messages()
        .duplicate_cache_time(SEEN)
        .max_transmit_size(MAX_TRANSACTION_BYTES + FRAMING)
        // Half is for what we publish, half for what we send on.
        .connection_handler_queue_len(2 * WAITING)
        // Two nodes may publish the same transaction.
        .allow_self_origin(true)
        .build();
    let config = config.map_err(|error| refused(&error))?;
    let topic = topic(names);
    let filter = gossipsub::WhitelistSubscriptionFilter([topic.hash()].into());
    let gossip =
        Gossip::new_with_subscription_filter(MessageAuthenticity::Anonymous, config, filter);
    let mut gossip = gossip.map_err(|error| refused(&error))?;
    let scoring = gossip.with_peer_score(scores(&topic), thresholds());
    scoring.map_err(|error| refused(&error))?;
    gossip.subscribe(&topic).map_err(|error| refused(&error))?;
    Ok(gossip)
}

/// What gossip itself thinks of peers. Our own points weigh one to one; silence is no
/// fault, as nobody knows how many transactions there are to send on.
fn scores(topic: &IdentTopic) -> gossipsub::PeerScoreParams {
    let topic_scores = gossipsub::TopicScoreParams {
        topic_weight: 1.0,
        time_in_mesh_weight: 0.0,
        first_message_deliveries_weight: 0.01,
        first_message_deliveries_cap: 100.0,
        mesh_message_deliveries_weight: 0.0,
        mesh_failure_penalty_weight: 0.0,
        // Our own points count these.
        invalid_message_deliveries_weight: 0.0,
        ..Default::default()
    };
    gossipsub::PeerScoreParams {
        topics: [(topic.hash(), topic_scores)].into(),
        topic_score_cap: 1.0,
        app_specific_weight: 1.0,
        // The guard counts addresses.
        ip_colocation_factor_weight: 0.0,
        behaviour_penalty_weight: -1.0,
        behaviour_penalty_threshold: 6.0,
        behaviour_penalty_decay: gossipsub::score_parameter_decay(Duration::from_secs(600)),
        // A peer that takes slowly may have a slow line.
        slow_peer_weight: 0.0,
        ..Default::default()
    }
}

fn thresholds() -> gossipsub::PeerScoreThresholds {
    gossipsub::PeerScoreThresholds {
        gossip_threshold: OUT / 4.0,
        publish_threshold: OUT / 2.0,
        graylist_threshold: OUT,
        accept_px_threshold: 1_000.0,
        opportunistic_graft_threshold: 0.1,
    }
}

/// Who knows whom, and nothing else: no records are kept for anybody.
fn discovery(names: &Names, local: PeerId) -> kad::Behaviour<MemoryStore> {
    let store = MemoryStoreConfig {
        max_records: 0,
        max_value_bytes: 0,
        max_providers_per_key: 0,
        max_provided_keys: 0,
    };
    let mut config = kad::Config::new(names.discovery());
    config
        .set_record_filtering(kad::StoreInserts::FilterBoth)
        .set_parallelism(NonZeroUsize::MIN.saturating_add(2))
        .set_query_timeout(Duration::from_secs(20));
    let store = MemoryStore::with_config(local, store);
    let mut discovery = kad::Behaviour::with_config(local, store, config);
    discovery.set_mode(Some(kad::Mode::Server));
    discovery
}
