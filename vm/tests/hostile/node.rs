//! Cases 35 to 39: what must not depend on the node, and what a node that fails
//! must not make of it.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use hull_vm::host_api::{
    Address, Balance, BlockInfo, Callees, ContractInfo, Fatal, Hash, Host, HostFunction,
    HostResult, NewContract, Scan,
};
use hull_vm::{
    Call, CallResult, Config, DiskCacheConfig, HaltKind, Instantiate, MemoryHost, Outcome,
    Schedule, Tiering,
};

use super::host_calls::{Args, HostCalls};
use crate::support::{ALICE, Chain, GAS, TIERS, message, on_each_tier};

/// A host that fails in one of its methods.
struct Failing {
    host: MemoryHost,
    method: &'static str,
    /// Whether it panics, or says so.
    panics: bool,
}

impl Failing {
    fn meets(&self, method: &str) -> HostResult<()> {
        if self.method != method {
            return Ok(());
        }
        assert!(!self.panics, "struck in {method}");
        Err(Fatal::new(format!("struck in {method}")).into())
    }
}

macro_rules! fails_or_asks {
    ($(fn $name:ident(&mut self $(, $arg:ident: $ty:ty)*) -> $ret:ty;)*) => {
        $(fn $name(&mut self $(, $arg: $ty)*) -> HostResult<$ret> {
            self.meets(stringify!($name))?;
            self.host.$name($($arg),*)
        })*
    };
}

impl Host for Failing {
    fn block(&self) -> BlockInfo {
        self.meets("block").expect("the block cannot fail");
        self.host.block()
    }

