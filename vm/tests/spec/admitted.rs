//! The whole engine: admission, the pass, a tier, pooled instances.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

use hull_vm::dialect::{Import, Signature};
use hull_vm::host_api::{Address, Capabilities, ContractInfo, Cost, Group, MAX_GAS_LIMIT};
use hull_vm::{
    Call, CallResult, Config, Dialect, Entry, HaltKind, Linker, MemoryHost, Rule, Tier, Tiering, Vm,
};
use wasmer::{FunctionType, Type};
use wasmparser::ValType;

use crate::contract::{Arm, Contract, GIVE, NEXT, RUN, SCRIPT, TAKE, with_entry};
use crate::script::{Executor, Stop, Trap};
use crate::value::Value;

/// Asks admission about every module, and runs what it takes.
pub(crate) struct Admitted {
    vm: Vm,
    host: MemoryHost,
    tape: Tape,
    contracts: u32,
    /// The gas of every call that did not halt.
    gas: Vec<i64>,
}

/// A module that was admitted. Its instance is the engine's own affair: every
/// call finds it new, so what a script did before is done again each time.
pub(crate) struct Instance {
    contract: Contract,
    address: Address,
    history: Vec<Step>,
}

#[derive(Clone)]
struct Step {
    selector: u32,
    args: Vec<u64>,
    results: Vec<u64>,
}

impl Admitted {
    pub(crate) fn new(tier: Tier) -> Self {
        let tape = Tape::default();
        let tiering = match tier {
            Tier::Baseline => Tiering::BaselineOnly,
            Tier::Optimized => Tiering::OptimizedOnly,
        };
        let config = Config {
            tiering,
            ..Config::default()
        };
        let dialect = Arc::new(Scripted(tape.clone()));
        let vm = Vm::with_dialects(config, vec![dialect]).expect("there is nothing to open");
        Self {
            vm,
            host: MemoryHost::default(),
            tape,
            contracts: 0,
            gas: Vec::new(),
        }
    }

    /// Runs steps in a new instance, and returns what they gave.
    fn run(&mut self, address: Address, steps: &[&Step]) -> Result<Vec<u64>, Stop> {
        self.tape.rewind(steps);
        let sender = Address([0xaa; 32]);
        let call = Call {
            origin: sender,
            caller: sender,
            contract: address,
            value: 0,
            gas_limit: MAX_GAS_LIMIT,
            deposit_limit: 0,
            read_only: true,
            entry: Entry::Call,
            input: Vec::new(),
        };
        let outcome = self
            .vm
            .call(&mut self.host, &call)
            .map_err(|fatal| Stop::Broken(format!("fatal: {fatal}")))?;
        match outcome.result {
            CallResult::Success => {
                self.gas.push(outcome.gas as i64);
                Ok(self.tape.given())
            }
            CallResult::Revert => Err(Stop::Broken("reverted".to_owned())),
            CallResult::Halt(kind) => Err(stop(kind)),
        }
    }

    fn step(
        &mut self,
        instance: &Rc<RefCell<Instance>>,
        name: &str,
        args: Vec<u64>,
    ) -> Result<Vec<Value>, Stop> {
        let mut instance = instance.borrow_mut();
        let no_export = || Stop::Broken(format!("no export {name:?}"));
        let Arm {
            selector, results, ..
        } = instance
            .contract
            .arms
            .get(name)
            .cloned()
            .ok_or_else(no_export)?;
        let mut step = Step {
            selector,
            args,
            results: Vec::new(),
        };
        let steps: Vec<_> = instance.history.iter().chain([&step]).collect();
        let mut given = self.run(instance.address, &steps)?;
        step.results = given.split_off(given.len() - results.len());
        let before: Vec<_> = instance
            .history
            .iter()
            .flat_map(|step| &step.results)
            .collect();
        if before.into_iter().ne(&given) {
            return Err(Stop::Broken("the same calls gave other results".to_owned()));
        }
        let values = step
            .results
            .iter()
            .zip(&results)
            .map(|(bits, ty)| value(*bits, *ty))
            .collect();
        if instance.contract.stateful {
            instance.history.push(step);
        }
        Ok(values)
    }
}

impl Executor for Admitted {
    type Instance = Rc<RefCell<Instance>>;

    fn instantiate(&mut self, wasm: &[u8]) -> Result<Self::Instance, Stop> {
        self.vm
            .admit(&with_entry(wasm))
            .map_err(|refusal| Stop::Declined(refusal.rule.name()))?;
        let contract = Contract::new(wasm);
        let admission = self
            .vm
            .upload(&contract.wasm)
            .map_err(|error| Stop::Broken(format!("admitted, but not as a contract: {error}")))?;
        self.contracts += 1;
        let mut address = Address([0; 32]);
        address.0[..4].copy_from_slice(&self.contracts.to_le_bytes());
        self.host.put_code(&contract.wasm);
        let info = ContractInfo {
            code_hash: admission.code_hash,
            capabilities: Capabilities::LEAST,
        };
        self.host.put_contract(address, info);
        // Nothing is asked of it, but an instance is made.
        self.run(address, &[])?;
        Ok(Rc::new(RefCell::new(Instance {
            contract,
            address,
            history: Vec::new(),
        })))
    }

    fn refuses(&mut self, wasm: &[u8]) -> bool {
        // These two are looked at when the module has been found valid.
        let late = [Rule::EntryPoint, Rule::CapabilitiesCoverImports];
        self.vm
            .admit(wasm)
            .is_err_and(|refusal| !late.contains(&refusal.rule))
    }

