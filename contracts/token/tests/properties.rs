//! Whatever accounts do with tokens, on the real Wasm: the supply is what all
//! have together, and a refused message changes nothing.

use std::collections::BTreeMap;

use hull_contracts_support::{amount, cases, deploy_token};
use hull_testing::{Account, Address, Balance, Chain, alice, bob, carol};
use proptest::prelude::*;
use proptest::test_runner::{TestCaseResult, TestRunner};
use token::messages;
use token::token::{Error, Role};

const SUPPLY: Balance = 1 << 100;
/// Amounts up to what overflows the supply.
const BITS: u32 = 128;

fn accounts() -> [Account; 3] {
    [alice(), bob(), carol()]
}

/// What an account does; accounts go by their numbers.
#[derive(Clone, Debug)]
enum Act {
    Transfer(usize, Balance),
    Approve(usize, Balance),
    TransferFrom(usize, usize, Balance),
    Mint(usize, Balance),
    Burn(Balance),
    /// A role of Alice's to give.
    SetRole(bool, usize, bool),
}

fn act() -> impl Strategy<Value = Act> {
    let who = || 0..3_usize;
    let much = || amount(BITS);
    prop_oneof![
        3 => (who(), much()).prop_map(|(to, much)| Act::Transfer(to, much)),
        2 => (who(), much()).prop_map(|(to, much)| Act::Approve(to, much)),
        3 => (who(), who(), much()).prop_map(|(from, to, much)| Act::TransferFrom(from, to, much)),
        2 => (who(), much()).prop_map(|(to, much)| Act::Mint(to, much)),
        1 => much().prop_map(Act::Burn),
        1 => (any::<bool>(), who(), any::<bool>())
            .prop_map(|(mint, who, give)| Act::SetRole(mint, who, give)),
    ]
}

/// What a token is, in a few lines.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Model {
    supply: Balance,
    balances: [Balance; 3],
    allowances: [[Balance; 3]; 3],
    minters: [bool; 3],
    burners: [bool; 3],
}

impl Model {
    fn shift(&mut self, from: usize, to: usize, much: Balance) -> Result<(), Error> {
        let available = self.balances[from];
        if much > available {
            return Err(Error::InsufficientBalance { available });
        }
        self.balances[from] -= much;
        self.balances[to] += much;
        Ok(())
    }

    fn apply(&mut self, by: usize, act: &Act) -> Result<(), Error> {
        match *act {
            Act::Transfer(to, much) => self.shift(by, to, much),
            Act::Approve(to, much) => {
                self.allowances[by][to] = much;
                Ok(())
            }
            Act::TransferFrom(from, to, much) => {
                let available = self.allowances[from][by];
                if much > available {
                    return Err(Error::InsufficientAllowance { available });
                }
                self.shift(from, to, much)?;
                self.allowances[from][by] -= much;
                Ok(())
            }
            Act::Mint(to, much) => {
                let role = Role::Minter;
                self.minters[by]
                    .then_some(())
                    .ok_or(Error::MissingRole { role })?;
                self.supply = self.supply.checked_add(much).ok_or(Error::SupplyOverflow)?;
                self.balances[to] += much;
                Ok(())
            }
            Act::Burn(much) => {
                let role = Role::Burner;
                self.burners[by]
                    .then_some(())
                    .ok_or(Error::MissingRole { role })?;
                let available = self.balances[by];
                if much > available {
                    return Err(Error::InsufficientBalance { available });
                }
                self.balances[by] -= much;
                self.supply -= much;
                Ok(())
            }
            Act::SetRole(mint, who, give) => {
                let role = Role::Admin;
                (by == 0).then_some(()).ok_or(Error::MissingRole { role })?;
                let roles = if mint {
                    &mut self.minters
                } else {
                    &mut self.burners
                };
                roles[who] = give;
                Ok(())
            }
        }
    }
}

fn send(chain: &mut Chain, token: Address, by: usize, act: &Act) -> Result<(), Error> {
    let of = accounts();
    let message = match *act {
        Act::Transfer(to, much) => messages::transfer(of[to], much),
        Act::Approve(to, much) => {
            let approve = messages::approve(of[to], much);
            chain.call(token, approve).by(of[by]).returns();
            return Ok(());
        }
        Act::TransferFrom(from, to, much) => messages::transfer_from(of[from], of[to], much),
        Act::Mint(to, much) => messages::mint(of[to], much),
        Act::Burn(much) => messages::burn(much),
        Act::SetRole(mint, who, give) => {
            let role = if mint { Role::Minter } else { Role::Burner };
            if give {
                messages::grant_role(role, of[who])
            } else {
                messages::revoke_role(role, of[who])
            }
        }
    };
    chain.call(token, message).by(of[by]).returns()
}

fn storage(chain: &Chain, token: Address) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let storage = chain.storage(token);
    storage
        .map(|(key, value)| (key.to_vec(), value.to_vec()))
        .collect()
}

/// What the contract says of itself.
fn read(chain: &Chain, token: Address) -> Model {
    let of = accounts();
    let role = |role| of.map(|who| chain.query(token, messages::has_role(role, who)));
    Model {
        supply: chain.query(token, messages::total_supply()),
        balances: of.map(|who| chain.query(token, messages::balance_of(who))),
        allowances: of
            .map(|owner| of.map(|spender| chain.query(token, messages::allowance(owner, spender)))),
        minters: role(Role::Minter),
        burners: role(Role::Burner),
    }
}

fn holds(mut chain: Chain, token: Address, acts: &[(usize, Act)]) -> TestCaseResult {
    let mut model = Model {
        supply: SUPPLY,
        balances: [SUPPLY, 0, 0],
        allowances: [[0; 3]; 3],
        minters: [true, false, false],
        burners: [true, false, false],
    };
    for (by, act) in acts {
        let before = storage(&chain, token);
        let mut expected = model.clone();
        let outcome = expected.apply(*by, act);
        prop_assert_eq!(send(&mut chain, token, *by, act), outcome, "{:?}", act);
        if outcome.is_ok() {
            model = expected;
        } else {
            prop_assert_eq!(storage(&chain, token), before);
        }
    }
    prop_assert_eq!(model.balances.iter().sum::<Balance>(), model.supply);
    prop_assert_eq!(read(&chain, token), model);
    Ok(())
}

#[test]
fn the_supply_is_what_all_have_together() {
    let mut chain = Chain::new();
    let token = deploy_token(&mut chain, "HUL", SUPPLY);
    for role in [Role::Minter, Role::Burner] {
        chain
            .call(token, messages::grant_role(role, alice()))
            .succeeds();
    }
    let acts = prop::collection::vec((0..3_usize, act()), 1..16);
    let outcome = TestRunner::new(cases()).run(&acts, |acts| holds(chain.clone(), token, &acts));
    if let Err(error) = outcome {
        panic!("{error}");
    }
}