    fails_or_asks! {
        fn storage_read(&mut self, owner: &Address, key: &[u8]) -> Option<&[u8]>;
        fn storage_write(&mut self, owner: &Address, key: &[u8], value: &[u8]) -> u64;
        fn storage_remove(&mut self, owner: &Address, key: &[u8]) -> bool;
        fn storage_next(&mut self, owner: &Address, scan: Scan<'_>) -> Option<Vec<u8>>;
        fn balance(&mut self, address: &Address) -> Balance;
        fn transfer(&mut self, from: &Address, to: &Address, amount: Balance) -> ();
        fn contract(&mut self, address: &Address) -> Option<ContractInfo>;
        fn is_granted(&mut self, contract: &Address, callee: &Address) -> bool;
        fn code(&mut self, code_hash: &Hash) -> Option<Arc<[u8]>>;
        fn has_code(&mut self, code_hash: &Hash) -> bool;
        fn storage_items(&mut self, owner: &Address) -> u64;
        fn create_contract(&mut self, address: &Address, new: NewContract<'_>) -> ();
        fn set_contract(&mut self, address: &Address, info: ContractInfo) -> ();
        fn terminate(&mut self, address: &Address, beneficiary: &Address) -> ();
        fn enter(&mut self, deposit_limit: Balance) -> ();
        fn exit(&mut self, commit: bool) -> ();
    }

    fn debug(&mut self, contract: &Address, message: &[u8]) {
        self.meets("debug").expect("the log cannot fail");
        self.host.debug(contract, message);
    }
}

/// Every method of the host, and a function by which a contract reaches it.
const REACHED: &[(&str, HostFunction)] = &[
    ("block", HostFunction::gas_left),
    ("enter", HostFunction::gas_left),
    ("exit", HostFunction::gas_left),
    ("contract", HostFunction::gas_left),
    ("storage_read", HostFunction::storage_contains),
    ("storage_read", HostFunction::storage_read),
    ("storage_write", HostFunction::storage_write),
    ("storage_remove", HostFunction::storage_remove),
    ("storage_next", HostFunction::storage_next),
    ("balance", HostFunction::balance),
    ("transfer", HostFunction::transfer),
    ("code", HostFunction::delegate_call),
    ("has_code", HostFunction::delegate_call),
    ("storage_items", HostFunction::terminate),
    ("set_contract", HostFunction::set_code),
    ("create_contract", HostFunction::instantiate),
    ("terminate", HostFunction::terminate),
    ("debug", HostFunction::debug_log),
    ("is_granted", HostFunction::call),
];

#[test]
fn case_35_a_panic_in_the_host() {
    for tiering in TIERS {
        let mut calls = HostCalls::on(tiering);
        for (method, function) in REACHED.iter().copied() {
            if method == "is_granted" {
                let contract = calls.contract(function);
                let info = calls.chain.host.contract(&contract).expect("it answers");
                let mut info = info.expect("it is there");
                info.capabilities.callees = Callees::Granted;
                calls.chain.host.put_contract(contract, info);
            }
            let call = calls.message(function, &Args::plain(function));
            let expected = calls.call(function, &Args::plain(function));
            assert!(
                !matches!(expected.result, CallResult::Halt(_)),
                "{expected:?}"
            );
            for panics in [true, false] {
                if !panics && ["block", "debug"].contains(&method) {
                    continue;
                }
                let mut host = Failing {
                    host: calls.chain.host.clone(),
                    method,
                    panics,
                };
                // An engine that has the code does not ask for it.
                let vm = match method {
                    "code" => Chain::on(tiering).vm,
                    _ => calls.chain.vm.clone(),
                };
                let error = vm.call(&mut host, &call).expect_err(method).to_string();
                assert!(error.contains(&format!("struck in {method}")), "{error}");

                // The same engine and contract, a host that works.
                let mut host = calls.chain.host.clone();
                let outcome = vm.call(&mut host, &call).expect("a host that works");
                assert_eq!(outcome, expected, "nothing is left of the failed call");
            }
        }
        calls.chain.assert_alive();
    }
    let reached: BTreeSet<_> = REACHED.iter().map(|(method, _)| *method).collect();
    assert_eq!(reached.len(), 18, "every method");
}

/// Every function takes at least its price for each byte and at least its base,
/// and an operator in a loop is never free. How the prices stand against the
/// clock is in `hostile_compile.rs`.
#[test]
fn case_36_prices() {
    let operators = [
        "(nop)",
        "(block)",
        "(loop)",
        "(drop (i32.const 0))",
        "(drop (memory.size))",
        "(if (i32.const 0) (then))",
        "(block (br 0))",
        "(block (br_table 0 0 (i32.const 0)))",
        "(memory.fill (i32.const 0) (i32.const 0) (i32.const 0))",
        "(memory.copy (i32.const 0) (i32.const 0) (i32.const 0))",
        "(drop (memory.grow (i32.const 0)))",
        "(global.set 0 (global.get 0))",
    ];
    for operator in operators {
        let kind = on_each_tier(|chain| {
            let contract = chain.deploy(&format!(
                r#"(module (memory 1) (global (mut i32) (i32.const 0))
                  (func (export "call") (loop {} (br 0))))"#,
                operator.repeat(100)
            ));
            chain.halt(contract)
        });
        assert_eq!(kind, HaltKind::OutOfGas, "{operator}");
    }
    let mut calls = HostCalls::on(TIERS[0]);
    for function in HostFunction::ALL.iter().copied() {
        let cost = function.spec().cost;
        let args = Args::plain(function);
        let gas = calls.call(function, &args).gas;
        assert!(gas >= cost.base, "{function:?}: {gas}");
        for at in Args::lengths(function) {
            let mut gas_of = |len| {
                let mut args = args.clone();
                args.0[at] = len;
                calls.call(function, &args).gas
            };
            // Keys of these lengths are not there. Nothing was ever returned.
            let (some, more) = (gas_of(2), gas_of(3));
            let price = Args::unit(function, at) * cost.per_byte;
            let halted = function == HostFunction::returned;
            assert_eq!(more - some, if halted { 0 } else { price }, "{function:?}");
        }
    }
}

fn on_disk(directory: &Path, schedule: &'static Schedule) -> Chain {
    Chain::with(Config {
        schedule,
        disk_cache: Some(DiskCacheConfig {
            directory: directory.to_owned(),
            max_bytes: 1 << 30,
            secret: None,
        }),
        tiering: TIERS[0],
        ..Config::default()
    })
}

/// Code that was compiled under one schedule is not found under another.
#[test]
fn case_37_compiled_code_from_before_a_repricing() {
    static REPRICED: Schedule = Schedule {
        version: Schedule::V1.version + 1,
        // A price that is in the code, and one that is not.
        frame: Schedule::V1.frame + 1_000,
        load_base: Schedule::V1.load_base + 1,
        ..Schedule::V1
    };
    // A version of its own although nothing in the code changes.
    static RENAMED: Schedule = Schedule {
        version: Schedule::V1.version + 2,
        ..Schedule::V1
    };
    const ONCE: &str = r#"(module (func $f) (func (export "call") (call $f)))"#;

    let folder = tempfile::tempdir().expect("a folder");
    let files = || fs::read_dir(folder.path()).expect("it is there").count();
    let gas = |schedule| {
        let mut chain = on_disk(folder.path(), schedule);
        let contract = chain.deploy(ONCE);
        let outcome = chain.call(contract, &[]);
        assert_eq!(outcome.result, CallResult::Success);
        outcome.gas
    };
    let before = gas(&Schedule::V1);
    assert_eq!(files(), 1);
    let after = gas(&REPRICED);
    assert_eq!(files(), 2, "the old code is not used");
    // Two functions were entered, and one contract.
    assert_eq!(after - before, 2 * 1_000 + 1);
    assert_eq!(gas(&RENAMED), before);
    assert_eq!(files(), 3, "a key of its own for every version");
    assert_eq!(gas(&Schedule::V1), before, "old blocks find the old code");
    assert_eq!(files(), 3);
}

/// Contracts that trap in every way, and one that aborts.
const TRAPS: &[&str] = &[
    "unreachable",
    "(drop (i32.div_s (i32.const 1) (i32.const 0)))",
    "(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))",
    "(drop (i32.trunc_f64_s (f64.const nan)))",
    "(drop (i32.load (i32.const -1)))",
    "(call_indirect (i32.const 9))",
    "(call_indirect (i32.const 0))",
    "(call $f)",
    "(loop (br 0))",
    "(call $caller (i32.const -1))",
    "(call $abort (i32.const 0) (i32.const 9))",
];

fn trap_outcomes() -> Vec<Outcome> {
    TRAPS
        .iter()
        .map(|code| {
            on_each_tier(|chain| {
                let contract = chain.deploy(&format!(
                    r#"(module
                      (import "hull" "caller" (func $caller (param i32)))
                      (import "hull" "abort" (func $abort (param i32 i32)))
                      (memory 1) (table 1 funcref)
                      (data (i32.const 0) "panicked.")
                      (func $f (call $f))
                      (func (export "call") {code}))"#
                ));
                chain.call(contract, &[])
            })
        })
        .collect()
}

