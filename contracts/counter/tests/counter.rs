//! The counter on the chain, as the Wasm that it is.

use counter::{constructors, messages};
use hull_testing::{Chain, bob};

#[test]
fn everybody_counts_on() {
    let mut chain = Chain::new();
    let counter = chain.deploy(constructors::new(5)).address();
    let count = chain.call(counter, messages::add(3)).by(bob()).returns();
    assert_eq!(count, 8);
    assert_eq!(chain.query(counter, messages::get()), 8);
}

#[test]
fn a_count_that_does_not_fit_changes_nothing() {
    let mut chain = Chain::new();
    let counter = chain.deploy(constructors::new(u64::MAX)).address();
    let message = chain.call(counter, messages::add(1)).aborts();
    assert!(message.contains("overflow"), "{message}");
    assert_eq!(chain.query(counter, messages::get()), u64::MAX);
}
