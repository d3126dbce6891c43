//! Admission alone decides: what it takes, every tier compiles and runs.

use arbitrary::Unstructured;
use hull_host_api::{Address, Capabilities, CapabilitiesError, ContractInfo};
use hull_vm::{Admission, AdmissionError, Call, MemoryHost, Rule, UploadError, Vm};

use crate::compare::Fault;
use crate::contracts::{Scenario, Tiers, declare};
use crate::engine::{Declined, Engine};
use crate::observation::Difference;

/// Where the module runs.
const CONTRACT: Address = Address([1; 32]);
/// Gas of a call: some hundred microseconds more than it takes to load the code
/// with the largest memory that is generated.
const GAS: u64 = 1 << 29;
/// Most bytes that are changed in a contract.
const CHANGES: usize = 8;

/// Bytes to be judged: either these themselves, or a generated contract in which
/// they change a few places.
pub fn module(bytes: &[u8]) -> Vec<u8> {
    let Some((0, rest)) = bytes.split_first().map(|(kind, rest)| (kind % 2, rest)) else {
        return bytes.get(1..).unwrap_or_default().to_vec();
    };
    let mut rest = Unstructured::new(rest);
    let mut wasm = Scenario::contract(rest.arbitrary().unwrap_or(0));
    for _ in 0..rest.int_in_range(0..=CHANGES).unwrap_or(0) {
        let Ok(at) = rest.choose_index(wasm.len()) else {
            break;
        };
        wasm[at] = rest.arbitrary().unwrap_or(0);
    }
    wasm
}

/// Judges a module, and runs it on both tiers if it is admitted.
///
/// # Errors
/// If an engine fails at what was admitted, or the two differ.
pub fn judge(tiers: &Tiers, wasm: &[u8]) -> Result<Result<Admission, AdmissionError>, Fault> {
    let [left, right] = tiers
        .each()
        .map(|(engine, vm)| run(vm, wasm).map_err(|cause| Declined { engine, cause }));
    let (left, right) = (left?, right?);
    if left != right {
        let difference = Difference {
            what: "judgement or call".to_owned(),
            left: format!("{left:?}"),
            right: format!("{right:?}"),
        };
        return Err(Fault::Differ {
            left: Engine::Baseline,
            right: Engine::Optimized,
            difference,
        });
    }
    Ok(left.map(|(admission, _)| admission))
}

type Judged = Result<(Admission, Vec<hull_vm::Outcome>), AdmissionError>;

fn run(vm: &Vm, wasm: &[u8]) -> Result<Judged, String> {
    let admission = match vm.upload(wasm) {
        Ok(admission) => admission,
        Err(UploadError::Refused(error)) => return Ok(Err(error)),
        Err(UploadError::Fatal(error)) => return Err(error.to_string()),
    };
    let mut host = MemoryHost::default();
    let code_hash = host.put_code(wasm);
    let capabilities = admission.capabilities;
    host.put_contract(
        CONTRACT,
        ContractInfo {
            code_hash,
            capabilities,
        },
    );
    let mut outcomes = Vec::new();
    for &entry in &admission.entries {
        let call = Call {
            contract: CONTRACT,
            gas_limit: GAS,
            entry,
            ..Call::default()
        };
        let outcome = vm.call(&mut host, &call);
        outcomes.push(outcome.map_err(|error| error.to_string())?);
    }
    Ok(Ok((admission, outcomes)))
}

/// Admits a contract that declares its capabilities with these bytes, and
/// compares what comes of it with the decoder.
///
/// # Errors
/// Says what does not fit together.
pub fn declares(vm: &Vm, section: &[u8]) -> Result<(), String> {
    let decoded = Capabilities::decode(section);
    let admitted = vm.admit(&declare(plain(), section));
    match (decoded, admitted) {
        (Ok(decoded), Ok(admission)) if admission.capabilities == decoded => {
            if decoded.encode() != section {
                return Err(format!("{decoded:?} is encoded in two ways"));
            }
            Ok(())
        }
        (Err(error), Err(refusal)) if refusal.rule == Rule::CapabilitiesSection => {
            let length = matches!(error, CapabilitiesError::Length { .. });
            if length == (section.len() == Capabilities::ENCODED_LEN) {
                return Err(format!("{error} of {} bytes", section.len()));
            }
            Ok(())
        }
        (decoded, admitted) => Err(format!("decoded {decoded:?}, admitted {admitted:?}")),
    }
}

/// A contract that does nothing.
fn plain() -> Vec<u8> {
    crate::contracts::entry_points()
}
