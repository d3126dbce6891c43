//! The exchange on the chain: every message and error.

mod support;

use exchange::exchange::{
    Error, LOCKED_SHARES, LiquidityAdded, LiquidityRemoved, MAX_OBSERVATIONS, PRICE_ONE, Pair,
    Pool, Reserves, Swapped,
};
use exchange::{constructors, messages};
use hull::CallError;
use hull_contracts_support::{code, deploy_token, hold_gas, weaker};
use hull_testing::{Address, Balance, Chain, Code, Failed, alice, bob, carol, dave};
use support::{FOREVER, WEALTH, World, traders, world};
use token::token::Error as TokenError;

/// An empty pool.
fn empty() -> World {
    world(&code("exchange"))
}

/// A pool with four times as much of the second token; Alice has the shares.
fn filled() -> World {
    let mut world = empty();
    let shares = world.add(alice(), 1_000_000, 4_000_000);
    assert_eq!(shares, Ok(2_000_000 - LOCKED_SHARES));
    world
}

fn reserves(a: Balance, b: Balance) -> Reserves {
    Reserves { a, b }
}

#[test]
fn a_pool_is_of_two_tokens_that_are_there() {
    let mut chain = Chain::new();
    let a = deploy_token(&mut chain, "A", 1);
    let b = deploy_token(&mut chain, "B", 1);
    let create = |chain: &mut Chain, a, b, grants: &[Address]| {
        let new = code("exchange").with(constructors::new(Pair { a, b }));
        chain.deploy(new).grants(grants).returns()
    };
    assert_eq!(create(&mut chain, a, a, &[a]), Err(Error::SameToken));
    let (token, error) = (b, CallError::NotPermitted);
    assert_eq!(
        create(&mut chain, a, b, &[a]),
        Err(Error::TokenFailed { token, error })
    );
    let (token, error) = (Address([9; 32]), CallError::NotFound);
    let nothing = create(&mut chain, a, token, &[a, token]);
    assert_eq!(nothing, Err(Error::TokenFailed { token, error }));
    assert_eq!(create(&mut chain, a, b, &[a, b]), Ok(()));
    let world = empty();
    assert_eq!(world.chain.query(world.pool, messages::pair()), world.pair);
    assert_eq!(
        world.chain.query(world.pool, messages::pool()),
        Pool::default()
    );
}

#[test]
fn the_first_deposit_sets_the_proportion() {
    let mut world = empty();
    let add = messages::add_liquidity(reserves(1_000_000, 4_000_000), 0, FOREVER);
    let added = world.chain.call(world.pool, add).run();
    let shares = 2_000_000 - LOCKED_SHARES;
    assert!(added.emitted(&LiquidityAdded {
        provider: alice().address(),
        amounts: reserves(1_000_000, 4_000_000),
        shares,
    }));
    assert_eq!(added.succeeds(), shares);
    let books = Pool {
        reserves: reserves(1_000_000, 4_000_000),
        shares: 2_000_000,
    };
    assert_eq!(world.chain.query(world.pool, messages::pool()), books);
    assert_eq!(
        world.chain.query(world.pool, messages::shares_of(alice())),
        shares
    );
    assert_eq!(world.balances(world.pool), books.reserves);
    // Nothing of it would be left to the first provider.
    assert_eq!(
        empty().add(bob(), LOCKED_SHARES, LOCKED_SHARES),
        Err(Error::TooLittle)
    );
    assert_eq!(empty().add(bob(), 0, 1_000_000), Err(Error::TooLittle));
}

#[test]
fn later_deposits_keep_the_proportion() {
    let mut world = filled();
    let before = world.balances(bob());
    // More of the first token than the proportion takes.
    assert_eq!(world.add(bob(), 500_000, 400_000), Ok(200_000));
    let after = world.balances(bob());
    assert_eq!((before.a - after.a, before.b - after.b), (100_000, 400_000));
    assert_eq!(world.add(bob(), 0, 100), Err(Error::TooLittle));

    let add = messages::add_liquidity(reserves(1_000, 4_000), 2_001, FOREVER);
    assert_eq!(
        world.send(bob(), add),
        Err(Error::BelowMinimum { amount: 2_000 })
    );
    let deadline = world.chain.time() - 1;
    let add = messages::add_liquidity(reserves(1_000, 4_000), 0, deadline);
    assert_eq!(world.send(bob(), add), Err(Error::Expired { deadline }));
    assert_eq!(world.add(bob(), u128::MAX, u128::MAX), Err(Error::TooMuch));
}

