//! The wallet on the chain: every message and error.

use hull::{CallError, CallStatus};
use hull_contracts_support::{Weaker, code, deploy_token, hold_gas, weaker};
use hull_testing::{Account, Address, Balance, Chain, Code, Failed, alice, bob, carol, dave};
use multisig::multisig::{
    Action, Confirmed, Deposited, Discarded, Error, Executed, MAX_INPUT_LEN, MAX_LIFETIME,
    MAX_OWNERS, MAX_PAGE, Policy, PolicyChanged, Proposed,
};
use multisig::{constructors, messages};

const DAY: u64 = 24 * 60 * 60 * 1_000;
const FUNDS: Balance = 1_000;

/// Alice, Bob and Carol have a wallet together; two of them decide.
struct World {
    chain: Chain,
    wallet: Address,
}

fn policy(owners: &[Account], threshold: u32) -> Policy {
    Policy {
        owners: owners.iter().map(Account::address).collect(),
        threshold,
    }
}

fn world() -> World {
    let mut chain = Chain::new();
    let new = constructors::new(policy(&[alice(), bob(), carol()], 2));
    let new = chain.deploy(code("multisig").with(new)).value(FUNDS);
    let wallet = new.address();
    World { chain, wallet }
}

fn pay_dave(amount: Balance) -> Action {
    Action::Transfer {
        to: dave().address(),
        amount,
    }
}

impl World {
    /// Alice proposes.
    fn propose(&mut self, action: &Action) -> u64 {
        let expires = self.chain.time() + DAY;
        let propose = messages::propose(action, expires);
        self.chain.call(self.wallet, propose).succeeds()
    }

    /// Alice proposes and Bob confirms.
    fn agree(&mut self, action: &Action) -> u64 {
        let proposal = self.propose(action);
        self.confirm(bob(), proposal).expect("Bob is an owner");
        proposal
    }

    fn confirm(&mut self, by: Account, proposal: u64) -> Result<(), Error> {
        let confirm = self.chain.call(self.wallet, messages::confirm(proposal));
        confirm.by(by).returns()
    }

    fn revoke(&mut self, by: Account, proposal: u64) -> Result<(), Error> {
        let revoke = self.chain.call(self.wallet, messages::revoke(proposal));
        revoke.by(by).returns()
    }

    fn execute(&mut self, by: Account, proposal: u64) -> Result<Vec<u8>, Error> {
        let execute = self.chain.call(self.wallet, messages::execute(proposal));
        execute.by(by).returns()
    }

    fn confirmations(&self, proposal: u64) -> Vec<Address> {
        self.chain
            .query(self.wallet, messages::confirmations(proposal))
    }
}

#[test]
fn a_wallet_has_a_policy_that_can_be_met() {
    let mut chain = Chain::new();
    let mut create = |policy: &Policy| {
        let new = chain.deploy(code("multisig").with(constructors::new(policy)));
        new.returns()
    };
    let everyone = |owners: u32| Policy {
        owners: (0..owners)
            .map(|number| Address([number as u8; 32]))
            .collect(),
        threshold: 1,
    };
    let number = Err(Error::WrongNumberOfOwners { limit: MAX_OWNERS });
    assert_eq!(create(&everyone(0)), number);
    assert_eq!(create(&everyone(MAX_OWNERS + 1)), number);
    assert_eq!(create(&everyone(MAX_OWNERS)), Ok(()));
    let threshold = Err(Error::InvalidThreshold { owners: 2 });
    assert_eq!(create(&policy(&[alice(), bob()], 0)), threshold);
    assert_eq!(create(&policy(&[alice(), bob()], 3)), threshold);
    let owner = bob().address();
    let twice = create(&policy(&[bob(), alice(), bob()], 1));
    assert_eq!(twice, Err(Error::DuplicateOwner { owner }));
}

