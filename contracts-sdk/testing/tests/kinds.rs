//! Calls between contracts, values, migrations, and what goes wrong inside.

use hull_testing::trace::{Detail, Style};
use hull_testing::{Address, Chain, Failed, HaltKind, Refusal, alice, bob, contract};
use kinds::kinds::Error;
use kinds::{constructors, messages};

fn two() -> (Chain, Address, Address) {
    let mut chain = Chain::new();
    let one = chain.deploy(constructors::new(1)).address();
    let two = chain.deploy(constructors::new(2)).by(bob()).address();
    (chain, one, two)
}

#[test]
fn nested_calls_are_branches() {
    let (mut chain, one, two) = two();
    let receipt = chain.call(one, messages::set_at(two, 7_u64)).run();
    assert_eq!(receipt.result, Ok(Ok(())));
    let trace = receipt.trace();
    let text = trace.render(Detail::Storage, Style::Plain);
    let branch = "│  ├─ write number = 7";
    assert!(
        text.contains("kinds.set_at(other: kinds#2, number: 7) by alice"),
        "{text}"
    );
    assert!(text.contains("kinds#2.set(number: 7) by kinds"), "{text}");
    assert!(text.contains(branch), "{text}");
    let [outer] = trace.frames.as_slice() else {
        panic!("{text}")
    };
    let inner: u64 = outer.children().map(|frame| frame.gas).sum();
    assert!(inner > 0 && outer.gas == outer.gas_own + inner);
    assert_eq!(receipt.contract_gas(), outer.gas);
    // Both frames are counted.
    assert_eq!(chain.gas_report().of("kinds", "set").unwrap().calls, 1);
}

#[test]
fn a_failure_names_what_failed_inside() {
    let (mut chain, one, two) = two();
    let error = chain.call(one, messages::set_at(two, 1_001_u64)).fails();
    assert_eq!(error, Error::TooBig { limit: 1_000 });
    let receipt = chain.call(one, messages::set_at(two, 1_001_u64)).run();
    let text = receipt.trace().render(Detail::Frames, Style::Plain);
    assert!(
        text.contains("├─ [") && text.contains("✗ kinds#2.set(number: 1001) by kinds"),
        "{text}"
    );
    assert!(
        text.contains("│  └─ ✗ error TooBig { limit: 1000 }"),
        "{text}"
    );
    let report = std::panic::catch_unwind(|| receipt.succeeds()).unwrap_err();
    let report = report.downcast::<String>().unwrap();
    let expected = "inside it, kinds#2.set(number: 1001) failed: error TooBig { limit: 1000 }";
    assert!(report.contains(expected), "{report}");
    let message = chain.call(one, messages::give_up()).aborts();
    assert!(
        message.contains("kinds/src/lib.rs:") && message.ends_with("given up"),
        "{message}"
    );
    let text = chain.call(one, messages::give_up()).run().trace();
    let text = text.render(Detail::Frames, Style::Plain);
    assert!(text.contains("aborted: "), "{text}");
    assert!(text.contains("      at "), "{text}");
}

#[test]
fn values_move_and_are_shown() {
    let (mut chain, one, two) = two();
    let before = chain.balance(two);
    let receipt = chain.call(one, messages::pay_at(two)).value(70).run();
    assert_eq!(receipt.result, Ok(Ok(70)));
    assert_eq!(chain.balance(two), before + 70);
    let text = receipt.trace().render(Detail::Frames, Style::Plain);
    assert_eq!(text.matches(", value 70").count(), 2, "{text}");
    let sent = chain.call(two, messages::send(alice(), 30_u128)).run();
    assert_eq!(sent.balances()[&two].after, before + 40);
    let text = sent.trace().render(Detail::Events, Style::Plain);
    assert!(text.contains("├─ transfer 30 to alice"), "{text}");
    let refused = chain.call(one, messages::get()).value(1).aborts();
    assert_eq!(refused, "this message takes no value");
}

#[test]
fn rules_and_strangers_are_told_apart() {
    let (mut chain, one, two) = two();
    let receipt = chain.query_as(bob(), one, messages::get_at(two));
    assert_eq!(receipt.result, Ok(2));
    let halt = chain.query_as(bob(), one, messages::set(3_u64)).halts();
    assert_eq!(halt, HaltKind::ReadOnly);
    let nobody = Address([9; 32]);
    let nothing = chain.call(nobody, messages::get()).run();
    assert!(
        matches!(nothing.result, Err(Failed::NotCalled(_))),
        "{nothing:?}"
    );
    let halt = chain
        .call(one, messages::tell("x".repeat(40)))
        .gas_limit(250_000_000)
        .run();
    assert_eq!(halt.result, Err(Failed::Halted(HaltKind::OutOfGas)));
}

#[test]
fn code_is_uploaded_once_and_replaced_by_its_rules() {
    let mut chain = Chain::new();
    let code = contract!("../../contracts/fixtures/kinds");
    assert_eq!((code.name(), code.abi().is_some()), ("kinds", true));
    let uploaded = chain.upload(&code).by(bob()).run();
    assert!(uploaded.deposit() > 0 && uploaded.result == Ok(()));
    let again = chain.upload(&code).run();
    assert_eq!(
        again.result,
        Err(Failed::Refused(Refusal::AlreadyUploaded(code.hash())))
    );
    let salt = [3; 32];
    let made = chain
        .deploy(code.with(constructors::new(5)))
        .salt(salt)
        .run();
    assert_eq!(made.deposit() > 0, made.contract().is_some());
    let contract = made.address();
    let taken = chain
        .deploy(code.with(constructors::new(5)))
        .salt(salt)
        .run();
    assert!(
        taken.contract().is_none() && taken.result.is_err(),
        "{taken:?}"
    );
    let refused = chain.deploy(code.with(constructors::new(1_001))).fails();
    assert_eq!(refused, Error::TooBig { limit: 1_000 });

    let by_another = chain
        .migrate(contract, &code, messages::migrate(1_u64))
        .by(bob())
        .run();
    let creator = alice().address();
    assert_eq!(
        by_another.result,
        Err(Failed::Refused(Refusal::NotCreator { creator }))
    );
    // A contract that replaces its code itself leaves that to nobody else.
    let refused = chain
        .migrate(contract, &code, messages::migrate(1_u64))
        .run();
    assert_eq!(refused.result, Err(Failed::Refused(Refusal::NotUpgradable)));
}
