//! Generated modules give the same results and use the same gas on every engine.
//!
//! The seeds are new in every run. What fails names its seed and leaves its
//! module behind; `HULL_DIFFERENTIAL_SEED` and `HULL_DIFFERENTIAL_CASES` run it
//! again, and `cargo run -p hull-differential --example replay` shows it.

use std::collections::BTreeMap;

use hull_differential::contracts::{Played, Scenario, Tiers};
use hull_differential::coverage::{Counts, Coverage};
use hull_differential::plant::{Plant, Price};
use hull_differential::{
    Agreed, Campaign, Case, End, Engine, Fault, Metered, Random, admission, compare,
    compare_metered, transparent,
};
use hull_gas_meter::{OperatorClass, Schedule};
use hull_vm::host_api::Capabilities;
use hull_vm::{CallResult, Config, Vm};

/// Cases of a test run. `soak` runs a million.
const CASES: u64 = 2_000;

/// Cases whose coverage is counted.
const PROBED: u64 = 400;

/// Scenarios of whole contracts.
const SCENARIOS: u64 = 200;

/// Modules for admission.
const JUDGED: u64 = 500;

#[test]
fn engines_agree() {
    let campaign = Campaign::from_environment(CASES);
    let tally = campaign.run().unwrap_or_else(|failed| panic!("{failed}"));
    println!("{tally}");
    if tally.cases < CASES {
        // Too few to say anything about their mixture.
        return;
    }
    let percent = |end| tally.percent(end);
    assert!(percent(End::Returned) >= 30.0, "few calls return");
    assert!(percent(End::OutOfGas) >= 5.0, "few calls run out of gas");
    assert!(
        percent(End::OutOfGas) <= 40.0,
        "too many calls run out of gas"
    );
    assert!(percent(End::OutOfFrames) >= 1.0, "few calls nest too deep");
    assert!(
        tally.refused * 10 <= tally.cases,
        "many modules have no instance"
    );
    assert!(
        tally.crossings >= tally.calls(),
        "the host is hardly called"
    );
    assert!(
        tally.nans * 200 >= tally.calls(),
        "a NaN is hardly ever seen"
    );
}

/// Modules on which engines once disagreed, each with the reason in it.
#[test]
fn what_once_differed_agrees() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/differential");
    for file in std::fs::read_dir(folder).expect("the folder is there") {
        let path = file.expect("a file").path();
        let module = wat::parse_file(&path).unwrap_or_else(|error| panic!("{error}"));
        for seed in 0..8 {
            let case = Case::of_module(module.clone(), seed).expect("a module of the profile");
            match compare(&case) {
                Ok(Agreed::On(seen)) => assert_eq!(seen.refused, None, "{}", path.display()),
                other => panic!("{}: {other:?}", path.display()),
            }
        }
    }
}

/// Of a hundred cases, at least so many execute an operator of the class: about
/// half of what is measured, and a third where that is little.
const FLOORS: &[(OperatorClass, u64)] = &[
    (OperatorClass::Const, 35),
    (OperatorClass::Local, 35),
    (OperatorClass::Global, 25),
    (OperatorClass::Drop, 3),
    (OperatorClass::Select, 15),
    (OperatorClass::IntAlu, 30),
    (OperatorClass::IntCompare, 20),
    (OperatorClass::IntShift, 15),
    (OperatorClass::IntCount, 15),
    (OperatorClass::IntExtend, 20),
    (OperatorClass::IntMul, 10),
    (OperatorClass::IntDiv, 15),
    (OperatorClass::FloatAlu, 10),
    (OperatorClass::FloatMinMax, 6),
    (OperatorClass::FloatDiv, 4),
    (OperatorClass::FloatSqrt, 3),
    (OperatorClass::FloatRound, 10),
    (OperatorClass::FloatCompare, 10),
    (OperatorClass::FloatSign, 10),
    (OperatorClass::FloatConvert, 10),
    (OperatorClass::FloatTruncate, 15),
    (OperatorClass::FloatResize, 3),
    (OperatorClass::Reinterpret, 10),
    (OperatorClass::Load, 25),
    (OperatorClass::Store, 25),
    (OperatorClass::Size, 20),
    (OperatorClass::MemoryGrow, 10),
    (OperatorClass::MemoryBulk, 25),
    (OperatorClass::SegmentDrop, 15),
    (OperatorClass::Branch, 30),
    (OperatorClass::BranchTable, 2),
    (OperatorClass::Call, 30),
    (OperatorClass::CallIndirect, 3),
    (OperatorClass::TableBulk, 15),
];

#[test]
fn cases_execute_the_profile() {
    let counts: Counts = Campaign::of(PROBED)
        .each(
            |seed| Ok(Coverage::of(&Case::from_seed(seed)).unwrap_or_default()),
            Counts::count,
        )
        .unwrap_or_else(|(seed, fault)| panic!("{seed}: {fault}"));
    let percent = |count| count * 100 / counts.cases;
    let rounds = percent(counts.went_round);
    println!("a loop goes round in {rounds} % of the cases");
    assert!(rounds >= 20, "a loop goes round in {rounds} % of the cases");
    for &(class, floor) in FLOORS {
        let found = percent(counts.executed(class));
        println!("{found} % of the cases execute {class:?}");
        assert!(found >= floor, "{found} % of the cases execute {class:?}");
    }
}

