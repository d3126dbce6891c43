//! What the messages of the token cost.

use hull_contracts_support::{deploy_token, hold_gas};
use hull_testing::{Chain, alice, bob, carol};
use token::messages;
use token::token::Role;

#[test]
fn the_readme_says_what_messages_cost() {
    let mut chain = Chain::new();
    let token = deploy_token(&mut chain, "HUL", 1_000_000);
    // To somebody new, and to somebody who has some.
    for _ in 0..2 {
        chain.call(token, messages::transfer(bob(), 10)).succeeds();
    }
    chain.call(token, messages::approve(bob(), 100)).returns();
    let spend = messages::transfer_from(alice(), carol(), 50);
    for _ in 0..2 {
        chain.call(token, spend.clone()).by(bob()).succeeds();
    }
    for role in [Role::Minter, Role::Burner] {
        chain
            .call(token, messages::grant_role(role, alice()))
            .succeeds();
    }
    chain.call(token, messages::mint(bob(), 5)).succeeds();
    chain.call(token, messages::burn(5)).succeeds();
    chain
        .call(token, messages::revoke_role(Role::Minter, alice()))
        .succeeds();
    chain.query(token, messages::balance_of(bob()));
    hold_gas(&chain, "token");
}
