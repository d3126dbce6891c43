//! The engine.

use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Weak};

use hull_gas_meter::FRAME_LIMIT;
use hull_host_api::{
    Address, Balance, CallStatus, ContractInfo, Fatal, Gas, Hash, Host, HostError, MAX_GAS_LIMIT,
    NewContract, contract_address, limits,
};

use crate::admit::{self, Admission, AdmissionError};
use crate::cache::disk::DiskCache;
use crate::cache::{IdleCount, Loaded, Modules};
use crate::compile::{Compiled, Tier, effort};
use crate::config::{Config, Tiering};
use crate::dialect::{Dialect, Entry, Native, understood};
use crate::failure::FrameKind;
use crate::frame::{Ended, Frame, Request, Session};
use crate::observe::Observer;
use crate::outcome::{HaltKind, Outcome};
use crate::prepare::{Prepared, code_gas, prepare};

/// The engine: admits, prepares, compiles, keeps, links and calls contracts.
///
/// Cheap to clone; clones share everything. Calls may run on many threads at
/// once, each with a host of its own.
#[derive(Clone)]
pub struct Vm(Arc<Shared>);

/// What all clones of a [`Vm`] share.
pub(crate) struct Shared {
    config: Config,
    dialects: Vec<Arc<dyn Dialect>>,
    modules: Modules,
    disk: Option<DiskCache>,
    all_idle: Arc<IdleCount>,
    hot: Option<Sender<Weak<Loaded>>>,
}

/// What loading code came to.
pub(crate) enum Load {
    /// It is ready, and so much gas is left.
    Ready(Arc<Loaded>, Gas),
    /// The host has no such code.
    Missing,
    /// The gas does not cover it.
    Unaffordable,
}

/// A message to a contract.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call {
    /// The account that signed the transaction.
    pub origin: Address,
    /// Who calls: the origin, unless the embedder speaks for somebody else.
    pub caller: Address,
    /// The contract.
    pub contract: Address,
    /// Tokens that move from caller to contract, in the smallest unit.
    pub value: Balance,
    /// Most gas, at most [`MAX_GAS_LIMIT`].
    pub gas_limit: Gas,
    /// Most storage deposit.
    pub deposit_limit: Balance,
    /// Refuses every change of state: a view.
    pub read_only: bool,
    /// Constructor, message or migration.
    pub entry: Entry,
    /// The input, at most [`limits::MAX_INPUT_LEN`] bytes.
    pub input: Vec<u8>,
}

/// The creation of a contract.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Instantiate {
    /// The account that signed the transaction, and the creator.
    pub origin: Address,
    /// The code, known to the host.
    pub code_hash: Hash,
    /// Makes the address, together with creator and code.
    pub salt: [u8; 32],
    /// The contracts that the new one may call.
    pub grants: Vec<Address>,
    /// Tokens that move from the origin to the contract.
    pub value: Balance,
    /// Most gas, at most [`MAX_GAS_LIMIT`].
    pub gas_limit: Gas,
    /// Most storage deposit.
    pub deposit_limit: Balance,
    /// The input of the constructor.
    pub input: Vec<u8>,
}

/// Why an upload did not come about.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// The module may not be a contract. The same on every node.
    #[error(transparent)]
    Refused(#[from] AdmissionError),
    /// The node failed.
    #[error(transparent)]
    Fatal(#[from] Fatal),
}

/// What the engine holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stats {
    /// Modules in memory.
    pub modules: usize,
    /// Bytes they are counted as.
    pub module_bytes: u64,
}

impl Vm {
    /// An engine for native contracts.
    ///
    /// # Errors
    /// If the disk cache cannot be opened or a thread cannot be started.
    pub fn new(config: Config) -> Result<Self, Fatal> {
        Self::with_dialects(config, Vec::new())
    }

