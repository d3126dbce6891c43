//! The token: typed errors and events, storage and balances by name, traces,
//! and a property that holds on any sequence of calls.

use hull_testing::trace::{Detail, Style};
use hull_testing::{
    Address, Chain, Failed, HaltKind, InvalidTransaction, WEALTH, accounts, alice, bob, carol,
};
use proptest::prelude::*;
use token::token::{About, Error, Role, Transferred};
use token::{constructors, messages};

const SUPPLY: u128 = 1_000;

fn deployed() -> (Chain, Address) {
    let about = About {
        name: "Hull".into(),
        symbol: "HUL".into(),
        decimals: 6,
    };
    let mut chain = Chain::new();
    let token = chain.deploy(constructors::new(about, SUPPLY)).address();
    (chain, token)
}

#[test]
fn a_transfer_tells_all_it_did() {
    let (mut chain, token) = deployed();
    let receipt = chain.call(token, messages::transfer(bob(), 5_u128)).run();
    assert_eq!(receipt.result, Ok(Ok(())));

    let [event]: [Transferred; 1] = receipt.events_of().try_into().ok().unwrap();
    assert_eq!((event.to, event.amount), (Some(bob().address()), 5));
    assert!(receipt.emitted(&event));
    let another = Transferred { amount: 6, ..event };
    assert!(!receipt.emitted(&another));

    let [decoded] = receipt.decoded_events().try_into().unwrap();
    assert_eq!(
        (&*decoded.contract, decoded.name.as_deref()),
        ("token", Some("Transferred"))
    );
    assert_eq!(decoded.fields[2], ("amount".into(), 5.into()));

    let storage: Vec<_> = receipt.storage().iter().map(ToString::to_string).collect();
    let mut expected = [
        "token: balances[alice] 1000 -> 995",
        "token: balances[bob] (nothing) -> 5",
    ];
    if storage != expected {
        expected.reverse();
    }
    assert_eq!(storage, expected);

    // A new item holds a deposit, which the sender pays beside the fee.
    let paid = receipt.fee() + u128::try_from(receipt.deposit()).unwrap();
    assert!(receipt.deposit() > 0);
    let change = receipt.balances()[&alice().address()];
    assert_eq!(change.before - change.after, paid);
    assert_eq!(change.after, chain.balance(alice()));
}

#[test]
fn an_error_is_typed_and_its_report_readable() {
    let (mut chain, token) = deployed();
    let error = chain
        .call(token, messages::transfer(alice(), 1_u128))
        .by(bob())
        .fails();
    assert_eq!(error, Error::InsufficientBalance { available: 0 });
    let report = panic_of(|| {
        let call = chain.call(token, messages::transfer(alice(), 1_u128));
        call.by(bob()).succeeds();
    });
    let expected = "token.transfer(to: alice, amount: 1) by bob failed: it returned the error \
                    InsufficientBalance { available: 0 }";
    assert!(report.starts_with(expected), "{report}");
    assert!(report.contains("HULL_TRACE=2 shows"), "{report}");
    let report = panic_of(|| {
        chain.call(token, messages::transfer(bob(), 1_u128)).fails();
    });
    assert!(
        report.contains("was to end with an error, and it succeeded"),
        "{report}"
    );
}

fn panic_of(work: impl FnOnce()) -> String {
    let work = std::panic::AssertUnwindSafe(work);
    let panic = std::panic::catch_unwind(work).expect_err("a panic");
    *panic.downcast::<String>().expect("a message")
}

#[test]
fn a_halt_tells_its_line() {
    let (mut chain, token) = deployed();
    // Enough to get into the contract, not enough for a write.
    let call = chain.call(token, messages::transfer(bob(), 5_u128));
    let receipt = call.gas_limit(245_000_000).run();
    assert_eq!(receipt.result, Err(Failed::Halted(HaltKind::OutOfGas)));
    assert_eq!(receipt.gas(), 245_000_000);
    let text = receipt.trace().render(Detail::Frames, Style::Plain);
    assert!(
        text.contains("✗ token.transfer(to: bob, amount: 5) by alice"),
        "{text}"
    );
    assert!(text.contains("✗ the gas did not last"), "{text}");
    assert!(text.contains(" at token/src/lib.rs:"), "{text}");
    let report = panic_of(|| {
        let call = chain.call(token, messages::transfer(bob(), 5_u128));
        call.gas_limit(245_000_000).succeeds();
    });
    assert!(
        report.contains("failed: it halted: the gas did not last"),
        "{report}"
    );
    assert!(
        report.contains("    at ") && report.contains("token/src/lib.rs:"),
        "{report}"
    );
}

