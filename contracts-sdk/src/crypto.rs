//! Hashes and signatures, computed by the host.
//!
//! Capability: `crypto`. ECDSA signatures with a high `s` are not valid: there
//! is one signature for a message and nonce.
//!
//! ```
//! # use hull_sdk as hull;
//! use hull::crypto;
//!
//! /// Whether a device signed a reading.
//! fn is_genuine(device: &[u8; 32], reading: &[u8], signature: &[u8; 64]) -> bool {
//!     crypto::ed25519_verify(reading, signature, device)
//! }
//! ```

use crate::sys;

macro_rules! hashes {
    ($($(#[$doc:meta])+ $name:ident)*) => { $(
        $(#[$doc])+
        pub fn $name(data: &[u8]) -> [u8; 32] {
            sys::$name(sys::from(data))
        }
    )* };
}

hashes! {
    /// SHA2-256. Gas: 300,000 and 3,000 a byte.
    sha2_256
    /// Keccak-256, the padding from before SHA-3. Gas: 800,000 and 8,000 a byte.
    keccak_256
    /// SHA3-256. Gas: 800,000 and 8,000 a byte.
    sha3_256
    /// BLAKE2b with 32 bytes of output and no key. Gas: 300,000 and 1,500 a byte.
    blake2b_256
    /// BLAKE3. Gas: 300,000 and 1,500 a byte.
    blake3
}

/// The compressed secp256k1 key that made a signature (r, s, recovery id 0 or 1)
/// of a message hash; `None` if there is none.
///
/// Gas: 150,000,000.
///
/// ```
/// # use hull_sdk as hull;
/// # use hull::prelude::*;
/// fn signer(message: &[u8], signature: &[u8; 65]) -> Option<[u8; 33]> {
///     crypto::secp256k1_recover(&crypto::keccak_256(message), signature)
/// }
/// ```
pub fn secp256k1_recover(hash: &[u8; 32], signature: &[u8; 65]) -> Option<[u8; 33]> {
    sys::secp256k1_recover(hash, signature)
}

/// Whether a secp256k1 signature (r, s) of a message hash is by a compressed key.
///
/// Gas: 120,000,000.
///
/// ```
/// # use hull_sdk as hull;
/// # use hull::prelude::*;
/// fn is_signed(key: &[u8; 33], message: &[u8], signature: &[u8; 64]) -> bool {
///     crypto::secp256k1_verify(&crypto::sha2_256(message), signature, key)
/// }
/// ```
pub fn secp256k1_verify(hash: &[u8; 32], signature: &[u8; 64], key: &[u8; 33]) -> bool {
    sys::secp256k1_verify(hash, signature, key)
}

/// Whether a secp256r1 (P-256) signature (r, s) of a message hash is by a
/// compressed key.
///
/// Gas: 360,000,000.
///
/// ```
/// # use hull_sdk as hull;
/// # use hull::prelude::*;
/// fn is_signed(key: &[u8; 33], message: &[u8], signature: &[u8; 64]) -> bool {
///     crypto::secp256r1_verify(&crypto::sha2_256(message), signature, key)
/// }
/// ```
pub fn secp256r1_verify(hash: &[u8; 32], signature: &[u8; 64], key: &[u8; 33]) -> bool {
    sys::secp256r1_verify(hash, signature, key)
}

/// Whether an Ed25519 signature of a message is by a key, strictly: no
/// small-order keys, one encoding.
///
/// Gas: 60,000,000 and 5,000 a byte.
///
/// ```
/// # use hull_sdk as hull;
/// # use hull::prelude::*;
/// fn is_signed(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
///     crypto::ed25519_verify(message, signature, key)
/// }
/// ```
pub fn ed25519_verify(message: &[u8], signature: &[u8; 64], key: &[u8; 32]) -> bool {
    sys::ed25519_verify(message, signature, key)
}
