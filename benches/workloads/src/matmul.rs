use alloc::vec;
use alloc::vec::Vec;

use crate::rng::{Rng, mix};

const SIDE: usize = 128;

/// Raises a 128 by 128 matrix of integers to the power `n + 1`: multiply and
/// add over rows and columns.
pub fn matmul(n: u32) -> u64 {
    let base: Vec<u32> = Rng::new(7).take(SIDE * SIDE).collect();
    let mut power = base.clone();
    let mut product = vec![0; SIDE * SIDE];
    for _ in 0..n {
        multiply(&power, &base, &mut product);
        core::mem::swap(&mut power, &mut product);
    }
    power
        .iter()
        .fold(0, |checksum, x| mix(checksum, u64::from(*x)))
}

fn multiply(a: &[u32], b: &[u32], out: &mut [u32]) {
    for (row, out_row) in a.chunks_exact(SIDE).zip(out.chunks_exact_mut(SIDE)) {
        for (column, out) in out_row.iter_mut().enumerate() {
            let below = b[column..].iter().step_by(SIDE);
            *out = row
                .iter()
                .zip(below)
                .fold(0, |sum, (x, y)| sum.wrapping_add(x.wrapping_mul(*y)));
        }
    }
}
