//! A node of a network: `hulld run`.

#![expect(
    clippy::disallowed_methods,
    reason = "how long the start takes is told to people"
)]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use hull_chain::{Chain, Settings as ChainSettings};
use hull_consensus::{Consensus, Settings, Timeouts};
use hull_rpc::{Api, Node, Server};
use hull_state::{Redb, Store};
use serde_json::json;

use crate::agreement::Agreement;
use crate::banner;
use crate::clock::Clock;
use crate::config::{Config, Effective};
use crate::dev::{PATIENCE, STORE_FILE, retention};
use crate::home::Home;
use crate::network::{self, Neighbours};
use crate::signals::Signals;
use crate::signing;

/// Runs a node until it is told to stop, or cannot go on.
pub(crate) fn run(home: &Home, effective: &Effective) -> Result<()> {
    let began = Instant::now();
    let config = &effective.config;
    crate::log::begin(config)?;
    end_on_panic();
    let member = Member::of(home, config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("start the async runtime")?;
    let done = runtime.block_on(member.serve(config, began));
    // Work that nobody waits for any more does not hold the process.
    runtime.shutdown_timeout(PATIENCE);
    done
}

/// A panic is a bug, and what it leaves behind nobody knows: the engine's network, for
/// one, would be gone without a word. So it ends the process, which loses nothing that
/// was said.
fn end_on_panic() {
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        tell(panic);
        std::process::abort();
    }));
}

/// A node that is about to start.
struct Member {
    chain: Chain,
    clock: Clock,
    settings: Settings,
    network: hull_net::Settings,
    rpc: SocketAddr,
}

impl Member {
    fn of(home: &Home, config: &Config) -> Result<Self> {
        let rpc = address("rpc.listen", &config.rpc.listen)?;
        let genesis = home.genesis()?;
        ensure!(
            !genesis.validators.is_empty(),
            "the genesis has no validators: nobody could decide a block"
        );
        let chain_id = genesis.chain_id();
        let validator = match home.validator_key()? {
            Some(secret) => Some(signing::open(home, &chain_id, &secret)?),
            None => None,
        };
        let node_key = home.node_key()?;
        let network = network::settings(config, &node_key, chain_id)?;
        let data = home.data();
        let create = std::fs::create_dir_all(&data);
        create.with_context(|| format!("make the folder {}", data.display()))?;
        let store: Arc<dyn Store> = Arc::new(Redb::open(data.join(STORE_FILE))?);
        let chain = Chain::open(ChainSettings {
            options: retention(config),
            engine: config.engine_config(),
            pool: config.pool_limits(),
            ..ChainSettings::new(genesis, store)
        });
        let listen = address("consensus.listen", &config.consensus.listen)?;
        let folder = data.join("consensus");
        let time = |milliseconds: u32| Duration::from_millis(u64::from(milliseconds));
        let consensus = &config.consensus;
        let settings = Settings {
            name: consensus.name.clone(),
            validator,
            peers: consensus.peers.clone(),
            block_time: time(consensus.block_ms),
            heartbeat: time(consensus.heartbeat_ms),
            timeouts: Timeouts {
                propose: time(consensus.propose_ms),
                vote: time(consensus.vote_ms),
                more: time(consensus.more_ms),
            },
            connections_per_ip: consensus.connections_per_address as usize,
            ..Settings::new(chain_id, folder, node_key, listen)
        };
        Ok(Self {
            chain: chain.context("open the chain")?,
            clock: Clock::default(),
            settings,
            network,
            rpc,
        })
    }

    async fn serve(self, config: &Config, began: Instant) -> Result<()> {
        let signals = Signals::listen()?;
        let (chain, clock) = (self.chain, self.clock);
        crate::dev::tell(&chain);
        let role = match self.settings.validator {
            Some(_) => "validator",
            None => "full node",
        };
        let agreement = Arc::new(Agreement::new(chain.clone(), clock.clone()));
        let started = Consensus::start(self.settings, agreement).await;
        let mut consensus = started
            .map_err(|error| anyhow!(error))
            .context("start consensus")?;
        let (waker, state) = (consensus.waker(), Arc::new(Mutex::new(Ok(()))));
        let ready = Arc::clone(&state);
        let waking = consensus.waker();
        let (network_clock, wake) = (clock.clone(), move || waking.wake());
        let network = network::start(
            self.network,
            Neighbours {
                chain: chain.clone(),
                clock: Arc::new(move || network_clock.now()),
                submitted: Arc::new(wake),
            },
        );
        let network = network.await?;
        let node = Node {
            network: Some(network),
            clock: Arc::new(move || clock.now()),
            submitted: Arc::new(move || waker.wake()),
            ready: Arc::new(move || ready.lock().unwrap_or_else(PoisonError::into_inner).clone()),
            figures: Arc::new(hull_consensus::metrics),
            version: env!("CARGO_PKG_VERSION"),
            ..Node::new(chain.clone())
        };
        let server = Server::start(self.rpc, Api::new(node, config.rpc_settings())).await?;
        tell_ready(&chain, server.address(), role, config, began.elapsed());
        let cause = stopped(signals, &mut consensus, &state).await;
        if tokio::time::timeout(PATIENCE, server.stop()).await.is_err() {
            tracing::warn!("connections were cut off: they did not end in time");
        }
        let stopping = consensus.stop().await;
        let head = chain.head();
        tracing::info!(height = head.height, state_root = %head.state_root, "stopped");
        stopping
            .map_err(|error| anyhow!(error))
            .context("consensus")?;
        cause
    }
}

type State = Mutex<Result<(), String>>;

/// How often it is looked whether the node is held.
const WATCH: Duration = Duration::from_secs(1);

/// Waits for a reason to end. A node that is held stays, and says that it is not ready:
/// to start it again is for somebody who has looked.
async fn stopped(signals: Signals, consensus: &mut Consensus, state: &State) -> Result<()> {
    let mut signals = std::pin::pin!(signals.received());
    let mut watch = tokio::time::interval(WATCH);
    loop {
        tokio::select! {
            signal = &mut signals => {
                tracing::info!(signal, "stopping");
                return Ok(());
            }
            why = consensus.failed() => {
                tracing::error!(why, "consensus failed");
                return Err(anyhow!(why));
            }
            _ = watch.tick() => {
                let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                if consensus.is_held() && state.is_ok() {
                    tracing::error!(
                        "the write-ahead log failed: this node signs nothing more and stays as it is. \
                         Do not start it again before the disk and the signing record were looked at"
                    );
                    *state = Err("the write-ahead log failed; see the log".into());
                }
            }
        }
    }
}

fn address(setting: &str, text: &str) -> Result<SocketAddr> {
    text.parse()
        .with_context(|| format!("{setting} is `{text}`; write it as 127.0.0.1:4855"))
}

fn tell_ready(chain: &Chain, rpc: SocketAddr, role: &str, config: &Config, time: Duration) {
    let head = chain.head();
    if config.log.format == "json" {
        let ready = json!({
            "ready": {
                "http": format!("http://{rpc}"),
                "webSocket": format!("ws://{rpc}"),
                "chainId": format!("0x{}", chain.chain_id()),
                "height": head.height,
                "role": role,
                "milliseconds": u64::try_from(time.as_millis()).unwrap_or(u64::MAX),
            }
        });
        banner::print(&format!("{ready}\n"));
    } else {
        tracing::info!(chain = %chain.chain_id(), height = head.height, role, %rpc, "ready");
    }
}
