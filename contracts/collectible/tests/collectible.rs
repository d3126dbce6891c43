//! The collectible on the chain: every message, error and role.

use collectible::collectible::{
    About, Approved, Error, MAX_PAGE, MAX_URI_LEN, OperatorChanged, Role, RoleChanged, Token,
    Transferred,
};
use collectible::{constructors, messages};
use hull_contracts_support::{code, hold_gas, weaker};
use hull_testing::{Account, Address, Chain, Code, Failed, alice, bob, carol, dave};

struct World {
    chain: Chain,
    contract: Address,
}

fn about() -> About {
    About {
        name: "Hulls".into(),
        symbol: "HLS".into(),
    }
}

/// Alice has both roles; Bob has tokens 1 and 2.
fn world() -> World {
    let mut chain = Chain::new();
    let contract = chain
        .deploy(code("collectible").with(constructors::new(about())))
        .address();
    for number in 1..=2 {
        let mint = messages::mint(bob(), format!("ipfs://{number}"));
        assert_eq!(chain.call(contract, mint).succeeds(), number);
    }
    World { chain, contract }
}

impl World {
    fn owner(&self, token: u64) -> Option<Address> {
        let found = self.chain.query(self.contract, messages::token(token));
        found.map(|token| token.owner)
    }

    fn held(&self, owner: Account) -> Vec<u64> {
        let held = messages::tokens_of(owner, None::<u64>, 10);
        let held = self.chain.query(self.contract, held);
        let balance = self.chain.query(self.contract, messages::balance_of(owner));
        assert_eq!(held.len() as u64, balance);
        held
    }
}

#[test]
fn the_creator_has_both_roles_and_nothing_else() {
    let world = world();
    let ask = |role, account| {
        let has = messages::has_role(role, account);
        world.chain.query(world.contract, has)
    };
    assert!(ask(Role::Admin, alice()) && ask(Role::Minter, alice()));
    assert!(!ask(Role::Admin, bob()) && !ask(Role::Minter, bob()));
    assert_eq!(
        world.chain.query(world.contract, messages::about()),
        about()
    );
    assert!(world.held(alice()).is_empty());
}

#[test]
fn minting_counts_up_and_takes_the_role() {
    let mut world = world();
    let minted = world
        .chain
        .call(world.contract, messages::mint(carol(), "x".to_owned()));
    let minted = minted.run();
    assert!(minted.emitted(&Transferred {
        from: None,
        to: Some(carol().address()),
        token: 3,
    }));
    assert_eq!(minted.succeeds(), 3);
    assert_eq!(
        world.chain.query(world.contract, messages::total_supply()),
        3
    );
    let found = world.chain.query(world.contract, messages::token(3));
    let owner = carol().address();
    assert_eq!(
        found,
        Some(Token {
            owner,
            uri: "x".into()
        })
    );

    let by_bob = world
        .chain
        .call(world.contract, messages::mint(bob(), "x".to_owned()));
    let role = Role::Minter;
    assert_eq!(by_bob.by(bob()).fails(), Error::MissingRole { role });
    let long = "x".repeat(MAX_URI_LEN as usize + 1);
    let too_long = world
        .chain
        .call(world.contract, messages::mint(bob(), &long));
    assert_eq!(too_long.fails(), Error::UriTooLong { limit: MAX_URI_LEN });
    let longest = long[1..].to_owned();
    assert_eq!(
        world
            .chain
            .call(world.contract, messages::mint(bob(), longest))
            .succeeds(),
        4
    );
}

#[test]
fn owners_move_their_tokens() {
    let mut world = world();
    let moved = world
        .chain
        .call(world.contract, messages::transfer(bob(), carol(), 1));
    let moved = moved.by(bob()).run();
    assert!(moved.emitted(&Transferred {
        from: Some(bob().address()),
        to: Some(carol().address()),
        token: 1,
    }));
    moved.succeeds();
    assert_eq!(world.owner(1), Some(carol().address()));
    assert_eq!((world.held(bob()), world.held(carol())), (vec![2], vec![1]));

    let again = world
        .chain
        .call(world.contract, messages::transfer(bob(), carol(), 1));
    assert_eq!(again.by(bob()).fails(), Error::NotAllowed { token: 1 });
    let wrong = world
        .chain
        .call(world.contract, messages::transfer(bob(), dave(), 1));
    let owner = carol().address();
    assert_eq!(wrong.by(carol()).fails(), Error::NotTheOwner { owner });
    let unknown = world
        .chain
        .call(world.contract, messages::transfer(bob(), carol(), 9));
    assert_eq!(unknown.by(bob()).fails(), Error::UnknownToken { token: 9 });
    // To oneself changes nothing but an approval.
    world
        .chain
        .call(world.contract, messages::transfer(bob(), bob(), 2))
        .by(bob())
        .succeeds();
    assert_eq!(world.held(bob()), [2]);
}

