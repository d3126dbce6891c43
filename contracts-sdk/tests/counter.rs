//! The counter on the engine.

mod support;

use counter::counter::{constructors, messages};
use hull_vm::CallResult;
use support::{ALICE, Chain, code_size, example};

#[test]
fn counts() {
    let mut chain = Chain::new();
    let counter = chain.deploy(&example("counter"), constructors::new(40));
    assert_eq!(chain.call(counter, messages::add(2)), 42);
    assert_eq!(chain.call(counter, messages::get()), 42);
    let stored: Vec<_> = chain.host.storage(&counter).collect();
    assert_eq!(stored, [(&[0][..], &42_u64.to_le_bytes()[..])]);
}

#[test]
fn overflow_reverts_with_the_line() {
    let mut chain = Chain::new();
    let counter = chain.deploy(&example("counter"), constructors::new(u64::MAX));
    let outcome = chain.send(ALICE, counter, 0, messages::add(1).input);
    assert_eq!(outcome.result, CallResult::Revert);
    assert!(outcome.data.is_empty());
    assert_eq!(
        outcome.message(),
        Some("counter/src/lib.rs:25:25: attempt to add with overflow")
    );
    assert_eq!(chain.call(counter, messages::get()), u64::MAX);
}

#[test]
fn input_that_is_no_message_is_refused() {
    let mut chain = Chain::new();
    let counter = chain.deploy(&example("counter"), constructors::new(1));
    let add = messages::add(1).input;
    let too_long = [&add[..], &[0]].concat();
    for input in [&[][..], &add[..3], &add[..11], &too_long, &[0; 12]] {
        let outcome = chain.send(ALICE, counter, 0, input.to_vec());
        assert_eq!(outcome.result, CallResult::Revert, "{input:?}");
        assert_eq!(outcome.data, [1, 1], "{input:?}");
    }
    let outcome = chain.send(ALICE, counter, 5, add);
    let message = outcome.message().unwrap_or_default();
    assert!(
        message.ends_with("this message takes no value"),
        "{message}"
    );
    assert_eq!(chain.call(counter, messages::get()), 1);
}

/// Without custom sections: 3 KiB.
const MOST_BYTES: usize = 3_072;

#[test]
fn is_small() {
    let size = code_size(&example("counter"));
    assert!(size <= MOST_BYTES, "the counter has {size} bytes");
}
