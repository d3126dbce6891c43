//! The token on the engine.

mod support;

use hull_sdk::{Address, Event, Message};
use proptest::prelude::*;
use support::{ALICE, BOB, CAROL, Chain, Reply, code_size, example};
use token::token::{
    About, Approved, Error, Role, RoleChanged, Transferred, constructors, messages,
};

const SUPPLY: u128 = 1_000;

struct World {
    chain: Chain,
    token: Address,
}

fn world() -> World {
    let about = About {
        name: "Hull".into(),
        symbol: "HUL".into(),
        decimals: 6,
    };
    let mut chain = Chain::new();
    let token = chain.deploy(&example("token"), constructors::new(about, SUPPLY));
    World { chain, token }
}

impl World {
    fn send<R: hull_sdk::codec::Decode>(&mut self, who: Address, message: Message<R>) -> Reply<R> {
        self.chain.call_as(who, self.token, message)
    }

    fn ask<R: hull_sdk::codec::Decode>(&mut self, message: Message<R>) -> R {
        self.chain.call(self.token, message)
    }

    fn balances(&mut self) -> [u128; 3] {
        [ALICE, BOB, CAROL].map(|who| self.ask(messages::balance_of(who)))
    }
}

/// Topic 0 of all events of a reply.
fn kinds<R>(reply: &Reply<R>) -> Vec<[u8; 32]> {
    reply.events.iter().map(|event| event.topics[0].0).collect()
}

#[test]
fn the_creator_has_the_supply_and_the_say() {
    let mut world = world();
    assert_eq!(world.ask(messages::total_supply()), SUPPLY);
    assert_eq!(world.balances(), [SUPPLY, 0, 0]);
    assert_eq!(world.ask(messages::about()).symbol, "HUL");
    assert!(world.ask(messages::has_role(Role::Admin, ALICE)));
    assert!(!world.ask(messages::has_role(Role::Minter, ALICE)));
}

#[test]
fn transfers_move_and_tell() {
    let mut world = world();
    let sent = world.send(ALICE, messages::transfer(BOB, 300_u128));
    assert_eq!(sent.value, Ok(()));
    assert_eq!(kinds(&sent), [Transferred::SIGNATURE]);
    assert_eq!(sent.events[0].topics[1].0, ALICE.0);
    assert_eq!(sent.events[0].topics[2].0, BOB.0);
    assert_eq!(world.balances(), [700, 300, 0]);
    let refused = world.send(BOB, messages::transfer(ALICE, 301_u128));
    assert_eq!(
        refused.value,
        Err(Error::InsufficientBalance { available: 300 })
    );
    assert!(refused.reverted && refused.events.is_empty());
    assert_eq!(
        world.send(BOB, messages::transfer(BOB, 300_u128)).value,
        Ok(())
    );
    assert_eq!(world.balances(), [700, 300, 0]);
}

#[test]
fn allowances_are_spent() {
    let mut world = world();
    let approved = world.send(ALICE, messages::approve(BOB, 50_u128));
    assert_eq!(kinds(&approved), [Approved::SIGNATURE]);
    let spent = world.send(BOB, messages::transfer_from(ALICE, CAROL, 20_u128));
    assert_eq!(spent.value, Ok(()));
    assert_eq!(world.ask(messages::allowance(ALICE, BOB)), 30);
    assert_eq!(world.balances(), [980, 0, 20]);
    let refused = world.send(BOB, messages::transfer_from(ALICE, CAROL, 31_u128));
    assert_eq!(
        refused.value,
        Err(Error::InsufficientAllowance { available: 30 })
    );
    // An allowance of nothing holds no storage.
    let before = world.chain.host.storage(&world.token).count();
    world.send(ALICE, messages::approve(BOB, 0_u128));
    assert_eq!(world.chain.host.storage(&world.token).count(), before - 1);
}

#[test]
fn roles_mint_and_burn() {
    let mut world = world();
    let missing = |role| Err(Error::MissingRole { role });
    let minted = world.send(ALICE, messages::mint(BOB, 5_u128));
    assert_eq!(minted.value, missing(Role::Minter));
    let granted = world.send(BOB, messages::grant_role(Role::Minter, BOB));
    assert_eq!(granted.value, missing(Role::Admin));
    let granted = world.send(ALICE, messages::grant_role(Role::Minter, BOB));
    assert_eq!(kinds(&granted), [RoleChanged::SIGNATURE]);
    assert_eq!(world.send(BOB, messages::mint(CAROL, 5_u128)).value, Ok(()));
    assert_eq!(world.ask(messages::total_supply()), SUPPLY + 5);
    assert_eq!(
        world.send(BOB, messages::mint(CAROL, u128::MAX)).value,
        Err(Error::SupplyOverflow)
    );
    assert_eq!(
        world.send(CAROL, messages::burn(5_u128)).value,
        missing(Role::Burner)
    );
    world.send(ALICE, messages::grant_role(Role::Burner, CAROL));
    assert_eq!(world.send(CAROL, messages::burn(4_u128)).value, Ok(()));
    assert_eq!(world.ask(messages::total_supply()), SUPPLY + 1);
    assert_eq!(world.balances(), [SUPPLY, 0, 1]);
    world.send(ALICE, messages::revoke_role(Role::Minter, BOB));
    assert_eq!(
        world.send(BOB, messages::mint(CAROL, 5_u128)).value,
        missing(Role::Minter)
    );
    assert_eq!(
        world
            .send(ALICE, messages::revoke_role(Role::Admin, ALICE))
            .value,
        Err(Error::OwnAdminRole)
    );
}

#[test]
fn supply_is_conserved() {
    let mut start = world();
    for who in [ALICE, BOB, CAROL] {
        start.send(ALICE, messages::grant_role(Role::Minter, who));
        start.send(ALICE, messages::grant_role(Role::Burner, who));
    }
    let people = [ALICE, BOB, CAROL];
    let amount = prop_oneof![0_u128..2_000, Just(u128::MAX)];
    let step = (0_u8..5, 0_usize..3, 0_usize..3, 0_usize..3, amount);
    proptest!(ProptestConfig::with_cases(50), |(steps in prop::collection::vec(step, 1..25))| {
        let mut world = World { chain: start.chain.fork(), token: start.token };
        for (kind, by, from, to, amount) in steps {
            let (by, from, to) = (people[by], people[from], people[to]);
            match kind {
                0 => drop(world.send(by, messages::transfer(to, amount))),
                1 => drop(world.send(by, messages::approve(to, amount))),
                2 => drop(world.send(by, messages::transfer_from(from, to, amount))),
                3 => drop(world.send(by, messages::mint(to, amount))),
                _ => drop(world.send(by, messages::burn(amount))),
            }
            let supply = world.ask(messages::total_supply());
            prop_assert_eq!(world.balances().iter().sum::<u128>(), supply);
        }
    });
}

#[test]
fn the_abi_is_sound() {
    let abi = token::token::abi();
    abi.check().expect("a sound ABI");
    assert_eq!((abi.messages.len(), abi.events.len()), (12, 3));
}

/// Without custom sections. What it has; the goal is 12 KiB.
const MOST_BYTES: usize = 12_288;

#[test]
fn is_small() {
    let size = code_size(&example("token"));
    assert!(size <= MOST_BYTES, "the token has {size} bytes");
}
