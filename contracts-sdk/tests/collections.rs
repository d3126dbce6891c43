//! Storage collections on the engine, against those of the standard library.

mod support;

use std::collections::BTreeMap;
use std::ops::Bound;

use collections::collections::{Edge, Op, constructors, messages};
use hull_sdk::Address;
use proptest::prelude::*;
use support::{Chain, build};

fn deploy() -> (Chain, Address) {
    let wasm = build("hull-fixture-collections", "collections");
    let mut chain = Chain::new();
    let contract = chain.deploy(&wasm, constructors::new());
    (chain, contract)
}

/// What the contract holds, as the standard library would.
#[derive(Default)]
struct Model {
    list: Vec<u64>,
    map: BTreeMap<String, u64>,
    ordered: BTreeMap<(i16, String), u64>,
    nested: BTreeMap<(u8, u16), Vec<u64>>,
}

impl Model {
    fn step(&mut self, op: Op) -> Option<u64> {
        match op {
            Op::Push(value) => {
                self.list.push(value);
                Some(self.list.len() as u64 - 1)
            }
            Op::Pop => self.list.pop(),
            Op::Get(index) => self.list.get(index as usize).copied(),
            Op::Set(index, value) => {
                self.list[index as usize] = value;
                None
            }
            Op::SwapRemove(index) => {
                let index = index as usize;
                (index < self.list.len()).then(|| self.list.swap_remove(index))
            }
            Op::Truncate(len) => {
                self.list.truncate(len as usize);
                None
            }
            Op::MapInsert(key, value) => {
                self.map.insert(key, value);
                None
            }
            Op::MapGet(key) => self.map.get(&key).copied(),
            Op::MapTake(key) => self.map.remove(&key),
            Op::Insert(key, value) => {
                self.ordered.insert(key, value);
                None
            }
            Op::Remove(key) => Some(self.ordered.remove(&key).is_some().into()),
            Op::NestedPush(outer, inner, value) => {
                let list = self.nested.entry((outer, inner)).or_default();
                list.push(value);
                Some(list.len() as u64 - 1)
            }
            Op::NestedPop(outer, inner) => self.nested.entry((outer, inner)).or_default().pop(),
        }
    }

    /// How many keys the contract may hold: none for what is gone.
    fn keys(&self) -> usize {
        let list = |list: &Vec<u64>| list.len() + usize::from(!list.is_empty());
        let nested: usize = self.nested.values().map(list).sum();
        list(&self.list) + self.map.len() + self.ordered.len() + nested
    }
}

/// Texts that are each other's beginnings, with the bytes that are escaped.
fn text() -> impl Strategy<Value = String> {
    "[a\0\u{1}\u{7f}\u{ff}]{0,3}"
}

fn key() -> impl Strategy<Value = (i16, String)> {
    (-2_i16..3, text())
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => any::<u64>().prop_map(Op::Push),
        1 => Just(Op::Pop),
        1 => (0_u32..8).prop_map(Op::Get),
        1 => (0_u32..8).prop_map(Op::SwapRemove),
        1 => (0_u32..8).prop_map(Op::Truncate),
        2 => (text(), any::<u64>()).prop_map(|(key, value)| Op::MapInsert(key, value)),
        1 => text().prop_map(Op::MapGet),
        1 => text().prop_map(Op::MapTake),
        6 => (key(), any::<u64>()).prop_map(|(key, value)| Op::Insert(key, value)),
        1 => key().prop_map(Op::Remove),
        2 => (0_u8..2, 0_u16..2, any::<u64>()).prop_map(|(a, b, value)| Op::NestedPush(a, b, value)),
        1 => (0_u8..2, 0_u16..2).prop_map(|(a, b)| Op::NestedPop(a, b)),
    ]
}

fn edge() -> impl Strategy<Value = Edge> {
    prop_oneof![
        Just(Edge::Open),
        key().prop_map(Edge::Including),
        key().prop_map(Edge::Excluding),
    ]
}