#[test]
fn shares_give_their_part_back() {
    let mut world = filled();
    let before = world.balances(alice());
    let remove = messages::remove_liquidity(500_000, reserves(250_000, 1_000_000), FOREVER);
    let removed = world.chain.call(world.pool, remove).run();
    let amounts = reserves(250_000, 1_000_000);
    assert!(removed.emitted(&LiquidityRemoved {
        provider: alice().address(),
        amounts,
        shares: 500_000,
    }));
    assert_eq!(removed.succeeds(), amounts);
    let after = world.balances(alice());
    assert_eq!(
        (after.a - before.a, after.b - before.b),
        (250_000, 1_000_000)
    );

    let available = world.shares(alice());
    let too_many = world.remove(alice(), available + 1);
    assert_eq!(too_many, Err(Error::InsufficientShares { available }));
    assert_eq!(
        world.remove(bob(), 1),
        Err(Error::InsufficientShares { available: 0 })
    );
    assert_eq!(world.remove(alice(), 1), Err(Error::TooLittle));
    assert_eq!(world.remove(alice(), 0), Err(Error::TooLittle));
    assert_eq!(empty().remove(alice(), 0), Err(Error::Empty));
    for least in [reserves(501, 0), reserves(0, 2_001)] {
        let remove = messages::remove_liquidity(1_000, least, FOREVER);
        let refused = world.send(alice(), remove).expect_err("it is too little");
        assert!(matches!(refused, Error::BelowMinimum { .. }), "{refused:?}");
    }
    let deadline = world.chain.time() - 1;
    let remove = messages::remove_liquidity(1_000, Reserves::default(), deadline);
    assert_eq!(
        world.send(alice(), remove),
        Err(Error::Expired { deadline })
    );

    // What is locked stays.
    assert!(world.remove(alice(), available).is_ok());
    assert_eq!(world.books().shares, LOCKED_SHARES);
    assert_eq!(world.balances(world.pool), world.books().reserves);
    let providers = messages::providers(None::<Address>, 10);
    assert!(world.chain.query(world.pool, providers).is_empty());
}

#[test]
fn swaps_go_both_ways_for_a_fee() {
    let mut world = filled();
    let before = world.balances(bob());
    // 9970 of 10000 count: 4000000 * 9970 / 1009970, rounded down.
    let quote = messages::quote(world.pair.a, 10_000);
    assert_eq!(world.chain.query(world.pool, quote), Ok(39_486));
    let swap = messages::swap(world.pair.a, 10_000, 39_486, FOREVER);
    let swapped = world.chain.call(world.pool, swap).by(bob()).run();
    assert!(swapped.emitted(&Swapped {
        trader: bob().address(),
        given: world.pair.a,
        amount_in: 10_000,
        amount_out: 39_486,
    }));
    assert_eq!(swapped.succeeds(), 39_486);
    assert_eq!(
        world.books().reserves,
        reserves(1_010_000, 4_000_000 - 39_486)
    );
    assert_eq!(world.balances(world.pool), world.books().reserves);
    let back = world
        .swap(bob(), world.pair.b, 39_486)
        .expect("a good swap");
    assert!(back < 10_000, "{back}");
    let after = world.balances(bob());
    assert_eq!((before.a - after.a, before.b), (10_000 - back, after.b));
}

