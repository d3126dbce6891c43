//! What holds for any block.

mod support;

use hull_executor::{BlockOutput, MemoryState};
use hull_host_api::{Address, code_hash};
use hull_types::{Payload, Transaction, VerifiedTransaction};
use hull_vm::Tiering;
use proptest::prelude::*;
use support::{ALICE, BOB, Chain, FEES, instantiate, parameters, program, with_constructor};

/// One transaction: who, what, and how much it may take.
#[derive(Clone, Debug)]
struct Wish {
    alice: bool,
    what: What,
    gas_limit: u64,
    tip: u128,
    deposit_limit: u128,
}

#[derive(Clone, Debug)]
enum What {
    Transfer(u128),
    /// Ends in the way of the byte, directly or through the router.
    End(u8, bool),
    Instantiate(u8),
    Upload,
    RemoveCode(bool),
    /// Removes the wallet, to the sender.
    Terminate,
}

fn wish() -> impl Strategy<Value = Wish> {
    let what = prop_oneof![
        (0..1_000_000u128).prop_map(What::Transfer),
        (0..8u8, any::<bool>()).prop_map(|(how, through)| What::End(how, through)),
        (0..3u8).prop_map(What::Instantiate),
        Just(What::Upload),
        any::<bool>().prop_map(What::RemoveCode),
        Just(What::Terminate),
    ];
    let gas = prop_oneof![250_000_000..2_000_000_000u64, Just(20_000_000_000)];
    (
        any::<bool>(),
        what,
        gas,
        0..100u128,
        prop_oneof![0..3_000u128, Just(1_000_000)],
    )
        .prop_map(|(alice, what, gas_limit, tip, deposit_limit)| Wish {
            alice,
            what,
            gas_limit,
            tip,
            deposit_limit,
        })
}

struct Contracts {
    ends: Address,
    router: Address,
    wallet: Address,
}

impl Contracts {
    fn payload(&self, what: &What, sender: Address) -> Payload {
        let call = |contract, input| Payload::Call {
            contract,
            value: 1,
            input,
        };
        match what {
            What::Transfer(value) => Payload::Transfer {
                to: BOB,
                value: *value,
            },
            What::End(how, false) => call(self.ends, vec![*how, 1, 2]),
            What::End(how, true) => {
                let mut input = self.ends.0.to_vec();
                input.extend([0; 28]);
                input.extend([*how, 1, 2, 3]);
                call(self.router, input)
            }
            What::Instantiate(salt) => instantiate(
                code_hash(&program("token")),
                *salt,
                3,
                &[9, 0, 0, 0, 0, 0, 0, 0],
            ),
            What::Upload => Payload::Upload {
                code: program("token"),
            },
            What::RemoveCode(wallet) => Payload::RemoveCode {
                code_hash: match wallet {
                    true => code_hash(&with_constructor("wallet")),
                    false => code_hash(&program("token")),
                },
            },
            What::Terminate => call(self.wallet, [&[3], sender.0.as_slice()].concat()),
        }
    }
}

/// Both chains begin alike.
fn begin(tiering: Tiering) -> (Chain, Contracts) {
    let mut chain = Chain::with(parameters(), tiering);
    let contracts = Contracts {
        ends: chain.place("ends", 1),
        router: chain.place("router", 1),
        wallet: chain.place("wallet", 1),
    };
    (chain, contracts)
}

/// A block of the wishes that may be in it.
fn run(chain: &Chain, contracts: &Contracts, wishes: &[Wish]) -> (BlockOutput, Vec<Transaction>) {
    let mut run = chain.executor.begin(&chain.state, chain.block);
    let mut included = Vec::new();
    for wish in wishes {
        let sender = if wish.alice { ALICE } else { BOB };
        let before = included
            .iter()
            .filter(|one: &&Transaction| one.sender == sender);
        let body = Transaction {
            nonce: chain.nonce(&sender) + before.count() as u64,
            gas_limit: wish.gas_limit,
            tip: wish.tip,
            deposit_limit: wish.deposit_limit,
            ..chain.body(sender, contracts.payload(&wish.what, sender))
        };
        if run
            .execute(&VerifiedTransaction::assume(body.clone()))
            .is_ok()
        {
            included.push(body);
        }
    }
    (run.finish().expect("memory does not fail"), included)
}

fn balance(state: &MemoryState, who: &Address) -> u128 {
    let found = state.accounts().find(|(address, _)| *address == who);
    found.map_or(0, |(_, account)| account.balance)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 60,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn blocks_conserve_the_supply_and_do_not_depend_on_the_tier(
        blocks in proptest::collection::vec(proptest::collection::vec(wish(), 0..8), 1..4),
    ) {
        let (mut chain, contracts) = begin(Tiering::BaselineOnly);
        let (other, _) = begin(Tiering::OptimizedOnly);
        prop_assert_eq!(&chain.state, &other.state);
        let mut other = other;
        for wishes in &blocks {
            let (output, included) = run(&chain, &contracts, wishes);
            let (second, _) = run(&other, &contracts, wishes);
            prop_assert_eq!(&output, &second);
            // The same block in one go.
            let whole = chain.try_block(&included).expect("every transaction is valid");
            prop_assert_eq!(&output, &whole);

            let supply = chain.state.supply();
            let before = [ALICE, BOB, FEES].map(|who| balance(&chain.state, &who));
            chain.state.apply(output.diff.clone());
            other.state.apply(second.diff);
            prop_assert_eq!(chain.state.supply(), supply);

            let due = included.iter().zip(output.receipts());
            let due: u128 = due
                .map(|(body, receipt)| u128::from(receipt.gas) * body.gas_price + body.tip)
                .sum();
            prop_assert_eq!(output.fees, due);
            prop_assert_eq!(balance(&chain.state, &FEES), before[2] + due);
            for (who, before) in [ALICE, BOB].iter().zip(before) {
                let own: Vec<_> = included.iter().filter(|body| body.sender == *who).collect();
                let most: u128 = own.iter().map(|body| body.most_spent().unwrap()).sum();
                prop_assert!(balance(&chain.state, who) + most >= before);
                prop_assert_eq!(
                    chain.nonce(who),
                    other.nonce(who),
                );
            }
            for (body, executed) in included.iter().zip(&output.executed) {
                prop_assert!(executed.receipt.gas <= body.gas_limit);
                prop_assert!(executed.receipt.deposit <= body.deposit_limit as i128);
                let failed = !executed.receipt.result.is_success();
                prop_assert_eq!(failed, executed.cause.is_some());
                prop_assert!(!failed || executed.receipt.events.is_empty());
                prop_assert!(!failed || executed.receipt.deposit == 0);
            }
            chain.block.height += 1;
            other.block.height += 1;
        }
    }
}
