//! The contract's Wasm on the executor of the network, in this process.

use hull::{Address, Balance};
use hull_testing::{Chain, alice, bob, carol};
use {{library}}::{{library}}::{About, Error, Transferred};
use {{library}}::{constructors, messages};

/// A token of Alice's, of which she has so many.
fn token(supply: Balance) -> (Chain, Address) {
    let mut chain = Chain::new();
    let about = About {
        name: "Gold".into(),
        symbol: "AU".into(),
        decimals: 12,
    };
    let token = chain.deploy(constructors::new(about)).address();
    chain
        .call(token, messages::mint(alice(), supply))
        .succeeds();
    (chain, token)
}

#[test]
fn tokens_move() {
    let (mut chain, token) = token(100);
    let receipt = chain.call(token, messages::transfer(bob(), 30)).run();
    assert!(receipt.emitted(&Transferred {
        from: Some(alice().address()),
        to: bob().address(),
        amount: 30,
    }));
    receipt.succeeds();
    assert_eq!(chain.query(token, messages::balance_of(alice())), 70);
    assert_eq!(chain.query(token, messages::balance_of(bob())), 30);
}

#[test]
fn nobody_sends_what_they_do_not_have() {
    let (mut chain, token) = token(100);
    let error = chain.call(token, messages::transfer(bob(), 101)).fails();
    assert_eq!(error, Error::InsufficientBalance { available: 100 });
    assert_eq!(chain.query(token, messages::balance_of(alice())), 100);
}

#[test]
fn a_spender_keeps_to_the_allowance() {
    let (mut chain, token) = token(100);
    chain.call(token, messages::approve(bob(), 10)).returns();
    let spend = |amount| messages::transfer_from(alice(), carol(), amount);
    chain.call(token, spend(7)).by(bob()).succeeds();
    let error = chain.call(token, spend(4)).by(bob()).fails();
    assert_eq!(error, Error::InsufficientAllowance { available: 3 });
    assert_eq!(chain.query(token, messages::balance_of(carol())), 7);
    assert_eq!(chain.query(token, messages::allowance(alice(), bob())), 3);
}

#[test]
fn the_owner_alone_mints() {
    let (mut chain, token) = token(100);
    let mint = || messages::mint(bob(), 1);
    assert_eq!(chain.call(token, mint()).by(bob()).fails(), Error::NotOwner);
    chain.call(token, mint()).succeeds();
    assert_eq!(chain.query(token, messages::total_supply()), 101);
    let error = chain
        .call(token, messages::mint(bob(), Balance::MAX))
        .fails();
    assert_eq!(error, Error::SupplyOverflow);
}
