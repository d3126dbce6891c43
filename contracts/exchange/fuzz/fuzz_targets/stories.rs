//! Stories of traders out of the fuzzer's bytes, on the real Wasm of the
//! exchange: `cargo +nightly fuzz run stories` in the contract's folder.
#![no_main]

#[path = "../../tests/support/mod.rs"]
mod support;

use exchange::exchange::Reserves;
use libfuzzer_sys::fuzz_target;
use support::story::{Act, BITS, holds};
use support::{World, traders, world};

/// A trader and a kind, and two amounts.
const ACT: usize = 1 + 8 + 8;
/// More acts find nothing new, and take time.
const MOST_ACTS: usize = 16;

fuzz_target!(|data: &[u8]| {
    let mut acts = data.chunks_exact(ACT).filter_map(act).take(MOST_ACTS + 1);
    let Some((_, _, first)) = acts.next() else {
        return;
    };
    let acts: Vec<_> = acts.map(|(trader, act, _)| (trader, act)).collect();
    thread_local!(static START: World = world(&hull_contracts_support::code("exchange")));
    if let Err(reason) = START.with(|start| holds(start, first, &acts)) {
        panic!("{reason}\nwith {first:?}, then {acts:?}");
    }
});

fn act(bytes: &[u8]) -> Option<(usize, Act, Reserves)> {
    let (kind, amounts) = bytes.split_first()?;
    let (a, b) = (amount(amounts.first_chunk()?), amount(amounts.last_chunk()?));
    let amounts = Reserves { a, b };
    let act = match kind % 4 {
        0 => Act::Add(amounts),
        1 => Act::Remove(b as u8),
        2 => Act::Swap(true, a),
        _ => Act::Swap(false, a),
    };
    Some((usize::from(kind / 4) % traders().len(), act, amounts))
}

/// Of any size: the first byte says how many bits are left out.
fn amount(bytes: &[u8; 8]) -> u128 {
    let [size, ..] = *bytes;
    let number = u64::from_le_bytes(*bytes) >> (u64::BITS - BITS);
    u128::from(number >> (u32::from(size) % BITS))
}
