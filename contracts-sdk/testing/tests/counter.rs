//! The counter.

use counter::{constructors, messages};
use hull_testing::{Chain, Failed, WEALTH, alice, bob};

#[test]
fn a_contract_is_deployed_and_called() {
    let mut chain = Chain::new();
    let counter = chain.deploy(constructors::new(40)).by(bob()).address();
    let receipt = chain.call(counter, messages::add(2)).run();
    assert_eq!(receipt.result, Ok(42));
    assert!(receipt.gas() > receipt.contract_gas() && receipt.contract_gas() > 0);
    assert_eq!(receipt.fee(), u128::from(receipt.gas()));
    assert_eq!(chain.balance(alice()), WEALTH - receipt.fee());
    assert_eq!(chain.query(counter, messages::get()), 42);
    let stored: Vec<_> = chain.storage(counter).collect();
    assert_eq!(stored, [(&[0][..], &42_u64.to_le_bytes()[..])]);
    let trace = receipt.trace().render(
        hull_testing::trace::Detail::Host,
        hull_testing::trace::Style::Plain,
    );
    println!(
        "{trace}\n{}\n{}",
        receipt.trace().to_json(),
        chain.gas_report()
    );
}

#[test]
fn a_panic_tells_its_line() {
    let mut chain = Chain::new();
    let counter = chain.deploy(constructors::new(u64::MAX)).address();
    let receipt = chain.call(counter, messages::add(1)).run();
    println!("{:?}", receipt);
    assert!(matches!(receipt.result, Err(Failed::Aborted { .. })));
    let message = chain.call(counter, messages::add(1)).aborts();
    assert!(
        message.contains("lib.rs:25:25: attempt to add with overflow"),
        "{message}"
    );
}
