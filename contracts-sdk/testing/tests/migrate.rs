//! New code for a contract whose layout is another one.

use hull_testing::{Address, Chain, Code, Failed, alice, bob, contract};
use tally::tally as first;
use tally_v2::tally_v2 as second;

fn world() -> (Chain, Address, Code) {
    let mut chain = Chain::new();
    let contract = chain.deploy(first::constructors::new(40_u32)).address();
    assert_eq!(
        chain.call(contract, first::messages::add(2_u32)).returns(),
        42
    );
    (
        chain,
        contract,
        contract!("../../contracts/fixtures/tally-v2"),
    )
}

fn stored(chain: &Chain, contract: Address) -> Vec<(Vec<u8>, Vec<u8>)> {
    let entries = chain.storage(contract);
    entries
        .map(|(key, value)| (key.to_vec(), value.to_vec()))
        .collect()
}

#[test]
fn new_code_takes_over_what_the_old_one_stored() {
    let (mut chain, contract, code) = world();
    assert_eq!(
        stored(&chain, contract),
        [(vec![0], 42_u32.to_le_bytes().to_vec())]
    );
    let heir = bob().address();
    let receipt = chain
        .migrate(contract, &code, second::messages::migrate(heir, 42_u32))
        .run();
    assert_eq!(receipt.result, Ok(Ok(42)));
    let changed: Vec<_> = receipt.storage().iter().map(ToString::to_string).collect();
    assert_eq!(changed.len(), 3, "{changed:?}");

    let wide = 42_u64.to_le_bytes().to_vec();
    let share = [&[2][..], &heir.0].concat();
    assert_eq!(
        stored(&chain, contract),
        [(vec![1], wide.clone()), (share, wide)]
    );
    let record = chain.contract(contract).expect("it is there");
    assert_eq!(record.info.code_hash, code.hash());

    assert_eq!(
        chain
            .call(contract, second::messages::add(1_u64 << 40))
            .returns(),
        42 + (1 << 40)
    );
    assert_eq!(chain.query(contract, second::messages::share(heir)), 42);
    let own = second::messages::share(alice().address());
    assert_eq!(chain.query(contract, own), 1 << 40);
    // What the first version understood is too short now.
    let old = chain.call(contract, first::messages::add(1_u32)).run();
    assert!(old.result.is_err(), "{old:?}");
}

#[test]
fn a_migration_that_fails_leaves_the_old_code() {
    let (mut chain, contract, code) = world();
    let before = stored(&chain, contract);
    let heir = bob().address();
    let error = chain
        .migrate(contract, &code, second::messages::migrate(heir, 41_u32))
        .fails();
    assert_eq!(error, second::Error::OtherCount { count: 42 });
    assert_eq!(stored(&chain, contract), before);
    assert_eq!(chain.query(contract, first::messages::count()), 42);
    assert_eq!(
        chain.call(contract, first::messages::add(1_u32)).returns(),
        43
    );
}

#[test]
fn a_migration_runs_once() {
    let (mut chain, contract, code) = world();
    let migration = || second::messages::migrate(bob().address(), 42_u32);
    assert_eq!(
        chain.migrate(contract, &code, migration()).returns(),
        Ok(42)
    );
    let again = chain.migrate(contract, &code, migration()).fails();
    assert_eq!(again, second::Error::NothingToMigrate);
    assert_eq!(chain.query(contract, second::messages::count()), 42);
}

/// The migration is run in any case, and finds no input to read.
#[test]
fn code_with_a_migration_is_not_taken_without_it() {
    let (mut chain, contract, code) = world();
    let replaced = chain.set_code(contract, &code).run();
    assert_eq!(replaced.result, Err(Failed::CouldNotReadInput));
    assert_eq!(chain.query(contract, first::messages::count()), 42);
}
