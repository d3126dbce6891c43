//! Whatever traders do, on the real Wasm: nothing is lost, nothing comes from
//! nothing, and no rounding favours a trader.

mod support;

use std::path::Path;

use exchange::exchange::Reserves;
use hull_contracts_support::{amount, cases, code};
use hull_testing::{Balance, Code};
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestError, TestRunner};
use support::story::{Act, BITS, holds};
use support::{World, traders, world};

fn reserves() -> impl Strategy<Value = Reserves> {
    (amount(BITS), amount(BITS)).prop_map(|(a, b)| Reserves { a, b })
}

fn swap() -> impl Strategy<Value = (bool, Balance)> {
    (any::<bool>(), amount(BITS))
}

/// What traders do; each comes with the number of the trader.
fn acts() -> impl Strategy<Value = Vec<(usize, Act)>> {
    let act = prop_oneof![
        2 => reserves().prop_map(Act::Add),
        2 => any::<u8>().prop_map(Act::Remove),
        6 => swap().prop_map(|(first, amount)| Act::Swap(first, amount)),
    ];
    prop::collection::vec((0..traders().len(), act), 1..12)
}

/// A first deposit, and what follows.
type Story = (Reserves, Vec<(usize, Act)>);

fn run(code: &Code) -> Result<(), TestError<Story>> {
    let start = world(code);
    TestRunner::new(cases()).run(&(reserves(), acts()), |(first, acts)| {
        holds(&start, first, &acts).map_err(TestCaseError::fail)
    })
}

#[test]
fn nothing_is_lost_and_the_product_never_falls() {
    if let Err(error) = run(&code("exchange")) {
        panic!("{error}");
    }
}

#[test]
fn a_planted_rounding_bug_is_found() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let planted = Code::of_crate_with(folder, |request| {
        request.features.push("planted-rounding-bug".into());
    });
    let planted = planted.expect("it builds");
    match run(&planted) {
        Err(TestError::Fail(reason, (first, acts))) => {
            let reason = reason.message();
            assert!(reason.contains("the product fell"), "{reason}");
            println!("found: {reason}\nwith {first:?}, then {acts:?}");
        }
        other => panic!("the property does not see the bug: {other:?}"),
    }
}

/// A pool that Alice filled; `None` if that was too little.
fn filled(start: &World, first: Reserves) -> Option<World> {
    let mut world = start.clone();
    let added = world.add(traders()[0], first.a, first.b);
    added.ok().map(|_| world)
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn there_and_back_brings_nothing(first in reserves(), (side, amount) in swap()) {
        let Some(mut world) = filled(&start(), first) else { return Ok(()) };
        let by = traders()[1];
        let (there, back) = match side {
            true => (world.pair.a, world.pair.b),
            false => (world.pair.b, world.pair.a),
        };
        if let Ok(out) = world.swap(by, there, amount) {
            let returned = world.swap(by, back, out).unwrap_or(0);
            prop_assert!(returned < amount, "{} for {}", returned, amount);
        }
    }

    #[test]
    fn in_and_out_brings_nothing(first in reserves(), most in reserves()) {
        let Some(mut world) = filled(&start(), first) else { return Ok(()) };
        let by = traders()[1];
        let before = world.balances(by);
        if let Ok(shares) = world.add(by, most.a, most.b) {
            // So little may come of it that the shares stay.
            let _ = world.remove(by, shares);
        }
        let after = world.balances(by);
        prop_assert!(after.a <= before.a && after.b <= before.b, "{:?} {:?}", before, after);
    }
}

/// The world with an empty pool, made once in a thread.
fn start() -> World {
    thread_local!(static START: World = world(&code("exchange")));
    START.with(World::clone)
}
