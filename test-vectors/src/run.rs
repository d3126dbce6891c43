//! Runs vectors on both tiers.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use hull_host_api::{Address, BlockInfo, ContractInfo, Event, Hash};
use hull_vm::{Call, CallResult, Config, Entry, Instantiate, MemoryHost, Outcome, Schedule};
use hull_vm::{Tiering, Vm};

use crate::vector::{Action, EventJson, Expected, State, Vector};
use crate::{chain, encodings, programs};

/// The vector files, in order.
pub fn files() -> Result<Vec<PathBuf>> {
    files_in("vectors")
}

/// The vector files of a folder, in order.
pub(crate) fn files_in(folder: &str) -> Result<Vec<PathBuf>> {
    let mut files: Vec<_> = fs::read_dir(crate::root().join(folder))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "json")
    });
    files.sort();
    Ok(files)
}

/// Holds the engine to a vector, on both tiers.
pub fn check(path: &Path) -> Result<()> {
    let vector = read(path)?;
    for tiering in [Tiering::BaselineOnly, Tiering::OptimizedOnly] {
        let found = play(&vector, tiering)?;
        for (number, (step, found)) in vector.steps.iter().zip(found).enumerate() {
            let expected = step
                .expect
                .as_ref()
                .context("a step without expectation; bless it")?;
            ensure!(
                *expected == found,
                "{}, step {number}, {tiering:?}:\nexpected {}\nfound    {}",
                path.display(),
                serde_json::to_string_pretty(expected)?,
                serde_json::to_string_pretty(&found)?,
            );
        }
    }
    Ok(())
}

/// Assembles all programs and writes all expectations anew. Returns the files
/// that changed.
pub fn bless() -> Result<Vec<PathBuf>> {
    let mut changed = Vec::new();
    for name in programs::names()? {
        let path = programs::folder().join(&name).with_extension("wasm");
        replace(path, programs::assemble(&name)?, &mut changed)?;
    }
    for path in files()? {
        let mut vector = read(&path)?;
        let found = play(&vector, Tiering::BaselineOnly)?;
        for (step, found) in vector.steps.iter_mut().zip(found) {
            step.expect = Some(found);
        }
        replace(path, pretty(&vector)?, &mut changed)?;
    }
    for path in chain::files()? {
        let vector = chain::blessed(&path)?;
        replace(path, pretty(&vector)?, &mut changed)?;
    }
    replace(encodings::file(), pretty(&encodings::all())?, &mut changed)?;
    Ok(changed)
}

fn pretty(value: &impl serde::Serialize) -> Result<Vec<u8>> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    Ok(text.into_bytes())
}

