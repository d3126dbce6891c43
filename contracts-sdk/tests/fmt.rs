//! What panics say with and without the feature `fmt`.

mod support;

use formatted::formatted::{constructors, messages};
use hull_sdk::{Address, Message};
use hull_vm::CallResult;
use hull_vm::host_api::limits::MAX_ABORT_LEN;
use support::{ALICE, Chain, build_with};

const WITHOUT: &str = "";
const WITH: &str = "fmt";

fn world(feature: &str) -> (Chain, Address) {
    let mut chain = Chain::new();
    let wasm = build_with("hull-fixture-formatted", "formatted", feature);
    let contract = chain.deploy(&wasm, constructors::new());
    (chain, contract)
}

/// The place and the message of a revert.
fn complaint<R>(chain: &mut Chain, contract: Address, message: Message<R>) -> (String, String) {
    let outcome = chain.send(ALICE, contract, 0, message.input);
    assert_eq!(outcome.result, CallResult::Revert, "{outcome:?}");
    assert!(outcome.data.is_empty(), "{outcome:?}");
    let text = outcome.message().expect("it says why");
    let (place, message) = text.split_once(": ").expect("a place and a message");
    (place.to_owned(), message.to_owned())
}

#[test]
fn arguments_are_formatted_with_the_feature_alone() {
    let message = || messages::divide(7_u32, 2_u32);
    let (mut chain, contract) = world(WITH);
    let (place, said) = complaint(&mut chain, contract, message());
    assert_eq!(said, "7 is no multiple of 2: Some(1) is left");
    assert!(
        place.starts_with("fixtures/formatted/src/lib.rs:"),
        "{place}"
    );
    assert_eq!(chain.call(contract, messages::divide(8_u32, 2_u32)), 4);

    let (mut chain, contract) = world(WITHOUT);
    assert_eq!(
        complaint(&mut chain, contract, message()),
        (place, "panicked".to_owned())
    );
    assert_eq!(chain.call(contract, messages::divide(8_u32, 2_u32)), 4);
}

#[test]
fn messages_without_arguments_are_the_same() {
    let said = [WITH, WITHOUT].map(|feature| {
        let (mut chain, contract) = world(feature);
        complaint(&mut chain, contract, messages::divide(7_u32, 0_u32))
    });
    assert_eq!(said[0].1, "nothing is divided by zero");
    assert_eq!(said[0], said[1]);
}

#[test]
fn a_long_message_is_cut() {
    let (mut chain, contract) = world(WITH);
    let message = messages::complain("no! ".to_owned(), 2_000_u32);
    let outcome = chain.send(ALICE, contract, 0, message.input);
    let text = outcome.message().expect("it says why");
    assert_eq!(text.len(), MAX_ABORT_LEN as usize);
    assert!(text.contains(": no! no! no! "), "{text}");
}
