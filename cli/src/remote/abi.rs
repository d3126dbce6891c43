//! The ABIs of contracts, from the chain or from files.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

use hull_abi::{Abi, Message};
use hull_host_api::{Address, Hash};
use hull_rpc_types::{
    self as rpc_types, BlockId, CodeParams, ContractParams, GetCode, GetContract,
};

use super::{Remote, RemoteError};
use crate::error::Error;

/// What was looked up already, by code.
#[derive(Default)]
pub(super) struct Abis(RefCell<BTreeMap<Hash, Option<Rc<Abi>>>>);

impl Remote {
    /// A contract as the chain has it.
    pub(crate) fn contract(&self, address: &Address) -> Result<rpc_types::Contract, Error> {
        self.ask::<GetContract>(&ContractParams {
            contract: rpc_types::Address(self.text(address)),
            block: BlockId::Latest,
        })
    }

    /// The ABI of a contract: from a file, or else what its code carries.
    pub(crate) fn abi_of(&self, address: &Address, file: Option<&Path>) -> Result<Rc<Abi>, Error> {
        if let Some(file) = file {
            return crate::contract::abi_of_file(file).map(Rc::new);
        }
        let contract = self.contract(address)?;
        let abi = self.abi_of_code(&contract.code_hash.into())?;
        let contract = self.text(address);
        Ok(abi.ok_or(RemoteError::NoAbi { contract })?)
    }

    /// The ABI that a code carries, if it carries one that can be read.
    pub(crate) fn abi_of_code(&self, code_hash: &Hash) -> Result<Option<Rc<Abi>>, Error> {
        if let Some(known) = self.abis.0.borrow().get(code_hash) {
            return Ok(known.clone());
        }
        let code = self.look::<GetCode>(&CodeParams {
            code_hash: (*code_hash).into(),
            wasm: true,
            block: BlockId::Latest,
        })?;
        let wasm = code.and_then(|code| code.wasm).unwrap_or_default();
        let abi = Abi::from_wasm(&wasm.0).ok().flatten().map(Rc::new);
        self.abis.0.borrow_mut().insert(*code_hash, abi.clone());
        Ok(abi)
    }

    /// The message or constructor that a transaction calls, with its contract's name.
    pub(crate) fn called(
        &self,
        payload: &rpc_types::Payload,
    ) -> Result<Option<(String, Rc<Abi>, Message)>, Error> {
        let (abi, message) = match payload {
            rpc_types::Payload::Call {
                contract, input, ..
            } => {
                let Some(abi) = self.abi_at(contract) else {
                    return Ok(None);
                };
                let message = abi.message_of(&input.0).cloned();
                (abi, message)
            }
            rpc_types::Payload::Instantiate {
                code_hash, input, ..
            } => {
                let Some(abi) = self.abi_of_code(&(*code_hash).into())? else {
                    return Ok(None);
                };
                let constructor = abi.constructor_of(&input.0).cloned();
                (abi, constructor)
            }
            _ => return Ok(None),
        };
        Ok(message.map(|it| (format!("{}.{}", abi.name, it.name), abi, it)))
    }

    /// Whether there is a contract at an address.
    pub(crate) fn is_contract(&self, address: &Address) -> Result<bool, Error> {
        let params = ContractParams {
            contract: rpc_types::Address(self.text(address)),
            block: BlockId::Latest,
        };
        Ok(self.look::<GetContract>(&params)?.is_some())
    }

    /// The ABI of whatever contract is there, for events: none is no failure.
    pub(super) fn abi_at(&self, address: &rpc_types::Address) -> Option<Rc<Abi>> {
        let address = Address::from_text(&address.0, self.prefix()).ok()?;
        let contract = self.contract(&address).ok()?;
        self.abi_of_code(&contract.code_hash.into()).ok().flatten()
    }
}
