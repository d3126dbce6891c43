//! Generated modules give the same results and use the same gas on every engine.
//!
//! The seeds are new in every run. What fails names its seed and leaves its
//! module behind; `HULL_DIFFERENTIAL_SEED` and `HULL_DIFFERENTIAL_CASES` run it
//! again, and `cargo run -p hull-differential --example replay` shows it.

use hull_differential::contracts::{Played, Scenario, Tiers};
use hull_differential::coverage::{Counts, Coverage};
use hull_differential::plant::{Plant, Price};
use hull_differential::{
    Campaign, Case, End, Engine, Fault, Metered, compare_metered,
};
use hull_gas_meter::{OperatorClass, Schedule};
use hull_vm::CallResult;

/// Cases of a test run. `soak` runs a million.
const CASES: u64 = 2_000;

#[test]
fn engines_agree() {
    let campaign = Campaign::from_environment(CASES);
    let tally = campaign.run().unwrap_or_else(|failed| panic!("{failed}"));
    println!("{tally}");
    if tally.cases >= CASES {
        assert!(tally.percent(End::Returned) >= 25.0, "few calls return");
        assert!(tally.percent(End::OutOfGas) >= 5.0, "few calls run out of gas");
        assert!(tally.percent(End::OutOfFrames) >= 1.0, "few calls nest too deep");
        assert!(tally.percent(End::OutOfGas) <= 50.0, "most calls run out of gas");
        assert!(tally.refused * 10 <= tally.cases, "many modules cannot be instantiated");
        assert!(tally.crossings >= tally.cases, "the host is hardly called");
        assert!(tally.nans * 200 >= tally.calls(), "hardly a NaN is seen");
    }
}

/// Of all cases, at least this share in percent executes the operators. Half of
/// what is measured, and less where it is little.
const FLOORS: &[(OperatorClass, u64)] = &[];

#[test]
fn cases_execute_the_profile() {
    let campaign = Campaign {
        cases: 400,
        ..Campaign::from_environment(0)
    };
    let counts: Counts = campaign
        .each(
            |seed| Ok(Coverage::of(&Case::from_seed(seed))),
            |counts: &mut Counts, coverage| counts.count(coverage.unwrap_or_default()),
        )
        .unwrap_or_else(|(seed, fault)| panic!("{seed}: {fault}"));
    println!("round {}", counts.went_round);
    for class in OperatorClass::ALL {
        println!("{class:?} {}", counts.executed(class));
    }
    for &(class, floor) in FLOORS {
        let percent = counts.executed(class) * 100 / counts.cases;
        assert!(percent >= floor, "{class:?}: {percent} %");
    }
}

/// The first of a row of cases in which a planted difference is found, with
/// what was found. One engine gets the spoiled copy, the others the right one.
fn found(plant: Plant, engines: &[Engine], cases: u64) -> Option<(u64, Fault)> {
    (0..cases).find_map(|seed| {
        let case = Case::from_seed(seed);
        let right = case.metered(&Schedule::V1).ok()?;
        let spoiled = plant.metered(&case).ok()?;
        let last = engines.len() - 1;
        let copies: Vec<(Engine, &Metered)> = engines
            .iter()
            .enumerate()
            .map(|(at, &engine)| (engine, if at == last { &spoiled } else { &right }))
            .collect();
        Some((seed, compare_metered(&case, &copies).err()?))
    })
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
            let (seed, fault) = found(plant, &engines, 100)
                .unwrap_or_else(|| panic!("{plant:?} was not found on {engines:?}"));
            println!("{plant:?} {seed} {fault}");
            let Fault::Differ { right, .. } = fault else {
                panic!("{plant:?} was not found as a difference: {fault}");
            };
            assert_eq!(right, engines[2], "the spoiled copy is to blame");
        }
    }
}

/// One gas too much for anything that has a price turns the test red.
#[test]
fn every_price_is_watched() {
    for price in Price::all() {
        let engines = [Engine::Interpreter, Engine::Interpreter];
        let found = found(Plant::Price(price), &engines, CASES);
        println!("{price:?} {:?}", found.as_ref().map(|f| f.0));
        assert!(
            matches!(found, Some((_, Fault::Differ { .. }))),
            "nobody noticed that {price:?} is dearer"
        );
    }
}

#[test]
fn tiers_agree_on_contracts() {
    #[derive(Default)]
    struct Seen {
        messages: u64,
        success: u64,
        revert: u64,
        events: u64,
        refused: u64,
        halts: std::collections::BTreeMap<String, u64>,
    }
    let campaign = Campaign {
        cases: 200,
        ..Campaign::from_environment(0)
    };
    let tiers = Tiers::start().expect("the engines start");
    let seen: Seen = campaign
        .each(
            |seed| tiers.compare(&Scenario::from_seed(seed)),
            |seen: &mut Seen, played: Played| {
                for u in &played.uploads {
                    if let Err(e) = u {
                        seen.refused += 1;
                        *seen.halts.entry(format!("{e}").chars().take(60).collect()).or_default() += 1;
                    }
                }
                for outcome in &played.outcomes {
                    seen.messages += 1;
                    seen.events += outcome.events.len() as u64;
                    match outcome.result {
                        CallResult::Success => seen.success += 1,
                        CallResult::Revert => {
                            seen.revert += 1;
                            *seen.halts.entry(format!("revert {:?}", outcome.message)).or_default() += 1;
                        }
                        CallResult::Halt(h) => *seen.halts.entry(format!("{h:?}")).or_default() += 1,
                    }
                }
            },
        )
        .unwrap_or_else(|(seed, fault)| panic!("scenario of seed {seed}: {fault}"));
    println!("{} {} {} {} {}", seen.messages, seen.success, seen.revert, seen.events, seen.refused);
    for (h, n) in seen.halts {
        println!("  {n} {h}");
    }
}
