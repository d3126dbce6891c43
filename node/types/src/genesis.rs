//! Where a chain begins.

use hull_host_api::{Address, Balance, Hash, Timestamp};
use parity_scale_codec::{Decode, Encode};

use crate::decode::{DecodeError, decode_bounded};
use crate::hash::tagged;
use crate::parameters::{Parameters, ParametersError};

/// The first state of a chain. Its hash is the chain id.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Genesis {
    /// A name for people; makes two chains of the same content different.
    pub name: String,
    /// Milliseconds since the Unix epoch; block 1 is later.
    pub time: Timestamp,
    /// The parameters from height 0 on.
    pub parameters: Parameters,
    /// The accounts, by address in ascending order, each once.
    pub accounts: Vec<GenesisAccount>,
    /// The validators, by key in ascending order, each once.
    pub validators: Vec<Validator>,
}

/// An account that has tokens from the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct GenesisAccount {
    /// Its address.
    pub address: Address,
    /// Its balance in the smallest unit.
    pub balance: Balance,
}

/// A validator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Validator {
    /// Its Ed25519 key.
    pub public_key: [u8; 32],
    /// Its share of the votes.
    pub power: u64,
}

/// Why a genesis cannot begin a chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GenesisError {
    /// See there.
    #[error(transparent)]
    Parameters(#[from] ParametersError),
    /// An account or validator is not after the one before it.
    #[error(
        "{what} {index} of the genesis is not in ascending order; sort them and list each once"
    )]
    Order {
        /// What is listed.
        what: &'static str,
        /// Its place in the list, from 0.
        index: usize,
    },
    /// All balances together do not fit 128 bits.
    #[error("the balances of the genesis add up to more than 2^128 - 1")]
    Supply,
}

impl Validator {
    /// What a header says of the validators that decide it: keccak256 of
    /// SCALE("hull/validators", validators).
    pub fn set_hash(validators: &[Self]) -> Hash {
        tagged("hull/validators", &validators)
    }
}

impl Genesis {
    /// Most bytes of an encoded genesis: half a million accounts.
    pub const MAX_BYTES: usize = 32 * 1024 * 1024;

    /// The identity of the chain: keccak256 of SCALE("hull/genesis", genesis).
    pub fn chain_id(&self) -> Hash {
        tagged("hull/genesis", self)
    }

    /// All tokens there are and ever will be.
    ///
    /// # Errors
    /// [`GenesisError::Supply`].
    pub fn supply(&self) -> Result<Balance, GenesisError> {
        self.accounts
            .iter()
            .try_fold(0, |sum: Balance, account| sum.checked_add(account.balance))
            .ok_or(GenesisError::Supply)
    }

    /// Whether a chain may begin like this.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn check(&self) -> Result<(), GenesisError> {
        self.parameters.check()?;
        self.supply()?;
        ascending("account", self.accounts.iter().map(|one| one.address.0))?;
        ascending(
            "validator",
            self.validators.iter().map(|one| one.public_key),
        )
    }

    /// Decodes one genesis.
    ///
    /// # Errors
    /// If there are more than [`Genesis::MAX_BYTES`], or the bytes are not exactly
    /// one genesis.
    pub fn decode_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        decode_bounded("a genesis", bytes, Self::MAX_BYTES)
    }
}

fn ascending(what: &'static str, keys: impl Iterator<Item = [u8; 32]>) -> Result<(), GenesisError> {
    let mut before = None;
    for (index, key) in keys.enumerate() {
        if before.is_some_and(|before| before >= key) {
            return Err(GenesisError::Order { what, index });
        }
        before = Some(key);
    }
    Ok(())
}
