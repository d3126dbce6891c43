//! Every kind of entry point, and calls between contracts, on the engine.

mod support;

use hull_sdk::codec::{Decode, Encode};
use hull_sdk::{Address, CallError, Event, Hash, Message};
use hull_vm::{CallResult, Entry};
use kinds::kinds::{Error, Set, constructors, messages};
use support::{ALICE, BOB, Chain, build, reply};

struct World {
    chain: Chain,
    code: Hash,
    one: Address,
    other: Address,
}

fn world() -> World {
    let wasm = build("hull-fixture-kinds", "kinds");
    let mut chain = Chain::new();
    let code = chain.upload(&wasm);
    let [one, other] = [1_u64, 2].map(|number| {
        let (address, outcome) = chain.try_create(code, &[], 0, constructors::new(number));
        assert_eq!(outcome.result, CallResult::Success, "{outcome:?}");
        address
    });
    World {
        chain,
        code,
        one,
        other,
    }
}

impl World {
    fn call<R: Decode>(&mut self, message: Message<R>) -> R {
        self.chain.call(self.one, message)
    }

    fn number_of(&mut self, contract: Address) -> u64 {
        self.chain.call(contract, messages::get())
    }
}

#[test]
fn a_constructor_that_fails_leaves_nothing() {
    let mut world = world();
    let code = world.code;
    let (address, outcome) = world
        .chain
        .try_create(code, &[], 0, constructors::new(1_001_u64));
    assert_eq!(outcome.result, CallResult::Revert);
    assert_eq!(outcome.data, [&[0, 1, 0][..], &1_000_u64.encode()].concat());
    let outcome = world.chain.send(ALICE, address, 0, messages::get().input);
    assert_ne!(outcome.result, CallResult::Success);
}

#[test]
fn constructors_take_value_only_if_they_say_so() {
    let mut world = world();
    let code = world.code;
    let (address, outcome) = world
        .chain
        .try_create(code, &[], 7, constructors::from_value());
    assert_eq!(outcome.result, CallResult::Success, "{outcome:?}");
    assert_eq!(world.number_of(address), 7);
    let (_, outcome) = world.chain.try_create(code, &[], 7, constructors::new(1));
    assert_eq!(outcome.result, CallResult::Revert);
}

#[test]
fn errors_revert_typed_through_an_alias_too() {
    let mut world = world();
    let (one, message) = (world.one, messages::set(1_001_u64));
    let answer = world.chain.call_as(ALICE, one, message);
    assert_eq!(answer.value, Err(Error::TooBig { limit: 1_000 }));
    assert!(answer.reverted);
    let answer = world.chain.call_as(ALICE, one, messages::set(5_u64));
    assert!(answer.value.is_ok() && !answer.reverted);
    assert_eq!(world.number_of(one), 5);
}

#[test]
fn values_go_where_they_are_wanted() {
    let mut world = world();
    let one = world.one;
    let paid = world.chain.send(ALICE, one, 3, messages::pay().input);
    assert_eq!(reply::<u128>(paid).value, 3);
    let refused = world.chain.send(ALICE, one, 3, messages::get().input);
    assert_eq!(refused.result, CallResult::Revert);
    let message = refused.message().unwrap_or_default();
    assert!(
        message.ends_with("this message takes no value"),
        "{message}"
    );
    let other = world.other;
    let through = world
        .chain
        .send(ALICE, one, 9, messages::pay_at(other).input);
    assert_eq!(reply::<Result<u128, Error>>(through).value, Ok(9));
}

#[test]
fn selectors_can_be_chosen() {
    assert_eq!(messages::chosen().input, [1, 2, 3, 4]);
    // blake2b-256("get"), as ink! has it.
    assert_eq!(messages::get().input, [0x2f, 0x86, 0x5b, 0xd9]);
    assert_eq!(world().call(messages::chosen()), 4);
}

#[test]
fn the_fallback_gets_the_whole_input_and_answers_raw() {
    let mut world = world();
    let one = world.one;
    for input in [&[][..], &[9, 9], &[9; 8]] {
        let outcome = world.chain.send(ALICE, one, 1, input.to_vec());
        assert_eq!(
            (outcome.result, &outcome.data[..]),
            (CallResult::Success, input)
        );
    }
    let outcome = world.chain.send(ALICE, one, 0, vec![9; 10]);
    assert_eq!(outcome.result, CallResult::Revert);
    assert_eq!(outcome.data, [&[0, 1, 0][..], &9_u64.encode()].concat());
}

#[test]
fn a_migration_is_an_entry_of_its_own() {
    let mut world = world();
    let (one, input) = (world.one, messages::migrate(5_u64).input);
    let outcome = world
        .chain
        .enter(Entry::Migrate, ALICE, one, 0, input.clone());
    assert_eq!(outcome.result, CallResult::Success, "{outcome:?}");
    assert_eq!(world.number_of(one), 7);
    // As a message it goes to the fallback, which finds it too long.
    let outcome = world.chain.send(ALICE, one, 0, input);
    assert_eq!(outcome.result, CallResult::Revert);
    assert_eq!(world.number_of(one), 7);
}

#[test]
fn events_have_the_topics_that_their_fields_say() {
    let mut world = world();
    let (one, long) = (world.one, "a name of more than thirty-one bytes");
    for name in ["short", long] {
        let events = world.chain.call_as(BOB, one, messages::tell(name)).events;
        let [event] = events.as_slice() else {
            panic!("{events:?}")
        };
        let name_topic = if name == long {
            world.call(messages::hashes(long.encode()))[3]
        } else {
            let mut topic = [0; 32];
            topic[..6].copy_from_slice(&name.encode());
            topic
        };
        let topics: Vec<_> = event.topics.iter().map(|topic| topic.0).collect();
        assert_eq!(topics, [Set::SIGNATURE, name_topic, BOB.0]);
        assert_eq!(event.data, (name, Some(BOB), 1_u64).encode());
    }
}

