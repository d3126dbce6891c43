//! The escrow on the chain: every message, error and party.

use escrow::escrow::{ARBITRATION_TIME, Deal, Deposited, Disputed, Error, Party, Phase, Settled};
use escrow::{constructors, messages};
use hull_contracts_support::{code, hold_gas, weaker};
use hull_testing::{Account, Address, Balance, Chain, Code, Failed, alice, bob, carol, dave};

const AMOUNT: Balance = 1_000;
const DAY: u64 = 24 * 60 * 60 * 1_000;

/// Alice buys from Bob; Carol decides.
struct World {
    chain: Chain,
    contract: Address,
    deal: Deal,
}

fn deal(chain: &Chain) -> Deal {
    Deal {
        buyer: alice().address(),
        seller: bob().address(),
        arbiter: Some(carol().address()),
        amount: AMOUNT,
        deadline: chain.time() + DAY,
    }
}

fn world_with(change: impl FnOnce(&mut Deal)) -> World {
    let mut chain = Chain::new();
    let mut deal = deal(&chain);
    change(&mut deal);
    let new = constructors::new(&deal);
    let contract = chain.deploy(code("escrow").with(new)).by(dave()).address();
    World {
        chain,
        contract,
        deal,
    }
}

/// The payment is in.
fn funded() -> World {
    let mut world = world_with(|_| {});
    world.deposit();
    world
}

/// Bob disputed the deal.
fn disputed() -> World {
    let mut world = funded();
    world
        .chain
        .call(world.contract, messages::dispute())
        .by(bob())
        .succeeds();
    world
}

impl World {
    fn deposit(&mut self) {
        let deposit = self.chain.call(self.contract, messages::deposit());
        deposit.value(AMOUNT).succeeds();
    }

    fn phase(&self) -> Phase {
        self.chain.query(self.contract, messages::phase())
    }

    fn past_the_deadline(&mut self) {
        self.chain.set_time(self.deal.deadline + 1);
    }

    /// Who gets how much out of a message. Fees are put aside.
    fn pays(
        &mut self,
        message: hull::Message<Result<(), Error>>,
        by: Account,
        shares: [Balance; 2],
    ) {
        let before = self.balances();
        let receipt = self.chain.call(self.contract, message).by(by).run();
        let own = receipt.fee() as i128 + receipt.deposit();
        let [to_seller, to_buyer] = shares;
        assert!(receipt.emitted(&Settled {
            by: by.address(),
            to_seller,
            to_buyer,
        }));
        receipt.succeeds();
        let mut after = self.balances();
        for (account, balance) in [alice(), bob()].iter().zip(&mut after) {
            if *account == by {
                *balance += own;
            }
        }
        assert_eq!(after[0] - before[0], to_buyer as i128);
        assert_eq!(after[1] - before[1], to_seller as i128);
        assert_eq!(self.chain.balance(self.contract), 0);
        assert_eq!(self.phase(), Phase::Settled);
    }

    fn balances(&self) -> [i128; 2] {
        [alice(), bob()].map(|account| self.chain.balance(account) as i128)
    }
}

#[test]
fn a_deal_is_written_down() {
    let world = world_with(|_| {});
    assert_eq!(
        world.chain.query(world.contract, messages::deal()),
        world.deal
    );
    assert_eq!(world.phase(), Phase::Awaiting);
}

#[test]
fn a_deal_has_three_parties_an_amount_and_a_future() {
    let mut chain = Chain::new();
    let good = deal(&chain);
    let (buyer, seller) = (good.buyer, good.seller);
    let invalid = [
        Deal {
            seller: buyer,
            ..good.clone()
        },
        Deal {
            arbiter: Some(buyer),
            ..good.clone()
        },
        Deal {
            arbiter: Some(seller),
            ..good.clone()
        },
        Deal {
            amount: 0,
            ..good.clone()
        },
    ];
    for deal in invalid {
        let new = chain.deploy(code("escrow").with(constructors::new(&deal)));
        assert_eq!(new.fails(), Error::InvalidDeal, "{deal:?}");
    }
    let deadline = 1_000;
    let late = constructors::new(Deal {
        deadline,
        ..good.clone()
    });
    let late = chain.deploy(code("escrow").with(late));
    assert_eq!(late.fails(), Error::TooLate { deadline });
    let without = constructors::new(Deal {
        arbiter: None,
        ..good
    });
    chain.deploy(code("escrow").with(without)).address();
}

