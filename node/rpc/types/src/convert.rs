//! From the node's types, for those who have both.

use hull_types::Payload as Told;

use crate::{Address, Hash, Payload, Validator};

impl From<hull_types::Validator> for Validator {
    fn from(validator: hull_types::Validator) -> Self {
        Self {
            public_key: Hash(validator.public_key),
            power: validator.power.into(),
        }
    }
}

impl From<Validator> for hull_types::Validator {
    fn from(validator: Validator) -> Self {
        Self {
            public_key: validator.public_key.0,
            power: validator.power.0,
        }
    }
}

impl Payload {
    /// What a transaction does, as the RPC says it. `address` writes addresses for the
    /// network.
    pub fn of(payload: &Told, address: impl Fn(&hull_host_api::Address) -> Address) -> Self {
        match payload {
            Told::Transfer { to, value } => Self::Transfer {
                to: address(to),
                value: (*value).into(),
            },
            Told::Upload { code } => Self::Upload {
                code: code.clone().into(),
            },
            Told::Instantiate {
                code_hash,
                salt,
                grants,
                value,
                input,
            } => Self::Instantiate {
                code_hash: (*code_hash).into(),
                salt: Hash(*salt),
                grants: grants.iter().map(&address).collect(),
                value: (*value).into(),
                input: input.clone().into(),
            },
            Told::Call {
                contract,
                value,
                input,
            } => Self::Call {
                contract: address(contract),
                value: (*value).into(),
                input: input.clone().into(),
            },
            Told::SetCode {
                contract,
                code_hash,
                input,
            } => Self::SetCode {
                contract: address(contract),
                code_hash: (*code_hash).into(),
                input: input.clone().into(),
            },
            Told::RemoveCode { code_hash } => Self::RemoveCode {
                code_hash: (*code_hash).into(),
            },
            Told::UpdateValidators { update } => Self::UpdateValidators {
                update: update.iter().copied().map(Into::into).collect(),
            },
        }
    }
}
