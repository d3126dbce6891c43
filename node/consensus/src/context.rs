//! The chain's own types, as the engine wants to see them.

use std::fmt;
use std::sync::Arc;

use hull_types::host_api::{Hash, Height as BlockHeight};
use hull_types::{
    MAX_TOTAL_POWER, MAX_VALIDATORS, Says, Statement, Validator as Member, is_public_key,
};
use malachitebft_core_types::{
    self as core, LinearTimeouts, NilOrVal, Round, SignedExtension, VoteType, VotingPower,
};
use parity_scale_codec::{Decode, Encode};

use crate::part::Part;
use crate::scheme::Scheme;

/// All types together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hull;

/// The height of a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub(crate) struct Height(pub(crate) BlockHeight);

impl fmt::Display for Height {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl core::Height for Height {
    const ZERO: Self = Self(0);
    const INITIAL: Self = Self(1);

    fn increment_by(&self, n: u64) -> Self {
        Self(self.0.saturating_add(n))
    }

    fn decrement_by(&self, n: u64) -> Option<Self> {
        self.0.checked_sub(n).map(Self)
    }

    fn as_u64(&self) -> u64 {
        self.0
    }
}

/// A validator's name: its key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub(crate) struct Address(pub(crate) [u8; 32]);

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

impl core::Address for Address {}

/// A block's name, which is what is voted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub(crate) struct BlockId(pub(crate) Hash);

impl fmt::Display for BlockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl core::Value for BlockId {
    type Id = Self;

    fn id(&self) -> Self {
        *self
    }
}

/// A validator with its power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Validator {
    pub(crate) address: Address,
    pub(crate) power: VotingPower,
}

impl core::Validator<Hull> for Validator {
    fn address(&self) -> &Address {
        &self.address
    }

    fn public_key(&self) -> &Address {
        &self.address
    }

    fn voting_power(&self) -> VotingPower {
        self.power
    }
}

/// Why a list of validators cannot decide anything.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadValidators {
    #[error("{found} validators; there have to be 1 to {MAX_VALIDATORS}")]
    Count { found: usize },
    #[error("validator {index}: its key is no Ed25519 key, or not above the one before it")]
    Key { index: usize },
    #[error("the powers of the validators have to add up to 1 to {MAX_TOTAL_POWER}")]
    Power,
}

/// The validators of a height. Clones are cheap: the engine makes many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ValidatorSet {
    members: Arc<[Validator]>,
    total: VotingPower,
}

impl ValidatorSet {
    pub(crate) fn new(members: &[Member]) -> Result<Self, BadValidators> {
        let found = members.len();
        if found == 0 || found > MAX_VALIDATORS {
            return Err(BadValidators::Count { found });
        }
        let mut total: VotingPower = 0;
        for (index, member) in members.iter().enumerate() {
            let before = index.checked_sub(1).and_then(|at| members.get(at));
            let ascends = before.is_none_or(|one| one.public_key < member.public_key);
            if !ascends || !is_public_key(&member.public_key) {
                return Err(BadValidators::Key { index });
            }
            total = total.saturating_add(member.power);
        }
        // The engine multiplies it by three.
        if total == 0 || total > MAX_TOTAL_POWER {
            return Err(BadValidators::Power);
        }
        let members = members.iter().map(|member| Validator {
            address: Address(member.public_key),
            power: member.power,
        });
        Ok(Self {
            members: members.collect(),
            total,
        })
    }

    /// The one that proposes in a round: they take turns, over heights and rounds alike,
    /// so that one that is away costs one round of a turn.
    pub(crate) fn proposer(&self, height: Height, round: u32) -> &Validator {
        let count = self.members.len() as u64;
        let turn = (height.0 % count).wrapping_add(u64::from(round)) % count;
        &self.members[usize::try_from(turn).unwrap_or_default()]
    }

    /// The place of a validator in the list.
    pub(crate) fn index_of(&self, address: &Address) -> Option<u16> {
        let found = self.members.binary_search_by_key(address, |it| it.address);
        found.ok().and_then(|index| u16::try_from(index).ok())
    }

    pub(crate) fn get(&self, index: u16) -> Option<&Validator> {
        self.members.get(usize::from(index))
    }
}

impl core::ValidatorSet<Hull> for ValidatorSet {
    fn count(&self) -> usize {
        self.members.len()
    }

