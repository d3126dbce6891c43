//! Where a chain begins.

use hull_host_api::{Address, Balance, Hash, Timestamp};
use parity_scale_codec::{Decode, Encode};

use crate::decode::{DecodeError, decode_bounded};
use crate::hash::tagged;
use crate::parameters::{Parameters, ParametersError};
use crate::validators::{Validator, ValidatorsError};

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

/// Why a genesis cannot begin a chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GenesisError {
    /// See there.
    #[error(transparent)]
    Parameters(#[from] ParametersError),
    /// An account is not after the one before it.
    #[error(
        "account {index} of the genesis is not in ascending order; sort them and list each once"
    )]
    Order {
        /// Its place in the list, from 0.
        index: usize,
    },
    /// See there.
    #[error("the validators of the genesis: {0}")]
    Validators(#[from] ValidatorsError),
    /// All balances together do not fit 128 bits.
    #[error("the balances of the genesis add up to more than 2^128 - 1")]
    Supply,
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
        let pairs = self.accounts.iter().zip(self.accounts.iter().skip(1));
        let wrong = pairs
            .enumerate()
            .find(|(_, (one, next))| one.address >= next.address);
        if let Some((place, _)) = wrong {
            return Err(GenesisError::Order { index: place + 1 });
        }
        Ok(Validator::check_all(&self.validators)?)
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
