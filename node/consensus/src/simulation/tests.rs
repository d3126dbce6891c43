//! Runs on a ledger in memory: that they repeat, that they have faults in them, and that
//! each check finds the bug that it is there for.

mod ledger;

use std::collections::BTreeSet;

use ledger::{Bug, Ledgers};

use super::{Campaign, Check, Options, Outcome, Plant, Tally, Violation, Weather, run};

fn ledgers(seed: u64, options: Options) -> Result<Outcome, Box<Violation>> {
    run(seed, options, |town| Ledgers::new(town, None))
}

#[test]
fn a_network_without_faults_decides() {
    let calm = Options {
        weather: Weather::Calm,
        ..Options::default()
    };
    let outcome = ledgers(1, calm).unwrap();
    assert!(
        outcome.heights >= 5 && outcome.acknowledged >= 6,
        "{outcome:?}"
    );
    assert_eq!(
        (outcome.lost, outcome.crashes, outcome.later_rounds),
        (0, 0, 0)
    );
}

#[test]
fn the_same_seed_is_the_same_history() {
    let histories: BTreeSet<_> = (0..12)
        .map(|seed| {
            let [one, other] = [(); 2].map(|()| ledgers(seed, Options::default()).unwrap());
            assert_eq!(one, other);
            one.history
        })
        .collect();
    assert_eq!(histories.len(), 12, "and another seed another one");
}

#[test]
fn nothing_is_violated_under_faults() {
    let tally =
        Campaign::from_environment(20).run(Options::default(), |town| Ledgers::new(town, None));
    println!(
        "{}",
        tally.unwrap_or_else(|violation| panic!("{violation}"))
    );
}

#[test]
fn the_faults_of_many_seeds_are_all_there() {
    let some = Campaign { seed: 0, cases: 24 };
    let tally = some.run(Options::default(), |town| Ledgers::new(town, None));
    let Tally {
        cases: 24,
        heights,
        later_rounds,
        acknowledged,
        events: _,
        lost,
        crashes,
        liars,
        synced,
        changes,
    } = tally.unwrap_or_else(|violation| panic!("{violation}"))
    else {
        panic!("all 24");
    };
    let found = [
        heights,
        later_rounds,
        acknowledged,
        lost,
        crashes,
        liars,
        synced,
        changes,
    ];
    assert!(found.iter().all(|count| *count > 0), "{found:?}");
}

/// Runs seeds with a bug until a check finds it; only that check is made, so that no
/// other finds it before.
fn found(check: Check, plant: Option<Plant>, bug: Option<Bug>) -> Violation {
    let options = Options {
        plant,
        only: Some(check),
        ..Options::default()
    };
    // Enough seeds that one has the fault which brings the bug out.
    let mut runs = (0..200).map(|seed| run(seed, options, |town| Ledgers::new(town, bug)));
    let violation = runs.find_map(Result::err);
    *violation.unwrap_or_else(|| panic!("{check} did not find {plant:?} {bug:?}"))
}

#[test]
fn agreement_finds_two_blocks_at_a_height() {
    let violation = found(Check::Agreement, Some(Plant::LowQuorum), None);
    assert_eq!(violation.check, Check::Agreement);
    assert!(violation.what.contains("has block"), "{violation}");
}

#[test]
fn agreement_finds_two_state_roots_after_a_height() {
    let violation = found(Check::Agreement, None, Some(Bug::Diverges));
    assert_eq!(violation.check, Check::Agreement);
    assert!(violation.what.contains("node 1 has root"), "{violation}");
}

#[test]
fn validity_finds_a_transaction_that_is_there_twice() {
    let violation = found(Check::Validity, None, Some(Bug::BelievesAll));
    assert_eq!(violation.check, Check::Validity);
    assert!(violation.what.contains("nonce"), "{violation}");
}

#[test]
fn validity_finds_a_certificate_of_too_few() {
    let violation = found(Check::Validity, Some(Plant::LowQuorum), None);
    assert_eq!(violation.check, Check::Validity);
    assert!(violation.what.contains("certificate"), "{violation}");
}

#[test]
fn acknowledged_finds_a_receipt_that_was_told_too_early() {
    let violation = found(Check::Acknowledged, None, Some(Bug::TellsEarly));
    assert_eq!(violation.check, Check::Acknowledged);
    assert!(violation.what.contains("told"), "{violation}");
}

#[test]
fn acknowledged_finds_a_block_that_a_crash_took() {
    let violation = found(Check::Acknowledged, None, Some(Bug::Forgets));
    assert_eq!(violation.check, Check::Acknowledged);
    assert!(violation.what.contains("after a crash"), "{violation}");
}

#[test]
fn progress_finds_a_network_that_stands_still() {
    let violation = found(Check::Progress, Some(Plant::NoTimeouts), None);
    assert_eq!(violation.check, Check::Progress);
    assert!(violation.what.contains("after the faults"), "{violation}");
}

#[test]
fn signing_finds_a_validator_that_forgot_what_it_said() {
    let violation = found(Check::Signing, Some(Plant::ForgottenSignatures), None);
    assert_eq!(violation.check, Check::Signing);
    assert!(violation.what.contains("said"), "{violation}");
}

#[test]
fn health_finds_a_node_that_cannot_go_on() {
    let violation = found(Check::Health, Some(Plant::ForgottenBlocks), None);
    assert_eq!(violation.check, Check::Health);
    assert!(
        violation.what.contains("was decided and is not here"),
        "{violation}"
    );
}

#[test]
fn a_violation_says_how_to_see_it_again() {
    let violation = found(Check::Agreement, None, Some(Bug::Diverges));
    let text = violation.to_string();
    let again = format!(
        "set HULL_SIMULATION_SEED={} HULL_SIMULATION_CASES=1",
        violation.seed
    );
    assert!(
        text.starts_with("agreement: ") && text.contains(&again),
        "{text}"
    );
}