    fn register(&mut self, _name: &str, _instance: &Self::Instance) {
        // No contract imports another, so a module that does is declined.
    }

    fn invoke(
        &mut self,
        instance: &Self::Instance,
        name: &str,
        args: &[Value],
    ) -> Result<Vec<Value>, Stop> {
        self.step(instance, name, args.iter().map(|arg| bits(*arg)).collect())
    }

    fn global(&mut self, instance: &Self::Instance, name: &str) -> Result<Value, Stop> {
        self.step(instance, name, Vec::new())
            .map(|values| values[0])
    }

    fn gas(&mut self) -> Vec<i64> {
        std::mem::take(&mut self.gas)
    }
}

fn bits(value: Value) -> u64 {
    match value {
        Value::I32(bits) | Value::F32(bits) => bits.into(),
        Value::I64(bits) | Value::F64(bits) => bits,
        reference => panic!("no contract takes the reference {reference:?}"),
    }
}

fn value(bits: u64, ty: ValType) -> Value {
    match ty {
        ValType::I32 => Value::I32(bits as u32),
        ValType::I64 => Value::I64(bits),
        ValType::F32 => Value::F32(bits as u32),
        ValType::F64 => Value::F64(bits),
        other => panic!("no contract returns a value of type {other}"),
    }
}

/// What a halt is in the specification.
fn stop(kind: HaltKind) -> Stop {
    Stop::Trap(match kind {
        HaltKind::StackOverflow => return Stop::Exhausted,
        HaltKind::Unreachable => Trap::Unreachable,
        HaltKind::MemoryOutOfBounds => Trap::Memory,
        HaltKind::TableOutOfBounds => Trap::Table,
        HaltKind::IndirectCallToNull => Trap::NullElement,
        HaltKind::BadSignature => Trap::Signature,
        HaltKind::IntegerOverflow => Trap::Overflow,
        HaltKind::DivisionByZero => Trap::DivisionByZero,
        HaltKind::BadConversion => Trap::Conversion,
        other => return Stop::Broken(other.to_string()),
    })
}

/// What passes between a script and a contract.
#[derive(Clone, Default)]
struct Tape(Arc<Mutex<Tracks>>);

#[derive(Default)]
struct Tracks {
    /// Selectors, each followed by its arguments.
    asked: VecDeque<u64>,
    given: Vec<u64>,
}

impl Tape {
    fn with<T>(&self, work: impl FnOnce(&mut Tracks) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn rewind(&self, steps: &[&Step]) {
        self.with(|tracks| {
            tracks.given.clear();
            tracks.asked.clear();
            for step in steps {
                tracks.asked.push_back(step.selector.into());
                tracks.asked.extend(&step.args);
            }
        });
    }

    fn given(&self) -> Vec<u64> {
        self.with(|tracks| std::mem::take(&mut tracks.given))
    }
}

/// The dialect of contracts that do what a script asks for.
struct Scripted(Tape);

impl Scripted {
    /// Parameters and results of the functions there are.
    fn signature(name: &str) -> Option<(&'static [ValType], &'static [ValType])> {
        match name {
            NEXT => Some((&[], &[ValType::I32])),
            TAKE => Some((&[], &[ValType::I64])),
            GIVE => Some((&[ValType::I64], &[])),
            _ => None,
        }
    }
}

impl Dialect for Scripted {
    fn name(&self) -> &'static str {
        "script-1"
    }

    fn import(&self, module: &str, name: &str) -> Option<Import> {
        let (params, results) = Self::signature(name).filter(|_| module == SCRIPT)?;
        Some(Import {
            params: params.to_vec(),
            results: results.to_vec(),
            group: Group::Base,
        })
    }

    fn entry_of(&self, export: &str) -> Option<Entry> {
        (export == RUN).then_some(Entry::Call)
    }

    fn entry_export(&self, entry: Entry) -> &'static str {
        match entry {
            Entry::Call => RUN,
            Entry::Instantiate | Entry::Migrate => "",
        }
    }

    fn entry_signature(&self, _entry: Entry) -> Signature {
        Signature {
            params: Vec::new(),
            results: Vec::new(),
        }
    }

    fn link(&self, linker: &mut Linker<'_>) {
        let free = (
            Group::Base,
            Cost {
                base: 0,
                per_byte: 0,
            },
        );
        let tape = self.0.clone();
        linker.define(
            (SCRIPT, NEXT),
            FunctionType::new([], [Type::I32]),
            free,
            move |_, _| {
                let selector = tape.with(|tracks| tracks.asked.pop_front());
                Ok(vec![wasmer::Value::I32(
                    selector.map_or(-1, |selector| selector as i32),
                )])
            },
        );
        let tape = self.0.clone();
        linker.define(
            (SCRIPT, TAKE),
            FunctionType::new([], [Type::I64]),
            free,
            move |_, _| {
                let bits = tape.with(|tracks| tracks.asked.pop_front());
                Ok(vec![wasmer::Value::I64(bits.expect("an argument") as i64)])
            },
        );
        let tape = self.0.clone();
        linker.define(
            (SCRIPT, GIVE),
            FunctionType::new([Type::I64], []),
            free,
            move |_, args| {
                tape.with(|tracks| tracks.given.push(args[0].unwrap_i64() as u64));
                Ok(Vec::new())
            },
        );
    }
}
