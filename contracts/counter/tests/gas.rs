//! What the messages of the counter cost.

use counter::{constructors, messages};
use hull_contracts_support::{code, hold_gas};
use hull_testing::Chain;

#[test]
fn the_readme_says_what_messages_cost() {
    let mut chain = Chain::new();
    let new = code("counter").with(constructors::new(40));
    let counter = chain.deploy(new).address();
    assert_eq!(chain.call(counter, messages::add(2)).returns(), 42);
    assert_eq!(chain.query(counter, messages::get()), 42);
    hold_gas(&chain, "counter");
}