#[test]
fn a_trace_is_a_tree_of_names() {
    let (mut chain, token) = deployed();
    chain
        .call(token, messages::approve(bob(), 50_u128))
        .returns();
    let call = chain.call(token, messages::transfer_from(alice(), carol(), 20_u128));
    let trace = call.by(bob()).run().trace();
    let text = trace.render(Detail::Storage, Style::Plain);
    let expected = [
        "token.transfer_from(from: alice, to: carol, amount: 20) by bob",
        "├─ read allowances[alice, bob] = 50",
        "├─ write allowances[alice, bob] = 30",
        "├─ event Approved { owner: alice, spender: bob, amount: 30 }",
        "├─ read balances[alice] = 1000",
        "├─ write balances[carol] = 20",
        "├─ event Transferred { from: alice, to: carol, amount: 20 }",
        "└─ returned ()",
    ];
    for line in expected {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let events = trace.render(Detail::Events, Style::Plain);
    assert!(
        events.contains("event Approved") && !events.contains("read "),
        "{events}"
    );
    let coloured = trace.render(Detail::Frames, Style::Coloured);
    assert!(
        coloured.contains("\x1b[32mtoken.transfer_from"),
        "{coloured}"
    );
    let json = trace.to_json();
    assert_eq!(json["frames"][0]["message"], "transfer_from");
    assert_eq!(json["frames"][0]["args"][2][1], 20);
    assert_eq!(json["frames"][0]["steps"][0]["step"], "host");
}

#[test]
fn time_height_and_funds_are_the_tests_to_set() {
    let (mut chain, token) = deployed();
    let (height, time) = (chain.height(), chain.time());
    chain
        .call(token, messages::approve(bob(), 1_u128))
        .returns();
    assert_eq!((chain.height(), chain.time()), (height + 1, time + 1_000));
    chain.in_one_block(|chain| {
        chain
            .call(token, messages::approve(bob(), 2_u128))
            .returns();
        chain
            .call(token, messages::approve(bob(), 3_u128))
            .returns();
    });
    assert_eq!(chain.height(), height + 2);
    chain.advance_time(86_400_000);
    assert_eq!(chain.time(), time + 2_000 + 86_400_000);

    let poor = hull_testing::Account::named("poor");
    let refused = chain
        .call(token, messages::approve(bob(), 1_u128))
        .by(poor)
        .run();
    let Err(Failed::Invalid(InvalidTransaction::Funds { available: 0, .. })) = refused.result
    else {
        panic!("{refused:?}")
    };
    assert_eq!(chain.height(), height + 3, "what is invalid is in no block");
    chain.fund(poor, WEALTH);
    chain.name(poor, "poor");
    chain
        .call(token, messages::approve(bob(), 1_u128))
        .by(poor)
        .returns();
    let refused = chain
        .call(token, messages::approve(carol(), 1_u128))
        .deposit_limit(1)
        .run();
    assert!(
        matches!(refused.result, Err(Failed::NotCalled(_))),
        "{refused:?}"
    );
    assert_eq!(refused.deposit(), 0);
}

#[test]
fn a_clone_is_a_snapshot() {
    let (mut chain, token) = deployed();
    let before = chain.clone();
    let here = chain.call(token, messages::transfer(bob(), 5_u128)).run();
    assert_eq!(before.query(token, messages::balance_of(bob())), 0);
    let mut again = before.clone();
    let there = again.call(token, messages::transfer(bob(), 5_u128)).run();
    assert_eq!(here.gas(), there.gas());
    assert_eq!(chain.state(), again.state());
    assert_eq!(again.gas_report(), chain.gas_report());
    assert_eq!(chain.gas_report().of("token", "transfer").unwrap().calls, 1);
    assert_eq!(before.gas_report().of("token", "transfer"), None);
}

/// A step of somebody's.
#[derive(Clone, Copy, Debug)]
struct Step {
    kind: u8,
    by: usize,
    from: usize,
    to: usize,
    amount: u128,
}

fn step() -> impl Strategy<Value = Step> {
    let amount = prop_oneof![0_u128..2_000, Just(u128::MAX)];
    let who = 0_usize..3;
    (0_u8..5, who.clone(), who.clone(), who, amount).prop_map(|(kind, by, from, to, amount)| Step {
        kind,
        by,
        from,
        to,
        amount,
    })
}

#[test]
fn supply_is_conserved() {
    let (mut start, token) = deployed();
    for who in &accounts()[..3] {
        for role in [Role::Minter, Role::Burner] {
            start
                .call(token, messages::grant_role(role, *who))
                .succeeds();
        }
    }
    let config = ProptestConfig::with_cases(50);
    proptest!(config, |(steps in prop::collection::vec(step(), 1..20))| {
        let mut chain = start.clone();
        for Step { kind, by, from, to, amount } in steps {
            let [by, from, to] = [by, from, to].map(|index| accounts()[index]);
            let message = match kind {
                0 => messages::transfer(to, amount),
                1 => messages::transfer_from(from, to, amount),
                2 => messages::mint(to, amount),
                3 => messages::burn(amount),
                _ => {
                    chain.call(token, messages::approve(to, amount)).by(by).returns();
                    continue;
                }
            };
            // An error of the contract's is fine, a panic or trap is not.
            let _ = chain.call(token, message).by(by).returns();
        }
        let balance = |who: &_| chain.query(token, messages::balance_of(*who));
        let sum: u128 = accounts()[..3].iter().map(balance).sum();
        prop_assert_eq!(sum, chain.query(token, messages::total_supply()));
    });
}
