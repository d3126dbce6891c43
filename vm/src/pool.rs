//! Instances: made once, used again.
//!
//! A warm call takes an instance from its module's pool, runs it, makes its
//! memory and globals what they were when it was new, and puts it back. Kept
//! back are instances of modules that change tables or drop segments, and
//! instances that trapped: those are thrown away.
#![allow(
    unsafe_code,
    reason = "lends the session to host functions, moves stores between threads"
)]

use std::sync::Arc;

use hull_gas_meter::names;
use hull_host_api::{Cost, Fatal, Gas};
use wasmer::{FrameInfo, FunctionEnv, RuntimeError, Store, TypedFunction};

use crate::compile::{Compiled, Tier};
use crate::context::{Context, Exit};
use crate::dialect::{Dialect, Entry};
use crate::frame::Session;
use crate::link::{Env, Linker};
use crate::memory::{self, Image};
use crate::observe::{CodePlace, Step};
use crate::outcome::HaltKind;
use crate::prepare::Told;

/// What running an instance came to.
pub(crate) struct Ran {
    /// `None` if the entry point returned.
    pub(crate) exit: Option<Exit>,
    /// The counter at the end.
    pub(crate) gas: i64,
}

/// An instance with a store of its own.
pub(crate) struct Instance {
    store: Store,
    env: FunctionEnv<Env>,
    instance: wasmer::Instance,
    plain: Vec<(Entry, TypedFunction<(), ()>)>,
    reset: Option<TypedFunction<(), ()>>,
    tier: Tier,
}

// SAFETY: wasmer's store is not `Send` because it may hold callbacks and host
// functions that are not. Ours holds host functions that are (`Linker::define`
// asks for it) and no callbacks; the pointers in it lead into the instance that
// it owns, and wasmer keeps nothing bound to a thread between two calls.
unsafe impl Send for Instance {}

impl Instance {
    /// Builds an instance of admitted, instrumented code.
    pub(crate) fn new(
        compiled: &Compiled,
        dialect: &dyn Dialect,
        entries: &[Entry],
        told: Option<&Arc<Told>>,
    ) -> Result<Self, Fatal> {
        let mut store = compiled.store();
        let env = FunctionEnv::new(&mut store, Env::default());
        let module = compiled.module();
        let mut linker = Linker::new(&mut store, &env, module);
        dialect.link(&mut linker);
        if let Some(told) = told {
            linker.tell(told);
        }
        let imports = linker.finish();
        let (built, handles) = memory::capture(|| {
            wasmer::Instance::new(&mut store, module, &imports).map_err(Box::new)
        });
        let instance = built.map_err(|error| Fatal::new(format!("cannot instantiate: {error}")))?;
        let handles = handles.ok_or_else(|| Fatal::new("the module is not instrumented"))?;
        env.as_mut(&mut store).set_handles(handles);

        let mut plain = Vec::with_capacity(entries.len());
        for entry in entries {
            let export = dialect.entry_export(*entry);
            if let Ok(function) = instance.exports.get_typed_function(&store, export) {
                plain.push((*entry, function));
            }
        }
        let reset = instance
            .exports
            .get_typed_function(&store, names::RESET)
            .ok();
        Ok(Self {
            store,
            env,
            instance,
            plain,
            reset,
            tier: compiled.tier(),
        })
    }

    pub(crate) fn tier(&self) -> Tier {
        self.tier
    }

    /// The picture of the memory; taken before anything has run.
    pub(crate) fn image(&mut self) -> Image {
        self.env.as_mut(&mut self.store).handles().memory.image()
    }

    /// Runs an entry point with the session's top frame.
    pub(crate) fn run(
        &mut self,
        session: &mut Session<'_>,
        dialect: &dyn Dialect,
        entry: Entry,
        gas: Gas,
        frames: i32,
    ) -> Result<Ran, Fatal> {
        let env = self.env.as_mut(&mut self.store);
        let counters = &mut env.handles().counters;
        counters.set_gas(i64::try_from(gas).map_err(|_| Fatal::new("gas over its limit"))?);
        counters.set_frames(frames);
        // SAFETY: the session is borrowed mutably until this function returns,
        // is not touched here before `leave`, and a panic leaves the instance
        // unusable: it is dropped, not pooled.
        unsafe { env.enter(session) };
        let called = self.call(dialect, entry);
        let env = self.env.as_mut(&mut self.store);
        env.leave();
        let counters = &env.handles().counters;
        let (gas, frames) = (counters.gas(), counters.frames());
        let exit = match called {
            Ok(()) => None,
            Err(Stopped::Exit(exit)) => Some(exit),
            Err(Stopped::Runtime(error)) => {
                if session.observer.is_some() {
                    let stack = places(&error);
                    session.observe(&Step::Stopped { stack: &stack });
                }
                Some(classify(error, gas, frames)?)
            }
        };
        Ok(Ran { exit, gas })
    }

