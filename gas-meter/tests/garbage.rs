//! The pass may be handed anything: of bytes that are no valid module it makes
//! an error or a module that is as invalid, and it never panics.

mod support;

use std::sync::LazyLock;

use hull_gas_meter::{Config, Schedule, instrument};
use proptest::prelude::*;
use proptest::sample::Index;
use support::programs::PROGRAMS;
use support::wasm;
use wasmparser::{Parser, Payload};

/// Mutated modules in a test run.
const CASES: u32 = 20_000;

static MODULES: LazyLock<Vec<Vec<u8>>> =
    LazyLock::new(|| PROGRAMS.iter().map(|(_, wat)| wasm(wat)).collect());

/// One damage to a module.
#[derive(Clone, Debug)]
enum Edit {
    /// Another byte, mostly in a function.
    Byte(Place, u8),
    /// A bit more or less: a neighbouring index, operator or type.
    Step(Place, bool),
    /// A few bytes that are gone, so that all that follows shifts.
    Cut(Place, u8),
    /// A few bytes from elsewhere in place of these.
    Copy(Place, Index, u8),
    /// The end is missing.
    Truncate(Index),
}

/// Where in the module: anywhere, or in the code.
#[derive(Clone, Debug)]
enum Place {
    Anywhere(Index),
    Code(Index),
}

impl Place {
    fn find(&self, wasm: &[u8]) -> usize {
        let body = |wasm: &[u8]| {
            let payloads = Parser::new(0).parse_all(wasm).map_while(Result::ok);
            let ranges = payloads.filter_map(|payload| match payload {
                Payload::CodeSectionEntry(body) => Some(body.range()),
                _ => None,
            });
            let bytes = ranges.flat_map(|range| range.start as usize..range.end as usize);
            bytes.collect::<Vec<_>>()
        };
        match self {
            Self::Anywhere(index) => index.index(wasm.len()),
            Self::Code(index) => match body(wasm) {
                code if code.is_empty() => index.index(wasm.len()),
                code => code[index.index(code.len())],
            },
        }
    }
}

impl Edit {
    fn apply(&self, wasm: &mut Vec<u8>) {
        if wasm.is_empty() {
            return;
        }
        let end = |at: usize, len: u8, wasm: &[u8]| (at + usize::from(len)).min(wasm.len());
        match self {
            Self::Byte(place, byte) => {
                let at = place.find(wasm);
                wasm[at] = *byte;
            }
            Self::Step(place, up) => {
                let at = place.find(wasm);
                wasm[at] = wasm[at].wrapping_add(if *up { 1 } else { 0xFF });
            }
            Self::Cut(place, len) => {
                let at = place.find(wasm);
                wasm.drain(at..end(at, *len, wasm));
            }
            Self::Copy(place, from, len) => {
                let (at, from) = (place.find(wasm), from.index(wasm.len()));
                let part = wasm[from..end(from, *len, wasm)].to_vec();
                let room = at..end(at, *len, wasm);
                wasm.splice(room, part);
            }
            Self::Truncate(len) => wasm.truncate(len.index(wasm.len())),
        }
    }
}

fn edit() -> impl Strategy<Value = Edit> {
    let place = || {
        prop_oneof![
            1 => any::<Index>().prop_map(Place::Anywhere),
            4 => any::<Index>().prop_map(Place::Code),
        ]
    };
    prop_oneof![
        8 => (place(), any::<u8>()).prop_map(|(at, byte)| Edit::Byte(at, byte)),
        8 => (place(), any::<bool>()).prop_map(|(at, up)| Edit::Step(at, up)),
        2 => (place(), 1..4u8).prop_map(|(at, len)| Edit::Cut(at, len)),
        4 => (place(), any::<Index>(), 1..9u8).prop_map(|(at, from, len)| Edit::Copy(at, from, len)),
        1 => any::<Index>().prop_map(Edit::Truncate),
    ]
}

/// Runs the pass on these bytes, and returns whether it took them.
fn survives(wasm: &[u8]) -> bool {
    let configs = [Config::new(&Schedule::V1), Config::raw(&Schedule::V1)];
    let taken = configs.map(|config| instrument(wasm, &config).is_ok());
    taken.contains(&true)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(CASES),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn damaged_modules_do_not_bring_the_pass_down(
        module in any::<Index>(),
        edits in proptest::collection::vec(edit(), 1..6),
    ) {
        let mut wasm = module.get(&MODULES[..]).clone();
        edits.iter().for_each(|edit| edit.apply(&mut wasm));
        survives(&wasm);
    }
}

/// Every byte of a module may be any other, and the module may end anywhere.
#[test]
fn every_byte_may_be_another() {
    let smallest = MODULES.iter().min_by_key(|wasm| wasm.len()).unwrap();
    let (mut taken, mut refused) = (0, 0);
    for at in 0..smallest.len() {
        survives(&smallest[..at]);
        for byte in 0..=0xFF {
            let mut wasm = smallest.clone();
            wasm[at] = byte;
            *(if survives(&wasm) {
                &mut taken
            } else {
                &mut refused
            }) += 1;
        }
    }
    // Neither the reader alone is tested, nor only modules that are as good.
    assert!(
        taken > 100 && refused > 100,
        "{taken} taken, {refused} refused"
    );
}