#[test]
fn an_approval_is_for_one_token_and_one_transfer() {
    let mut world = world();
    let approve = messages::approve(Some(carol()), 1);
    let by_carol = world
        .chain
        .call(world.contract, approve.clone())
        .by(carol());
    assert_eq!(by_carol.fails(), Error::NotAllowed { token: 1 });
    let approved = world
        .chain
        .call(world.contract, approve.clone())
        .by(bob())
        .run();
    assert!(approved.emitted(&Approved {
        owner: bob().address(),
        spender: Some(carol().address()),
        token: 1,
    }));
    approved.succeeds();
    let asked = world.chain.query(world.contract, messages::approved(1));
    assert_eq!(asked, Some(carol().address()));

    let other = world
        .chain
        .call(world.contract, messages::transfer(bob(), carol(), 2));
    assert_eq!(other.by(carol()).fails(), Error::NotAllowed { token: 2 });
    // Who may move a token may not pass that on.
    let passed_on = world
        .chain
        .call(world.contract, messages::approve(Some(dave()), 1));
    assert_eq!(
        passed_on.by(carol()).fails(),
        Error::NotAllowed { token: 1 }
    );
    let moved = world
        .chain
        .call(world.contract, messages::transfer(bob(), dave(), 1));
    moved.by(carol()).succeeds();
    assert_eq!(
        world.chain.query(world.contract, messages::approved(1)),
        None
    );
    let back = world
        .chain
        .call(world.contract, messages::transfer(dave(), bob(), 1));
    assert_eq!(back.by(carol()).fails(), Error::NotAllowed { token: 1 });

    // It can be taken back.
    let approve = messages::approve(Some(carol()), 2);
    world
        .chain
        .call(world.contract, approve)
        .by(bob())
        .succeeds();
    let nobody = messages::approve(None::<Address>, 2);
    world
        .chain
        .call(world.contract, nobody)
        .by(bob())
        .succeeds();
    let late = world
        .chain
        .call(world.contract, messages::transfer(bob(), carol(), 2));
    assert_eq!(late.by(carol()).fails(), Error::NotAllowed { token: 2 });
    let unknown = world
        .chain
        .call(world.contract, messages::approve(Some(carol()), 9));
    assert_eq!(unknown.fails(), Error::UnknownToken { token: 9 });
}

#[test]
fn an_operator_acts_for_all_tokens_of_an_owner() {
    let mut world = world();
    let allow = messages::set_operator(carol(), true);
    let allowed = world.chain.call(world.contract, allow).by(bob()).run();
    assert!(allowed.emitted(&OperatorChanged {
        owner: bob().address(),
        operator: carol().address(),
        allowed: true,
    }));
    allowed.returns();
    let asked = messages::is_operator(bob(), carol());
    assert!(world.chain.query(world.contract, asked.clone()));

    let approve = messages::approve(Some(dave()), 1);
    world
        .chain
        .call(world.contract, approve)
        .by(carol())
        .succeeds();
    let moved = world
        .chain
        .call(world.contract, messages::transfer(bob(), carol(), 1));
    moved.by(carol()).succeeds();
    // The token is Carol's now, and Bob no operator of hers.
    let back = world
        .chain
        .call(world.contract, messages::transfer(carol(), bob(), 1));
    assert_eq!(back.by(bob()).fails(), Error::NotAllowed { token: 1 });

    let forbid = messages::set_operator(carol(), false);
    world.chain.call(world.contract, forbid).by(bob()).returns();
    assert!(!world.chain.query(world.contract, asked));
    let late = world
        .chain
        .call(world.contract, messages::transfer(bob(), carol(), 2));
    assert_eq!(late.by(carol()).fails(), Error::NotAllowed { token: 2 });
}

#[test]
fn burnt_tokens_are_gone_and_their_numbers_too() {
    let mut world = world();
    let approve = messages::approve(Some(carol()), 2);
    world
        .chain
        .call(world.contract, approve)
        .by(bob())
        .succeeds();
    let by_alice = world.chain.call(world.contract, messages::burn(2));
    assert_eq!(by_alice.fails(), Error::NotAllowed { token: 2 });
    let burnt = world
        .chain
        .call(world.contract, messages::burn(2))
        .by(carol())
        .run();
    assert!(burnt.emitted(&Transferred {
        from: Some(bob().address()),
        to: None,
        token: 2,
    }));
    // The deposit goes back to Alice, who minted it.
    let refund = burnt.balances()[&alice().address()];
    assert!(refund.after > refund.before);
    burnt.succeeds();
    assert_eq!((world.owner(2), world.held(bob())), (None, vec![1]));
    assert_eq!(
        world.chain.query(world.contract, messages::approved(2)),
        None
    );
    assert_eq!(
        world.chain.query(world.contract, messages::total_supply()),
        1
    );
    let again = world.chain.call(world.contract, messages::burn(2));
    assert_eq!(again.by(bob()).fails(), Error::UnknownToken { token: 2 });
    let next = world
        .chain
        .call(world.contract, messages::mint(bob(), String::new()));
    assert_eq!(next.succeeds(), 3);
}

