use k256::ecdsa::{RecoveryId, Signature, VerifyingKey};

use crate::rng::mix;

/// A point of the curve serves as `r`, so every message has a key that signed it.
const GENERATOR_X: [u8; 32] = [
    0x79, 0xbe, 0x66, 0x7e, 0xf9, 0xdc, 0xbb, 0xac, 0x55, 0xa0, 0x62, 0x95, 0xce, 0x87, 0x0b, 0x07,
    0x02, 0x9b, 0xfc, 0xdb, 0x2d, 0xce, 0x28, 0xd9, 0x59, 0xf2, 0x81, 0x5b, 0x16, 0xf8, 0x17, 0x98,
];

/// Recovers `n` secp256k1 keys from signatures: long multiplications, and the
/// largest code of the set.
pub fn ecrecover(n: u32) -> u64 {
    let signature = Signature::from_scalars(GENERATOR_X, [0x33; 32]).expect("both are in range");
    let mut checksum = 0;
    for round in 0..n {
        let mut hash = [0x77; 32];
        hash[..4].copy_from_slice(&round.to_le_bytes());
        let id = RecoveryId::new(round % 2 == 1, false);
        let key = VerifyingKey::recover_from_prehash(&hash, &signature, id)
            .expect("r is the coordinate of a point");
        let key = key.to_sec1_point(true);
        checksum = key
            .as_bytes()
            .iter()
            .fold(checksum, |sum, byte| mix(sum, u64::from(*byte)));
    }
    checksum
}
