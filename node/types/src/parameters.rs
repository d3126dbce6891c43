//! What a chain may choose, and from which height on.

use hull_host_api::{Address, Balance, Gas, Height, MAX_GAS_LIMIT};
use parity_scale_codec::{Decode, Encode};

use crate::block::Block;
use crate::transaction::MAX_TRANSACTION_BYTES;

/// Limits and prices of a chain. Never changed: new ones activate at a height, and
/// the old ones stay for the blocks before it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Parameters {
    /// The version of the gas schedule.
    pub schedule: u32,
    /// Most gas that the transactions of a block may ask for together.
    pub block_gas: Gas,
    /// Most bytes of the transactions of a block together.
    pub block_bytes: u32,
    /// Most bytes of one transaction, at most [`MAX_TRANSACTION_BYTES`].
    pub transaction_bytes: u32,
    /// Gas of every transaction, whatever it does: checking its signature,
    /// reading and writing its sender, keeping its receipt.
    pub transaction_gas: Gas,
    /// Gas for a byte of a transaction: hashing and keeping it, sending it around.
    pub transaction_byte_gas: Gas,
    /// The least gas price, in the smallest unit of the token.
    pub least_gas_price: Balance,
    /// Deposit for an item of state, whatever its size: a storage entry, a
    /// contract, a code.
    pub deposit_item: Balance,
    /// Deposit for a byte of a storage entry (key and value) or of a contract's record.
    pub deposit_byte: Balance,
    /// Deposit for a byte of code.
    pub deposit_code_byte: Balance,
    /// Who gets the fees of a block when it ends.
    pub fee_account: Address,
    /// The account that changes validators; without one nobody does.
    pub authority: Option<Address>,
}

/// A token has 12 decimals where these parameters are used as they are.
const MICRO: Balance = 1_000_000;

impl Default for Parameters {
    /// Parameters of a development chain: one second of gas a block, and prices
    /// in tokens of 12 decimals.
    fn default() -> Self {
        Self {
            schedule: 1,
            block_gas: 1_000_000_000_000,
            block_bytes: 4 * 1024 * 1024,
            transaction_bytes: MAX_TRANSACTION_BYTES as u32,
            // Recovery of the signer 150 µs, the rest by measurement of a journal.
            transaction_gas: 200_000_000,
            // Two passes of Keccak at 8 ns, the rest for the network.
            transaction_byte_gas: 20_000,
            least_gas_price: 1,
            deposit_item: 1_000 * MICRO,
            deposit_byte: 10 * MICRO,
            deposit_code_byte: MICRO,
            fee_account: Address([0; 32]),
            authority: None,
        }
    }
}

/// Why parameters cannot be a chain's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParametersError {
    /// A number is over what the software can do.
    #[error("parameter {name} is {found}, over the limit of {limit}")]
    OverLimit {
        /// The field.
        name: &'static str,
        /// Its value.
        found: u64,
        /// The limit.
        limit: u64,
    },
    /// The first parameters must activate at height 0, and each later than those before.
    #[error("parameters activate at height {found}, not after those of height {before:?}")]
    Order {
        /// The height of the entry.
        found: Height,
        /// The height of the entry before.
        before: Option<Height>,
    },
}

impl Parameters {
    /// Whether the software can work with these.
    ///
    /// # Errors
    /// The first number over its limit.
    pub fn check(&self) -> Result<(), ParametersError> {
        let limits = [
            ("block_gas", self.block_gas, MAX_GAS_LIMIT),
            (
                "block_bytes",
                u64::from(self.block_bytes),
                Block::MAX_BYTES as u64,
            ),
            (
                "transaction_bytes",
                u64::from(self.transaction_bytes),
                MAX_TRANSACTION_BYTES as u64,
            ),
            // So that no product with a length overflows.
            ("transaction_gas", self.transaction_gas, MAX_GAS_LIMIT / 2),
            ("transaction_byte_gas", self.transaction_byte_gas, 1 << 40),
        ];
        for (name, found, limit) in limits {
            if found > limit {
                return Err(ParametersError::OverLimit { name, found, limit });
            }
        }
        Ok(())
    }

    /// The deposit of an item of so many bytes. Saturates: nobody can pay that.
    pub const fn item_deposit(&self, bytes: u64) -> Balance {
        self.deposit_item
            .saturating_add(self.deposit_byte.saturating_mul(bytes as Balance))
    }

    /// The deposit of a code. Saturates: nobody can pay that.
    pub const fn code_deposit(&self, bytes: u64) -> Balance {
        self.deposit_item
            .saturating_add(self.deposit_code_byte.saturating_mul(bytes as Balance))
    }

    /// The gas of a transaction before it does anything.
    pub const fn intrinsic_gas(&self, bytes: u32) -> Gas {
        self.transaction_gas
            .saturating_add(self.transaction_byte_gas.saturating_mul(bytes as u64))
    }
}

/// Parameters, and the height of the first block that they are for.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Activation {
    /// The height.
    pub height: Height,
    /// The parameters.
    pub parameters: Parameters,
}

/// All parameters that a chain ever had or is going to have.
///
/// ```
/// use hull_types::{Activation, Parameters, ParametersHistory};
///
/// let dearer = Parameters { least_gas_price: 2, ..Parameters::default() };
/// let history = ParametersHistory::new(vec![
///     Activation { height: 0, parameters: Parameters::default() },
///     Activation { height: 100, parameters: dearer },
/// ]).unwrap();
/// assert_eq!(history.at(99).least_gas_price, 1);
/// assert_eq!(history.at(100).least_gas_price, 2);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParametersHistory(Vec<Activation>);

impl ParametersHistory {
    /// Those of the genesis, at height 0, and later ones, in order.
    ///
    /// # Errors
    /// If the heights are not in order, the first is not 0, or parameters are out
    /// of range.
    pub fn new(activations: Vec<Activation>) -> Result<Self, ParametersError> {
        let mut before = None;
        for Activation { height, parameters } in &activations {
            let in_order = before.map_or(*height == 0, |before| before < *height);
            if !in_order {
                return Err(ParametersError::Order {
                    found: *height,
                    before,
                });
            }
            parameters.check()?;
            before = Some(*height);
        }
        if activations.is_empty() {
            return Err(ParametersError::Order {
                found: 0,
                before: None,
            });
        }
        Ok(Self(activations))
    }

    /// The same parameters for ever.
    ///
    /// # Errors
    /// If they are out of range.
    pub fn constant(parameters: Parameters) -> Result<Self, ParametersError> {
        Self::new(vec![Activation {
            height: 0,
            parameters,
        }])
    }

    /// The parameters of the block at a height.
    pub fn at(&self, height: Height) -> &Parameters {
        let after = self
            .0
            .partition_point(|activation| activation.height <= height);
        &self.0[after.saturating_sub(1)].parameters
    }

    /// Every activation, in order.
    pub fn activations(&self) -> &[Activation] {
        &self.0
    }
}