#[test]
fn enough_owners_move_native_tokens() {
    let mut world = world();
    let proposal = world.propose(&pay_dave(300));
    let (have, need) = (1, 2);
    let few = Err(Error::TooFewConfirmations { have, need });
    assert_eq!(world.execute(alice(), proposal), few);
    assert_eq!(world.confirm(bob(), proposal), Ok(()));
    assert_eq!(
        world.confirmations(proposal),
        [alice().address(), bob().address()]
    );
    let before = world.chain.balance(dave());
    let executed = world.chain.call(world.wallet, messages::execute(proposal));
    let executed = executed.by(carol()).run();
    let by = carol().address();
    assert!(executed.emitted(&Executed { proposal, by }));
    executed.succeeds();
    assert_eq!(world.chain.balance(dave()), before + 300);
    assert_eq!(world.chain.balance(world.wallet), FUNDS - 300);
    // It is done once.
    let gone = Err(Error::UnknownProposal { proposal });
    assert_eq!(world.execute(alice(), proposal), gone);
    assert!(world.confirmations(proposal).is_empty());

    let too_much = world.agree(&pay_dave(FUNDS));
    let failed = world.execute(alice(), too_much);
    assert_eq!(
        failed,
        Err(Error::TransferFailed(CallError::InsufficientBalance))
    );
    // What failed can be tried again.
    world.chain.fund(world.wallet, 300);
    assert_eq!(world.execute(alice(), too_much), Ok(vec![]));
}

#[test]
fn strangers_do_nothing_but_look_and_give() {
    let mut world = world();
    let proposal = world.agree(&pay_dave(1));
    let expires = world.chain.time() + DAY;
    let propose = world
        .chain
        .call(world.wallet, messages::propose(pay_dave(1), expires));
    assert_eq!(propose.by(dave()).fails(), Error::NotOwner);
    assert_eq!(world.confirm(dave(), proposal), Err(Error::NotOwner));
    assert_eq!(world.revoke(dave(), proposal), Err(Error::NotOwner));
    assert_eq!(world.execute(dave(), proposal), Err(Error::NotOwner));
    let discard = world.chain.call(world.wallet, messages::discard(proposal));
    assert_eq!(discard.by(dave()).fails(), Error::NotOwner);

    let given = world.chain.call(world.wallet, messages::deposit());
    let given = given.by(dave()).value(5).run();
    let from = dave().address();
    assert!(given.emitted(&Deposited { from, amount: 5 }));
    given.returns();
    assert_eq!(world.chain.balance(world.wallet), FUNDS + 5);
}

#[test]
fn proposals_are_told_of_and_listed() {
    let mut world = world();
    let expires = world.chain.time() + DAY;
    let propose = messages::propose(pay_dave(1), expires);
    let receipt = world.chain.call(world.wallet, propose).by(bob()).run();
    let by = bob().address();
    let proposal = 1;
    assert!(receipt.emitted(&Proposed {
        proposal,
        by,
        expires
    }));
    let confirmed = true;
    assert!(receipt.emitted(&Confirmed {
        proposal,
        by,
        confirmed
    }));
    assert_eq!(receipt.succeeds(), proposal);
    for _ in 0..MAX_PAGE {
        world.propose(&pay_dave(2));
    }
    let found = world
        .chain
        .query(world.wallet, messages::proposal(1))
        .expect("it is there");
    assert_eq!((found.proposer, found.expires), (by, expires));
    let page = messages::proposals(None::<u64>, u32::MAX);
    let page = world.chain.query(world.wallet, page);
    assert_eq!(page.len() as u32, MAX_PAGE);
    assert_eq!(page[0], (1, found));
    let rest = messages::proposals(Some(u64::from(MAX_PAGE)), 9);
    assert_eq!(world.chain.query(world.wallet, rest).len(), 1);
    assert_eq!(
        world.chain.query(world.wallet, messages::proposal(99)),
        None
    );
}

#[test]
fn confirmations_are_given_once_and_taken_back() {
    let mut world = world();
    let proposal = world.propose(&pay_dave(1));
    assert_eq!(
        world.confirm(alice(), proposal),
        Err(Error::AlreadyConfirmed)
    );
    assert_eq!(world.revoke(bob(), proposal), Err(Error::NotConfirmed));
    assert_eq!(world.confirm(bob(), proposal), Ok(()));
    let revoked = world
        .chain
        .call(world.wallet, messages::revoke(proposal))
        .run();
    let by = alice().address();
    let confirmed = false;
    assert!(revoked.emitted(&Confirmed {
        proposal,
        by,
        confirmed
    }));
    revoked.succeeds();
    let (have, need) = (1, 2);
    let few = Err(Error::TooFewConfirmations { have, need });
    assert_eq!(world.execute(bob(), proposal), few);
    assert_eq!(world.confirm(alice(), proposal), Ok(()));
    assert_eq!(world.execute(bob(), proposal), Ok(vec![]));
    let unknown = Err(Error::UnknownProposal { proposal: 9 });
    assert_eq!(world.confirm(alice(), 9), unknown);
    assert_eq!(world.revoke(alice(), 9), unknown);
}

