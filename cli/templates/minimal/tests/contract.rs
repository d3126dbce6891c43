//! The contract's Wasm on the executor of the network, in this process.

use hull_testing::Chain;
use {{library}}::{constructors, messages};

#[test]
fn it_counts() {
    let mut chain = Chain::new();
    let counter = chain.deploy(constructors::new(40)).address();
    assert_eq!(chain.call(counter, messages::add(2)).returns(), 42);
    assert_eq!(chain.query(counter, messages::get()), 42);
}

#[test]
fn it_does_not_wrap() {
    let mut chain = Chain::new();
    let counter = chain.deploy(constructors::new(u64::MAX)).address();
    let message = chain.call(counter, messages::add(1)).aborts();
    assert!(message.contains("overflow"), "{message}");
    assert_eq!(chain.query(counter, messages::get()), u64::MAX);
}
