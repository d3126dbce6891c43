use alloc::vec::Vec;

use crate::rng::{Rng, mix};

const LEN: usize = 1 << 14;

/// Sorts 16,384 random numbers, `n` times: comparisons and branches that
/// nothing can predict.
pub fn sort(n: u32) -> u64 {
    let mut numbers = Vec::with_capacity(LEN);
    let mut checksum = 0;
    for round in 0..n {
        numbers.clear();
        numbers.extend(Rng::new(round.wrapping_mul(0x9e37_79b9)).take(LEN));
        numbers.sort_unstable();
        checksum = numbers
            .iter()
            .step_by(61)
            .fold(checksum, |sum, x| mix(sum, u64::from(*x)));
    }
    checksum
}