#[test]
fn only_the_buyer_pays_in_once_in_time_and_exactly() {
    let mut world = world_with(|_| {});
    let deposit = |world: &mut World, by: Account, value| {
        let call = world.chain.call(world.contract, messages::deposit());
        call.by(by).value(value).run()
    };
    let party = Party::Buyer;
    assert_eq!(
        deposit(&mut world, bob(), AMOUNT).fails(),
        Error::NotYours { party }
    );
    for wrong in [0, AMOUNT - 1, AMOUNT + 1] {
        let expected = AMOUNT;
        assert_eq!(
            deposit(&mut world, alice(), wrong).fails(),
            Error::WrongAmount { expected }
        );
    }
    let mut late = World {
        chain: world.chain.clone(),
        deal: world.deal.clone(),
        ..world
    };
    late.past_the_deadline();
    let deadline = late.deal.deadline;
    assert_eq!(
        deposit(&mut late, alice(), AMOUNT).fails(),
        Error::TooLate { deadline }
    );

    let paid = deposit(&mut world, alice(), AMOUNT);
    let buyer = alice().address();
    assert!(paid.emitted(&Deposited {
        buyer,
        amount: AMOUNT
    }));
    paid.succeeds();
    assert_eq!(world.chain.balance(world.contract), AMOUNT);
    let phase = Phase::Funded;
    assert_eq!(
        deposit(&mut world, alice(), AMOUNT).fails(),
        Error::WrongPhase { phase }
    );
}

#[test]
fn the_buyer_releases() {
    let mut world = funded();
    let party = Party::Buyer;
    for other in [bob(), carol()] {
        let release = world
            .chain
            .call(world.contract, messages::release())
            .by(other);
        assert_eq!(release.fails(), Error::NotYours { party });
    }
    world.pays(messages::release(), alice(), [AMOUNT, 0]);
    let again = world.chain.call(world.contract, messages::release());
    let phase = Phase::Settled;
    assert_eq!(again.fails(), Error::WrongPhase { phase });
    disputed().pays(messages::release(), alice(), [AMOUNT, 0]);
    let mut empty = world_with(|_| {});
    let early = empty.chain.call(empty.contract, messages::release());
    let phase = Phase::Awaiting;
    assert_eq!(early.fails(), Error::WrongPhase { phase });
}

#[test]
fn the_seller_gives_back_and_the_buyer_takes_back_after_the_deadline() {
    funded().pays(messages::refund(), bob(), [0, AMOUNT]);
    disputed().pays(messages::refund(), bob(), [0, AMOUNT]);

    let mut world = funded();
    let until = world.deal.deadline;
    // The last moment that is too early.
    world.chain.set_time(until);
    let early = world.chain.call(world.contract, messages::refund());
    assert_eq!(early.fails(), Error::TooEarly { until });
    world.past_the_deadline();
    let by_carol = world
        .chain
        .call(world.contract, messages::refund())
        .by(carol());
    assert_eq!(
        by_carol.fails(),
        Error::NotYours {
            party: Party::Buyer
        }
    );
    world.pays(messages::refund(), alice(), [0, AMOUNT]);
}

#[test]
fn both_sides_dispute_up_to_the_deadline() {
    for side in [alice(), bob()] {
        let mut world = funded();
        let dispute = world.chain.call(world.contract, messages::dispute());
        let receipt = dispute.by(side).run();
        assert!(receipt.emitted(&Disputed { by: side.address() }));
        receipt.succeeds();
        assert_eq!(world.phase(), Phase::Disputed);
        let again = world
            .chain
            .call(world.contract, messages::dispute())
            .by(side);
        assert_eq!(
            again.fails(),
            Error::WrongPhase {
                phase: Phase::Disputed
            }
        );
    }
    let mut world = funded();
    let by_carol = world
        .chain
        .call(world.contract, messages::dispute())
        .by(carol());
    assert_eq!(
        by_carol.fails(),
        Error::NotYours {
            party: Party::Buyer
        }
    );
    world.past_the_deadline();
    let late = world
        .chain
        .call(world.contract, messages::dispute())
        .by(bob());
    let deadline = world.deal.deadline;
    assert_eq!(late.fails(), Error::TooLate { deadline });
    let mut alone = world_with(|deal| deal.arbiter = None);
    alone.deposit();
    let nobody = alone.chain.call(alone.contract, messages::dispute());
    assert_eq!(nobody.fails(), Error::NoArbiter);
    let nobody = alone.chain.call(alone.contract, messages::resolve(0));
    assert_eq!(nobody.fails(), Error::NoArbiter);
}