/// The engines run what the author wrote.
#[test]
fn the_meter_changes_nothing_else() {
    let check = |seed| transparent::compare(&Case::from_seed(seed));
    let calls: u64 = Campaign::of(CASES)
        .each(check, |calls: &mut u64, compared| {
            *calls += compared.unwrap_or(0) as u64;
        })
        .unwrap_or_else(|(seed, fault)| panic!("the case of seed {seed}: {fault}"));
    println!("{calls} calls compared");
    assert!(calls * 2 >= CASES, "only {calls} calls could be compared");
}

#[test]
fn planted_differences_are_found() {
    use Engine::{Baseline, Interpreter, Optimized};
    let miscounted = Plant::Price(Price::Operator(OperatorClass::IntAlu));
    for plant in [miscounted, Plant::NanSign, Plant::StoredBit] {
        for engines in [
            [Baseline, Interpreter, Optimized],
            [Optimized, Interpreter, Baseline],
            [Baseline, Optimized, Interpreter],
        ] {
            let found = find(plant, &engines);
            let Some(Fault::Differ { right, .. }) = found else {
                panic!("{plant:?} on {engines:?} was not found: {found:?}");
            };
            assert_eq!(right, engines[2], "the spoiled copy is to blame");
        }
    }
}

/// One gas too much for anything that has a price turns the test red.
#[test]
fn every_price_is_watched() {
    for price in Price::all() {
        let found = find(Plant::Price(price), &[Engine::Interpreter; 2]);
        assert!(
            matches!(found, Some(Fault::Differ { .. })),
            "nobody noticed that {price:?} is dearer: {found:?}"
        );
    }
}

/// Runs cases until the plant is found in the copy that the last engine gets.
/// The seeds are always the same, so this finds it always or never.
fn find(plant: Plant, engines: &[Engine]) -> Option<Fault> {
    (0..CASES).find_map(|seed| {
        let case = Case::from_seed(seed);
        let right = case.metered(&Schedule::V1).ok()?;
        let spoiled = plant.metered(&case).ok()?;
        let (last, others) = engines.split_last()?;
        let copies = others.iter().map(|&engine| (engine, &right));
        let copies: Vec<(Engine, &Metered)> = copies.chain([(*last, &spoiled)]).collect();
        compare_metered(&case, &copies).err()
    })
}

#[test]
fn tiers_agree_on_contracts() {
    let tiers = Tiers::start().expect("the engines start");
    let seen: Seen = Campaign::of(SCENARIOS)
        .each(
            |seed| tiers.compare(&Scenario::from_seed(seed)),
            Seen::count,
        )
        .unwrap_or_else(|(seed, fault)| panic!("the scenario of seed {seed}: {fault}"));
    println!("{seen:?}");
    assert!(
        seen.refused <= SCENARIOS / 2,
        "many contracts are not admitted"
    );
    assert!(seen.success * 5 >= seen.messages, "few messages succeed");
    assert!(
        seen.changes * 10 >= seen.messages,
        "few messages change the state"
    );
    assert!(seen.events > 0, "no event is ever seen");
}

/// What admission takes, both tiers compile and run. It is asked of contracts in
/// which a few bytes are wrong.
#[test]
fn admission_alone_decides() {
    let tiers = Tiers::start().expect("the engines start");
    let judge = |seed| {
        let mut random = Random::new(seed);
        let bytes = [&[0], &random.bytes(64)[..]].concat();
        admission::judge(&tiers, &admission::module(&bytes))
    };
    let [admitted, refused]: [u64; 2] = Campaign::of(JUDGED)
        .each(judge, |counts: &mut [u64; 2], judged| {
            counts[usize::from(judged.is_err())] += 1;
        })
        .unwrap_or_else(|(seed, fault)| panic!("the module of seed {seed}: {fault}"));
    println!("{admitted} admitted, {refused} refused");
    assert!(admitted.min(refused) * 20 >= JUDGED, "all are judged alike");
}

/// Admission reads capabilities as the decoder does, also from bytes that
/// declare none.
#[test]
fn capabilities_are_admitted_as_they_are_decoded() {
    let vm = Vm::new(Config::default()).expect("the engine starts");
    let mut section = Capabilities::ALL.encode().to_vec();
    admission::declares(&vm, &section).unwrap();
    for at in 0..section.len() {
        for byte in 0..=u8::MAX {
            let right = std::mem::replace(&mut section[at], byte);
            admission::declares(&vm, &section).unwrap();
            section[at] = right;
        }
        admission::declares(&vm, &section[..at]).unwrap();
    }
    section.push(0);
    admission::declares(&vm, &section).unwrap();
}

/// What became of the messages of all scenarios.
#[derive(Debug, Default)]
struct Seen {
    refused: u64,
    messages: u64,
    success: u64,
    revert: u64,
    changes: u64,
    events: u64,
    halts: BTreeMap<String, u64>,
}

impl Seen {
    fn count(&mut self, played: Played) {
        self.refused += played
            .uploads
            .iter()
            .filter(|upload| upload.is_err())
            .count() as u64;
        self.changes += played.changes() as u64;
        for outcome in &played.outcomes {
            self.messages += 1;
            self.events += outcome.events.len() as u64;
            match outcome.result {
                CallResult::Success => self.success += 1,
                CallResult::Revert => self.revert += 1,
                CallResult::Halt(kind) => {
                    *self.halts.entry(kind.to_string()).or_default() += 1;
                }
            }
        }
    }
}