#[test]
fn proposals_expire() {
    let mut world = world();
    let now = world.chain.time();
    for expires in [now - 1, now + MAX_LIFETIME + 1] {
        let propose = messages::propose(pay_dave(1), expires);
        let refused = world.chain.clone().call(world.wallet, propose).fails();
        let latest = now + MAX_LIFETIME;
        assert_eq!(refused, Error::InvalidExpiry { now, latest });
    }
    let proposal = world.agree(&pay_dave(1));
    let last = world
        .chain
        .query(world.wallet, messages::proposal(proposal));
    let expires = last.expect("it is there").expires;
    world.chain.set_time(expires);
    let discard = world.chain.call(world.wallet, messages::discard(proposal));
    assert_eq!(discard.fails(), Error::NotExpired { expires });
    world.chain.set_time(expires);
    let mut in_time = World {
        chain: world.chain.clone(),
        ..world
    };
    assert_eq!(in_time.execute(bob(), proposal), Ok(vec![]));

    world.chain.set_time(expires + 1);
    let expired = Err(Error::Expired { expires });
    assert_eq!(world.confirm(carol(), proposal), expired);
    assert_eq!(world.execute(bob(), proposal).map(|_| ()), expired);
    let discarded = world
        .chain
        .call(world.wallet, messages::discard(proposal))
        .run();
    assert!(discarded.emitted(&Discarded { proposal }));
    // The deposit comes back.
    assert!(discarded.deposit() < 0);
    discarded.succeeds();
    let unknown = world.chain.call(world.wallet, messages::discard(proposal));
    assert_eq!(unknown.fails(), Error::UnknownProposal { proposal });
}

#[test]
fn the_wallet_calls_contracts_as_itself() {
    let mut world = world();
    let token = deploy_token(&mut world.chain, "HUL", 100);
    let give = token::messages::transfer(world.wallet, 10);
    world.chain.call(token, give).succeeds();
    let pay = |amount: Balance| Action::Call {
        contract: token,
        input: token::messages::transfer(dave(), amount).input,
        value: 0,
    };
    let proposal = world.agree(&pay(4));
    // `Ok(Ok(()))`, as the token returned it.
    assert_eq!(world.execute(alice(), proposal), Ok(vec![0, 0]));
    let balance = token::messages::balance_of(dave());
    assert_eq!(world.chain.query(token, balance.clone()), 4);

    // What the token says when it refuses comes out as it is.
    let proposal = world.agree(&pay(7));
    let mut refusal = vec![0, 1, 0];
    refusal.extend(6_u128.to_le_bytes());
    let refused = Err(Error::CallReverted { data: refusal });
    assert_eq!(world.execute(alice(), proposal), refused);
    assert_eq!(world.chain.query(token, balance), 4);
    let still = world
        .chain
        .query(world.wallet, messages::proposal(proposal));
    assert!(still.is_some());
}

#[test]
fn values_go_along_and_failures_are_told() {
    let mut world = world();
    let other = policy(&[dave()], 1);
    let other = world
        .chain
        .deploy(code("multisig").with(constructors::new(other)));
    let other = other.address();
    let call = |contract, value| Action::Call {
        contract,
        input: messages::deposit().input,
        value,
    };
    let proposal = world.agree(&call(other, 40));
    assert_eq!(world.execute(alice(), proposal), Ok(vec![0]));
    assert_eq!(world.chain.balance(other), 40);
    let failed = [
        (call(other, FUNDS), CallStatus::InsufficientBalance),
        (call(Address([9; 32]), 0), CallStatus::NotFound),
        // Owners are changed by an action of their own: the wallet is not entered
        // again while it acts.
        (call(world.wallet, 0), CallStatus::ReentrancyDenied),
    ];
    for (action, status) in failed {
        let proposal = world.agree(&action);
        let status = status as u32;
        let expected = Err(Error::CallFailed { status });
        assert_eq!(world.execute(alice(), proposal), expected, "{action:?}");
    }
}

