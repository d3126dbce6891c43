//! Whole contracts through the public interface of `hull-vm`.
//!
//! A [`Scenario`] is a handful of generated contracts that import host functions
//! of the product, and messages to them. It is played on an engine that uses one
//! tier alone and on one that uses the other; outcomes, gas and events, and the
//! state after every message, have to be equal.

use arbitrary::Unstructured;
use hull_host_api::{
    Address, CAPABILITIES_SECTION, Callees, Capabilities, ContractInfo, HOST_FUNCTIONS, Hash,
    IMPORT_MODULE, ValueType,
};
use hull_vm::{
    Admission, AdmissionError, Call, Config, Entry, Instantiate, MemoryHost, Outcome, Tiering,
    UploadError, Vm,
};
use wasm_encoder::{EntityType, ValType};

use self::aim::{SLOT, SLOTS, aim};
use crate::compare::Fault;
use crate::engine::{Declined, Engine};
use crate::observation::Difference;
use crate::random::Random;
use crate::{enrich, generate};

mod aim;

/// Who signs every message and has money.
const ALICE: Address = Address([0xA1; 32]);
/// What she has.
const WEALTH: u128 = 1_000_000;
/// The contracts that are there from the beginning.
const ADDRESSES: [Address; 3] = [Address([1; 32]), Address([2; 32]), Address([3; 32])];
/// Messages of a scenario.
const MESSAGES: u8 = 8;
/// Gas of a message as a power of two: from what loading the code costs to some
/// ten milliseconds.
const GAS: std::ops::Range<u64> = 27..35;

/// Generated contracts and messages to them.
#[derive(Clone, Debug)]
pub struct Scenario {
    codes: Vec<Vec<u8>>,
    messages: Vec<Message>,
}

#[derive(Clone, Debug)]
enum Message {
    Create(Instantiate),
    Call(Call),
}

/// What a scenario comes to on an engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Played {
    /// How each code was judged.
    pub uploads: Vec<Result<Admission, AdmissionError>>,
    /// What each message came to.
    pub outcomes: Vec<Outcome>,
    /// The state of the host after each message, in words.
    states: Vec<String>,
}

impl Played {
    /// How many messages changed the state.
    pub fn changes(&self) -> usize {
        let pairs = self.states.windows(2);
        pairs.filter(|pair| pair[0] != pair[1]).count()
    }
}

impl Scenario {
    /// The scenario of a seed.
    pub fn from_seed(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mut codes = Vec::new();
        let mut hashes = Vec::new();
        for _ in ADDRESSES {
            let code = code(&board(&hashes, &mut random), &mut random);
            hashes.push(hull_host_api::code_hash(&code));
            codes.push(code);
        }
        let messages = (0..MESSAGES).map(|number| message(number, &hashes, &mut random));
        Self {
            messages: messages.collect(),
            codes,
        }
    }

    /// The bytes of one contract.
    pub fn contract(seed: u64) -> Vec<u8> {
        let mut random = Random::new(seed);
        code(&board(&[], &mut random), &mut random)
    }

    /// Plays it on an engine.
    ///
    /// # Errors
    /// If the engine fails: no contract may bring that about.
    pub fn play(&self, vm: &Vm) -> Result<Played, String> {
        let mut host = MemoryHost::default();
        host.set_balance(ALICE, WEALTH);
        host.deposit_per_byte = 1;
        let mut played = Played {
            uploads: Vec::new(),
            outcomes: Vec::new(),
            states: Vec::new(),
        };
        for (code, address) in self.codes.iter().zip(ADDRESSES) {
            let upload = match vm.upload(code) {
                Ok(admission) => {
                    deploy(&mut host, address, code, &admission);
                    Ok(admission)
                }
                Err(UploadError::Refused(error)) => Err(error),
                Err(UploadError::Fatal(error)) => return Err(error.to_string()),
            };
            played.uploads.push(upload);
        }
        for message in &self.messages {
            let outcome = match message {
                Message::Create(new) => vm.instantiate(&mut host, new).map(|(_, outcome)| outcome),
                Message::Call(call) => vm.call(&mut host, call),
            };
            played
                .outcomes
                .push(outcome.map_err(|error| error.to_string())?);
            played.states.push(format!("{host:?}"));
        }
        Ok(played)
    }
}

/// The engine of the product, once for each tier.
pub struct Tiers {
    baseline: Vm,
    optimized: Vm,
}

impl Tiers {
    /// Starts both.
    ///
    /// # Errors
    /// As [`Vm::new`].
    pub fn start() -> Result<Self, hull_host_api::Fatal> {
        let with = |tiering| {
            Vm::new(Config {
                tiering,
                // A generated contract is never seen again.
                memory_cache_bytes: 16 << 20,
                ..Config::default()
            })
        };
        Ok(Self {
            baseline: with(Tiering::BaselineOnly)?,
            optimized: with(Tiering::OptimizedOnly)?,
        })
    }

    /// The engines with their names.
    pub fn each(&self) -> [(Engine, &Vm); 2] {
        [
            (Engine::Baseline, &self.baseline),
            (Engine::Optimized, &self.optimized),
        ]
    }

    /// Plays a scenario on both and compares.
    ///
    /// # Errors
    /// The first fault.
    pub fn compare(&self, scenario: &Scenario) -> Result<Played, Fault> {
        let [left, right] = self.each().map(|(engine, vm)| {
            let played = scenario.play(vm);
            played.map_err(|cause| Declined { engine, cause })
        });
        let (left, right) = (left?, right?);
        let Some(difference) = difference(&left, &right) else {
            return Ok(left);
        };
        Err(Fault::Differ {
            left: Engine::Baseline,
            right: Engine::Optimized,
            difference,
        })
    }
}