#[test]
fn pages_follow_each_other() {
    let mut world = world();
    for number in 3..=u64::from(MAX_PAGE) + 3 {
        let to = if number % 10 == 0 { carol() } else { bob() };
        let mint = messages::mint(to, String::new());
        assert_eq!(world.chain.call(world.contract, mint).succeeds(), number);
    }
    let first = messages::tokens(None::<u64>, u32::MAX);
    let first = world.chain.query(world.contract, first);
    let numbers: Vec<_> = first.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (1..=u64::from(MAX_PAGE)).collect::<Vec<_>>());
    let rest = messages::tokens(numbers.last().copied(), 2);
    let rest = world.chain.query(world.contract, rest);
    let rest: Vec<_> = rest.into_iter().map(|(number, _)| number).collect();
    assert_eq!(rest, [65, 66]);

    assert_eq!(world.held(carol()), [10, 20, 30, 40, 50, 60]);
    let page = messages::tokens_of(carol(), Some(20), 3);
    assert_eq!(world.chain.query(world.contract, page), [30, 40, 50]);
    let nothing = messages::tokens_of(carol(), Some(60), 3);
    assert!(world.chain.query(world.contract, nothing).is_empty());
    let nothing = messages::tokens_of(carol(), None::<u64>, 0);
    assert!(world.chain.query(world.contract, nothing).is_empty());
}

#[test]
fn roles_are_given_and_taken_by_admins() {
    let mut world = world();
    let grant = messages::grant_role(Role::Minter, bob());
    let by_bob = world.chain.call(world.contract, grant.clone()).by(bob());
    let missing = Error::MissingRole { role: Role::Admin };
    assert_eq!(by_bob.fails(), missing);
    let granted = world.chain.call(world.contract, grant).run();
    assert!(granted.emitted(&RoleChanged {
        role: Role::Minter,
        account: bob().address(),
        granted: true,
    }));
    granted.succeeds();
    let mint = messages::mint(bob(), String::new());
    assert_eq!(
        world
            .chain
            .call(world.contract, mint.clone())
            .by(bob())
            .succeeds(),
        3
    );

    let revoke = messages::revoke_role(Role::Minter, bob());
    let by_bob = world.chain.call(world.contract, revoke.clone()).by(bob());
    assert_eq!(by_bob.fails(), missing);
    world.chain.call(world.contract, revoke).succeeds();
    let late = world.chain.call(world.contract, mint).by(bob());
    assert_eq!(late.fails(), Error::MissingRole { role: Role::Minter });
    let own = messages::revoke_role(Role::Admin, alice());
    assert_eq!(
        world.chain.call(world.contract, own).fails(),
        Error::OwnAdminRole
    );
}

/// What needs everything that the contract declares.
fn use_it(code: &Code) -> Result<(), Failed> {
    let mut chain = Chain::new();
    let created = chain.deploy(code.with(constructors::new(about()))).run();
    let contract = created.contract();
    created.result?;
    let contract = contract.expect("it was created");
    let mint = messages::mint(bob(), String::new());
    let minted = chain.call(contract, mint).run();
    minted.result.map(|minted| assert_eq!(minted, Ok(1)))
}

#[test]
fn one_capability_less_fails() {
    let code = code("collectible");
    use_it(&code).expect("what it declares is enough");
    for weaker in weaker(&code) {
        assert!(use_it(&weaker.code).is_err(), "{weaker:?}");
    }
}

#[test]
fn the_readme_says_what_messages_cost() {
    let World {
        mut chain,
        contract,
    } = world();
    let uri = "ipfs://bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi";
    chain
        .call(contract, messages::mint(bob(), uri.to_owned()))
        .succeeds();
    chain
        .call(contract, messages::transfer(bob(), carol(), 1))
        .by(bob())
        .succeeds();
    chain
        .call(contract, messages::approve(Some(dave()), 2))
        .by(bob())
        .succeeds();
    chain
        .call(contract, messages::transfer(bob(), carol(), 2))
        .by(dave())
        .succeeds();
    chain
        .call(contract, messages::set_operator(dave(), true))
        .by(carol())
        .returns();
    chain
        .call(contract, messages::burn(2))
        .by(dave())
        .succeeds();
    chain
        .call(contract, messages::grant_role(Role::Minter, bob()))
        .succeeds();
    chain
        .call(contract, messages::revoke_role(Role::Minter, bob()))
        .succeeds();
    hold_gas(&chain, "collectible");
}
