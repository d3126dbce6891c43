//! The contract's Wasm on the executor of the network, in this process.

use ed25519_dalek::{Signer, SigningKey};
use hull::Address;
use hull_testing::{Chain, bob};
use {{library}}::{{library}}::{DeviceId, Error, LimitPassed, signed_bytes};
use {{library}}::{constructors, messages};

const PUMP: DeviceId = 7;

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn sign(number: u64, reading: i64) -> [u8; 64] {
    key().sign(&signed_bytes(PUMP, number, reading)).to_bytes()
}

/// A registry of Alice's with a pump that should stay at 80 or below.
fn registry() -> (Chain, Address) {
    let mut chain = Chain::new();
    let registry = chain.deploy(constructors::new()).address();
    let key = key().verifying_key().to_bytes();
    chain
        .call(registry, messages::register(PUMP, key, 80))
        .succeeds();
    (chain, registry)
}

#[test]
fn a_signed_reading_counts() {
    let (mut chain, registry) = registry();
    let submit = messages::submit(PUMP, 75, sign(0, 75));
    let receipt = chain.call(registry, submit).by(bob()).run();
    assert!(receipt.events().is_empty());
    receipt.succeeds();
    let pump = chain.query(registry, messages::device(PUMP)).unwrap();
    assert_eq!((pump.readings, pump.last), (1, Some(75)));
}

#[test]
fn a_limit_that_is_passed_raises_an_alert() {
    let (mut chain, registry) = registry();
    let submit = messages::submit(PUMP, 81, sign(0, 81));
    let receipt = chain.call(registry, submit).run();
    assert!(receipt.emitted(&LimitPassed {
        device: PUMP,
        reading: 81
    }));
    receipt.succeeds();
}

#[test]
fn no_reading_is_forged_or_counts_twice() {
    let (mut chain, registry) = registry();
    let forged = messages::submit(PUMP, 1, sign(0, 75));
    assert_eq!(chain.call(registry, forged).fails(), Error::BadSignature);
    let submit = || messages::submit(PUMP, 75, sign(0, 75));
    chain.call(registry, submit()).succeeds();
    assert_eq!(chain.call(registry, submit()).fails(), Error::BadSignature);
}

#[test]
fn the_operator_alone_registers() {
    let (mut chain, registry) = registry();
    let register = || messages::register(PUMP + 1, [1; 32], 0);
    let by_bob = chain.call(registry, register()).by(bob()).fails();
    assert_eq!(by_bob, Error::NotOperator);
    chain.call(registry, register()).succeeds();
    assert_eq!(chain.call(registry, register()).fails(), Error::Taken);
}
