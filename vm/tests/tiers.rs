//! Tiers and caches: visible in speed, never in a result.

#![allow(clippy::disallowed_methods, reason = "gives up on a test that hangs")]

mod support;

use std::time::{Duration, Instant};

use hull_vm::host_api::Address;
use hull_vm::{Config, DiskCacheConfig, Outcome, Tier, Tiering};
use support::{Chain, TIERS, contract, message};

/// Sums what it reads and writes, so that results, gas and events all matter.
const BUSY: &str = r#"(module
  (import "hull" "storage_read" (func $read (param i32 i32 i32 i32) (result i64)))
  (import "hull" "storage_write" (func $write (param i32 i32 i32 i32)))
  (import "hull" "event" (func $event (param i32 i32 i32 i32)))
  (import "hull" "return_data" (func $return (param i32 i32)))
  (memory 1)
  (func (export "call") (local $i i64)
    (drop (call $read (i32.const 0) (i32.const 1) (i32.const 8) (i32.const 8)))
    (loop $each
      (i64.store (i32.const 8) (i64.add (i64.load (i32.const 8)) (i64.mul (local.get $i) (local.get $i))))
      (br_if $each (i64.lt_u (local.tee $i (i64.add (local.get $i) (i64.const 1))) (i64.const 100))))
    (call $write (i32.const 0) (i32.const 1) (i32.const 8) (i32.const 8))
    (call $event (i32.const 0) (i32.const 1) (i32.const 8) (i32.const 8))
    (call $return (i32.const 8) (i32.const 8))))"#;

fn outcomes(chain: &mut Chain, contract: Address, calls: usize) -> Vec<Outcome> {
    (0..calls).map(|_| chain.call(contract, &[])).collect()
}

/// A hot module changes tiers while it is called, and nothing but its speed changes.
#[test]
fn the_switch_in_the_background_is_not_seen() {
    const CALLS: usize = 40;
    let mut plain = Chain::on(Tiering::BaselineOnly);
    let contract_on_plain = plain.deploy(BUSY);
    let expected = outcomes(&mut plain, contract_on_plain, 2 * CALLS);

    let tiering = Tiering::Background { after_calls: 3 };
    let mut chain = Chain::with(Config {
        tiering,
        ..Config::default()
    });
    let hash = chain.upload(&contract(BUSY)).code_hash;
    let on_chain = chain.deploy(BUSY);
    assert_eq!(chain.vm.tier(&hash), Some(Tier::Baseline));
    let mut found = outcomes(&mut chain, on_chain, CALLS);
    let patience = Instant::now() + Duration::from_secs(60);
    while chain.vm.tier(&hash) != Some(Tier::Optimized) {
        assert!(Instant::now() < patience, "the module never became hot");
        std::thread::yield_now();
    }
    found.extend(outcomes(&mut chain, on_chain, CALLS));
    assert_eq!(found, expected);
}

#[test]
fn modules_in_memory_are_bounded_and_come_back() {
    let mut chain = Chain::with(Config {
        memory_cache_bytes: 200_000,
        ..Config::default()
    });
    let contracts: Vec<_> = (0..20)
        .map(|n| {
            let text = BUSY.replace("i64.const 100", &format!("i64.const {}", 100 + n));
            chain.deploy(&text)
        })
        .collect();
    let stats = chain.vm.stats();
    assert!(
        stats.module_bytes <= 200_000 && stats.modules < 20,
        "{stats:?}"
    );
    for contract in contracts {
        assert!(chain.call(contract, &[]).result.is_success());
        assert!(chain.vm.stats().module_bytes <= 200_000);
    }
}