    /// An engine that also runs contracts of other dialects. A module belongs to
    /// the first dialect that knows all its imports and one of its entry points;
    /// the native dialect comes first. What no dialect admits is refused with the
    /// reason of the one that knows most of its imports and exports, or else with
    /// the native one's.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_dialects(config: Config, foreign: Vec<Arc<dyn Dialect>>) -> Result<Self, Fatal> {
        let native: Arc<dyn Dialect> = Arc::new(Native);
        let disk = config
            .disk_cache
            .clone()
            .map(DiskCache::open)
            .transpose()
            .map_err(Fatal::new)?;
        let tiers_up = Tier::CAN_OPTIMIZE && matches!(config.tiering, Tiering::Background { .. });
        let (hot, queue) = mpsc::channel::<Weak<Loaded>>();
        let shared = Arc::new(Shared {
            modules: Modules::new(config.memory_cache_bytes),
            all_idle: Arc::new(IdleCount::new(config.max_idle_instances)),
            dialects: std::iter::once(native).chain(foreign).collect(),
            disk,
            hot: tiers_up.then_some(hot),
            config,
        });
        if tiers_up {
            tier_up(Arc::downgrade(&shared), queue)?;
        }
        Ok(Self(shared))
    }

    /// Whether a module may be a contract. Depends on the bytes alone.
    ///
    /// # Errors
    /// The rule that it breaks, where, and the remedy.
    pub fn admit(&self, wasm: &[u8]) -> Result<Admission, AdmissionError> {
        self.0.judge(wasm).map(|(admission, ..)| admission)
    }

    /// Admits a module and compiles it on the first tier, so that its first
    /// call finds it ready.
    ///
    /// # Errors
    /// See [`UploadError`].
    pub fn upload(&self, wasm: &[u8]) -> Result<Admission, UploadError> {
        let (admission, prepared, dialect) = self.0.judge(wasm)?;
        if self.0.modules.get(&admission.code_hash).is_none() {
            self.0.keep(admission.clone(), prepared, dialect)?;
        }
        Ok(admission)
    }

    /// The gas of an upload: admission and first-tier compilation, by size.
    pub fn upload_cost(&self, code_len: usize) -> Gas {
        let schedule = self.0.config.schedule;
        let bytes = schedule.upload_byte.saturating_mul(code_len as u64);
        schedule.upload_base.saturating_add(bytes)
    }

    /// Calls a contract.
    ///
    /// # Errors
    /// Only if the node itself failed: the host, a compiler, memory. Whatever a
    /// contract does, or a caller asks for, is an [`Outcome`].
    pub fn call(&self, host: &mut dyn Host, call: &Call) -> Result<Outcome, Fatal> {
        self.run_call(host, call, None)
    }

    /// Calls a contract while somebody watches. The outcome is that of
    /// [`call`](Self::call).
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub fn call_observed(
        &self,
        host: &mut dyn Host,
        call: &Call,
        observer: &mut dyn Observer,
    ) -> Result<Outcome, Fatal> {
        self.run_call(host, call, Some(observer))
    }

    fn run_call<'h>(
        &'h self,
        host: &'h mut dyn Host,
        call: &Call,
        observer: Option<&'h mut dyn Observer>,
    ) -> Result<Outcome, Fatal> {
        check_request(call.gas_limit, &call.input)?;
        guarded(|| {
            let mut session = Session::new(&self.0, host, call.origin);
            session.observer = observer;
            let contract = session.host.contract(&call.contract).map_err(own)?;
            let Some(info) = contract else {
                let (kind, status) = (FrameKind::Call, CallStatus::NotFound);
                session.refuse(kind, call.contract, None, status);
                return Ok(session.outcome(Ended::refused(CallStatus::NotFound)));
            };
            let request = Request {
                code_hash: info.code_hash,
                entry: call.entry,
                frame: Frame {
                    owner: call.contract,
                    caller: call.caller,
                    value: call.value,
                    input: call.input.clone(),
                    output: Vec::new(),
                    returned: Vec::new(),
                    capabilities: info.capabilities,
                    read_only: call.read_only,
                    deposit_limit: call.deposit_limit,
                    reentry_allowed: false,
                    message: None,
                },
                gas: call.gas_limit,
                frames: FRAME_LIMIT as i32,
                moves_value: true,
                create: None,
            };
            let ended = session.run(request)?;
            Ok(session.outcome(ended))
        })
    }

    /// Creates a contract and returns its address, whatever became of it.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub fn instantiate(
        &self,
        host: &mut dyn Host,
        new: &Instantiate,
    ) -> Result<(Address, Outcome), Fatal> {
        self.run_instantiate(host, new, None)
    }

    /// Creates a contract while somebody watches, as [`instantiate`](Self::instantiate).
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub fn instantiate_observed(
        &self,
        host: &mut dyn Host,
        new: &Instantiate,
        observer: &mut dyn Observer,
    ) -> Result<(Address, Outcome), Fatal> {
        self.run_instantiate(host, new, Some(observer))
    }

    fn run_instantiate<'h>(
        &'h self,
        host: &'h mut dyn Host,
        new: &Instantiate,
        observer: Option<&'h mut dyn Observer>,
    ) -> Result<(Address, Outcome), Fatal> {
        check_request(new.gas_limit, &new.input)?;
        if new.grants.len() > limits::MAX_GRANTS as usize {
            return Err(Fatal::new("more grants than the limit"));
        }
        let address = contract_address(&new.origin, &new.code_hash, &new.salt);
        let outcome = guarded(|| {
            let mut session = Session::new(&self.0, host, new.origin);
            session.observer = observer;
            let load = self
                .0
                .load_known(&mut *session.host, &new.code_hash, new.gas_limit)?;
            let mut refuse = |status| {
                session.refuse(FrameKind::Instantiate, address, Some(new.code_hash), status);
            };
            let capabilities = match load {
                Load::Ready(loaded, _) => loaded.capabilities(),
                Load::Missing => {
                    refuse(CallStatus::NotFound);
                    return Ok(session.outcome(Ended::refused(CallStatus::NotFound)));
                }
                Load::Unaffordable => {
                    refuse(CallStatus::Halted);
                    let halted = Ended::halted(HaltKind::OutOfGas, new.gas_limit);
                    return Ok(session.outcome(halted));
                }
            };
            let info = ContractInfo {
                code_hash: new.code_hash,
                capabilities,
            };
            let request = Request {
                code_hash: new.code_hash,
                entry: Entry::Instantiate,
                frame: Frame {
                    owner: address,
                    caller: new.origin,
                    value: new.value,
                    input: new.input.clone(),
                    output: Vec::new(),
                    returned: Vec::new(),
                    capabilities,
                    read_only: false,
                    deposit_limit: new.deposit_limit,
                    reentry_allowed: false,
                    message: None,
                },
                gas: new.gas_limit,
                frames: FRAME_LIMIT as i32,
                moves_value: true,
                create: Some(NewContract {
                    info,
                    creator: new.origin,
                    grants: &new.grants,
                }),
            };
            let ended = session.run(request)?;
            Ok(session.outcome(ended))
        })?;
        Ok((address, outcome))
    }

    /// Compiles a loaded module on the optimizing tier now and puts the code in
    /// place. False if the module is not loaded. Does nothing in a build without
    /// that tier, or if its compiler would take too long: see [`tier`](Self::tier).
    ///
    /// # Errors
    /// If the compiler failed.
    pub fn optimize(&self, code_hash: &Hash) -> Result<bool, Fatal> {
        match self.0.modules.get(code_hash) {
            Some(loaded) => self.0.optimize(&loaded).map(|()| true),
            None => Ok(false),
        }
    }

    /// The tier of a loaded module's code.
    pub fn tier(&self, code_hash: &Hash) -> Option<Tier> {
        self.0.modules.get(code_hash).map(|loaded| loaded.tier())
    }

    /// What the engine holds.
    pub fn stats(&self) -> Stats {
        let (module_bytes, modules) = self.0.modules.size();
        Stats {
            modules,
            module_bytes,
        }
    }
}

