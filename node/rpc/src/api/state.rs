//! What is in the state.

use hull_abi::Abi;
use hull_executor::{ContractState, StateReader};
use hull_host_api::{Address, Balance, Scan, ScanOrder};
use hull_rpc_types as rpc;
use hull_state::Snapshot;

use crate::api::Api;
use crate::failed::Failed;

/// Bytes of keys and values after which a page of storage ends.
const PAGE_BYTES: usize = 1024 * 1024;

impl Api {
    /// `hull_account`.
    ///
    /// # Errors
    /// If the address is none, or the state is not kept.
    pub fn account(&self, params: rpc::AccountParams) -> Result<rpc::Account, Failed> {
        let address = self.address(&params.address, "address")?;
        let (state, height) = self.state(params.block)?;
        let account = state.account(&address)?.unwrap_or_default();
        let next_nonce = (params.block == rpc::BlockId::Latest).then(|| {
            let waiting = self.chain().with_pool(|pool| pool.next_nonce(&address));
            rpc::Decimal(waiting.unwrap_or(0).max(account.nonce))
        });
        Ok(rpc::Account {
            address: params.address,
            nonce: account.nonce.into(),
            next_nonce,
            balance: account.balance.into(),
            contract: matches!(state.contract(&address)?, Some(ContractState::Live(_))),
            height,
        })
    }

    pub(crate) fn balance(&self, address: &Address) -> Result<Balance, Failed> {
        let (state, _) = self.state(rpc::BlockId::Latest)?;
        Ok(state.account(address)?.unwrap_or_default().balance)
    }

    /// `hull_code`.
    ///
    /// # Errors
    /// If there is no such code, or the state is not kept.
    pub fn code(&self, params: rpc::CodeParams) -> Result<rpc::Code, Failed> {
        let (state, _) = self.state(params.block)?;
        let hash = params.code_hash.into();
        let record = state.code(&hash)?.ok_or_else(|| {
            Failed::not_found(format!("no code {}", params.code_hash), "codeHash")
        })?;
        let wasm = match params.wasm {
            true => state
                .code_bytes(&hash)?
                .map(|bytes| rpc::Bytes::from(&*bytes)),
            false => None,
        };
        Ok(rpc::Code {
            code_hash: params.code_hash,
            uploader: self.convert().address(&record.uploader),
            deposit: record.deposit.into(),
            length: record.len,
            users: record.users,
            capabilities: self.convert().capabilities(&record.capabilities),
            migrates: record.migrates,
            wasm,
        })
    }

    /// `hull_contract`.
    ///
    /// # Errors
    /// If there is no such contract, or the state is not kept.
    pub fn contract(&self, params: rpc::ContractParams) -> Result<rpc::Contract, Failed> {
        let address = self.address(&params.contract, "contract")?;
        let (state, height) = self.state(params.block)?;
        let record = match state.contract(&address)? {
            Some(ContractState::Live(record)) => record,
            Some(ContractState::Terminated) => {
                let what = format!("the contract {} removed itself", params.contract);
                return Err(Failed::not_found(what, "contract"));
            }
            None => {
                let what = format!("there is no contract {}", params.contract);
                return Err(Failed::not_found(what, "contract"));
            }
        };
        let convert = self.convert();
        let code_hash = record.info.code_hash;
        let wasm = state.code_bytes(&code_hash)?;
        // Whoever uploads may write what they like into a section.
        let abi = wasm.and_then(|wasm| Abi::from_wasm(&wasm).ok().flatten());
        Ok(rpc::Contract {
            address: params.contract,
            code_hash: code_hash.into(),
            creator: convert.address(&record.creator),
            capabilities: convert.capabilities(&record.info.capabilities),
            grants: record
                .grants
                .iter()
                .map(|one| convert.address(one))
                .collect(),
            balance: state.account(&address)?.unwrap_or_default().balance.into(),
            deposit: convert.deposit(&record.deposit),
            storage_bytes: record.bytes.into(),
            storage_items: record.items.into(),
            abi: abi.and_then(|abi| serde_json::from_str(&abi.to_json()).ok()),
            height,
        })
    }

    /// `hull_storage`.
    ///
    /// # Errors
    /// If the address is none, or the state is not kept.
    pub fn item(&self, params: rpc::ItemParams) -> Result<Option<rpc::Item>, Failed> {
        let owner = self.address(&params.contract, "contract")?;
        let (state, _) = self.state(params.block)?;
        let item = state.item(&owner, &params.key.0)?;
        Ok(item.map(|item| self.convert().item(params.key.0, &item)))
    }

    /// `hull_storageList`.
    ///
    /// # Errors
    /// If a parameter is malformed, or the state is not kept.
    pub fn list_storage(&self, params: rpc::StorageParams) -> Result<rpc::StoragePage, Failed> {
        let owner = self.address(&params.contract, "contract")?;
        let cursor = params
            .cursor
            .as_deref()
            .map(StorageCursor::read)
            .transpose()?;
        let block = cursor
            .as_ref()
            .map_or(params.block, |cursor| rpc::BlockId::Height(cursor.height));
        let (state, height) = self.state(block)?;
        let limit = params.limit.unwrap_or(100).clamp(1, self.settings().page) as usize;
        let (prefix, mut items, mut bytes) = (params.prefix.0, Vec::new(), 0);
        let mut after = cursor.map(|cursor| cursor.after);
        // The prefix itself may be a key; a scan begins after it.
        if after.is_none() && !prefix.is_empty() {
            if let Some(item) = state.item(&owner, &prefix)? {
                items.push(self.convert().item(prefix.clone(), &item));
            }
            after = Some(prefix.clone());
        }
        let mut more = false;
        while let Some(key) = next_key(&state, &owner, after.as_deref())? {
            if !key.starts_with(&prefix) {
                break;
            }
            if items.len() >= limit || bytes >= PAGE_BYTES {
                more = true;
                break;
            }
            if let Some(item) = state.item(&owner, &key)? {
                bytes += key.len() + item.value.len();
                items.push(self.convert().item(key.clone(), &item));
            }
            after = Some(key);
        }
        let cursor = after
            .filter(|_| more)
            .map(|after| StorageCursor { height, after }.write());
        Ok(rpc::StoragePage {
            items,
            cursor,
            height,
        })
    }

    pub(crate) fn state(&self, block: rpc::BlockId) -> Result<(Snapshot, u64), Failed> {
        let height = self.height(block)?;
        Ok((self.chain().state_at(height)?, height))
    }
}

fn next_key(
    state: &Snapshot,
    owner: &Address,
    after: Option<&[u8]>,
) -> Result<Option<Vec<u8>>, Failed> {
    let scan = Scan {
        after,
        bound: None,
        order: ScanOrder::Ascending,
    };
    Ok(state.next_key(owner, scan)?)
}

/// Where a page of storage begins, and of which height.
struct StorageCursor {
    height: u64,
    after: Vec<u8>,
}

impl StorageCursor {
    fn write(&self) -> String {
        format!("{}:{}", self.height, rpc::Bytes(self.after.clone()))
    }

    fn read(text: &str) -> Result<Self, Failed> {
        let cursor = text.split_once(':').and_then(|(height, after)| {
            Some(Self {
                height: height.parse().ok()?,
                after: after.parse::<rpc::Bytes>().ok()?.0,
            })
        });
        cursor.ok_or_else(|| {
            let what = "this is no cursor of a page of storage";
            Failed::params(what, "cursor", "give the one of the page before, as it was")
        })
    }
}
