//! How addresses and code hashes come about.

use parity_scale_codec::Encode;
use sha2::Sha256;
use sha3::{Digest, Keccak256};

use crate::{Address, Hash};

/// The kind of an account's key; part of its address, so that keys of different
/// kinds never share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode)]
#[repr(u8)]
pub enum KeyKind {
    /// ECDSA over secp256k1.
    #[codec(index = 0)]
    Secp256k1,
    /// Ed25519.
    #[codec(index = 1)]
    Ed25519,
    /// ECDSA over secp256r1 (P-256).
    #[codec(index = 2)]
    Secp256r1,
}

/// The hash of a contract's code: SHA2-256 of its Wasm bytes, which is also the
/// digest of the OCI layer that ships it.
pub fn code_hash(wasm: &[u8]) -> Hash {
    Hash(Sha256::digest(wasm).into())
}

/// The address of an account: keccak256 of SCALE("hull/account", kind, public key).
/// `public_key` is compressed: 33 bytes for the ECDSA kinds, 32 for Ed25519.
pub fn account_address(kind: KeyKind, public_key: &[u8]) -> Address {
    keccak(&("hull/account", kind, public_key).encode())
}

/// The address of a contract: keccak256 of
/// SCALE("hull/contract", creator, code hash, salt). It binds all three, so
/// nobody but the creator can occupy it.
pub fn contract_address(creator: &Address, code_hash: &Hash, salt: &[u8; 32]) -> Address {
    keccak(&("hull/contract", creator, code_hash, salt).encode())
}

fn keccak(bytes: &[u8]) -> Address {
    Address(Keccak256::digest(bytes).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn the_code_hash_is_plain_sha256() {
        assert_eq!(
            code_hash(b"abc").to_string(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn addresses_bind_every_part() {
        let (creator, code, salt) = (Address([1; 32]), Hash([2; 32]), [3; 32]);
        let address = contract_address(&creator, &code, &salt);
        assert_ne!(address, contract_address(&Address([9; 32]), &code, &salt));
        assert_ne!(address, contract_address(&creator, &Hash([9; 32]), &salt));
        assert_ne!(address, contract_address(&creator, &code, &[9; 32]));
        let key = [4; 33];
        assert_ne!(
            account_address(KeyKind::Secp256k1, &key),
            account_address(KeyKind::Secp256r1, &key)
        );
    }

    #[test]
    fn the_preimage_is_what_the_design_says() {
        let (creator, code, salt) = (Address([1; 32]), Hash([2; 32]), [3; 32]);
        let mut preimage = std::vec![13 << 2];
        preimage.extend_from_slice(b"hull/contract");
        preimage.extend_from_slice(&[1; 32]);
        preimage.extend_from_slice(&[2; 32]);
        preimage.extend_from_slice(&[3; 32]);
        assert_eq!(contract_address(&creator, &code, &salt), keccak(&preimage));
    }
}
