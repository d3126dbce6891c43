//! Modules kept ready: in memory as [`Loaded`], on disk as artifacts.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use hull_gas_meter::Facts;
use hull_host_api::{Capabilities, Fatal, Gas, Hash};

use crate::admit::Admission;
use crate::compile::{Compiled, Tier};
use crate::dialect::{Dialect, Entry};
use crate::frame::Session;
use crate::memory::Image;
use crate::pool::{Instance, Ran};
use crate::prepare::Prepared;

pub(crate) mod disk;

/// Bytes that a module of any size is counted as: its engine and what is known
/// of it. Measured, as the others are, on the modules of the benches, from the
/// growth of the process: 8 to 16 KiB.
const FIXED_WEIGHT: u64 = 16 * 1024;
/// Bytes for each of instrumented Wasm: itself, and the data of its segments once
/// more in the module and once in the image.
const WASM_WEIGHT: u64 = 3;
/// Bytes for each of native code: itself, the compiler's copy of it, unwinding
/// and addresses. Measured: 2.5 to 4.
const CODE_WEIGHT: u64 = 4;

/// A module that is ready to run.
pub(crate) struct Loaded {
    admission: Admission,
    prepared: Prepared,
    dialect: Arc<dyn Dialect>,
    compiled: RwLock<Compiled>,
    image: OnceLock<Image>,
    idle: Mutex<Vec<Instance>>,
    /// Idle instances of all modules together, and how many there may be.
    all_idle: Arc<IdleCount>,
    calls: AtomicU32,
}

/// Bounds the idle instances of an engine.
#[derive(Debug)]
pub(crate) struct IdleCount {
    count: AtomicUsize,
    most: usize,
}

impl IdleCount {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            count: AtomicUsize::new(0),
            most,
        }
    }

    fn take_place(&self) -> bool {
        let place = self
            .count
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| {
                (count < self.most).then_some(count + 1)
            });
        place.is_ok()
    }

    fn leave_place(&self, count: usize) {
        self.count.fetch_sub(count, Ordering::Relaxed);
    }
}

impl Loaded {
    pub(crate) fn new(
        admission: Admission,
        prepared: Prepared,
        dialect: Arc<dyn Dialect>,
        compiled: Compiled,
        all_idle: Arc<IdleCount>,
    ) -> Self {
        Self {
            admission,
            prepared,
            dialect,
            compiled: RwLock::new(compiled),
            image: OnceLock::new(),
            idle: Mutex::new(Vec::new()),
            all_idle,
            calls: AtomicU32::new(0),
        }
    }

    pub(crate) fn prepared(&self) -> &Prepared {
        &self.prepared
    }

    fn facts(&self) -> &Facts {
        &self.prepared.facts
    }

    pub(crate) fn capabilities(&self) -> Capabilities {
        self.admission.capabilities
    }

    pub(crate) fn load_gas(&self) -> Gas {
        self.prepared.load_gas
    }

    pub(crate) fn entry_frames(&self) -> u32 {
        self.facts().entry_frames
    }

    pub(crate) fn has_entry(&self, entry: Entry) -> bool {
        self.admission.entries.contains(&entry)
    }

    /// Bytes that this module is counted as: its Wasm, its native code, and what
    /// belongs to either.
    fn weight(&self) -> u64 {
        let compiled = self.compiled.read().unwrap_or_else(PoisonError::into_inner);
        let wasm = self.prepared.wasm.len() as u64;
        FIXED_WEIGHT + wasm * WASM_WEIGHT + compiled.code_len() * CODE_WEIGHT
    }

    pub(crate) fn tier(&self) -> Tier {
        self.compiled
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .tier()
    }

    /// Counts a call; true for the one call that makes the module hot.
    pub(crate) fn becomes_hot(&self, after_calls: u32) -> bool {
        self.calls.fetch_add(1, Ordering::Relaxed) == after_calls
    }

    /// Puts better code in place. Calls under way end on the code they began with.
    pub(crate) fn switch(&self, compiled: Compiled) {
        *self
            .compiled
            .write()
            .unwrap_or_else(PoisonError::into_inner) = compiled;
        let old = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        self.all_idle.leave_place(old.len());
    }