    fn call(&mut self, dialect: &dyn Dialect, entry: Entry) -> Result<(), Stopped> {
        if let Some((_, function)) = self.plain.iter().find(|(plain, _)| *plain == entry) {
            return Ok(function.call(&mut self.store)?);
        }
        let arguments = dialect.arguments(&mut self.context(), entry)?;
        let export = dialect.entry_export(entry);
        let function = self
            .instance
            .exports
            .get_function(export)
            .map_err(|error| RuntimeError::new(error.to_string()))?
            .clone();
        let results = function.call(&mut self.store, &arguments)?;
        Ok(dialect.conclude(&mut self.context(), &results)?)
    }

    fn context(&mut self) -> Context<'_> {
        // SAFETY: called between `enter` and `leave` of `run`, while no guest
        // runs; the context does not outlive the borrow.
        unsafe {
            self.env.as_mut(&mut self.store).context(Cost {
                base: 0,
                per_byte: 0,
            })
        }
    }

    /// Makes the instance what it was when it was new.
    pub(crate) fn reset(&mut self, image: &Image) -> Result<(), Fatal> {
        self.env
            .as_mut(&mut self.store)
            .handles()
            .memory
            .reset(image)
            .map_err(Fatal::new)?;
        match &self.reset {
            Some(reset) => reset
                .call(&mut self.store)
                .map_err(|error| Fatal::new(error.message())),
            None => Ok(()),
        }
    }
}

enum Stopped {
    Exit(Exit),
    Runtime(RuntimeError),
}

impl From<RuntimeError> for Stopped {
    fn from(error: RuntimeError) -> Self {
        Self::Runtime(error)
    }
}

impl From<Exit> for Stopped {
    fn from(exit: Exit) -> Self {
        Self::Exit(exit)
    }
}

/// Where the code was, for an observer.
fn places(error: &RuntimeError) -> Vec<CodePlace> {
    let place = |frame: &FrameInfo| CodePlace {
        function: frame.func_index(),
        offset: u32::try_from(frame.func_offset()).unwrap_or(u32::MAX),
    };
    error.trace().iter().map(place).collect()
}

/// Says which rule a trap stands for.
///
/// # Errors
/// A trap that no contract may cause is a failure of the node: the native stack
/// is sized so that the counted frames always run out first.
fn classify(error: RuntimeError, gas: i64, frames: i32) -> Result<Exit, Fatal> {
    use wasmer::sys::vm::TrapCode;

    let error = match error.downcast::<Exit>() {
        Ok(exit) => return Ok(exit),
        Err(error) => error,
    };
    let message = error.message();
    let halt = match error.to_trap() {
        Some(TrapCode::UnreachableCodeReached) if gas < 0 => HaltKind::OutOfGas,
        Some(TrapCode::UnreachableCodeReached) if frames < 0 => HaltKind::StackOverflow,
        Some(TrapCode::UnreachableCodeReached) => HaltKind::Unreachable,
        Some(TrapCode::HeapAccessOutOfBounds) => HaltKind::MemoryOutOfBounds,
        Some(TrapCode::TableAccessOutOfBounds) => HaltKind::TableOutOfBounds,
        Some(TrapCode::IndirectCallToNull) => HaltKind::IndirectCallToNull,
        Some(TrapCode::BadSignature) => HaltKind::BadSignature,
        Some(TrapCode::IntegerOverflow) => HaltKind::IntegerOverflow,
        Some(TrapCode::IntegerDivisionByZero) => HaltKind::DivisionByZero,
        Some(TrapCode::BadConversionToInteger) => HaltKind::BadConversion,
        _ => {
            return Err(Fatal::new(format!(
                "a trap that no contract may cause: {message}"
            )));
        }
    };
    Ok(Exit::Halt(halt))
}