#[test]
fn long_inputs_are_refused() {
    let mut world = world();
    let call = |len: u32| Action::Call {
        contract: Address([9; 32]),
        input: vec![1; len as usize],
        value: 0,
    };
    world.propose(&call(MAX_INPUT_LEN));
    let expires = world.chain.time() + DAY;
    let too_long = messages::propose(call(MAX_INPUT_LEN + 1), expires);
    let limit = MAX_INPUT_LEN;
    let too_long = world.chain.call(world.wallet, too_long);
    assert_eq!(too_long.fails(), Error::InputTooLong { limit });
}

#[test]
fn only_the_wallet_changes_its_owners() {
    let mut world = world();
    let before = world.agree(&pay_dave(1));
    let proposal = world.agree(&Action::SetPolicy(policy(&[alice(), dave()], 2)));
    let changed = world
        .chain
        .call(world.wallet, messages::execute(proposal))
        .run();
    let (owners, threshold) = (2, 2);
    assert!(changed.emitted(&PolicyChanged { owners, threshold }));
    changed.succeeds();
    let now = world.chain.query(world.wallet, messages::policy());
    assert_eq!(now, policy(&[alice(), dave()], 2));
    // Bob is out, and what he confirmed before counts no more.
    assert_eq!(world.confirm(bob(), before), Err(Error::NotOwner));
    let (have, need) = (1, 2);
    let few = Err(Error::TooFewConfirmations { have, need });
    assert_eq!(world.execute(alice(), before), few);
    assert_eq!(world.confirm(dave(), before), Ok(()));
    assert_eq!(
        world.confirmations(before),
        [alice().address(), dave().address()]
    );
    assert_eq!(world.execute(dave(), before), Ok(vec![]));

    // A policy that cannot be met is refused at once.
    let expires = world.chain.time() + DAY;
    let bad = Action::SetPolicy(policy(&[alice()], 2));
    let bad = world
        .chain
        .call(world.wallet, messages::propose(bad, expires));
    assert_eq!(bad.fails(), Error::InvalidThreshold { owners: 1 });
}

/// What needs everything that the contract declares. The callee is not granted.
fn use_it(code: &Code) -> Result<(), Failed> {
    let mut chain = Chain::new();
    let token = deploy_token(&mut chain, "HUL", 100);
    let new = code.with(constructors::new(policy(&[alice()], 1)));
    let created = chain.deploy(new).value(FUNDS).run();
    let wallet = created.contract();
    created.result?.expect("a valid policy");
    let mut world = World {
        wallet: wallet.expect("it was created"),
        chain,
    };
    let call = Action::Call {
        contract: token,
        input: token::messages::approve(dave(), 1).input,
        value: 0,
    };
    for action in [pay_dave(1), call] {
        let propose = messages::propose(action, world.chain.time() + DAY);
        let proposed = world.chain.call(world.wallet, propose).run();
        let proposal = proposed.result?.expect("an owner's valid proposal");
        let execute = world.chain.call(world.wallet, messages::execute(proposal));
        let executed = execute.run();
        if let Err(error) = executed.result? {
            return Err(Failed::Aborted {
                message: format!("{error:?}"),
            });
        }
    }
    Ok(())
}

#[test]
fn one_capability_less_fails() {
    let code = code("multisig");
    use_it(&code).expect("what it declares is enough");
    for Weaker { lacks, code } in weaker(&code) {
        assert!(use_it(&code).is_err(), "without {lacks}");
    }
}

#[test]
fn the_readme_says_what_messages_cost() {
    let mut world = world();
    world
        .chain
        .call(world.wallet, messages::deposit())
        .value(5)
        .returns();
    let token = deploy_token(&mut world.chain, "HUL", 100);
    let call = Action::Call {
        contract: token,
        input: token::messages::approve(dave(), 1).input,
        value: 0,
    };
    let change = Action::SetPolicy(policy(&[alice(), bob(), dave()], 2));
    for action in [pay_dave(1), call, change] {
        let proposal = world.agree(&action);
        world.execute(bob(), proposal).expect("all agree");
    }
    let proposal = world.propose(&pay_dave(1));
    world.revoke(alice(), proposal).expect("she had confirmed");
    world.chain.advance_time(2 * DAY);
    world
        .chain
        .call(world.wallet, messages::discard(proposal))
        .succeeds();
    hold_gas(&world.chain, "multisig");
}