impl Shared {
    pub(crate) fn schedule_version(&self) -> u32 {
        self.config.schedule.version
    }

    fn judge(
        &self,
        wasm: &[u8],
    ) -> Result<(Admission, Prepared, Arc<dyn Dialect>), AdmissionError> {
        let mut nearest: Option<(usize, AdmissionError)> = None;
        for dialect in &self.dialects {
            match admit::admit(wasm, &**dialect) {
                Ok(admission) => {
                    let prepared = prepare(
                        wasm,
                        self.config.schedule,
                        &**dialect,
                        self.config.tells_functions,
                    )?;
                    return Ok((admission, prepared, Arc::clone(dialect)));
                }
                Err(error) => {
                    let known = understood(wasm, &**dialect);
                    if nearest.as_ref().is_none_or(|(most, _)| known > *most) {
                        nearest = Some((known, error));
                    }
                }
            }
        }
        let (_, error) = nearest.expect("the native dialect is always there");
        Err(error)
    }

    /// As [`load`](Self::load), for a hash that somebody named: that this node
    /// has seen the code says nothing about the chain.
    pub(crate) fn load_known(
        &self,
        host: &mut dyn Host,
        code_hash: &Hash,
        gas: Gas,
    ) -> Result<Load, Fatal> {
        if host.has_code(code_hash).map_err(own)? {
            self.load(host, code_hash, gas)
        } else {
            Ok(Load::Missing)
        }
    }

