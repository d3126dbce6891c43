//! Collectibles: tokens of which each is the only one of its kind.
#![no_std]

/// Non-fungible tokens.
///
/// Every token has a number, an owner and a metadata address. Numbers count up
/// from 1 and are never used again. Whoever has the role `Minter` makes tokens;
/// roles are given by whoever has the role `Admin`. A token is moved or
/// destroyed by its owner, by the account that the owner approved for this
/// token, or by an operator of all the owner's tokens.
#[hull::contract(capabilities(storage = "1 GiB", events))]
pub mod collectible {
    use core::ops::Bound;

    use hull::prelude::*;
    use hull::storage::{MissingRole, Roles};

    /// The number of a token.
    pub type TokenId = u64;

    /// Longest metadata address in bytes: room for a content hash and a path,
    /// and not for the picture itself.
    pub const MAX_URI_LEN: u32 = 256;

    /// Most entries of one page. A page stays far below what a call may cost.
    pub const MAX_PAGE: u32 = 64;

    /// What the contract stores.
    #[hull::storage]
    pub struct Collectible {
        about: Value<About>,
        /// How many numbers were given out.
        minted: Value<TokenId>,
        /// How many tokens there are.
        supply: Value<u64>,
        tokens: OrderedMap<TokenId, Token>,
        /// The tokens of an owner, for enumeration.
        holdings: Map<Address, OrderedMap<TokenId, ()>>,
        balances: Map<Address, u64>,
        /// Who else may move a token.
        approvals: Map<TokenId, Address>,
        /// By owner and operator.
        operators: Map<(Address, Address), ()>,
        roles: Roles<Role>,
    }

    /// What the collection is called.
    #[hull::scale]
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct About {
        /// Its name.
        pub name: String,
        /// Its short name.
        pub symbol: String,
    }

    /// One token.
    #[hull::scale]
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Token {
        /// Who has it.
        pub owner: Address,
        /// Where its metadata is.
        pub uri: String,
    }

    /// What an account may do beyond its own tokens.
    #[hull::scale]
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Role {
        /// Gives and takes roles.
        Admin,
        /// Makes tokens.
        Minter,
    }

    /// A token moved; from nobody when it was made, to nobody when it was
    /// destroyed.
    #[hull::event]
    pub struct Transferred {
        /// Who had it.
        #[topic]
        pub from: Option<Address>,
        /// Who has it.
        #[topic]
        pub to: Option<Address>,
        /// Which.
        #[topic]
        pub token: TokenId,
    }

    /// An account was allowed to move one token, or nobody is any more.
    #[hull::event]
    pub struct Approved {
        /// Whose token it is.
        #[topic]
        pub owner: Address,
        /// Who may move it.
        #[topic]
        pub spender: Option<Address>,
        /// Which.
        #[topic]
        pub token: TokenId,
    }

    /// An account was allowed, or forbidden, to move all tokens of an owner.
    #[hull::event]
    pub struct OperatorChanged {
        /// Whose tokens they are.
        #[topic]
        pub owner: Address,
        /// Who may move them.
        #[topic]
        pub operator: Address,
        /// Whether that holds from now on.
        pub allowed: bool,
    }

    /// A role was given or taken.
    #[hull::event]
    pub struct RoleChanged {
        /// Which.
        #[topic]
        pub role: Role,
        /// Whose.
        #[topic]
        pub account: Address,
        /// Whether it was given.
        pub granted: bool,
    }

    /// Why a message changed nothing.
    #[hull::error]
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Error {
        /// There is no such token, or no longer.
        UnknownToken {
            /// Its number.
            token: TokenId,
        },
        /// The token belongs to somebody else than the message says.
        NotTheOwner {
            /// Whose it is.
            owner: Address,
        },
        /// The caller may not do this with the token.
        NotAllowed {
            /// Its number.
            token: TokenId,
        },
        /// The metadata address is too long.
        UriTooLong {
            /// How long it may be, in bytes.
            limit: u32,
        },
        /// The caller lacks a role.
        MissingRole {
            /// Which.
            role: Role,
        },
        /// The last thing an admin may not do is to leave nobody in charge.
        OwnAdminRole,
    }