#[test]
fn the_signature_is_the_hash_of_name_and_types() {
    let mut world = world();
    let text = b"Set(String,Option<Address>,u64)".to_vec();
    assert_eq!(world.call(messages::hashes(text))[3], Set::SIGNATURE);
}

#[test]
fn calls_bring_results_and_errors_back_typed() {
    let mut world = world();
    let other = world.other;
    assert_eq!(world.call(messages::get_at(other)), 2);
    assert_eq!(world.call(messages::set_at(other, 8_u64)), Ok(()));
    assert_eq!(world.number_of(other), 8);
    assert_eq!(
        world.call(messages::set_at(other, 2_000_u64)),
        Err(Error::TooBig { limit: 1_000 })
    );
    let nobody = Address([9; 32]);
    assert_eq!(
        world.call(messages::set_at(nobody, 1_u64)),
        Err(Error::Call(CallError::NotFound))
    );
    let me = world.one;
    assert_eq!(
        world.call(messages::set_at(me, 1_u64)),
        Err(Error::Call(CallError::ReentrancyDenied))
    );
    assert_eq!(
        world.call(messages::set_read_only(other)),
        Err(Error::Call(CallError::Halted))
    );
    assert_eq!(world.number_of(other), 8);
}

#[test]
fn a_call_that_must_work_gives_up_with_the_reason() {
    let mut world = world();
    let (one, nobody) = (world.one, Address([9; 32]));
    let outcome = world
        .chain
        .send(ALICE, one, 0, messages::get_at(nobody).input);
    assert_eq!(outcome.result, CallResult::Revert);
    let message = outcome.message().unwrap_or_default();
    assert!(
        message.starts_with("fixtures/kinds/src/lib.rs:")
            && message.ends_with("no contract at the called address, or no such code"),
        "{message}"
    );
}

#[test]
fn contracts_create_delegate_and_upgrade() {
    let mut world = world();
    let (one, code) = (world.one, world.code);
    let made = world.call(messages::create(code, 1_u8, 77_u64));
    let made = made.expect("a contract");
    assert_eq!(world.number_of(made), 77);
    assert_eq!(
        world.call(messages::create(code, 1_u8, 77_u64)),
        Err(Error::Call(CallError::AddressTaken))
    );
    assert_eq!(
        world.call(messages::create(code, 2_u8, 7_700_u64)),
        Err(Error::TooBig { limit: 1_000 })
    );
    assert_eq!(world.call(messages::set_by(code, 55_u64)), Ok(()));
    assert_eq!(world.number_of(one), 55);
    assert_eq!(world.call(messages::upgrade(code)), Ok(()));
    assert_eq!(
        world.call(messages::upgrade(Hash([1; 32]))),
        Err(Error::Call(CallError::NotFound))
    );
}

#[test]
fn raw_calls_return_what_came() {
    let mut world = world();
    let other = world.other;
    let (status, data) = world.call(messages::raw(other, messages::get().input));
    assert_eq!((status, data), (0, (0_u8, 2_u64).encode()));
    let (status, data) = world.call(messages::raw(other, messages::give_up().input));
    assert_eq!((status, data), (1, vec![]));
}

#[test]
fn money_and_the_end() {
    let mut world = world();
    let one = world.one;
    world.chain.send(ALICE, one, 10, messages::pay().input);
    assert_eq!(world.call(messages::send(BOB, 4_u128)), Ok(()));
    assert_eq!(
        world.call(messages::send(BOB, 400_u128)),
        Err(Error::Call(CallError::InsufficientBalance))
    );
    let outcome = world.chain.send(ALICE, one, 0, messages::close(BOB).input);
    assert_eq!(outcome.result, CallResult::Success, "{outcome:?}");
    assert_eq!(world.chain.balance(BOB), 10);
    assert_eq!(world.chain.host.storage(&one).count(), 0);
}

#[test]
fn surroundings_are_those_of_the_call() {
    let mut world = world();
    let one = world.one;
    (world.chain.host.block.height, world.chain.host.block.time) = (12, 34);
    let outcome = world
        .chain
        .send(ALICE, one, 5, messages::surroundings().input);
    type Surroundings = (Address, Address, Address, u128, u128, u64, u64);
    let found: Surroundings = reply(outcome).value;
    assert_eq!(found, (ALICE, one, ALICE, 5, 5, 12, 34));
}

#[test]
fn the_abi_knows_all_of_it() {
    let abi = kinds::kinds::abi();
    abi.check().expect("a sound ABI");
    assert_eq!(abi.name, "kinds");
    let set = abi.message("set").expect("a message");
    assert!(set.mutates && !set.payable);
    assert_eq!(
        set.docs,
        ["Sets the number. Declared through an alias of `Result`."]
    );
    assert!(!abi.message("get").expect("a message").mutates);
    assert!(abi.message("pay").expect("a message").payable);
    assert_eq!(abi.constructors.len(), 2);
    assert_eq!(abi.events.len(), 1);
    assert_eq!(abi.events[0].signature_topic, Set::SIGNATURE);
    assert_eq!(abi.errors.len(), 1);
    assert!(abi.fallback.is_some() && abi.migration.is_some());
    assert_eq!(abi.storage[0].key, [0]);
}
