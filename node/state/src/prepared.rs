//! What a block changes, in the keys and values of the store.

use hull_executor::{Bytes, StateDiff};
use hull_host_api::{Hash, Height};
use hull_types::{Genesis, SYSTEM, Validator, ValidatorSets};
use parity_scale_codec::Encode;

use crate::error::StateError;
use crate::layout::{CHAIN, account_key, code_key, contract_key, item_key};
use crate::store::View;
use crate::tree::{Tree, TreeUpdate};

/// The state after a block that is not committed: its root, and what would be
/// written. Nothing of it is in the store.
#[derive(Debug)]
pub struct Prepared {
    pub(crate) parent: Height,
    pub(crate) parent_root: Hash,
    pub(crate) tree: TreeUpdate,
    pub(crate) records: Records,
    pub(crate) code_bytes: Vec<(Hash, Bytes)>,
    /// Sets that the block tells of, by their hashes.
    pub(crate) validators: Vec<(Hash, Vec<u8>)>,
}

/// State keys in ascending order, and the records; `None` where one is removed.
pub(crate) type Records = Vec<(Vec<u8>, Option<Vec<u8>>)>;

impl Prepared {
    /// The height of the block before.
    pub fn parent(&self) -> Height {
        self.parent
    }

    /// The state root after the block.
    pub fn root(&self) -> Hash {
        self.tree.root
    }

    pub(crate) fn new(
        view: &dyn View,
        (parent, parent_root): (Height, Hash),
        diff: &StateDiff,
    ) -> Result<Self, StateError> {
        let version = parent
            .checked_add(1)
            .ok_or_else(|| StateError::corrupt("heights have run out"))?;
        let records = records_of(diff);
        let tree = Tree::new(view).update(version, records.iter().cloned())?;
        let code_bytes = diff.code_bytes.iter();
        Ok(Self {
            parent,
            parent_root,
            tree,
            records,
            code_bytes: code_bytes
                .map(|(hash, bytes)| (*hash, bytes.clone()))
                .collect(),
            validators: validators_of(diff)?,
        })
    }
}

/// The sets of validators that a diff has, as the store keeps them.
fn validators_of(diff: &StateDiff) -> Result<Vec<(Hash, Vec<u8>)>, StateError> {
    let item = diff.storage.get(&SYSTEM);
    let item = item.and_then(|items| items.get(ValidatorSets::KEY)?.as_ref());
    let Some(item) = item else {
        return Ok(Vec::new());
    };
    let sets = ValidatorSets::decode_bytes(&item.value);
    let sets =
        sets.map_err(|error| StateError::corrupt(format!("a block's change has {error}")))?;
    Ok(sets.all().map(set_record).collect())
}

/// Where the store has a set, and how.
pub(crate) fn set_record(validators: &[Validator]) -> (Hash, Vec<u8>) {
    (Validator::set_hash(validators), validators.encode())
}

/// A diff as records. The order of the kinds is that of their keys.
fn records_of(diff: &StateDiff) -> Records {
    let accounts = diff.accounts.iter();
    let accounts =
        accounts.map(|(address, account)| (account_key(address), Some(account.encode())));
    let contracts = diff.contracts.iter();
    let contracts =
        contracts.map(|(address, contract)| (contract_key(address), Some(contract.encode())));
    let codes = diff.codes.iter();
    let codes = codes.map(|(hash, code)| (code_key(hash), code.map(|code| code.encode())));
    let items = diff.storage.iter().flat_map(|(owner, items)| {
        let items = items.iter();
        items.map(|(key, item)| (item_key(owner, key), item.as_ref().map(Encode::encode)))
    });
    accounts
        .chain(contracts)
        .chain(codes)
        .chain(items)
        .collect()
}

/// The records of the state that a chain begins with.
pub(crate) fn genesis_records(genesis: &Genesis) -> Records {
    let mut records = vec![(CHAIN.to_vec(), Some(genesis.chain_id().encode()))];
    records.extend(records_of(&StateDiff::of_genesis(genesis)));
    records
}
