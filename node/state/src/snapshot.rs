//! The state as of the end of a block, for the executor.

use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use hull_executor::{Account, Bytes, CodeRecord, ContractState, Item, StateReader};
use hull_host_api::{Address, Fatal, Hash, Height, Scan, ScanOrder};
use parity_scale_codec::DecodeAll;

use crate::chain::decode;
use crate::error::StateError;
use crate::layout::{
    ITEM_PREFIX, account_key, after_prefix, code_key, contract_key, escaped, escaped_end, item_key,
    transaction_index, unescaped,
};
use crate::store::{Order, Space, View};
use crate::tree::Tree;

/// Most keys that the scans of one snapshot of a past height pass over because that
/// height does not have them. Scans of the latest height pass over none.
const MAX_SKIPPED: u32 = 100_000;

/// The state as of the end of a block. It stays what it is while blocks are added
/// and old heights are dropped. Cheap to clone.
///
/// The latest height (as of when the snapshot was made) is read from the flat
/// records, one look-up each; a past one through the tree, a look-up for every level.
#[derive(Clone)]
pub struct Snapshot {
    view: Arc<dyn View>,
    height: Height,
    latest: Height,
    root: Hash,
    skipped: Arc<AtomicU32>,
}

impl Snapshot {
    pub(crate) fn new(view: Arc<dyn View>, height: Height, latest: Height, root: Hash) -> Self {
        Self {
            view,
            height,
            latest,
            root,
            skipped: Arc::default(),
        }
    }

    /// The height.
    pub fn height(&self) -> Height {
        self.height
    }

    /// The state root.
    pub fn root(&self) -> Hash {
        self.root
    }

    /// Where a transaction is, in the blocks up to this one: the height, and its place
    /// in the block.
    ///
    /// # Errors
    /// If the engine fails.
    pub fn place_of(&self, id: &Hash) -> Result<Option<(Height, u32)>, StateError> {
        let found = self.view.get(Space::Index, &transaction_index(id))?;
        let place = found.map(|bytes| decode("the place of a transaction", &bytes));
        let place: Option<(Height, u32)> = place.transpose()?;
        Ok(place.filter(|(height, _)| *height <= self.height))
    }

    fn is_latest(&self) -> bool {
        self.height == self.latest
    }

    fn record(&self, state_key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        if self.is_latest() {
            return Ok(self.view.get(Space::State, state_key)?);
        }
        Tree::new(&*self.view).get(self.height, state_key)
    }

    fn decoded<T: DecodeAll>(&self, what: &str, state_key: &[u8]) -> Result<Option<T>, Fatal> {
        let Some(bytes) = self.record(state_key)? else {
            return Ok(None);
        };
        let value = T::decode_all(&mut &*bytes);
        value.map(Some).map_err(|error| {
            let what = format!("{what} at height {} does not decode: {error}", self.height);
            StateError::corrupt(what).into()
        })
    }

    /// The next key of the latest state in the direction, as a state key.
    fn next_latest(&self, edges: &Edges) -> Result<Option<Vec<u8>>, StateError> {
        let range = (bound(&edges.low), bound(&edges.high));
        Ok(self.view.next_key(Space::State, range, edges.order)?)
    }

    /// The next key that was removed after this height, as a state key.
    fn next_removed(&self, edges: &Edges) -> Result<Option<Vec<u8>>, StateError> {
        // An entry goes on with a height: an excluded key excludes all its heights.
        let low = match &edges.low {
            Bound::Excluded(key) => Bound::Excluded(escaped_end(key)),
            Bound::Included(key) => Bound::Included(escaped(key)),
            Bound::Unbounded => Bound::Unbounded,
        };
        let high = match &edges.high {
            Bound::Excluded(key) => Bound::Excluded(escaped(key)),
            Bound::Included(key) => Bound::Excluded(escaped_end(key)),
            Bound::Unbounded => Bound::Unbounded,
        };
        let range = (bound(&low), bound(&high));
        let found = self.view.next_key(Space::Removed, range, edges.order)?;
        let Some(found) = found else {
            return Ok(None);
        };
        match unescaped(&found) {
            Some((key, _)) => Ok(Some(key)),
            None => Err(StateError::corrupt("the key of a removal does not decode")),
        }
    }

