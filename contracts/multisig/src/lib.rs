//! A wallet that several owners share.
#![no_std]

/// A wallet that does what enough of its owners want.
///
/// An owner proposes an action; owners confirm it, the proposer included; when
/// as many as the threshold did, any owner has it executed. A proposal ends when
/// it is executed, and cannot be executed after it has expired. Owners and
/// threshold are changed by such an action and by nothing else.
///
/// Only confirmations of those who are owners at the time of execution count.
#[hull::contract(capabilities(storage = "4 MiB", events, transfer, calls = "any"))]
pub mod multisig {
    use core::ops::Bound;

    use hull::prelude::*;
    use hull::{CallError, CallStatus, Message, Timestamp};

    /// Most owners. Every confirmation walks through them.
    pub const MAX_OWNERS: u32 = 32;

    /// Longest input of a call in bytes.
    pub const MAX_INPUT_LEN: u32 = 16_384;

    /// Longest life of a proposal in milliseconds: ninety days.
    pub const MAX_LIFETIME: u64 = 90 * 24 * 60 * 60 * 1_000;

    /// Most proposals of one page: with the longest inputs they still fit what a
    /// call may return.
    pub const MAX_PAGE: u32 = 16;

    /// The number of a proposal.
    pub type ProposalId = u64;

    /// What the contract stores.
    #[hull::storage]
    pub struct Multisig {
        policy: Value<Policy>,
        /// How many proposals there ever were.
        proposed: Value<ProposalId>,
        /// Those that are neither executed nor discarded.
        proposals: OrderedMap<ProposalId, Proposal>,
        confirmations: Map<ProposalId, Vec<Address>>,
    }

    /// Who decides.
    #[hull::scale]
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Policy {
        /// The owners, each of them once.
        pub owners: Vec<Address>,
        /// How many of them it takes.
        pub threshold: u32,
    }

    /// What the wallet can do.
    #[hull::scale]
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum Action {
        /// Sends native tokens without running code.
        Transfer {
            /// Where to.
            to: Address,
            /// How many, in the smallest unit.
            amount: Balance,
        },
        /// Calls a contract.
        Call {
            /// Which.
            contract: Address,
            /// Selector and arguments.
            input: Vec<u8>,
            /// The native tokens that go along, in the smallest unit.
            value: Balance,
        },
        /// Changes who decides.
        SetPolicy(Policy),
    }

    /// An action that owners may confirm.
    #[hull::scale]
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Proposal {
        /// Who proposed it.
        pub proposer: Address,
        /// What is to be done.
        pub action: Action,
        /// The last moment at which it can be done, in milliseconds since the Unix
        /// epoch.
        pub expires: Timestamp,
    }

    /// Native tokens came with a message.
    #[hull::event]
    pub struct Deposited {
        /// From whom.
        #[topic]
        pub from: Address,
        /// How many.
        pub amount: Balance,
    }

    /// An owner proposed an action.
    #[hull::event]
    pub struct Proposed {
        /// Its number.
        #[topic]
        pub proposal: ProposalId,
        /// Who.
        #[topic]
        pub by: Address,
        /// When it expires.
        pub expires: Timestamp,
    }

    /// An owner confirmed a proposal, or took that back.
    #[hull::event]
    pub struct Confirmed {
        /// Its number.
        #[topic]
        pub proposal: ProposalId,
        /// Who.
        #[topic]
        pub by: Address,
        /// Whether it is confirmed from now on.
        pub confirmed: bool,
    }

    /// A proposal was carried out.
    #[hull::event]
    pub struct Executed {
        /// Its number.
        #[topic]
        pub proposal: ProposalId,
        /// Who had it done.
        #[topic]
        pub by: Address,
    }

    /// An expired proposal was thrown away.
    #[hull::event]
    pub struct Discarded {
        /// Its number.
        #[topic]
        pub proposal: ProposalId,
    }

    /// Somebody else decides from now on.
    #[hull::event]
    pub struct PolicyChanged {
        /// How many owners there are.
        pub owners: u32,
        /// How many of them it takes.
        pub threshold: u32,
    }

