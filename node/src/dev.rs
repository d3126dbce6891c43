//! The development node: one process that has a chain of its own.

#![expect(
    clippy::disallowed_methods,
    reason = "how long the start takes is told to people"
)]

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use hull_chain::{Chain, Settings};
use hull_rpc::{Api, Node, Server};
use hull_state::{Options, Redb, Retain, Store};
use hull_types::dev;
use tokio::sync::Notify;

use crate::banner::{self, Started};
use crate::clock::Clock;
use crate::config::{Config, Effective};
use crate::dump;
use crate::seal::{Policy, Sealer};
use crate::signals::Signals;

/// The file of the store in its folder.
pub(crate) const STORE_FILE: &str = "chain.redb";
/// How long connections may take to end when the node stops.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// Runs a development node until it is told to stop.
pub(crate) fn run(effective: &Effective) -> Result<()> {
    let began = Instant::now();
    let config = &effective.config;
    crate::log::begin(config)?;
    let address: SocketAddr = config.rpc.listen.parse().with_context(|| {
        format!(
            "rpc.listen is `{}`; write it as 127.0.0.1:4855",
            config.rpc.listen
        )
    })?;
    let policy = policy(config)?;
    let place = Place::of(config);
    let store = place.open(config.store.cache_bytes)?;
    let chain = open(config, Arc::clone(&store))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("start the async runtime")?;
    runtime.block_on(serve(config, chain, (policy, address), &place, began))?;
    // Work that nobody waits for any more does not hold the process.
    runtime.shutdown_timeout(PATIENCE);
    place.save(&*store)
}

fn open(config: &Config, store: Arc<dyn Store>) -> Result<Chain> {
    let chain = Chain::open(Settings {
        options: retention(config),
        engine: config.engine_config(),
        pool: config.pool_limits(),
        ..Settings::new(dev::genesis(&config.dev.name), store)
    });
    chain.context("open the chain")
}

/// How many states are kept.
pub(crate) fn retention(config: &Config) -> Options {
    Options {
        retain: match config.store.retain {
            0 => Retain::All,
            heights => Retain::Last(heights),
        },
    }
}

async fn serve(
    config: &Config,
    chain: Chain,
    (policy, address): (Policy, SocketAddr),
    place: &Place,
    began: Instant,
) -> Result<()> {
    let signals = Signals::listen()?;
    let (clock, failure) = (Clock::default(), Failure::default());
    let told = failure.clone();
    let sealer = Sealer::start(chain.clone(), clock.clone(), policy, move |error| {
        told.set(error.to_string());
    });
    let sealer = sealer.context("start the sealing thread")?;
    tell(&chain);
    let (sealing, ready) = (sealer.handle(), failure.clone());
    let node = Node {
        clock: Arc::new(move || clock.now()),
        submitted: Arc::new(move || sealing.submitted()),
        ready: Arc::new(move || ready.get().map_or(Ok(()), Err)),
        dev: Some(Arc::new(sealer.handle())),
        version: env!("CARGO_PKG_VERSION"),
        ..Node::new(chain.clone())
    };
    let server = Server::start(address, Api::new(node, config.rpc_settings())).await?;
    // What a file held when it was written may wait for a block.
    sealer.handle().submitted();
    let started = Started {
        address: server.address(),
        chain: &chain,
        config,
        place: place.to_string(),
        time: began.elapsed(),
    };
    banner::started(&started);
    let cause = stopped(signals, &failure).await;
    tracing::info!(cause, "stopping");
    if tokio::time::timeout(PATIENCE, server.stop()).await.is_err() {
        tracing::warn!("connections were cut off: they did not end in time");
    }
    sealer.stop().context("the chain stopped")?;
    let head = chain.head();
    tracing::info!(height = head.height, state_root = %head.state_root, "stopped");
    Ok(())
}

/// Waits for a reason to stop.
async fn stopped(signals: Signals, failure: &Failure) -> &'static str {
    tokio::select! {
        signal = signals.received() => signal,
        () = failure.happened.notified() => "the chain failed",
    }
}

/// Tells of blocks with transactions.
pub(crate) fn tell(chain: &Chain) {
    chain.on_commit(|committed| {
        let height = committed.block.header.height;
        let transactions = committed.ids.len();
        let gas: u64 = committed.receipts.iter().map(|receipt| receipt.gas).sum();
        match transactions {
            0 => tracing::debug!(height, "empty block"),
            _ => tracing::info!(height, transactions, gas, hash = %committed.hash, "block"),
        }
    });
}

fn policy(config: &Config) -> Result<Policy> {
    let every = config.dev.interval_ms;
    Ok(match config.dev.seal.as_str() {
        "transaction" => Policy::Transaction,
        "interval" => {
            ensure!(every > 0, "dev.interval_ms is 0; give at least 1");
            Policy::Interval(Duration::from_millis(every))
        }
        "request" => Policy::Request,
        other => {
            bail!("dev.seal is `{other}`; it has to be `transaction`, `interval` or `request`")
        }
    })
}

/// Where the chain is kept.
enum Place {
    Memory,
    /// In memory; from a file and back into it.
    File(PathBuf),
    Folder(PathBuf),
}

impl Place {
    fn of(config: &Config) -> Self {
        if !config.store.directory.is_empty() {
            Self::Folder(config.store.directory.clone().into())
        } else if !config.dev.state.is_empty() {
            Self::File(config.dev.state.clone().into())
        } else {
            Self::Memory
        }
    }

    fn open(&self, cache: usize) -> Result<Arc<dyn Store>> {
        let store = match self {
            Self::Memory => Redb::in_memory()?,
            Self::Folder(folder) => {
                let create = std::fs::create_dir_all(folder);
                create.with_context(|| format!("make the folder {}", folder.display()))?;
                Redb::open_with_cache(folder.join(STORE_FILE), cache)?
            }
            Self::File(file) => {
                let store = Redb::in_memory()?;
                if exists(file)? {
                    dump::load(&store, file)?;
                }
                store
            }
        };
        Ok(Arc::new(store))
    }

    fn save(&self, store: &dyn Store) -> Result<()> {
        if let Self::File(file) = self {
            dump::save(store, file)?;
            tracing::info!(file = %file.display(), "state written");
        }
        Ok(())
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Memory => f.write_str("in memory, gone at the end"),
            Self::File(file) => write!(f, "in memory, written to {} at the end", file.display()),
            Self::Folder(folder) => write!(f, "in {}", folder.display()),
        }
    }
}

fn exists(file: &Path) -> Result<bool> {
    file.try_exists()
        .with_context(|| format!("look for {}", file.display()))
}

/// Why the chain cannot go on, if it cannot.
#[derive(Clone, Default)]
struct Failure {
    why: Arc<Mutex<Option<String>>>,
    happened: Arc<Notify>,
}

impl Failure {
    fn set(&self, why: String) {
        tracing::error!(why, "the chain failed");
        *self.why.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
        self.happened.notify_one();
    }

    fn get(&self) -> Option<String> {
        self.why
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
