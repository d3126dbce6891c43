//! What nodes have, held against what they said and against each other.

use serde_json::{Value, json};

use crate::client::Client;

/// What a client was told of a transaction of its own: it is final.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) id: Value,
    pub(crate) receipt: Value,
}

/// A block, as far as two of one height have to be the same.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Point {
    pub(crate) hash: Value,
    pub(crate) root: Value,
}

/// The blocks of a node from height 1 on.
pub(crate) type History = Vec<Point>;

/// What a node does not have as clients were told, with what it has instead.
pub(crate) fn lost(node: &Client, told: &[Told]) -> Vec<String> {
    let each: Vec<_> = told.iter().map(|one| json!({ "hash": one.id })).collect();
    let found = node.ask_each("hull_receipt", &each).unwrap();
    let pairs = told.iter().zip(found);
    let differ = pairs.filter(|(one, found)| of_the_chain(&one.receipt) != of_the_chain(found));
    let differ = differ.map(|(one, found)| format!("{}: {} but {found}", one.id, one.receipt));
    differ.collect()
}

/// A receipt without what is a node's own knowledge: what was returned, and why
/// something failed.
fn of_the_chain(receipt: &Value) -> Value {
    let mut receipt = receipt.clone();
    if let Some(fields) = receipt.as_object_mut() {
        fields.retain(|name, _| name != "data" && name != "failures");
    }
    receipt
}

/// All blocks of a node up to a height.
pub(crate) fn history(node: &Client, height: u64) -> History {
    let each: Vec<_> = (1..=height).map(|it| json!({ "block": it })).collect();
    let blocks = node.ask_each("hull_block", &each).unwrap();
    let points = blocks.into_iter().map(|mut block| {
        assert!(block.is_object(), "a block is missing");
        Point {
            hash: block["hash"].take(),
            root: block["stateRootAfter"].take(),
        }
    });
    points.collect()
}

/// The first height at which not all have the same.
pub(crate) fn fork(histories: &[History]) -> Option<u64> {
    let [first, others @ ..] = histories else {
        return None;
    };
    let differs = |at: &usize| others.iter().any(|other| other.get(*at) != first.get(*at));
    let found = (0..first.len()).find(differs);
    found.map(|at| at as u64 + 1)
}