    /// Keys of a past height are those of the latest one that it has too, and those
    /// that were removed since.
    fn next_past(&self, mut edges: Edges) -> Result<Option<Vec<u8>>, StateError> {
        loop {
            let next = match (self.next_latest(&edges)?, self.next_removed(&edges)?) {
                (Some(one), Some(other)) => match edges.order {
                    Order::Ascending => one.min(other),
                    Order::Descending => one.max(other),
                },
                (Some(one), None) | (None, Some(one)) => one,
                (None, None) => return Ok(None),
            };
            if self.record(&next)?.is_some() {
                return Ok(Some(next));
            }
            if self.skipped.fetch_add(1, Ordering::Relaxed) >= MAX_SKIPPED {
                return Err(StateError::TooFarBack {
                    height: self.height,
                });
            }
            match edges.order {
                Order::Ascending => edges.low = Bound::Excluded(next),
                Order::Descending => edges.high = Bound::Excluded(next),
            }
        }
    }
}

/// A range of state keys and a direction.
struct Edges {
    low: Bound<Vec<u8>>,
    high: Bound<Vec<u8>>,
    order: Order,
}

impl Edges {
    /// What of an owner's items a scan is about.
    fn of(owner: &Address, scan: Scan<'_>) -> Self {
        let (low, high, order) = match scan.order {
            ScanOrder::Ascending => (scan.after, scan.bound, Order::Ascending),
            ScanOrder::Descending => (scan.bound, scan.after, Order::Descending),
        };
        let prefix = item_key(owner, &[]);
        let low = match low {
            Some(key) => Bound::Excluded(item_key(owner, key)),
            None => Bound::Included(prefix.clone()),
        };
        let high = match high {
            Some(key) => Bound::Excluded(item_key(owner, key)),
            None => after_prefix(&prefix).map_or(Bound::Unbounded, Bound::Excluded),
        };
        Self { low, high, order }
    }
}

fn bound(bound: &Bound<Vec<u8>>) -> Bound<&[u8]> {
    bound.as_ref().map(Vec::as_slice)
}

impl StateReader for Snapshot {
    fn account(&self, address: &Address) -> Result<Option<Account>, Fatal> {
        self.decoded("an account", &account_key(address))
    }

    fn contract(&self, address: &Address) -> Result<Option<ContractState>, Fatal> {
        self.decoded("a contract", &contract_key(address))
    }

    fn code(&self, code_hash: &Hash) -> Result<Option<CodeRecord>, Fatal> {
        self.decoded("a code", &code_key(code_hash))
    }

    fn code_bytes(&self, code_hash: &Hash) -> Result<Option<Bytes>, Fatal> {
        // Bytes of a removed code stay as long as a height that has it.
        if self.record(&code_key(code_hash))?.is_none() {
            return Ok(None);
        }
        let bytes = self.view.get(Space::Code, &code_hash.0);
        let Some(bytes) = bytes.map_err(StateError::from)? else {
            let what = format!("the bytes of code {code_hash} are missing");
            return Err(StateError::corrupt(what).into());
        };
        Ok(Some(Bytes::from(bytes.as_slice())))
    }

    fn item(&self, owner: &Address, key: &[u8]) -> Result<Option<Item>, Fatal> {
        self.decoded("an item", &item_key(owner, key))
    }

    fn next_key(&self, owner: &Address, scan: Scan<'_>) -> Result<Option<Vec<u8>>, Fatal> {
        let edges = Edges::of(owner, scan);
        let found = if self.is_latest() {
            self.next_latest(&edges)?
        } else {
            self.next_past(edges)?
        };
        Ok(found.map(|key| key[ITEM_PREFIX..].to_vec()))
    }
}