#[test]
fn collections_are_those_of_the_standard_library() {
    let (chain, contract) = deploy();
    let runner_config = ProptestConfig::with_cases(200);
    proptest!(runner_config, |(
        ops in prop::collection::vec(op(), 0..40),
        low in edge(), high in edge(), from_behind: bool, most in 0_u8..6,
    )| {
        let mut chain = chain.fork();
        let mut model = Model::default();
        let answers: Vec<_> = ops.iter().cloned().map(|op| model.step(op)).collect();
        prop_assert_eq!(chain.call(contract, messages::run(&ops)), answers);
        prop_assert_eq!(chain.call(contract, messages::list()), model.list.clone());
        prop_assert_eq!(chain.host.storage(&contract).count(), model.keys());

        let range = chain.call(contract, messages::range(&low, &high, from_behind, most));
        let keys = chain.call(contract, messages::keys(&low, &high, from_behind, most));
        prop_assert!(keys.iter().eq(range.iter().map(|(key, _)| key)), "{:?} {:?}", keys, range);
        prop_assert_eq!(range, expected_range(&model, low, high, from_behind, most));
        let all = chain.call(contract, messages::from_both_ends());
        prop_assert_eq!(all.len(), model.ordered.len());
        let all: BTreeMap<_, _> = all.into_iter().collect();
        prop_assert_eq!(all, model.ordered);
    });
}

fn expected_range(
    model: &Model,
    low: Edge,
    high: Edge,
    from_behind: bool,
    most: u8,
) -> Vec<((i16, String), u64)> {
    let (low, high): (Bound<_>, Bound<_>) = (low.into(), high.into());
    // `range` of the standard library panics where nothing can be between.
    let inside = |key: &(i16, String)| {
        let above = match &low {
            Bound::Unbounded => true,
            Bound::Included(low) => key >= low,
            Bound::Excluded(low) => key > low,
        };
        above
            && match &high {
                Bound::Unbounded => true,
                Bound::Included(high) => key <= high,
                Bound::Excluded(high) => key < high,
            }
    };
    let mut entries: Vec<_> = model
        .ordered
        .iter()
        .filter(|(key, _)| inside(key))
        .map(|(key, value)| (key.clone(), *value))
        .collect();
    if from_behind {
        entries.reverse();
    }
    entries.truncate(most.into());
    entries
}

/// The layout is part of the ABI: these keys are for ever.
#[test]
fn keys_are_golden() {
    let (mut chain, contract) = deploy();
    let ops = vec![
        Op::Push(1),
        Op::MapInsert("ab".into(), 2),
        Op::Insert((-1, "a\0".into()), 3),
        Op::NestedPush(5, 0x0102, 4),
    ];
    chain.call(contract, messages::run(&ops));
    chain.call(contract, messages::fill_shelves());
    let stored: Vec<_> = chain
        .host
        .storage(&contract)
        .map(|(key, value)| format!("{}={}", hex(key), hex(value)))
        .collect();
    assert_eq!(
        stored,
        [
            // The list: its length, and element 0.
            "00=01000000",
            "0000000000=0100000000000000",
            // The map at the SCALE encoding of "ab".
            "01086162=0200000000000000",
            // The ordered map at (-1, "a\0").
            "027fff6100ff0000=0300000000000000",
            // The list in the map in the map at 5, 0x0102.
            "03050201=01000000",
            "0305020100000000=0400000000000000",
            // The list of structs: two, the second with field 1 at 3.
            "05=02000000",
            "05000000010103=04000000",
            // Slot 9: the struct at 7, its fields 0, and 1 at 1.
            "090700=0461",
            "09070101=02000000",
        ]
    );
    assert_eq!(chain.call(contract, messages::shelf(1_u32, 3_u8)), Some(4));
    assert_eq!(chain.call(contract, messages::shelf(0_u32, 3_u8)), None);
    assert_eq!(chain.call(contract, messages::shelf(2_u32, 3_u8)), None);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn limits_are_answers() {
    let (mut chain, contract) = deploy();
    // A key is slot, compact length of 2 bytes, and content.
    let mut store = |key: u32, value: u32| chain.call(contract, messages::store(key, value));
    assert_eq!(store(253, 1), 1, "256 bytes of key");
    assert_eq!(store(254, 1), 2, "257 bytes of key");
    // A value is a compact length of 4 bytes, and content.
    assert_eq!(store(1, 65_532), 1, "65,536 bytes of value");
    assert_eq!(store(2, 65_533), 4, "65,537 bytes of value");
}

#[test]
fn setting_beyond_the_end_gives_up() {
    let (mut chain, contract) = deploy();
    let input = messages::run(vec![Op::Set(0, 1)]).input;
    let outcome = chain.send(support::ALICE, contract, 0, input);
    let message = outcome.message().unwrap_or_default();
    assert!(
        message.ends_with("a list has no element at this index"),
        "{message}"
    );
    assert!(
        message.starts_with("fixtures/collections/src/lib.rs:"),
        "{message}"
    );
}
