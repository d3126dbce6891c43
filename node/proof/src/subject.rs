//! What a proof is about.

use alloc::vec::Vec;

use hull_host_api::{Address, Hash};

/// What a proof is about. Its value is the record in SCALE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Nonce and balance of an account, or of a contract.
    Account(Address),
    /// A contract.
    Contract(Address),
    /// A code, by the hash of its bytes.
    Code(Hash),
    /// An item of storage.
    Item {
        /// The contract whose storage it is.
        owner: Address,
        /// Its key there.
        key: Vec<u8>,
    },
}

impl Subject {
    /// The key in the tree, before hashing: a byte for the kind, then what tells
    /// subjects of the kind apart.
    ///
    /// ```
    /// use hull_host_api::Address;
    /// use hull_proof::Subject;
    ///
    /// let owner = Address([7; 32]);
    /// let item = Subject::Item { owner, key: b"total".to_vec() };
    /// assert_eq!(item.key(), [&[4], &[7; 32][..], b"total"].concat());
    /// ```
    pub fn key(&self) -> Vec<u8> {
        let (kind, first, rest): (u8, &[u8; 32], &[u8]) = match self {
            Self::Account(address) => (1, &address.0, &[]),
            Self::Contract(address) => (2, &address.0, &[]),
            Self::Code(hash) => (3, &hash.0, &[]),
            Self::Item { owner, key } => (4, &owner.0, key),
        };
        [&[kind], &first[..], rest].concat()
    }
}