/// The names of what tells the process to print more.
const VERBOSITY: [&str; 4] = ["RUST_BACKTRACE", "RUST_LIB_BACKTRACE", "RUST_LOG", "LANG"];
/// Tells the test that it is the child of itself.
const CHILD: &str = "HULL_PRINT_TRAPS";

#[test]
fn case_38_the_text_of_a_trap() {
    let here = trap_outcomes();
    for outcome in &here {
        assert!(
            outcome.data.is_empty() && outcome.events.is_empty(),
            "{outcome:?}"
        );
        // The only text is the contract's own, and it is no part of a receipt.
        let text = (outcome.result == CallResult::Revert).then_some("panicked.");
        assert_eq!(outcome.message(), text);
        if let CallResult::Halt(_) = outcome.result {
            assert_eq!(outcome.gas, GAS);
        }
    }
    if env::var_os(CHILD).is_some() {
        println!("<{here:?}>");
        return;
    }
    // A backtrace is decided once per process.
    let test = format!("hostile::node::{}", "case_38_the_text_of_a_trap");
    for value in ["0", "1", "full"] {
        let mut child = Command::new(env::current_exe().expect("this binary"));
        child
            .args(["--exact", &test, "--nocapture"])
            .env(CHILD, "1");
        VERBOSITY.iter().for_each(|name| {
            child.env(name, value);
        });
        let printed = child.output().expect("it runs").stdout;
        let printed = String::from_utf8_lossy(&printed);
        assert!(
            printed.contains(&format!("<{here:?}>")),
            "{value}: {printed}"
        );
    }
}

