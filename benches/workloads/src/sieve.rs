use alloc::vec;

use crate::rng::mix;

const LIMIT: usize = 1 << 17;

/// Eratosthenes' sieve below 131,072, `n` times: byte stores in short loops.
pub fn sieve(n: u32) -> u64 {
    let mut composite = vec![0u8; LIMIT];
    let mut checksum = 0;
    for round in 0..n {
        composite.fill(0);
        for candidate in 2.. {
            if candidate * candidate >= LIMIT {
                break;
            }
            if composite[candidate] == 0 {
                let mut multiple = candidate * candidate;
                while multiple < LIMIT {
                    composite[multiple] = 1;
                    multiple += candidate;
                }
            }
        }
        let primes = composite[2..].iter().filter(|mark| **mark == 0).count();
        checksum = mix(checksum, primes as u64 + u64::from(round));
    }
    checksum
}
