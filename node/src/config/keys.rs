//! Every setting, once: name, kind, default, and what it is.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A setting.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// The name, as in `rpc.listen`.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
}

macro_rules! settings {
    ($($(#[doc = $room_doc:literal])+ $room:ident $type:ident {
        $($(#[doc = $doc:literal])+ $field:ident: $kind:ty = $default:expr;)*
    })*) => {
        /// All settings.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct Config {
            $($(#[doc = $room_doc])+ pub $room: $type,)*
        }

        $(
            $(#[doc = $room_doc])+
            #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
            #[serde(deny_unknown_fields)]
            pub struct $type {
                $($(#[doc = $doc])+ pub $field: $kind,)*
            }

            impl Default for $type {
                fn default() -> Self {
                    Self { $($field: $default,)* }
                }
            }
        )*

        /// Every setting, in the order in which they are told.
        pub const KEYS: &[Key] = &[$($(
            Key {
                name: concat!(stringify!($room), ".", stringify!($field)),
                doc: concat!($($doc),+).trim_ascii(),
            },
        )*)*];
    };
}

settings! {
    /// Where and how the RPC answers.
    rpc Rpc {
        /// Where it listens; port 0 takes a free one.
        listen: String = "127.0.0.1:4855".into();
        /// Origins of web pages that may call, `*` for any.
        cors: Vec<String> = Vec::new();
        /// Most bytes of a request.
        request_bytes: u32 = limits().request_bytes;
        /// Most bytes of an answer.
        response_bytes: u32 = limits().response_bytes;
        /// Most calls of a batch.
        batch: u32 = limits().batch;
        /// Deepest nesting of a call's parameters.
        depth: u32 = limits().depth;
        /// Most connections.
        connections: u32 = limits().connections;
        /// Most connections of one address.
        connections_per_address: u32 = limits().connections_per_address;
        /// Most subscriptions of a connection.
        subscriptions: u32 = limits().subscriptions;
        /// Most calls of a connection that are under way.
        calls_at_once: u32 = limits().calls_at_once;
        /// What the calls of an address may weigh in a second: reading 1, executing up to 20.
        rate: u32 = limits().rate;
        /// What they may weigh at once, saved up.
        burst: u32 = limits().burst;
        /// Most calls that read at the same time.
        readers: u32 = limits().readers;
        /// Most calls that execute contracts at the same time.
        executions: u32 = limits().executions;
        /// Milliseconds that a call waits for its turn.
        queue_ms: u32 = 10_000;
        /// Most gas of a question to a contract.
        call_gas: u64 = limits().call_gas;
        /// Most steps of a trace.
        trace_steps: u32 = limits().trace_steps;
        /// Most entries of a page.
        page: u32 = limits().page;
        /// Most blocks that a page of events looks at.
        page_blocks: u32 = limits().page_blocks;
        /// Most milliseconds that a call waits for a receipt.
        wait_ms: u32 = 30_000;
        /// Milliseconds that a client may take for the head of a request.
        head_ms: u32 = 10_000;
        /// Milliseconds that a request may take in all.
        request_ms: u32 = 60_000;
        /// Milliseconds that a client may take nothing of what is sent to it.
        write_ms: u32 = 30_000;
        /// Messages that wait for a WebSocket client.
        messages: u32 = limits().messages;
        /// Milliseconds that a subscription waits for its client.
        feed_ms: u32 = 30_000;
    }

    /// The transactions that wait.
    pool Pool {
        /// Most transactions.
        transactions: usize = pool().transactions;
        /// Most bytes.
        bytes: usize = pool().bytes;
        /// Most transactions of one sender.
        sender_transactions: usize = pool().sender_transactions;
        /// Most bytes of one sender.
        sender_bytes: usize = pool().sender_bytes;
        /// How far a nonce may be beyond the one that the account waits for.
        ahead: u64 = pool().ahead;
        /// By how many hundredths the price of a replacement has to be higher.
        replacement_percent: u8 = pool().replacement_percent;
        /// Milliseconds after which a transaction is given up.
        lifetime_ms: u64 = pool().lifetime;
    }

    /// What is kept.
    store Store {
        /// The folder; empty keeps everything in memory.
        directory: String = String::new();
        /// How many heights keep their state; 0 keeps all.
        retain: u64 = 0;
        /// Bytes of the store's pages in memory.
        cache_bytes: usize = 256 << 20;
    }

    /// What runs contracts. Nothing here changes a result.
    engine Engine {
        /// Bytes of compiled contracts in memory.
        cache_bytes: u64 = hull_vm::Config::default().memory_cache_bytes;
        /// Idle instances kept for the next call.
        idle_instances: usize = hull_vm::Config::default().max_idle_instances;
        /// Whether hot contracts are compiled again, better.
        optimize: bool = true;
    }

    /// The development chain.
    dev Dev {
        /// When blocks come: `transaction`, `interval` or `request`.
        seal: String = "transaction".into();
        /// Milliseconds between blocks with `interval`.
        interval_ms: u64 = 1_000;
        /// A file that is loaded at the start, if it is there, and written at the end; empty for none.
        state: String = String::new();
        /// The name of the chain; another name is another chain.
        name: String = "hull-dev".into();
    }

    /// How validators agree.
    consensus Consensus {
        /// The name of the node, in logs and metrics.
        name: String = "hull".into();
        /// Where it listens for the peers of consensus.
        listen: String = "127.0.0.1:4856".into();
        /// Peers that it keeps connected to, as in `/dns4/one.example/tcp/4856`.
        peers: Vec<String> = Vec::new();
        /// Least milliseconds between blocks.
        block_ms: u32 = 100;
        /// Most milliseconds between blocks when nothing waits.
        heartbeat_ms: u32 = 5_000;
        /// Milliseconds that a proposal is waited for: to build, send and execute a block.
        propose_ms: u32 = 3_000;
        /// Milliseconds that further votes are waited for.
        vote_ms: u32 = 1_000;
        /// Milliseconds by which each is longer in every further round.
        more_ms: u32 = 500;
        /// Most connections of peers from one address.
        connections_per_address: u32 = 64;
    }

    /// The network of transactions and codes.
    network Network {
        /// Where it listens for peers; port 0 takes a free one.
        listen: String = "127.0.0.1:4857".into();
        /// Where others reach it, if that is elsewhere, as in `/dns4/one.example/tcp/4857`.
        external: Vec<String> = Vec::new();
        /// Peers that it keeps connected to, as in `/dns4/one.example/tcp/4857/p2p/PEER`.
        peers: Vec<String> = Vec::new();
        /// Whether no others are let in.
        only_peers: bool = false;
        /// Most connections that others make.
        inbound: usize = net().inbound;
        /// Most connections in all.
        connections: usize = net().connections;
        /// Most connections of one address.
        connections_per_address: usize = net().per_address;
        /// So many peers it looks for by itself.
        wanted: usize = net().wanted;
        /// Transactions that a peer may send in a second.
        rate: u32 = net().transactions;
        /// Transactions that it may send at once, saved up.
        burst: u32 = net().transactions_burst;
        /// Bytes of transactions that a peer may send in a second.
        rate_bytes: u32 = net().bytes;
        /// Bytes that it may send at once, saved up.
        burst_bytes: u32 = net().bytes_burst;
        /// Milliseconds for which a peer that did wrong is not talked to.
        ban_ms: u64 = milliseconds(net().ban);
    }

    /// What is told about the node.
    log Log {
        /// `text` for people, `json` for programs.
        format: String = "text".into();
        /// `error`, `warn`, `info`, `debug` or `trace`, also by module as in `warn,hull_rpc=debug`.
        level: String = LOG_LEVEL.into();
    }
}

/// The consensus engine tells ten kilobytes of every block.
const LOG_LEVEL: &str = "info,arc_malachitebft=warn,libp2p=warn";

fn net() -> hull_net::Limits {
    hull_net::Limits::default()
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn limits() -> hull_rpc::Settings {
    hull_rpc::Settings::default()
}

fn pool() -> hull_mempool::Limits {
    hull_mempool::Limits::default()
}

impl Config {
    /// The settings of the RPC.
    pub fn rpc_settings(&self) -> hull_rpc::Settings {
        let rpc = &self.rpc;
        let time = |milliseconds: u32| Duration::from_millis(u64::from(milliseconds));
        hull_rpc::Settings {
            request_bytes: rpc.request_bytes,
            response_bytes: rpc.response_bytes,
            batch: rpc.batch,
            depth: rpc.depth,
            connections: rpc.connections,
            connections_per_address: rpc.connections_per_address,
            subscriptions: rpc.subscriptions,
            calls_at_once: rpc.calls_at_once,
            rate: rpc.rate,
            burst: rpc.burst,
            readers: rpc.readers,
            executions: rpc.executions,
            queue: time(rpc.queue_ms),
            call_gas: rpc.call_gas,
            trace_steps: rpc.trace_steps,
            page: rpc.page.max(1),
            page_blocks: rpc.page_blocks,
            wait: time(rpc.wait_ms),
            head_time: time(rpc.head_ms),
            request_time: time(rpc.request_ms),
            write_time: time(rpc.write_ms),
            messages: rpc.messages,
            feed_time: time(rpc.feed_ms),
            cors: rpc.cors.clone(),
            prefix: limits().prefix,
        }
    }

    /// How much the network of transactions takes from others.
    pub fn network_limits(&self) -> hull_net::Limits {
        let network = &self.network;
        hull_net::Limits {
            inbound: network.inbound,
            connections: network.connections,
            per_address: network.connections_per_address,
            wanted: network.wanted,
            transactions: network.rate,
            transactions_burst: network.burst,
            bytes: network.rate_bytes,
            bytes_burst: network.burst_bytes,
            ban: Duration::from_millis(network.ban_ms),
            ..net()
        }
    }

    /// How much waits.
    pub fn pool_limits(&self) -> hull_mempool::Limits {
        hull_mempool::Limits {
            transactions: self.pool.transactions,
            bytes: self.pool.bytes,
            sender_transactions: self.pool.sender_transactions,
            sender_bytes: self.pool.sender_bytes,
            ahead: self.pool.ahead,
            replacement_percent: self.pool.replacement_percent,
            lifetime: self.pool.lifetime_ms,
        }
    }

    /// The settings of the engine.
    pub fn engine_config(&self) -> hull_vm::Config {
        let default = hull_vm::Config::default();
        hull_vm::Config {
            memory_cache_bytes: self.engine.cache_bytes,
            max_idle_instances: self.engine.idle_instances,
            tiering: match self.engine.optimize {
                true => default.tiering,
                false => hull_vm::Tiering::BaselineOnly,
            },
            ..default
        }
    }
}
