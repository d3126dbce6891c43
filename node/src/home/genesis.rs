//! The genesis as people write it. The chain id is the hash of its binary form, so
//! spaces and order of fields do not count.

use anyhow::{Context, Result, anyhow, ensure};
use hull_types::host_api::{Address, Balance, DEFAULT_PREFIX, Gas, Timestamp};
use hull_types::{Genesis, GenesisAccount, Parameters, Validator, is_public_key};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct GenesisText {
    name: String,
    time: Timestamp,
    #[serde(default)]
    parameters: ParametersText,
    accounts: Vec<AccountText>,
    validators: Vec<ValidatorText>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct AccountText {
    address: String,
    balance: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ValidatorText {
    public_key: String,
    power: u64,
}

/// What is left out is as by default. Numbers that may be large are text.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
struct ParametersText {
    schedule: u32,
    block_gas: String,
    block_bytes: u32,
    transaction_bytes: u32,
    transaction_gas: String,
    transaction_byte_gas: String,
    least_gas_price: String,
    deposit_item: String,
    deposit_byte: String,
    deposit_code_byte: String,
    fee_account: String,
    /// Who changes validators.
    authority: Option<String>,
}

impl Default for ParametersText {
    fn default() -> Self {
        Self::of(&Parameters::default())
    }
}

impl ParametersText {
    fn of(it: &Parameters) -> Self {
        Self {
            schedule: it.schedule,
            block_gas: it.block_gas.to_string(),
            block_bytes: it.block_bytes,
            transaction_bytes: it.transaction_bytes,
            transaction_gas: it.transaction_gas.to_string(),
            transaction_byte_gas: it.transaction_byte_gas.to_string(),
            least_gas_price: it.least_gas_price.to_string(),
            deposit_item: it.deposit_item.to_string(),
            deposit_byte: it.deposit_byte.to_string(),
            deposit_code_byte: it.deposit_code_byte.to_string(),
            fee_account: address_text(&it.fee_account),
            authority: it.authority.as_ref().map(address_text),
        }
    }

    fn parameters(&self) -> Result<Parameters> {
        Ok(Parameters {
            schedule: self.schedule,
            block_gas: gas("blockGas", &self.block_gas)?,
            block_bytes: self.block_bytes,
            transaction_bytes: self.transaction_bytes,
            transaction_gas: gas("transactionGas", &self.transaction_gas)?,
            transaction_byte_gas: gas("transactionByteGas", &self.transaction_byte_gas)?,
            least_gas_price: amount("leastGasPrice", &self.least_gas_price)?,
            deposit_item: amount("depositItem", &self.deposit_item)?,
            deposit_byte: amount("depositByte", &self.deposit_byte)?,
            deposit_code_byte: amount("depositCodeByte", &self.deposit_code_byte)?,
            fee_account: address(&self.fee_account)?,
            authority: self.authority.as_deref().map(address).transpose()?,
        })
    }
}

/// Reads a genesis. Accounts and validators may be in any order.
///
/// # Errors
/// If the text is no genesis, or no chain may begin like that.
pub fn genesis_from_json(text: &str) -> Result<Genesis> {
    let text: GenesisText = serde_json::from_str(text)?;
    let accounts = text.accounts.iter().map(|account| {
        Ok(GenesisAccount {
            address: address(&account.address)?,
            balance: amount("balance", &account.balance)?,
        })
    });
    let validators = text.validators.iter().map(|validator| {
        Ok(Validator {
            public_key: public_key(&validator.public_key)?,
            power: validator.power,
        })
    });
    let mut genesis = Genesis {
        name: text.name,
        time: text.time,
        parameters: text.parameters.parameters()?,
        accounts: accounts.collect::<Result<_>>()?,
        validators: validators.collect::<Result<_>>()?,
    };
    genesis.accounts.sort_by_key(|account| account.address);
    genesis
        .validators
        .sort_by_key(|validator| validator.public_key);
    genesis.check()?;
    Ok(genesis)
}

/// Writes a genesis.
pub fn genesis_to_json(genesis: &Genesis) -> String {
    let text = GenesisText {
        name: genesis.name.clone(),
        time: genesis.time,
        parameters: ParametersText::of(&genesis.parameters),
        accounts: genesis
            .accounts
            .iter()
            .map(|account| AccountText {
                address: address_text(&account.address),
                balance: account.balance.to_string(),
            })
            .collect(),
        validators: genesis
            .validators
            .iter()
            .map(|validator| ValidatorText {
                public_key: hex::encode(validator.public_key),
                power: validator.power,
            })
            .collect(),
    };
    // Strings and numbers always serialise.
    serde_json::to_string_pretty(&text).unwrap_or_default()
}

fn address_text(address: &Address) -> String {
    // The default prefix is one.
    address.to_text(DEFAULT_PREFIX).unwrap_or_default()
}

fn address(text: &str) -> Result<Address> {
    Address::from_text(text, DEFAULT_PREFIX).map_err(|error| anyhow!("`{text}`: {error}"))
}

fn gas(name: &str, text: &str) -> Result<Gas> {
    let parsed = text.parse();
    parsed.with_context(|| format!("{name} is `{text}`; it has to be a whole number below 2^64"))
}

fn amount(name: &str, text: &str) -> Result<Balance> {
    let parsed = text.parse();
    parsed.with_context(|| format!("{name} is `{text}`; it has to be a whole number below 2^128"))
}

fn public_key(text: &str) -> Result<[u8; 32]> {
    let mut key = [0; 32];
    let decoded = hex::decode_to_slice(text, &mut key).is_ok();
    ensure!(
        decoded && is_public_key(&key),
        "`{text}` is no Ed25519 key; it has to be 64 hexadecimal digits"
    );
    Ok(key)
}