fn difference(left: &Played, right: &Played) -> Option<Difference> {
    fn first<T: PartialEq + std::fmt::Debug>(
        what: &str,
        left: &[T],
        right: &[T],
    ) -> Option<Difference> {
        let pairs = left.iter().zip(right).enumerate();
        let (number, (left, right)) = pairs.into_iter().find(|(_, (l, r))| l != r)?;
        Some(Difference {
            what: format!("{what} {number}"),
            left: format!("{left:?}"),
            right: format!("{right:?}"),
        })
    }
    first("upload", &left.uploads, &right.uploads)
        .or_else(|| first("outcome of message", &left.outcomes, &right.outcomes))
        .or_else(|| first("state after message", &left.states, &right.states))
}

/// Puts a contract on the chain without running a constructor.
fn deploy(host: &mut MemoryHost, address: Address, code: &[u8], admission: &Admission) {
    let info = ContractInfo {
        code_hash: host.put_code(code),
        capabilities: admission.capabilities,
    };
    host.put_contract(address, info);
    host.set_balance(address, WEALTH);
    for callee in &ADDRESSES[..2] {
        host.grant(address, *callee);
    }
}

/// One of four creates a contract, the others call one.
fn message(number: u8, codes: &[Hash], random: &mut Random) -> Message {
    let input = board(codes, random);
    let gas_limit = gas(random);
    let value = random.below(100).into();
    let deposit_limit = random.below(4_000).into();
    if random.once_in(4) {
        return Message::Create(Instantiate {
            origin: ALICE,
            code_hash: random.choose(codes),
            salt: [number; 32],
            grants: ADDRESSES.to_vec(),
            value,
            gas_limit,
            deposit_limit,
            input,
        });
    }
    Message::Call(Call {
        origin: ALICE,
        caller: ALICE,
        contract: random.choose(&ADDRESSES),
        value,
        gas_limit,
        deposit_limit,
        read_only: random.once_in(8),
        entry: Entry::Call,
        input,
    })
}

/// What contracts find in their memory and in their input.
fn board(codes: &[Hash], random: &mut Random) -> Vec<u8> {
    let slots = (0..SLOTS).flat_map(|_| match random.below(4) {
        0 => random.choose(&ADDRESSES).0,
        1 if !codes.is_empty() => random.choose(codes).0,
        // A number that a balance or a deposit may cover.
        2 => {
            let mut slot = [0; SLOT];
            slot[0] = random.below(40) as u8;
            slot
        }
        _ => [random.below(8) as u8; SLOT],
    });
    slots.collect()
}

/// A contract that declares what it may do.
fn code(board: &[u8], random: &mut Random) -> Vec<u8> {
    let module = loop {
        let bytes = random.bytes(4_096);
        let config = generate::contract_config(imports(), entry_points());
        if let Ok(module) = wasm_smith::Module::new(config, &mut Unstructured::new(&bytes)) {
            break module.to_bytes();
        }
    };
    let module = enrich::enrich(&module, random.clone());
    declare(aim(&module, board, random), &capabilities(random).encode())
}

fn capabilities(random: &mut Random) -> Capabilities {
    let mut may = Capabilities::ALL;
    if random.once_in(4) {
        may.callees = random.choose(&[Callees::None, Callees::Granted]);
    }
    if random.once_in(4) {
        may.storage_quota = random.below(200);
    }
    may
}

/// Appends the section in which a contract declares its capabilities.
pub(crate) fn declare(mut wasm: Vec<u8>, content: &[u8]) -> Vec<u8> {
    let section = wasm_encoder::CustomSection {
        name: CAPABILITIES_SECTION.into(),
        data: content.into(),
    };
    wasm_encoder::Section::append_to(&section, &mut wasm);
    wasm
}

fn gas(random: &mut Random) -> u64 {
    let power = GAS.start + random.below(GAS.end - GAS.start);
    (1 << power) + random.below(1 << power)
}

/// A module that imports every host function of the table, as the generator
/// wants it.
fn imports() -> Vec<u8> {
    let ty = |ty: ValueType| match ty {
        ValueType::U32 => ValType::I32,
        ValueType::U64 | ValueType::I64 => ValType::I64,
    };
    let mut types = wasm_encoder::TypeSection::new();
    let mut imports = wasm_encoder::ImportSection::new();
    for (index, spec) in (0..).zip(HOST_FUNCTIONS) {
        types.ty().function(
            spec.params.iter().map(|(_, param)| ty(*param)),
            spec.result.map(ty),
        );
        imports.import(IMPORT_MODULE, spec.name, EntityType::Function(index));
    }
    let mut module = wasm_encoder::Module::new();
    module.section(&types).section(&imports);
    module.finish()
}

/// A contract that does nothing: what every one exports, as the generator wants
/// it.
pub(crate) fn entry_points() -> Vec<u8> {
    let mut types = wasm_encoder::TypeSection::new();
    types.ty().function([], []);
    let mut functions = wasm_encoder::FunctionSection::new();
    let mut exports = wasm_encoder::ExportSection::new();
    let mut code = wasm_encoder::CodeSection::new();
    for (index, name) in (0..).zip(["instantiate", "call"]) {
        functions.function(0);
        exports.export(name, wasm_encoder::ExportKind::Func, index);
        let mut body = wasm_encoder::Function::new([]);
        body.instruction(&wasm_encoder::Instruction::End);
        code.function(&body);
    }
    let mut module = wasm_encoder::Module::new();
    module
        .section(&types)
        .section(&functions)
        .section(&exports)
        .section(&code);
    module.finish()
}
