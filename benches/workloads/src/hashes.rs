use sha2::Sha256;
use sha3::digest::FixedOutput;
use sha3::{Digest, Keccak256};

use crate::rng::mix;

/// The length of the hashed message.
const MESSAGE: usize = 1024;

/// Keccak-256 of 1 KiB, `n` times in a chain: 64-bit logic and rotations.
pub fn keccak(n: u32) -> u64 {
    chain::<Keccak256>(n)
}

/// SHA2-256 of 1 KiB, `n` times in a chain: 32-bit arithmetic and rotations.
pub fn sha256(n: u32) -> u64 {
    chain::<Sha256>(n)
}

/// Each digest becomes the head of the next message.
fn chain<D: Digest + FixedOutput>(n: u32) -> u64 {
    let mut message = [0x5a; MESSAGE];
    for _ in 0..n {
        let digest = D::digest(message);
        message[..digest.len()].copy_from_slice(&digest);
    }
    message
        .iter()
        .fold(0, |checksum, byte| mix(checksum, u64::from(*byte)))
}