    /// Makes the module of a code hash ready to run, if the gas covers that: the
    /// price is checked before the work.
    pub(crate) fn load(
        &self,
        host: &mut dyn Host,
        code_hash: &Hash,
        gas: Gas,
    ) -> Result<Load, Fatal> {
        let loaded = match self.modules.get(code_hash) {
            Some(loaded) => loaded,
            None => {
                let Some(wasm) = host.code(code_hash).map_err(own)? else {
                    return Ok(Load::Missing);
                };
                // The rest of the price is known when the module has been read.
                if gas < code_gas(self.config.schedule, wasm.len()) {
                    return Ok(Load::Unaffordable);
                }
                let (admission, prepared, dialect) = self.judge(&wasm).map_err(|error| {
                    Fatal::new(format!(
                        "the host holds code that was never admitted: {error}"
                    ))
                })?;
                if admission.code_hash != *code_hash {
                    return Err(Fatal::new("the host holds code under a hash not its own"));
                }
                self.keep(admission, prepared, dialect)?
            }
        };
        let Some(left) = gas.checked_sub(loaded.load_gas()) else {
            return Ok(Load::Unaffordable);
        };
        if let (Some(hot), Tiering::Background { after_calls }) = (&self.hot, self.config.tiering)
            && loaded.becomes_hot(after_calls)
        {
            // The worker ends with the engine, so nobody misses the message.
            let _ = hot.send(Arc::downgrade(&loaded));
        }
        Ok(Load::Ready(loaded, left))
    }

    fn keep(
        &self,
        admission: Admission,
        prepared: Prepared,
        dialect: Arc<dyn Dialect>,
    ) -> Result<Arc<Loaded>, Fatal> {
        let tier = match self.config.tiering {
            Tiering::OptimizedOnly if may_optimize(&prepared) => Tier::Optimized,
            _ => Tier::Baseline,
        };
        let compiled = self.compiled(&prepared, tier)?;
        let all_idle = Arc::clone(&self.all_idle);
        let loaded = Arc::new(Loaded::new(
            admission, prepared, dialect, compiled, all_idle,
        ));
        self.modules.insert(Arc::clone(&loaded));
        Ok(loaded)
    }

