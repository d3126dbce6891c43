//! `call`: what a transaction pays before and around its own code.
//!
//! `minimal` is a contract that does nothing, `transfer` moves tokens between
//! two accounts, `transfer-sdk` is the same by the token written with the SDK. Code is warm and every call begins with the module's initial
//! state. `minimal-reused` and `transfer-reused` leave that reset out.

use bench_peers::{Answer, Contract, CosmWasm, Instances, State, Subject, subjects};
use bench_workloads::modules;
use bench_workloads::token::{Address, balance_key, transfer_input};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion};

const HOLDER: Address = [1; 32];
const RECEIVER: Address = [2; 32];
/// The first four bytes of BLAKE2b-256 of `transfer`.
const TRANSFER_SELECTOR: [u8; 4] = [0x84, 0xa1, 0x5d, 0xa1];
/// What the holder begins with; a transfer moves 1.
const SUPPLY: u128 = 1 << 100;

pub(crate) fn benches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("call");
    let subjects = subjects().expect("every engine starts");
    for instances in [Instances::Fresh, Instances::Reused] {
        for subject in &subjects {
            minimal(&mut group, &**subject, instances);
        }
        for subject in &subjects {
            transfer(&mut group, &**subject, instances);
        }
        // Its host functions are Hull's, and nobody else has all of them.
        for subject in subjects.iter().filter(|s| s.name().starts_with("hull")) {
            sdk_transfer(&mut group, &**subject, instances);
        }
        cosmwasm_transfer(&mut group, instances);
    }
    group.finish();
}

fn minimal(group: &mut BenchmarkGroup<'_, WallTime>, subject: &dyn Subject, instances: Instances) {
    let Some(mut contract) = contract(subject, "minimal", instances, &[]) else {
        return;
    };
    group.bench_function(id(subject.name(), "minimal", instances), |bencher| {
        bencher.iter(|| contract.call(&HOLDER, &[]).expect("the call succeeds"));
    });
}

fn transfer(group: &mut BenchmarkGroup<'_, WallTime>, subject: &dyn Subject, instances: Instances) {
    let state = [(balance_key(&HOLDER).to_vec(), SUPPLY.to_le_bytes().to_vec())];
    let Some(mut contract) = contract(subject, "token", instances, &state) else {
        return;
    };
    let input = transfer_input(&RECEIVER, 1);
    group.bench_function(id(subject.name(), "transfer", instances), |bencher| {
        bencher.iter(|| {
            contract
                .call(&HOLDER, &input)
                .expect("the transfer succeeds")
        });
    });
    let last = contract
        .call(&HOLDER, &input)
        .expect("the transfer succeeds");
    check_transfer(&*contract, &last, subject.name());
}

/// The same with the token of `contracts/`: what the SDK takes beyond the raw
/// host functions.
fn sdk_transfer(
    group: &mut BenchmarkGroup<'_, WallTime>,
    subject: &dyn Subject,
    instances: Instances,
) {
    // The third field of the contract's storage.
    let key = |owner: &Address| [&[2], &owner[..]].concat();
    let state = [(key(&HOLDER), SUPPLY.to_le_bytes().to_vec())];
    let Some(mut contract) = contract(subject, modules::SDK_TOKEN, instances, &state) else {
        return;
    };
    let input = [&TRANSFER_SELECTOR[..], &transfer_input(&RECEIVER, 1)].concat();
    group.bench_function(id(subject.name(), "transfer-sdk", instances), |bencher| {
        bencher.iter(|| {
            contract
                .call(&HOLDER, &input)
                .expect("the transfer succeeds")
        });
    });
    contract
        .call(&HOLDER, &input)
        .expect("the transfer succeeds");
    let balance = |owner: &Address| {
        let value = contract.stored(&key(owner)).expect("there is a balance");
        u128::from_le_bytes(value.try_into().expect("a balance has 16 bytes"))
    };
    assert_eq!(balance(&HOLDER) + balance(&RECEIVER), SUPPLY);
    assert!(balance(&RECEIVER) > 0);
}

/// The last transfer left every trace that it should have left.
fn check_transfer(contract: &dyn Contract, last: &Answer, subject: &str) {
    let balance = |owner: &Address| {
        let value = contract
            .stored(&balance_key(owner))
            .expect("the account has a balance");
        u128::from_le_bytes(value.try_into().expect("a balance has 16 bytes"))
    };
    let (left, moved) = (balance(&HOLDER), balance(&RECEIVER));
    assert!(
        moved > 0 && left + moved == SUPPLY,
        "{subject}: {left} and {moved}"
    );
    assert_eq!(last.data, left.to_le_bytes(), "{subject}");
    let [event] = last.events.as_slice() else {
        panic!("{subject}: {:?}", last.events)
    };
    let topics: Vec<_> = event.topics[1..].iter().map(|topic| topic.0).collect();
    assert_eq!(topics, [HOLDER, RECEIVER], "{subject}");
    assert_eq!(event.data, 1u128.to_le_bytes(), "{subject}");
}

fn cosmwasm_transfer(group: &mut BenchmarkGroup<'_, WallTime>, instances: Instances) {
    let module = modules::load(modules::CW20).expect("the module is built");
    let mut transfer = CosmWasm
        .transfer(&module, instances)
        .expect("the token is created");
    group.bench_function(id(CosmWasm::NAME, "transfer", instances), |bencher| {
        bencher.iter(|| transfer().expect("the transfer succeeds"));
    });
}

fn contract(
    subject: &dyn Subject,
    module: &str,
    instances: Instances,
    state: &State,
) -> Option<Box<dyn Contract>> {
    let module = modules::load(module).expect("the module is built");
    subject
        .contract(&module, instances, state)
        .expect("the contract is ready")
}

fn id(subject: &str, workload: &str, instances: Instances) -> BenchmarkId {
    match instances {
        Instances::Fresh => BenchmarkId::new(subject, workload),
        Instances::Reused => BenchmarkId::new(subject, format!("{workload}-reused")),
    }
}