#[test]
fn the_arbiter_divides_in_a_dispute() {
    let mut quiet = funded();
    let undisputed = quiet
        .chain
        .call(quiet.contract, messages::resolve(1))
        .by(carol());
    assert_eq!(
        undisputed.fails(),
        Error::WrongPhase {
            phase: Phase::Funded
        }
    );

    let mut world = disputed();
    for other in [alice(), bob(), dave()] {
        let resolve = world
            .chain
            .call(world.contract, messages::resolve(1))
            .by(other);
        assert_eq!(
            resolve.fails(),
            Error::NotYours {
                party: Party::Arbiter
            }
        );
    }
    let too_much = world
        .chain
        .call(world.contract, messages::resolve(AMOUNT + 1));
    let available = AMOUNT;
    assert_eq!(
        too_much.by(carol()).fails(),
        Error::ExceedsAmount { available }
    );
    world.pays(messages::resolve(300), carol(), [300, 700]);
    disputed().pays(messages::resolve(0), carol(), [0, AMOUNT]);
    disputed().pays(messages::resolve(AMOUNT), carol(), [AMOUNT, 0]);
}

#[test]
fn a_silent_arbiter_does_not_lock_the_payment_in() {
    let mut world = disputed();
    let until = world.deal.deadline + ARBITRATION_TIME;
    world.chain.set_time(until);
    let early = world.chain.call(world.contract, messages::refund());
    assert_eq!(early.fails(), Error::TooEarly { until });
    world.chain.set_time(until + 1);
    let late = world
        .chain
        .call(world.contract, messages::resolve(1))
        .by(carol());
    assert_eq!(late.fails(), Error::TooLate { deadline: until });
    world.pays(messages::refund(), alice(), [0, AMOUNT]);
}

#[test]
fn what_came_by_mistake_goes_to_the_buyer() {
    let mut world = funded();
    world.chain.fund(world.contract, 7);
    let early = world.chain.call(world.contract, messages::sweep());
    assert_eq!(
        early.fails(),
        Error::WrongPhase {
            phase: Phase::Funded
        }
    );
    world
        .chain
        .call(world.contract, messages::release())
        .succeeds();
    assert_eq!(world.chain.balance(world.contract), 7);
    let before = world.chain.balance(alice());
    world
        .chain
        .call(world.contract, messages::sweep())
        .by(dave())
        .succeeds();
    assert_eq!(world.chain.balance(alice()), before + 7);
    // Nothing left is no mistake.
    world
        .chain
        .call(world.contract, messages::sweep())
        .by(dave())
        .succeeds();
}

#[test]
fn only_the_deposit_takes_a_value() {
    let mut world = funded();
    let message = world
        .chain
        .call(world.contract, messages::release())
        .value(1);
    assert!(message.aborts().ends_with("this message takes no value"));
}

/// What needs everything that the contract declares.
fn use_it(code: &Code) -> Result<(), Failed> {
    let mut chain = Chain::new();
    let created = chain
        .deploy(code.with(constructors::new(deal(&chain))))
        .run();
    let contract = created.contract();
    created.result?.expect("a valid deal");
    let contract = contract.expect("it was created");
    let deposit = chain
        .call(contract, messages::deposit())
        .value(AMOUNT)
        .run();
    deposit.result?.expect("a valid deposit");
    let released = chain.call(contract, messages::release()).run();
    released.result.map(|released| assert_eq!(released, Ok(())))
}

#[test]
fn one_capability_less_fails() {
    let code = code("escrow");
    use_it(&code).expect("what it declares is enough");
    for weaker in weaker(&code) {
        assert!(use_it(&weaker.code).is_err(), "{weaker:?}");
    }
}

#[test]
fn the_readme_says_what_messages_cost() {
    let mut world = disputed();
    world
        .chain
        .call(world.contract, messages::resolve(300))
        .by(carol())
        .succeeds();
    world
        .chain
        .call(world.contract, messages::sweep())
        .succeeds();
    // Another deal on the same chain.
    let mut again = |message: hull::Message<Result<(), Error>>| {
        let deal = deal(&world.chain);
        let new = code("escrow").with(constructors::new(deal));
        let contract = world.chain.deploy(new).address();
        let deposit = world.chain.call(contract, messages::deposit());
        deposit.value(AMOUNT).succeeds();
        let by = if message == messages::refund() {
            bob()
        } else {
            alice()
        };
        world.chain.call(contract, message).by(by).succeeds();
    };
    again(messages::release());
    again(messages::refund());
    hold_gas(&world.chain, "escrow");
}