    /// Why a message changed nothing.
    #[hull::error]
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum Error {
        /// The caller is no owner.
        NotOwner,
        /// A wallet has some owners, and not too many.
        WrongNumberOfOwners {
            /// How many it may have.
            limit: u32,
        },
        /// An owner is named twice.
        DuplicateOwner {
            /// Who.
            owner: Address,
        },
        /// The threshold is 0, or more than there are owners.
        InvalidThreshold {
            /// How many owners there are.
            owners: u32,
        },
        /// There is no such proposal, or no longer.
        UnknownProposal {
            /// Its number.
            proposal: ProposalId,
        },
        /// A proposal lives from now on and not too long.
        InvalidExpiry {
            /// The block's time.
            now: Timestamp,
            /// The latest that is possible.
            latest: Timestamp,
        },
        /// The input of a call is too long.
        InputTooLong {
            /// How long it may be, in bytes.
            limit: u32,
        },
        /// The proposal has expired.
        Expired {
            /// When.
            expires: Timestamp,
        },
        /// The proposal has not expired.
        NotExpired {
            /// When it will.
            expires: Timestamp,
        },
        /// The caller has confirmed already.
        AlreadyConfirmed,
        /// The caller has not confirmed.
        NotConfirmed,
        /// Too few owners have confirmed.
        TooFewConfirmations {
            /// How many did.
            have: u32,
            /// How many it takes.
            need: u32,
        },
        /// The transfer came to nothing.
        TransferFailed(CallError),
        /// The called contract reverted, and said why.
        CallReverted {
            /// What it returned, as it came.
            data: Vec<u8>,
        },
        /// The call came to nothing.
        CallFailed {
            /// The status, by its number in the table of host functions.
            status: u32,
        },
    }

    impl Multisig {
        /// Opens a wallet; native tokens may come along.
        #[hull::constructor(payable)]
        pub fn new(&mut self, policy: Policy) -> Result<(), Error> {
            self.set_policy(&policy)
        }

        /// Who decides.
        #[hull::message]
        pub fn policy(&self) -> Policy {
            self.policy.get()
        }

        /// A proposal that is neither executed nor discarded.
        #[hull::message]
        pub fn proposal(&self, proposal: ProposalId) -> Option<Proposal> {
            self.proposals.get(&proposal)
        }

        /// Who has confirmed a proposal; some may be owners no longer.
        #[hull::message]
        pub fn confirmations(&self, proposal: ProposalId) -> Vec<Address> {
            self.confirmations.get_or_default(&proposal)
        }

        /// Proposals in the order of their numbers, at most `most` (and at most
        /// [`MAX_PAGE`]) of those behind `after`.
        #[hull::message]
        pub fn proposals(
            &self,
            after: Option<ProposalId>,
            most: u32,
        ) -> Vec<(ProposalId, Proposal)> {
            let start = after.map_or(Bound::Unbounded, Bound::Excluded);
            let page = self.proposals.range((start, Bound::Unbounded));
            page.take(most.min(MAX_PAGE) as usize).collect()
        }

        /// Takes native tokens, from anyone.
        #[hull::message(payable)]
        pub fn deposit(&mut self) {
            env::emit(&Deposited {
                from: env::caller(),
                amount: env::value(),
            });
        }

        /// Proposes an action, confirms it, and returns its number. For owners.
        #[hull::message]
        pub fn propose(&mut self, action: Action, expires: Timestamp) -> Result<ProposalId, Error> {
            let by = self.owner()?;
            let now = env::block_time();
            let latest = now.saturating_add(MAX_LIFETIME);
            ensure!(
                (now..=latest).contains(&expires),
                Error::InvalidExpiry { now, latest }
            );
            check(&action)?;
            let id = self.proposed.get_or_default() + 1;
            self.proposed.set(&id);
            self.proposals.insert(
                &id,
                &Proposal {
                    proposer: by,
                    action,
                    expires,
                },
            );
            env::emit(&Proposed {
                proposal: id,
                by,
                expires,
            });
            self.confirm_as(by, id)?;
            Ok(id)
        }

        /// Confirms a proposal. For owners.
        #[hull::message]
        pub fn confirm(&mut self, proposal: ProposalId) -> Result<(), Error> {
            let by = self.owner()?;
            self.live(proposal)?;
            self.confirm_as(by, proposal)
        }

        /// Takes the caller's confirmation back. For owners.
        #[hull::message]
        pub fn revoke(&mut self, proposal: ProposalId) -> Result<(), Error> {
            let by = self.owner()?;
            self.find(proposal)?;
            let mut all = self.confirmations.get_or_default(&proposal);
            let before = all.len();
            all.retain(|account| *account != by);
            ensure!(all.len() < before, Error::NotConfirmed);
            self.confirmations.insert(&proposal, &all);
            env::emit(&Confirmed {
                proposal,
                by,
                confirmed: false,
            });
            Ok(())
        }

        /// Carries a proposal out and returns what the called contract returned, as
        /// it came. For owners. When it fails the proposal stays, to be tried again
        /// until it expires.
        #[hull::message]
        pub fn execute(&mut self, proposal: ProposalId) -> Result<Vec<u8>, Error> {
            let by = self.owner()?;
            let action = self.live(proposal)?.action;
            let policy = self.policy.get();
            let mut all = self.confirmations.get_or_default(&proposal);
            all.retain(|account| policy.owners.contains(account));
            let (have, need) = (len(&all), policy.threshold);
            ensure!(have >= need, Error::TooFewConfirmations { have, need });
            // Gone before anyone else runs: nothing is done twice.
            self.proposals.remove(&proposal);
            self.confirmations.remove(&proposal);
            let returned = self.perform(action)?;
            env::emit(&Executed { proposal, by });
            Ok(returned)
        }

