//! Times a workload and counts its gas.

use std::time::Instant;

use anyhow::{Result, ensure};
use hull_host_api::{Address, Capabilities, ContractInfo, MAX_GAS_LIMIT};
use hull_vm::{Call, Config, MemoryHost, Tiering, Vm};
use serde::Serialize;

/// Two contracts that differ in one thing, done `count` times in a call.
#[derive(Debug)]
pub(crate) struct Workload {
    pub(crate) name: String,
    /// What `count` things are done with.
    pub(crate) with: String,
    /// The same without them.
    pub(crate) without: String,
    pub(crate) count: u64,
    pub(crate) input: Vec<u8>,
    /// Whether state may be kept between calls.
    pub(crate) fresh_state: bool,
}

/// What one thing costs.
#[derive(Debug, Serialize)]
pub(crate) struct Measured {
    pub(crate) name: String,
    /// Gas charged.
    pub(crate) gas: f64,
    /// Picoseconds on the baseline tier.
    pub(crate) baseline: f64,
    /// Picoseconds on the optimizing tier.
    pub(crate) optimized: f64,
}

impl Measured {
    /// Picoseconds for a gas on the slower tier.
    pub(crate) fn ratio(&self) -> f64 {
        self.baseline.max(self.optimized).max(0.0) / self.gas
    }
}

pub(crate) fn measure(workload: &Workload, rounds: usize) -> Result<Measured> {
    let (gas, baseline) = one_tier(workload, Tiering::BaselineOnly, rounds)?;
    let (same_gas, optimized) = one_tier(workload, Tiering::OptimizedOnly, rounds)?;
    ensure!(
        gas == same_gas,
        "{}: gas depends on the tier",
        workload.name
    );
    let count = workload.count as f64;
    Ok(Measured {
        name: workload.name.clone(),
        gas: gas as f64 / count,
        baseline: baseline / count,
        optimized: optimized / count,
    })
}

/// The differences in gas and in picoseconds between the two contracts.
fn one_tier(workload: &Workload, tiering: Tiering, rounds: usize) -> Result<(u64, f64)> {
    let mut with = Runner::new(&workload.with, workload, tiering)?;
    let mut without = Runner::new(&workload.without, workload, tiering)?;
    let mut differences = Vec::with_capacity(rounds);
    let mut gas = 0;
    // In turn, so that a change of the machine's speed meets both.
    for _ in 0..=rounds {
        let (gas_with, time_with) = with.run()?;
        let (gas_without, time_without) = without.run()?;
        gas = gas_with.saturating_sub(gas_without);
        differences.push(time_with - time_without);
    }
    differences.remove(0);
    differences.sort_by(f64::total_cmp);
    Ok((gas, differences[differences.len() / 2]))
}

struct Runner {
    vm: Vm,
    host: MemoryHost,
    start: MemoryHost,
    call: Call,
    fresh_state: bool,
}

impl Runner {
    fn new(wat: &str, workload: &Workload, tiering: Tiering) -> Result<Self> {
        let vm = Vm::new(Config {
            tiering,
            ..Config::default()
        })?;
        let wasm = declare(wat::parse_str(wat)?);
        let code_hash = vm.upload(&wasm)?.code_hash;
        let mut host = MemoryHost::default();
        host.put_code(&wasm);
        let contract = Address([1; 32]);
        host.put_contract(
            contract,
            ContractInfo {
                code_hash,
                capabilities: Capabilities::ALL,
            },
        );
        host.set_balance(contract, 1_000_000_000);
        let call = Call {
            contract,
            gas_limit: MAX_GAS_LIMIT,
            deposit_limit: u128::MAX,
            input: workload.input.clone(),
            ..Call::default()
        };
        let start = host.clone();
        Ok(Self {
            vm,
            host,
            start,
            call,
            fresh_state: workload.fresh_state,
        })
    }

    /// Gas and picoseconds of a call.
    fn run(&mut self) -> Result<(u64, f64)> {
        if self.fresh_state {
            self.host = self.start.clone();
        }
        let begin = Instant::now();
        let outcome = self.vm.call(&mut self.host, &self.call)?;
        let time = begin.elapsed();
        ensure!(
            outcome.result.is_success(),
            "{:?} {:?}",
            outcome.result,
            outcome.message()
        );
        Ok((outcome.gas, time.as_nanos() as f64 * 1000.0))
    }
}

/// Appends the section that declares everything.
fn declare(mut wasm: Vec<u8>) -> Vec<u8> {
    wasm.extend(Capabilities::ALL.section());
    wasm
}