/// Looks at everything that a contract can see, changes state, and tells.
const CURIOUS: &str = r#"(module
  (import "hull" "gas_left" (func $gas_left (result i64)))
  (import "hull" "block_height" (func $height (result i64)))
  (import "hull" "block_time" (func $time (result i64)))
  (import "hull" "chain_id" (func $chain_id (param i32)))
  (import "hull" "caller" (func $caller (param i32)))
  (import "hull" "callee" (func $callee (param i32)))
  (import "hull" "code_hash" (func $code_hash (param i32 i32) (result i32)))
  (import "hull" "balance" (func $balance (param i32 i32)))
  (import "hull" "storage_read" (func $read (param i32 i32 i32 i32) (result i64)))
  (import "hull" "storage_write" (func $write (param i32 i32 i32 i32)))
  (import "hull" "event" (func $event (param i32 i32 i32 i32)))
  (import "hull" "call" (func $call (param i32 i32 i64 i32 i32 i32 i32) (result i32)))
  (import "hull" "return_data" (func $return (param i32 i32)))
  (import "hull" "debug_log" (func $log (param i32 i32)))
  (memory 1 4)
  (global $runs (mut i64) (i64.const 0))
  (func (export "call")
    (global.set $runs (i64.add (global.get $runs) (i64.const 1)))
    (i64.store (i32.const 0) (call $gas_left))
    (i64.store (i32.const 8) (call $height))
    (i64.store (i32.const 16) (call $time))
    (call $chain_id (i32.const 24))
    (call $caller (i32.const 56))
    (call $callee (i32.const 88))
    (i64.store32 (i32.const 120) (i64.extend_i32_u (call $code_hash (i32.const 88) (i32.const 124))))
    (call $balance (i32.const 56) (i32.const 156))
    ;; How often it ran, as state says, as memory says, as a global says.
    (drop (call $read (i32.const 0) (i32.const 0) (i32.const 172) (i32.const 8)))
    (i64.store (i32.const 172) (i64.add (i64.load (i32.const 172)) (i64.const 1)))
    (call $write (i32.const 0) (i32.const 0) (i32.const 172) (i32.const 8))
    (i64.store (i32.const 1000) (i64.add (i64.load (i32.const 1000)) (i64.const 1)))
    (i64.store (i32.const 180) (i64.load (i32.const 1000)))
    (i64.store (i32.const 188) (global.get $runs))
    (i64.store32 (i32.const 196) (i64.extend_i32_u (memory.size)))
    (drop (memory.grow (i32.const 1)))
    ;; Itself, which is refused, and a callee that is not there.
    (i32.store (i32.const 200)
      (call $call (i32.const 88) (i32.const 2000) (i64.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
    (i32.store (i32.const 204)
      (call $call (i32.const 56) (i32.const 2000) (i64.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
    (call $log (i32.const 0) (i32.const 100))
    (call $event (i32.const 0) (i32.const 2) (i32.const 0) (i32.const 208))
    (i64.store (i32.const 208) (call $gas_left))
    (call $return (i32.const 0) (i32.const 216))))"#;

/// What a node has cached, how it compiles, and what ran on it before, is in no
/// answer.
#[test]
fn case_39_answers_of_one_node_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let disk_cache = |max_bytes, secret| {
        Some(DiskCacheConfig {
            directory: folder.path().to_owned(),
            max_bytes,
            secret,
        })
    };
    let plain = Config {
        tiering: Tiering::BaselineOnly,
        ..Config::default()
    };
    let configs = [
        plain.clone(),
        Config {
            tiering: Tiering::OptimizedOnly,
            ..plain.clone()
        },
        Config {
            tiering: Tiering::Background { after_calls: 1 },
            ..plain.clone()
        },
        Config {
            max_idle_instances: 0,
            ..plain.clone()
        },
        Config {
            memory_cache_bytes: 0,
            ..plain.clone()
        },
        // Cold, warm, with a secret, and with no room.
        Config {
            disk_cache: disk_cache(1 << 30, None),
            ..plain.clone()
        },
        Config {
            disk_cache: disk_cache(1 << 30, None),
            ..plain.clone()
        },
        Config {
            disk_cache: disk_cache(1 << 30, Some([7; 32])),
            ..plain.clone()
        },
        Config {
            disk_cache: disk_cache(0, None),
            memory_cache_bytes: 0,
            ..plain.clone()
        },
    ];
    let answers = |config: &Config, warmed: bool| {
        let mut chain = Chain::with(config.clone());
        let contract = chain.deploy(CURIOUS);
        if warmed {
            // Somebody else's calls, on the same engine, leave nothing.
            let mut other = chain.twin();
            (0..3).for_each(|_| drop(other.call(contract, b"other")));
            chain.deploy(r#"(module (func (export "call")))"#);
        } else {
            chain.vm = Chain::with(config.clone()).vm;
        }
        let outcomes: Vec<_> = (0..5).map(|_| chain.call(contract, &[])).collect();
        let state = chain.state();
        (outcomes, state.storage, state.balances)
    };
    let expected = answers(&configs[0], false);
    assert_eq!(expected.0[0].result, CallResult::Success);
    assert_eq!(expected.0[0].events.len(), 1);
    for config in &configs {
        for warmed in [false, true] {
            assert_eq!(answers(config, warmed), expected, "{config:?}, {warmed}");
        }
    }
    // An engine that refused an upload, and one whose constructor failed, answer
    // the same to what follows.
    let mut chain = Chain::with(plain);
    let contract = chain.deploy(CURIOUS);
    chain.vm.upload(b"nonsense").expect_err("it is refused");
    let code_hash = Hash([9; 32]);
    let new = Instantiate {
        origin: ALICE,
        code_hash,
        gas_limit: GAS,
        ..Instantiate::default()
    };
    assert_eq!(chain.instantiate(&new).1.result, CallResult::Revert);
    let call = Call {
        gas_limit: GAS,
        ..message(contract)
    };
    assert_eq!(chain.run(&call), expected.0[0]);
}