    impl From<MissingRole<Role>> for Error {
        fn from(MissingRole { role }: MissingRole<Role>) -> Self {
            Self::MissingRole { role }
        }
    }

    impl Collectible {
        /// Makes a collection without tokens; the caller gets both roles.
        #[hull::constructor]
        pub fn new(&mut self, about: About) {
            self.about.set(&about);
            self.set_role(Role::Admin, env::caller(), true);
            self.set_role(Role::Minter, env::caller(), true);
        }

        /// What the collection is called.
        #[hull::message]
        pub fn about(&self) -> About {
            self.about.get()
        }

        /// How many tokens there are.
        #[hull::message]
        pub fn total_supply(&self) -> u64 {
            self.supply.get_or_default()
        }

        /// How many tokens an account has.
        #[hull::message]
        pub fn balance_of(&self, owner: Address) -> u64 {
            self.balances.get_or_default(&owner)
        }

        /// A token, or nothing if there is none of this number.
        #[hull::message]
        pub fn token(&self, token: TokenId) -> Option<Token> {
            self.tokens.get(&token)
        }

        /// Who may move a token beside its owner and the owner's operators.
        #[hull::message]
        pub fn approved(&self, token: TokenId) -> Option<Address> {
            self.approvals.get(&token)
        }

        /// Whether an account may move all tokens of an owner.
        #[hull::message]
        pub fn is_operator(&self, owner: Address, operator: Address) -> bool {
            self.operators.contains(&(owner, operator))
        }

        /// Whether an account has a role.
        #[hull::message]
        pub fn has_role(&self, role: Role, account: Address) -> bool {
            self.roles.has(role, &account)
        }

        /// The numbers of an owner's tokens in ascending order, at most `most` (and
        /// at most [`MAX_PAGE`]) of those behind `after`.
        #[hull::message]
        pub fn tokens_of(&self, owner: Address, after: Option<TokenId>, most: u32) -> Vec<TokenId> {
            let holdings = self.holdings.at(&owner);
            let page = holdings.range(behind(after)).take(page_len(most));
            page.map(|(token, ())| token).collect()
        }

        /// All tokens in the order of their numbers, at most `most` (and at most
        /// [`MAX_PAGE`]) of those behind `after`.
        #[hull::message]
        pub fn tokens(&self, after: Option<TokenId>, most: u32) -> Vec<(TokenId, Token)> {
            let page = self.tokens.range(behind(after));
            page.take(page_len(most)).collect()
        }

        /// Makes a token and returns its number. Takes the role `Minter`.
        #[hull::message]
        pub fn mint(&mut self, to: Address, uri: String) -> Result<TokenId, Error> {
            self.roles.require(Role::Minter)?;
            ensure!(
                uri.len() <= MAX_URI_LEN as usize,
                Error::UriTooLong { limit: MAX_URI_LEN }
            );
            let token = self.minted.get_or_default() + 1;
            self.minted.set(&token);
            self.supply.set(&(self.total_supply() + 1));
            self.give(token, Token { owner: to, uri });
            env::emit(&Transferred {
                from: None,
                to: Some(to),
                token,
            });
            Ok(token)
        }

        /// Moves a token. `from` guards against one that has changed hands since the
        /// caller looked. An approval for this token ends here.
        #[hull::message]
        pub fn transfer(
            &mut self,
            from: Address,
            to: Address,
            token: TokenId,
        ) -> Result<(), Error> {
            let moved = self.movable(token)?;
            ensure!(
                moved.owner == from,
                Error::NotTheOwner { owner: moved.owner }
            );
            self.take(token, from);
            self.give(
                token,
                Token {
                    owner: to,
                    uri: moved.uri,
                },
            );
            env::emit(&Transferred {
                from: Some(from),
                to: Some(to),
                token,
            });
            Ok(())
        }