    /// Runs an entry point in an instance that is as good as new.
    pub(crate) fn run(
        &self,
        session: &mut Session<'_>,
        entry: Entry,
        gas: Gas,
        frames: i32,
    ) -> Result<Ran, Fatal> {
        let mut instance = self.acquire()?;
        let ran = instance.run(session, &*self.dialect, entry, gas, frames)?;
        self.release(instance, &ran)?;
        Ok(ran)
    }

    fn acquire(&self) -> Result<Instance, Fatal> {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        if let Some(instance) = idle {
            self.all_idle.leave_place(1);
            return Ok(instance);
        }
        let compiled = self
            .compiled
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let mut instance = Instance::new(
            &compiled,
            &*self.dialect,
            &self.admission.entries,
            self.prepared.told.as_ref(),
        )?;
        self.image.get_or_init(|| instance.image());
        Ok(instance)
    }

    fn release(&self, mut instance: Instance, ran: &Ran) -> Result<(), Fatal> {
        use crate::context::Exit;

        let trapped = matches!(ran.exit, Some(Exit::Halt(_) | Exit::Fatal));
        let reusable = self.facts().poolable && !trapped && ran.gas >= 0;
        let Some(image) = self.image.get().filter(|_| reusable) else {
            return Ok(());
        };
        if instance.tier() != self.tier() || !self.all_idle.take_place() {
            return Ok(());
        }
        if let Err(fatal) = instance.reset(image) {
            self.all_idle.leave_place(1);
            return Err(fatal);
        }
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(instance);
        Ok(())
    }
}

impl Drop for Loaded {
    fn drop(&mut self) {
        let idle = self.idle.get_mut().unwrap_or_else(PoisonError::into_inner);
        self.all_idle.leave_place(idle.len());
    }
}

/// The loaded modules, the least recently used of which give way.
pub(crate) struct Modules {
    most_bytes: u64,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    by_hash: BTreeMap<Hash, Slot>,
    /// The weights of all together.
    bytes: u64,
    clock: u64,
}

struct Slot {
    loaded: Arc<Loaded>,
    weight: u64,
    last_used: u64,
}

impl Modules {
    pub(crate) fn new(most_bytes: u64) -> Self {
        Self {
            most_bytes,
            inner: Mutex::default(),
        }
    }

    pub(crate) fn get(&self, code_hash: &Hash) -> Option<Arc<Loaded>> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.clock += 1;
        let now = inner.clock;
        let slot = inner.by_hash.get_mut(code_hash)?;
        slot.last_used = now;
        Some(Arc::clone(&slot.loaded))
    }

    /// Keeps a module, and lets go of others if they weigh too much together.
    /// The new one stays in any case, or a large module could never run.
    pub(crate) fn insert(&self, loaded: Arc<Loaded>) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.clock += 1;
        let hash = loaded.admission.code_hash;
        let weight = loaded.weight();
        let slot = Slot {
            loaded,
            weight,
            last_used: inner.clock,
        };
        inner.bytes += weight;
        if let Some(old) = inner.by_hash.insert(hash, slot) {
            inner.bytes -= old.weight;
        }
        inner.shrink(self.most_bytes);
    }

    /// Weighs a module again whose code was switched.
    pub(crate) fn reweigh(&self, loaded: &Loaded) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(slot) = inner.by_hash.get_mut(&loaded.admission.code_hash) else {
            return;
        };
        let weight = slot.loaded.weight();
        let before = std::mem::replace(&mut slot.weight, weight);
        inner.bytes = inner.bytes - before + weight;
        inner.shrink(self.most_bytes);
    }

    /// Bytes and modules kept.
    pub(crate) fn size(&self) -> (u64, usize) {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        (inner.bytes, inner.by_hash.len())
    }
}

impl Inner {
    /// Lets go of the least recently used until the rest fits or one is left.
    fn shrink(&mut self, most_bytes: u64) {
        while self.bytes > most_bytes && self.by_hash.len() > 1 {
            let oldest = self.by_hash.iter().min_by_key(|(_, slot)| slot.last_used);
            let Some(oldest) = oldest.map(|(hash, _)| *hash) else {
                break;
            };
            if let Some(old) = self.by_hash.remove(&oldest) {
                self.bytes -= old.weight;
            }
        }
    }
}