fn replace(path: PathBuf, bytes: Vec<u8>, changed: &mut Vec<PathBuf>) -> Result<()> {
    if fs::read(&path).ok().as_deref() != Some(bytes.as_slice()) {
        fs::write(&path, bytes)?;
        changed.push(path);
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vector> {
    read_json(path)
}

/// The content of a file.
pub(crate) fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    let text = fs::read_to_string(path)?;
    serde_json::from_str(&text).with_context(|| format!("in {}", path.display()))
}

/// Plays the steps and says what came of each.
fn play(vector: &Vector, tiering: Tiering) -> Result<Vec<Expected>> {
    let schedule = Schedule::by_version(vector.schedule).context("no such schedule")?;
    let vm = Vm::new(Config {
        schedule,
        tiering,
        ..Config::default()
    })?;
    let mut host = set_up(&vm, &vector.before)?;
    vector
        .steps
        .iter()
        .map(|step| play_one(&vm, &mut host, &step.action))
        .collect()
}

fn set_up(vm: &Vm, state: &State) -> Result<MemoryHost> {
    let mut host = MemoryHost::default();
    host.block = BlockInfo {
        height: state.block.height,
        time: state.block.time,
        chain_id: Hash(bytes32(&state.block.chain_id)?),
    };
    host.deposit_per_byte = number(&state.deposit_per_byte)?;
    for code in &state.codes {
        host.put_code(&programs::load(code)?);
    }
    for (address, balance) in &state.balances {
        host.set_balance(Address(bytes32(address)?), number(balance)?);
    }
    for (address, contract) in &state.contracts {
        let admission = vm.admit(&programs::load(&contract.code)?)?;
        let (code_hash, capabilities) = (admission.code_hash, admission.capabilities);
        let address = Address(bytes32(address)?);
        host.put_contract(
            address,
            ContractInfo {
                code_hash,
                capabilities,
            },
        );
        for callee in &contract.grants {
            host.grant(address, Address(bytes32(callee)?));
        }
    }
    for (owner, values) in &state.storage {
        for (key, value) in values {
            host.set_storage(
                Address(bytes32(owner)?),
                &hex::decode(key)?,
                &hex::decode(value)?,
            );
        }
    }
    Ok(host)
}

fn play_one(vm: &Vm, host: &mut MemoryHost, action: &Action) -> Result<Expected> {
    let before = Picture::of(host);
    let mut expected = match action {
        Action::Admit { code } => return admit(vm, code),
        Action::Call(call) => {
            let origin = Address(bytes32(&call.origin)?);
            let outcome = vm.call(
                host,
                &Call {
                    origin,
                    caller: origin,
                    contract: Address(bytes32(&call.contract)?),
                    value: number(&call.value)?,
                    gas_limit: call.gas_limit.parse()?,
                    deposit_limit: number(&call.deposit_limit)?,
                    read_only: call.read_only,
                    entry: Entry::Call,
                    input: hex::decode(&call.input)?,
                },
            )?;
            describe(outcome)
        }
        Action::Instantiate(new) => {
            let grants = new.grants.iter().map(|grant| Ok(Address(bytes32(grant)?)));
            let (address, outcome) = vm.instantiate(
                host,
                &Instantiate {
                    origin: Address(bytes32(&new.origin)?),
                    code_hash: hull_host_api::code_hash(&programs::load(&new.code)?),
                    salt: bytes32(&new.salt)?,
                    grants: grants.collect::<Result<_>>()?,
                    value: number(&new.value)?,
                    gas_limit: new.gas_limit.parse()?,
                    deposit_limit: number(&new.deposit_limit)?,
                    input: hex::decode(&new.input)?,
                },
            )?;
            Expected {
                address: address.to_string(),
                ..describe(outcome)
            }
        }
    };
    let after = Picture::of(host);
    (expected.storage, expected.balances) = before.changes(&after);
    Ok(expected)
}

fn admit(vm: &Vm, code: &str) -> Result<Expected> {
    let wasm = programs::load(code)?;
    Ok(match vm.admit(&wasm) {
        Ok(_) => Expected {
            result: "admitted".into(),
            gas: vm.upload_cost(wasm.len()).to_string(),
            ..Expected::default()
        },
        Err(error) => Expected {
            result: "refused".into(),
            rule: error.rule.name(),
            ..Expected::default()
        },
    })
}

fn describe(outcome: Outcome) -> Expected {
    let result = match outcome.result {
        CallResult::Success => "success",
        CallResult::Revert => "revert",
        CallResult::Halt(_) => "halt",
    };
    let events = outcome.events.iter().map(event);
    Expected {
        result: result.into(),
        gas: outcome.gas.to_string(),
        data: hex::encode(&outcome.data),
        events: events.collect(),
        ..Expected::default()
    }
}

pub(crate) fn event(event: &Event) -> EventJson {
    EventJson {
        contract: event.contract.to_string(),
        topics: event.topics.iter().map(ToString::to_string).collect(),
        data: hex::encode(&event.data),
    }
}

/// All storage and balances of a host.
struct Picture {
    storage: BTreeMap<String, BTreeMap<String, String>>,
    balances: BTreeMap<String, u128>,
}

type StorageChanges = BTreeMap<String, BTreeMap<String, Option<String>>>;

impl Picture {
    fn of(host: &MemoryHost) -> Self {
        let values = |owner| {
            host.storage(owner)
                .map(|(key, value)| (hex::encode(key), hex::encode(value)))
                .collect()
        };
        Self {
            storage: host
                .owners()
                .map(|owner| (owner.to_string(), values(owner)))
                .collect(),
            balances: host
                .balances()
                .map(|(who, balance)| (who.to_string(), balance))
                .collect(),
        }
    }

    fn changes(&self, after: &Self) -> (StorageChanges, BTreeMap<String, String>) {
        let none = BTreeMap::new();
        let mut storage = StorageChanges::new();
        for owner in self.storage.keys().chain(after.storage.keys()) {
            let old = self.storage.get(owner).unwrap_or(&none);
            let new = after.storage.get(owner).unwrap_or(&none);
            for key in old
                .keys()
                .chain(new.keys())
                .filter(|key| old.get(*key) != new.get(*key))
            {
                let changes = storage.entry(owner.clone()).or_default();
                changes.insert(key.clone(), new.get(key).cloned());
            }
        }
        let accounts = self.balances.keys().chain(after.balances.keys());
        let changed = accounts.filter(|who| self.balances.get(*who) != after.balances.get(*who));
        let balance = |who: &String| after.balances.get(who).copied().unwrap_or(0).to_string();
        (
            storage,
            changed.map(|who| (who.clone(), balance(who))).collect(),
        )
    }
}

pub(crate) fn bytes32(text: &str) -> Result<[u8; 32]> {
    if text.is_empty() {
        return Ok([0; 32]);
    }
    match hex::decode(text)?.try_into() {
        Ok(bytes) => Ok(bytes),
        Err(_) => bail!("`{text}` is not 32 bytes"),
    }
}

pub(crate) fn number(text: &str) -> Result<u128> {
    if text.is_empty() {
        Ok(0)
    } else {
        Ok(text.parse()?)
    }
}