        /// Throws an expired proposal away; the storage deposit goes back. For
        /// owners.
        #[hull::message]
        pub fn discard(&mut self, proposal: ProposalId) -> Result<(), Error> {
            self.owner()?;
            let expires = self.find(proposal)?.expires;
            ensure!(env::block_time() > expires, Error::NotExpired { expires });
            self.proposals.remove(&proposal);
            self.confirmations.remove(&proposal);
            env::emit(&Discarded { proposal });
            Ok(())
        }

        /// The caller, an owner.
        fn owner(&self) -> Result<Address, Error> {
            let caller = env::caller();
            ensure!(self.policy.get().owners.contains(&caller), Error::NotOwner);
            Ok(caller)
        }

        fn find(&self, proposal: ProposalId) -> Result<Proposal, Error> {
            let found = self.proposals.get(&proposal);
            found.ok_or(Error::UnknownProposal { proposal })
        }

        /// A proposal that can still be executed.
        fn live(&self, proposal: ProposalId) -> Result<Proposal, Error> {
            let found = self.find(proposal)?;
            let expires = found.expires;
            ensure!(env::block_time() <= expires, Error::Expired { expires });
            Ok(found)
        }

        fn confirm_as(&mut self, by: Address, proposal: ProposalId) -> Result<(), Error> {
            let mut all = self.confirmations.get_or_default(&proposal);
            ensure!(!all.contains(&by), Error::AlreadyConfirmed);
            // Former owners make room: the list never outgrows the owners.
            let owners = self.policy.get().owners;
            all.retain(|account| owners.contains(account));
            all.push(by);
            self.confirmations.insert(&proposal, &all);
            env::emit(&Confirmed {
                proposal,
                by,
                confirmed: true,
            });
            Ok(())
        }

        fn perform(&mut self, action: Action) -> Result<Vec<u8>, Error> {
            match action {
                Action::Transfer { to, amount } => {
                    env::transfer(&to, amount).map_err(Error::TransferFailed)?;
                    Ok(Vec::new())
                }
                Action::Call {
                    contract,
                    input,
                    value,
                } => call(contract, input, value),
                Action::SetPolicy(policy) => {
                    self.set_policy(&policy)?;
                    Ok(Vec::new())
                }
            }
        }

        fn set_policy(&mut self, policy: &Policy) -> Result<(), Error> {
            check_policy(policy)?;
            self.policy.set(policy);
            env::emit(&PolicyChanged {
                owners: len(&policy.owners),
                threshold: policy.threshold,
            });
            Ok(())
        }
    }

    /// Refuses what could never be executed.
    fn check(action: &Action) -> Result<(), Error> {
        match action {
            Action::Transfer { .. } => Ok(()),
            Action::Call { input, .. } => {
                ensure!(
                    input.len() <= MAX_INPUT_LEN as usize,
                    Error::InputTooLong {
                        limit: MAX_INPUT_LEN
                    }
                );
                Ok(())
            }
            Action::SetPolicy(policy) => check_policy(policy),
        }
    }

    fn check_policy(policy: &Policy) -> Result<(), Error> {
        let owners = len(&policy.owners);
        ensure!(
            (1..=MAX_OWNERS).contains(&owners),
            Error::WrongNumberOfOwners { limit: MAX_OWNERS }
        );
        ensure!(
            (1..=owners).contains(&policy.threshold),
            Error::InvalidThreshold { owners }
        );
        let mut rest = policy.owners.as_slice();
        while let Some((owner, others)) = rest.split_first() {
            let owner = *owner;
            ensure!(!others.contains(&owner), Error::DuplicateOwner { owner });
            rest = others;
        }
        Ok(())
    }

    fn call(contract: Address, input: Vec<u8>, value: Balance) -> Result<Vec<u8>, Error> {
        let message = Message::<()>::from_parts(input, false, true, false);
        match message.to(contract).value(value).try_raw() {
            (CallStatus::Success, data) => Ok(data),
            (CallStatus::Reverted, data) => Err(Error::CallReverted { data }),
            (status, _) => Err(Error::CallFailed {
                status: status as u32,
            }),
        }
    }

    /// A number of accounts; lists of them are far shorter than this could hold.
    fn len(accounts: &[Address]) -> u32 {
        accounts.len() as u32
    }
}