        /// Destroys a token. Its number is not used again.
        #[hull::message]
        pub fn burn(&mut self, token: TokenId) -> Result<(), Error> {
            let owner = self.movable(token)?.owner;
            self.take(token, owner);
            self.tokens.remove(&token);
            self.supply.set(&(self.total_supply() - 1));
            env::emit(&Transferred {
                from: Some(owner),
                to: None,
                token,
            });
            Ok(())
        }

        /// Allows one account to move a token, or nobody any more. For its owner and
        /// the owner's operators.
        #[hull::message]
        pub fn approve(&mut self, spender: Option<Address>, token: TokenId) -> Result<(), Error> {
            let owner = self.find(token)?.owner;
            ensure!(self.acts_for(owner), Error::NotAllowed { token });
            match &spender {
                Some(spender) => self.approvals.insert(&token, spender),
                None => {
                    self.approvals.remove(&token);
                }
            }
            env::emit(&Approved {
                owner,
                spender,
                token,
            });
            Ok(())
        }

        /// Allows or forbids an account to move all tokens of the caller, those to
        /// come included.
        #[hull::message]
        pub fn set_operator(&mut self, operator: Address, allowed: bool) {
            let owner = env::caller();
            if allowed {
                self.operators.insert(&(owner, operator), &());
            } else {
                self.operators.remove(&(owner, operator));
            }
            env::emit(&OperatorChanged {
                owner,
                operator,
                allowed,
            });
        }

        /// Gives a role. Takes the role `Admin`.
        #[hull::message]
        pub fn grant_role(&mut self, role: Role, account: Address) -> Result<(), Error> {
            self.roles.require(Role::Admin)?;
            self.set_role(role, account, true);
            Ok(())
        }

        /// Takes a role away. Takes the role `Admin`, which nobody takes from
        /// themselves.
        #[hull::message]
        pub fn revoke_role(&mut self, role: Role, account: Address) -> Result<(), Error> {
            self.roles.require(Role::Admin)?;
            ensure!(
                role != Role::Admin || account != env::caller(),
                Error::OwnAdminRole
            );
            self.set_role(role, account, false);
            Ok(())
        }

        fn set_role(&mut self, role: Role, account: Address, granted: bool) {
            if granted {
                self.roles.grant(role, &account);
            } else {
                self.roles.revoke(role, &account);
            }
            env::emit(&RoleChanged {
                role,
                account,
                granted,
            });
        }

        fn find(&self, token: TokenId) -> Result<Token, Error> {
            self.tokens.get(&token).ok_or(Error::UnknownToken { token })
        }

        /// The token, if the caller may move it.
        fn movable(&self, token: TokenId) -> Result<Token, Error> {
            let found = self.find(token)?;
            ensure!(
                self.acts_for(found.owner) || self.approvals.get(&token) == Some(env::caller()),
                Error::NotAllowed { token }
            );
            Ok(found)
        }

        /// Whether the caller is the owner or one of the owner's operators.
        fn acts_for(&self, owner: Address) -> bool {
            let caller = env::caller();
            caller == owner || self.operators.contains(&(owner, caller))
        }

        /// Puts a token into the hands of its owner.
        fn give(&mut self, token: TokenId, given: Token) {
            let owner = given.owner;
            self.tokens.insert(&token, &given);
            self.holdings.at_mut(&owner).insert(&token, &());
            let balance = self.balances.get_or_default(&owner) + 1;
            self.balances.insert(&owner, &balance);
        }

        /// Takes a token out of the hands of its owner, and what hangs on it.
        fn take(&mut self, token: TokenId, owner: Address) {
            self.approvals.remove(&token);
            self.holdings.at_mut(&owner).remove(&token);
            match self.balances.get_or_default(&owner) - 1 {
                0 => {
                    self.balances.remove(&owner);
                }
                balance => self.balances.insert(&owner, &balance),
            }
        }
    }

    fn behind(after: Option<TokenId>) -> (Bound<TokenId>, Bound<TokenId>) {
        (
            after.map_or(Bound::Unbounded, Bound::Excluded),
            Bound::Unbounded,
        )
    }

    fn page_len(most: u32) -> usize {
        most.min(MAX_PAGE) as usize
    }
}