    fn total_voting_power(&self) -> VotingPower {
        self.total
    }

    fn get_by_address(&self, address: &Address) -> Option<&Validator> {
        self.get(self.index_of(address)?)
    }

    fn get_by_index(&self, index: usize) -> Option<&Validator> {
        self.members.get(index)
    }
}

/// A proposal of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Proposal {
    pub(crate) height: Height,
    pub(crate) round: Round,
    pub(crate) value: BlockId,
    pub(crate) pol_round: Round,
    pub(crate) proposer: Address,
}

impl Proposal {
    /// What is signed; none of a round that is none.
    pub(crate) fn statement(&self) -> Option<Statement> {
        Some(Statement {
            height: self.height.0,
            round: self.round.as_u32()?,
            says: Says::Propose {
                block: self.value.0,
                valid_round: self.pol_round.as_u32(),
            },
        })
    }
}

impl core::Proposal<Hull> for Proposal {
    fn height(&self) -> Height {
        self.height
    }

    fn round(&self) -> Round {
        self.round
    }

    fn value(&self) -> &BlockId {
        &self.value
    }

    fn take_value(self) -> BlockId {
        self.value
    }

    fn pol_round(&self) -> Round {
        self.pol_round
    }

    fn validator_address(&self) -> &Address {
        &self.proposer
    }
}

/// A vote for a block or for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Vote {
    pub(crate) kind: VoteType,
    pub(crate) height: Height,
    pub(crate) round: Round,
    pub(crate) value: NilOrVal<BlockId>,
    pub(crate) validator: Address,
}

impl Vote {
    /// What is signed; none of a round that is none.
    pub(crate) fn statement(&self) -> Option<Statement> {
        let block = match self.value {
            NilOrVal::Nil => None,
            NilOrVal::Val(block) => Some(block.0),
        };
        Some(Statement {
            height: self.height.0,
            round: self.round.as_u32()?,
            says: match self.kind {
                VoteType::Prevote => Says::Prevote(block),
                VoteType::Precommit => Says::Precommit(block),
            },
        })
    }
}

impl core::Vote<Hull> for Vote {
    fn height(&self) -> Height {
        self.height
    }

    fn round(&self) -> Round {
        self.round
    }

    fn value(&self) -> &NilOrVal<BlockId> {
        &self.value
    }

    fn take_value(self) -> NilOrVal<BlockId> {
        self.value
    }

    fn vote_type(&self) -> VoteType {
        self.kind
    }

    fn validator_address(&self) -> &Address {
        &self.validator
    }

    // Votes of this chain carry nothing beside themselves.
    fn extension(&self) -> Option<&SignedExtension<Hull>> {
        None
    }

    fn take_extension(&mut self) -> Option<SignedExtension<Hull>> {
        None
    }

    fn extend(self, _: SignedExtension<Hull>) -> Self {
        self
    }
}

impl core::Context for Hull {
    type Address = Address;
    type Height = Height;
    type ProposalPart = Part;
    type Proposal = Proposal;
    type Validator = Validator;
    type ValidatorSet = ValidatorSet;
    type Timeouts = LinearTimeouts;
    type Value = BlockId;
    type Vote = Vote;
    type Extension = ();
    type SigningScheme = Scheme;

    fn select_proposer<'a>(
        &self,
        validators: &'a ValidatorSet,
        height: Height,
        round: Round,
    ) -> &'a Validator {
        validators.proposer(height, round.as_u32().unwrap_or_default())
    }

    fn new_proposal(
        &self,
        height: Height,
        round: Round,
        value: BlockId,
        pol_round: Round,
        proposer: Address,
    ) -> Proposal {
        Proposal {
            height,
            round,
            value,
            pol_round,
            proposer,
        }
    }

    fn new_prevote(
        &self,
        height: Height,
        round: Round,
        value: NilOrVal<BlockId>,
        validator: Address,
    ) -> Vote {
        Vote {
            kind: VoteType::Prevote,
            height,
            round,
            value,
            validator,
        }
    }

    fn new_precommit(
        &self,
        height: Height,
        round: Round,
        value: NilOrVal<BlockId>,
        validator: Address,
    ) -> Vote {
        Vote {
            kind: VoteType::Precommit,
            ..self.new_prevote(height, round, value, validator)
        }
    }
}