#[test]
fn swaps_are_refused() {
    let mut world = filled();
    let Pair { a, b } = world.pair;
    assert_eq!(
        empty().swap(bob(), empty().pair.a, 1_000),
        Err(Error::Empty)
    );
    let token = Address([9; 32]);
    assert_eq!(
        world.swap(bob(), token, 1_000),
        Err(Error::UnknownToken { token })
    );
    let quote = world.chain.query(world.pool, messages::quote(token, 1_000));
    assert_eq!(quote, Err(Error::UnknownToken { token }));
    assert_eq!(world.swap(bob(), a, 0), Err(Error::TooLittle));
    // Four of the second token are worth one of the first, and the fee is one.
    assert_eq!(world.swap(bob(), b, 4), Err(Error::TooLittle));
    assert_eq!(world.swap(bob(), a, u128::MAX), Err(Error::TooMuch));
    let short = world.send(bob(), messages::swap(a, 10_000, 39_487, FOREVER));
    assert_eq!(short, Err(Error::BelowMinimum { amount: 39_486 }));
    let deadline = world.chain.time() - 1;
    let late = world.send(bob(), messages::swap(a, 10_000, 0, deadline));
    assert_eq!(late, Err(Error::Expired { deadline }));
}

#[test]
fn what_the_token_says_comes_back_typed_and_changes_nothing() {
    let mut world = filled();
    let books = world.books();
    let token = world.pair.a;
    let refused = |error| Err(Error::TokenRefused { token, error });
    // Dave never allowed anything.
    let error = TokenError::InsufficientAllowance { available: 0 };
    assert_eq!(world.swap(dave(), token, 1_000), refused(error));
    let approve = token::messages::approve(world.pool, 1_000);
    world.chain.call(token, approve).by(dave()).returns();
    let error = TokenError::InsufficientBalance { available: 0 };
    assert_eq!(world.swap(dave(), token, 1_000), refused(error));
    // The second token refuses, and the first one has not moved either.
    let give = token::messages::transfer(dave(), 1_000);
    world.chain.call(token, give).succeeds();
    let added = world.add(dave(), 1_000, 4_000);
    let (token, error) = (
        world.pair.b,
        TokenError::InsufficientAllowance { available: 0 },
    );
    assert_eq!(added, Err(Error::TokenRefused { token, error }));
    assert_eq!(world.balance(world.pair.a, dave()), 1_000);
    assert_eq!(world.books(), books);
}

#[test]
fn a_gift_is_not_in_the_books() {
    let mut world = filled();
    let gift = token::messages::transfer(world.pool, 1_000_000);
    world.chain.call(world.pair.a, gift).succeeds();
    assert_eq!(world.books().reserves, reserves(1_000_000, 4_000_000));
    let quote = messages::quote(world.pair.a, 10_000);
    assert_eq!(world.chain.query(world.pool, quote), Ok(39_486));
}

#[test]
fn providers_are_listed_in_pages() {
    let mut world = filled();
    for trader in [bob(), carol()] {
        assert_eq!(world.add(trader, 1_000, 4_000), Ok(2_000));
    }
    let all = messages::providers(None::<Address>, u32::MAX);
    let all = world.chain.query(world.pool, all);
    let mut expected: Vec<_> = traders()
        .iter()
        .map(|trader| (trader.address(), world.shares(*trader)))
        .collect();
    expected.sort();
    assert_eq!(all, expected);
    let sum: Balance = all.iter().map(|(_, shares)| shares).sum();
    assert_eq!(sum + LOCKED_SHARES, world.books().shares);
    let page = messages::providers(Some(all[0].0), 1);
    assert_eq!(world.chain.query(world.pool, page), all[1..2]);
}

