//! A contract that calls another one by its crate, and by its ABI alone.

mod support;

use std::path::Path;

use caller::by_abi;
use caller::caller::{constructors, messages};
use hull_sdk::{Address, CallError};
use hull_vm::CallResult;
use kinds::kinds::Error;
use support::{ALICE, Chain, build, reply};

struct World {
    chain: Chain,
    callee: Address,
    caller: Address,
}

fn world() -> World {
    let mut chain = Chain::new();
    let callee = build("hull-fixture-kinds", "kinds");
    let callee = chain.deploy(&callee, kinds::kinds::constructors::new(2));
    let caller = build("hull-fixture-caller", "caller");
    let caller = chain.deploy(&caller, constructors::new(callee));
    World {
        chain,
        callee,
        caller,
    }
}

impl World {
    fn call<R: hull_sdk::codec::Decode>(&mut self, message: hull_sdk::Message<R>) -> R {
        self.chain.call(self.caller, message)
    }

    fn number(&mut self) -> u64 {
        self.chain.call(self.callee, kinds::kinds::messages::get())
    }
}

#[test]
fn both_ways_say_the_same() {
    use kinds::kinds as crate_of;
    assert_eq!(by_abi::messages::set(7), {
        let theirs = crate_of::messages::set(7);
        hull_sdk::Message::from_parts(theirs.input, theirs.view, theirs.payable, theirs.fallible)
    });
    assert_eq!(
        by_abi::messages::chosen().input,
        crate_of::messages::chosen().input
    );
    assert_eq!(
        by_abi::constructors::new(7).input,
        crate_of::constructors::new(7).input
    );
    assert!(by_abi::constructors::from_value().payable);
    assert!(by_abi::messages::get().view);
}

#[test]
fn declared_errors_arrive_typed() {
    let mut world = world();
    assert_eq!(world.call(messages::set_by_crate(8_u64)), Ok(()));
    assert_eq!(world.number(), 8);
    assert_eq!(world.call(messages::set_by_abi(9_u64)), Ok(()));
    assert_eq!(world.call(messages::get_by_abi()), 9);
    let limit = 1_000;
    assert_eq!(
        world.call(messages::set_by_crate(2_000_u64)),
        Err(Error::TooBig { limit })
    );
    assert_eq!(
        world.call(messages::set_by_abi(2_000_u64)),
        Err(by_abi::Error::TooBig { limit })
    );
    assert_eq!(world.number(), 9);
}

#[test]
fn what_comes_to_nothing_is_told_or_gives_up() {
    let mut world = world();
    // Too little gas for a write.
    let starved = world.call(messages::try_set_by_crate(3_u64, 1_000_000_u64));
    assert_eq!(starved, Err(CallError::Halted));
    let enough = world.call(messages::try_set_by_crate(3_u64, 1_000_000_000_u64));
    assert_eq!(enough, Ok(Ok(())));
    let read_only = world.call(messages::set_read_only());
    assert_eq!(read_only, Err(CallError::Halted));
    assert_eq!(world.number(), 3);
    let nobody = Address([9; 32]);
    let code = world.chain.upload(&build("hull-fixture-caller", "caller"));
    let (lost, outcome) = (world.chain).try_create(code, &[], 0, constructors::new(nobody));
    assert_eq!(outcome.result, CallResult::Success);
    let outcome = (world.chain).send(ALICE, lost, 0, messages::set_by_abi(1_u64).input);
    assert_eq!(outcome.result, CallResult::Revert);
    assert!(outcome.data.is_empty());
}

#[test]
fn value_goes_along() {
    let mut world = world();
    let paid = (world.chain).send(ALICE, world.caller, 7, messages::pay_by_abi().input);
    assert_eq!(reply::<Result<u128, CallError>>(paid).value, Ok(7));
    assert_eq!(world.chain.balance(world.callee), 7);
}

/// `HULL_BLESS=1` writes the file anew.
#[test]
fn the_abi_is_that_of_the_callee() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../contracts/fixtures/caller/abi/kinds.abi.json");
    let now = kinds::kinds::abi().to_json();
    if std::env::var_os("HULL_BLESS").is_some() {
        std::fs::write(&file, &now).expect("the folder is writable");
    }
    let kept = std::fs::read_to_string(&file).expect("the file is there");
    assert!(kept == now, "{} is out of date", file.display());
}
