//! Generated modules give the same results and use the same gas on every engine.

use hull_differential::Campaign;

/// Cases of a test run. `soak` runs a million.
const CASES: u64 = 2_000;

#[test]
fn engines_agree() {
    let campaign = Campaign::from_environment(CASES);
    let started = std::time::Instant::now();
    let tally = campaign.run().unwrap_or_else(|failed| panic!("{failed}"));
    println!("{tally}");
    println!(
        "{:.0} cases/s",
        tally.cases as f64 / started.elapsed().as_secs_f64()
    );
}