    fn optimize(&self, loaded: &Loaded) -> Result<(), Fatal> {
        if loaded.tier() != Tier::Optimized && may_optimize(loaded.prepared()) {
            loaded.switch(self.compiled(loaded.prepared(), Tier::Optimized)?);
            self.modules.reweigh(loaded);
        }
        Ok(())
    }

    /// Native code of a module: from disk if it is there and sound, else compiled.
    #[allow(unsafe_code, reason = "loads an artifact that the cache vouches for")]
    fn compiled(&self, prepared: &Prepared, tier: Tier) -> Result<Compiled, Fatal> {
        let Some(disk) = &self.disk else {
            return Compiled::compile(tier, &prepared.wasm).map_err(Fatal::new);
        };
        let key = prepared.key(tier);
        if let Some(artifact) = disk.get(&key) {
            // SAFETY: the key binds engine, compiler, machine and bytes, and the
            // checksum binds the artifact to the key.
            if let Ok(compiled) = unsafe { Compiled::load(tier, &artifact) } {
                return Ok(compiled);
            }
        }
        let compiled = Compiled::compile(tier, &prepared.wasm).map_err(Fatal::new)?;
        // A cache that cannot be written costs time at the next start, no more.
        let _ = compiled
            .serialize()
            .map_err(std::io::Error::other)
            .and_then(|artifact| disk.put(&key, &artifact));
        Ok(compiled)
    }
}

/// Whether the optimizing compiler is there and given this module.
fn may_optimize(prepared: &Prepared) -> bool {
    Tier::CAN_OPTIMIZE && effort::is_bounded(&prepared.wasm)
}

impl Session<'_> {
    fn outcome(self, ended: Ended) -> Outcome {
        Outcome {
            result: ended.result,
            gas: ended.used,
            data: ended.data,
            events: self.events,
            // What failed inside a call that succeeded was dealt with inside.
            failure: self.failure.filter(|_| !ended.result.is_success()),
        }
    }
}

/// What an embedder must not ask for; it checks transactions before.
fn check_request(gas_limit: Gas, input: &[u8]) -> Result<(), Fatal> {
    if gas_limit > MAX_GAS_LIMIT {
        return Err(Fatal::new(format!(
            "a gas limit of {gas_limit} is over {MAX_GAS_LIMIT}"
        )));
    }
    if input.len() > limits::MAX_INPUT_LEN as usize {
        return Err(Fatal::new(format!(
            "an input of {} bytes is over the limit",
            input.len()
        )));
    }
    Ok(())
}

fn own(error: HostError) -> Fatal {
    match error {
        HostError::Fatal(fatal) => fatal,
        HostError::Guest(error) => Fatal::new(format!(
            "the host blamed the contract for a plain read: {error:?}"
        )),
    }
}

/// Turns a panic of the host into a failure of the node.
fn guarded<T>(run: impl FnOnce() -> Result<T, Fatal>) -> Result<T, Fatal> {
    panic::catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|payload| {
        let text = payload
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        Err(Fatal::new(format!("panic during a call: {text}")))
    })
}

/// Starts the thread that compiles hot modules better. It ends with the engine.
fn tier_up(shared: Weak<Shared>, queue: mpsc::Receiver<Weak<Loaded>>) -> Result<(), Fatal> {
    let work = move || {
        while let Ok(loaded) = queue.recv() {
            let (Some(shared), Some(loaded)) = (shared.upgrade(), loaded.upgrade()) else {
                continue;
            };
            // Code that the optimizing compiler fails on stays on the first tier.
            let _ = panic::catch_unwind(AssertUnwindSafe(|| shared.optimize(&loaded)));
        }
    };
    let thread = std::thread::Builder::new()
        .name("hull-tier-up".into())
        .spawn(work);
    thread.map(drop).map_err(Fatal::new)
}
