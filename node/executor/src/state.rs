//! What the executor knows of a state: records, and how it reads them.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use hull_host_api::{Address, Balance, Capabilities, ContractInfo, Fatal, Hash, Scan};
use parity_scale_codec::{Decode, Encode, Error, Input, Output};

/// A state as of the end of some block: reads alone.
///
/// # Obligations
///
/// - **A snapshot**: the same question has the same answer for as long as the
///   reader lives.
/// - **Ordered**: keys of an owner compare byte by byte, a shorter one before a
///   longer one that begins with it.
/// - What it hands out is what a [`StateDiff`](crate::StateDiff) put there.
///
/// # Errors
/// Failures of the node: disk, memory, damaged data. "Not there" is `None`.
pub trait StateReader {
    /// An account; `None` if it never had a transaction or tokens.
    fn account(&self, address: &Address) -> Result<Option<Account>, Fatal>;

    /// What there is or was at a contract's address.
    fn contract(&self, address: &Address) -> Result<Option<ContractState>, Fatal>;

    /// What the chain knows of a code.
    fn code(&self, code_hash: &Hash) -> Result<Option<CodeRecord>, Fatal>;

    /// The Wasm bytes of a code.
    fn code_bytes(&self, code_hash: &Hash) -> Result<Option<Bytes>, Fatal>;

    /// The item at a key in the storage of an owner.
    fn item(&self, owner: &Address, key: &[u8]) -> Result<Option<Item>, Fatal>;

    /// The next key of a scan. Its cost must not depend on how many keys the owner
    /// has beyond a logarithm.
    fn next_key(&self, owner: &Address, scan: Scan<'_>) -> Result<Option<Vec<u8>>, Fatal>;
}

/// Bytes that are shared instead of copied. In SCALE as a `Vec<u8>`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(Arc<[u8]>);

impl Bytes {
    /// The shared bytes.
    pub fn into_shared(self) -> Arc<[u8]> {
        self.0
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl Borrow<[u8]> for Bytes {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

impl From<&[u8]> for Bytes {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }
}

impl From<Arc<[u8]>> for Bytes {
    fn from(bytes: Arc<[u8]>) -> Self {
        Self(bytes)
    }
}

/// As hexadecimal.
impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("0x")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Encode for Bytes {
    fn size_hint(&self) -> usize {
        self.0.size_hint()
    }

    fn encode_to<O: Output + ?Sized>(&self, out: &mut O) {
        self.0.encode_to(out);
    }
}

impl Decode for Bytes {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        Ok(Self(Vec::decode(input)?.into()))
    }
}

/// An account, or the balance of a contract.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Account {
    /// How many of its transactions were included.
    pub nonce: u64,
    /// Its balance in the smallest unit.
    pub balance: Balance,
}

/// Tokens held while the state that they pay for exists, and who gets them back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Deposit {
    /// Who paid, and gets them back.
    pub payer: Address,
    /// How many tokens.
    pub amount: Balance,
    /// For how many bytes: the most that the state paid for had. Below that
    /// nothing moves.
    pub bytes: u32,
}

/// One entry of a contract's storage.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Item {
    /// The value.
    pub value: Bytes,
    /// What is held for it.
    pub deposit: Deposit,
}

/// What there is at a contract's address.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum ContractState {
    /// A contract.
    #[codec(index = 0)]
    Live(ContractRecord),
    /// There was one; the address is never used again.
    #[codec(index = 1)]
    Terminated,
}

/// A contract.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ContractRecord {
    /// Its code, and what it may do.
    pub info: ContractInfo,
    /// Who created it.
    pub creator: Address,
    /// The contracts that it may call under the capability "granted".
    pub grants: Arc<Vec<Address>>,
    /// What is held for this record.
    pub deposit: Deposit,
    /// Bytes of keys and values in its storage.
    pub bytes: u64,
    /// Items in its storage.
    pub items: u64,
}

/// A code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct CodeRecord {
    /// Who uploaded it, may remove it, and then gets the deposit back.
    pub uploader: Address,
    /// What is held for it.
    pub deposit: Balance,
    /// Bytes of the module.
    pub len: u32,
    /// How many contracts have it.
    pub users: u64,
    /// What it declares that it may do.
    pub capabilities: Capabilities,
    /// Whether it has a migration to run on old storage.
    pub migrates: bool,
}