#[test]
fn prices_are_averaged_over_time() {
    let mut world = filled();
    let start = world.chain.time();
    world.chain.set_time(start + 9_000);
    let average = |world: &World, since| {
        world
            .chain
            .query(world.pool, messages::average_price(since))
    };
    assert_eq!(average(&world, start), Ok(4 * PRICE_ONE));
    assert_eq!(average(&world, start + 9_000), Err(Error::TooLittle));
    assert_eq!(average(&world, start + 9_001), Err(Error::TooLittle));

    // A swap moves the average only with time.
    world
        .swap(bob(), world.pair.a, 1_000_000)
        .expect("a good swap");
    world.chain.set_time(start + 9_000);
    assert_eq!(average(&world, start), Ok(4 * PRICE_ONE));
    let Reserves { a, b } = world.books().reserves;
    let now = b * PRICE_ONE / a;
    world.chain.set_time(start + 12_000);
    let expected = 4 * PRICE_ONE * 9_000 / 12_000 + now * 3_000 / 12_000;
    let found = average(&world, start).expect("it was observed");
    assert!(found.abs_diff(expected) <= 2, "{found} is not {expected}");
    assert_eq!(average(&world, start + 9_000), Ok(now));

    let earliest = world.chain.query(world.pool, messages::observations(0, 1))[0].0;
    let before = average(&world, earliest - 1);
    assert_eq!(
        before,
        Err(Error::NotObserved {
            earliest: Some(earliest)
        })
    );
    let nothing = empty();
    assert_eq!(
        average(&nothing, 0),
        Err(Error::NotObserved { earliest: None })
    );
}

#[test]
fn observations_are_one_a_block_and_the_oldest_make_room() {
    let mut world = filled();
    world.chain.set_block_time(0);
    let time = world.chain.time();
    for _ in 0..2 {
        world
            .swap(bob(), world.pair.a, 10_000)
            .expect("a good swap");
    }
    let seen = messages::observations(time, u32::MAX);
    let seen = world.chain.query(world.pool, seen);
    assert_eq!(seen, [(time, world.books().reserves)]);

    world.chain.set_block_time(1_000);
    for _ in 0..MAX_OBSERVATIONS {
        world
            .swap(bob(), world.pair.a, 10_000)
            .expect("a good swap");
    }
    let all = messages::observations(0, u32::MAX);
    let all = world.chain.query(world.pool, all);
    assert_eq!(all.len() as u32, MAX_OBSERVATIONS);
    assert_eq!(
        all.last(),
        Some(&(world.chain.time() - 1_000, world.books().reserves))
    );
    let page = messages::observations(all[3].0, 2);
    assert_eq!(world.chain.query(world.pool, page), all[3..5]);
}

/// What needs everything that the contract declares.
fn use_it(code: &Code) -> Result<(), Failed> {
    let mut chain = Chain::new();
    let a = deploy_token(&mut chain, "A", WEALTH);
    let b = deploy_token(&mut chain, "B", WEALTH);
    let new = code.with(constructors::new(Pair { a, b }));
    let created = chain.deploy(new).grants(&[a, b]).run();
    let pool = created.contract();
    let created = created.result?;
    let Some(pool) = pool else {
        let message = format!("{created:?}");
        return Err(Failed::Aborted { message });
    };
    for token in [a, b] {
        let approve = token::messages::approve(pool, WEALTH);
        chain.call(token, approve).returns();
    }
    let add = messages::add_liquidity(reserves(10_000, 10_000), 0, FOREVER);
    let added = chain.call(pool, add).run();
    added.result.map(|added| assert_eq!(added, Ok(9_000)))
}

#[test]
fn one_capability_less_fails() {
    let code = code("exchange");
    use_it(&code).expect("what it declares is enough");
    for weaker in weaker(&code) {
        assert!(use_it(&weaker.code).is_err(), "{weaker:?}");
    }
}

#[test]
fn the_readme_says_what_messages_cost() {
    let mut world = filled();
    assert_eq!(world.add(bob(), 1_000, 4_000), Ok(2_000));
    for given in [world.pair.a, world.pair.b] {
        world.swap(bob(), given, 10_000).expect("a good swap");
        let quote = messages::quote(given, 10_000);
        assert!(world.chain.query(world.pool, quote).is_ok());
    }
    let since = messages::observations(0, 1);
    let since = world.chain.query(world.pool, since)[0].0;
    let average = messages::average_price(since);
    assert!(world.chain.query(world.pool, average).is_ok());
    assert!(world.remove(bob(), 1_000).is_ok());
    assert!(world.remove(bob(), 1_000).is_ok());
    hold_gas(&world.chain, "exchange");
}