/// What is counted is native code as it is, not as the Wasm lets expect.
#[test]
fn a_module_weighs_what_its_code_does() {
    let weight = |chain: &Chain| chain.vm.stats().module_bytes;
    let alone = |wat: &str| {
        let mut chain = Chain::on(Tiering::BaselineOnly);
        let len = chain.upload(&contract(wat)).code_len;
        (weight(&chain), u64::from(len))
    };
    let letters = "x".repeat(500_000);
    let data = format!(r#"(module (memory 16) (data "{letters}") (func (export "call")))"#);
    let (data, len) = alone(&data);
    assert!(
        data > len && data < 4 * len,
        "{data} for {len} bytes of data"
    );
    let divisions = "(drop (i64.div_s (i64.const 9) (local.get 0)))".repeat(10_000);
    let code = format!(r#"(module (func (export "call") (local i64) {divisions}))"#);
    let (code, len) = alone(&code);
    assert!(code > 10 * len, "{code} for {len} bytes of code");

    // Better code is other code.
    let mut chain = Chain::on(Tiering::BaselineOnly);
    let hash = chain.upload(&contract(BUSY)).code_hash;
    let baseline = weight(&chain);
    assert!(chain.vm.optimize(&hash).unwrap());
    let optimized = weight(&chain);
    assert_ne!(optimized, baseline);
    let mut other = Chain::on(Tiering::OptimizedOnly);
    other.upload(&contract(BUSY));
    assert_eq!(weight(&other), optimized);

    // And what is let go of takes its weight along.
    let most = baseline.max(optimized) + 1;
    let mut chain = Chain::with(Config {
        memory_cache_bytes: most,
        tiering: Tiering::BaselineOnly,
        ..Config::default()
    });
    let hash = chain.upload(&contract(BUSY)).code_hash;
    assert!(chain.vm.optimize(&hash).unwrap());
    chain.upload(&contract(&BUSY.replace("i64.const 100", "i64.const 101")));
    assert_eq!((chain.vm.stats().modules, weight(&chain)), (1, baseline));
}

/// A module that would keep the optimizing compiler busy for long stays where it
/// is, and so does its result.
#[test]
fn what_takes_too_long_is_not_optimized() {
    let locals = 2_000;
    let calls: String = (0..locals)
        .map(|local| format!("(local.set {local} (call $one))"))
        .collect();
    let sum: String = (1..locals)
        .map(|local| format!("local.get {local} i64.add "))
        .collect();
    let wat = format!(
        r#"(module
          (import "hull" "return_data" (func $return (param i32 i32)))
          (memory 1)
          (func $one (result i64) (i64.const 1))
          (func (export "call") (local {})
            {calls}
            i32.const 0 local.get 0 {sum} i64.store
            (call $return (i32.const 0) (i32.const 8))))"#,
        "i64 ".repeat(locals)
    );
    let outcomes = TIERS.map(|tiering| {
        let mut chain = Chain::on(tiering);
        let hash = chain.upload(&contract(&wat)).code_hash;
        let contract = chain.deploy(&wat);
        assert!(chain.vm.optimize(&hash).unwrap(), "it is loaded");
        assert_eq!(chain.vm.tier(&hash), Some(Tier::Baseline));
        chain.call(contract, &[])
    });
    assert_eq!(outcomes[0].data, (locals as u64).to_le_bytes());
    assert_eq!(outcomes[0], outcomes[1]);
}

#[test]
fn code_on_disk_is_bounded_and_used() {
    let folder = tempfile::tempdir().unwrap();
    let max_bytes = 200_000;
    let config = || Config {
        disk_cache: Some(DiskCacheConfig {
            directory: folder.path().to_owned(),
            max_bytes,
            secret: None,
        }),
        ..Config::default()
    };
    let used = || -> u64 {
        let files = std::fs::read_dir(folder.path()).unwrap();
        files
            .map(|file| file.unwrap().metadata().unwrap().len())
            .sum()
    };
    let mut chain = Chain::with(config());
    for n in 0..30 {
        chain.upload(&contract(
            &BUSY.replace("i64.const 100", &format!("i64.const {}", 100 + n)),
        ));
        assert!(used() <= max_bytes, "{} bytes on disk", used());
    }
    assert!(
        used() > max_bytes / 2,
        "the cache holds next to nothing: {} bytes",
        used()
    );

    let last = contract(&BUSY.replace("i64.const 100", "i64.const 129"));
    let before = chain.deploy_wasm(&last);
    let expected = chain.call(before, &[]);
    let mut restarted = Chain::with(config());
    let after = restarted.deploy_wasm(&last);
    assert_eq!(restarted.call(after, &[]), expected);
}

/// Idle instances are bounded; with none kept, every call makes its own.
#[test]
fn the_number_of_idle_instances_changes_nothing() {
    let found = [0, 1, 64].map(|max_idle_instances| {
        let mut chain = Chain::with(Config {
            max_idle_instances,
            ..Config::default()
        });
        let contract = chain.deploy(BUSY);
        outcomes(&mut chain, contract, 5)
    });
    assert_eq!(found[0], found[1]);
    assert_eq!(found[0], found[2]);
}

/// Clones of one engine serve many threads, each with a host of its own.
#[test]
fn one_engine_serves_many_threads() {
    for tiering in TIERS {
        let mut chain = Chain::on(tiering);
        let contract = chain.deploy(BUSY);
        let expected = outcomes(&mut chain.twin(), contract, 50);
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..4)
                .map(|_| {
                    let mut twin = chain.twin();
                    scope.spawn(move || outcomes(&mut twin, contract, 50))
                })
                .collect();
            for worker in workers {
                assert_eq!(worker.join().unwrap(), expected);
            }
        });
    }
}

#[test]
fn the_engine_is_send_and_sync() {
    fn both<T: Send + Sync>(_: &T) {}
    both(&Chain::on(Tiering::BaselineOnly).vm);
    let _ = message(Address([1; 32]));
}
