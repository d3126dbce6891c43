//! Products of two 128-bit numbers, which have 256 bits: shares, prices and
//! interest without overflow in between.
//!
//! ```
//! use hull_sdk::math::{mul_div, mul_div_up, root};
//!
//! // A third of nearly everything: the product alone would not fit a u128.
//! assert_eq!(mul_div(u128::MAX, 1_000, 3_000), Some(u128::MAX / 3));
//! // What somebody is owed is rounded down, what somebody owes is rounded up.
//! assert_eq!((mul_div(10, 1, 3), mul_div_up(10, 1, 3)), (Some(3), Some(4)));
//! assert_eq!(root(8, 2), 4);
//! ```
//!
//! Small code before fast code: a division takes 128 steps of a shift and a
//! subtraction, which is far less than one access to storage costs.

/// An unsigned number of 256 bits; ordered by its value. Made by [`product`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wide {
    high: u128,
    low: u128,
}

const HALF: u32 = 64;
const LOW_HALF: u128 = u64::MAX as u128;

/// `a * b`, exactly.
///
/// ```
/// use hull_sdk::math::product;
///
/// // Whether 3 / 7 is less than 5 / 11, without dividing.
/// assert!(product(3, 11) < product(5, 7));
/// ```
pub fn product(a: u128, b: u128) -> Wide {
    let (a1, a0) = (a >> HALF, a & LOW_HALF);
    let (b1, b0) = (b >> HALF, b & LOW_HALF);
    // Each partial product of two halves leaves room for two halves more.
    let low = a0 * b0;
    let mid = a1 * b0 + (low >> HALF);
    let cross = a0 * b1 + (mid & LOW_HALF);
    Wide {
        high: a1 * b1 + (mid >> HALF) + (cross >> HALF),
        low: (cross << HALF) | (low & LOW_HALF),
    }
}

/// `a * b / by` rounded down; `None` if that has more than 128 bits, or `by` is 0.
///
/// ```
/// # use hull_sdk::math::mul_div;
/// assert_eq!(mul_div(7, 5, 4), Some(8));
/// assert_eq!(mul_div(u128::MAX, 2, 1), None);
/// ```
pub fn mul_div(a: u128, b: u128, by: u128) -> Option<u128> {
    divide(product(a, b), by).map(|(quotient, _)| quotient)
}

/// `a * b / by` rounded up; `None` if that has more than 128 bits, or `by` is 0.
///
/// ```
/// # use hull_sdk::math::mul_div_up;
/// assert_eq!((mul_div_up(7, 5, 4), mul_div_up(8, 5, 4)), (Some(9), Some(10)));
/// ```
pub fn mul_div_up(a: u128, b: u128, by: u128) -> Option<u128> {
    match divide(product(a, b), by)? {
        (quotient, 0) => Some(quotient),
        (quotient, _) => quotient.checked_add(1),
    }
}

/// The square root of `a * b`, rounded down.
///
/// Takes 128 steps of a product, like a division.
///
/// ```
/// # use hull_sdk::math::root;
/// assert_eq!((root(3, 3), root(3, 5)), (3, 3));
/// ```
pub fn root(a: u128, b: u128) -> u128 {
    let square = product(a, b);
    let mut root = 0;
    for bit in (0..u128::BITS).rev() {
        let candidate = root | (1 << bit);
        if product(candidate, candidate) <= square {
            root = candidate;
        }
    }
    root
}

/// Quotient and remainder; `None` if the quotient has more than 128 bits.
fn divide(value: Wide, by: u128) -> Option<(u128, u128)> {
    // Then the quotient fits, and by is not 0.
    if value.high >= by {
        return None;
    }
    let (mut rest, mut digits) = (value.high, value.low);
    for _ in 0..u128::BITS {
        // The rest is below `by`; shifted, it may have one bit more than fits.
        let overflow = rest >> (u128::BITS - 1) != 0;
        rest = (rest << 1) | (digits >> (u128::BITS - 1));
        digits <<= 1;
        if overflow || rest >= by {
            rest = rest.wrapping_sub(by);
            digits |= 1;
        }
    }
    Some((digits, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Numbers of all lengths.
    fn number() -> impl Strategy<Value = u128> {
        (any::<u128>(), 0..128_u32).prop_map(|(number, shift)| number >> shift)
    }

    /// Adds a number to a product, by the schoolbook.
    fn plus(wide: Wide, more: u128) -> Wide {
        let (low, carry) = wide.low.overflowing_add(more);
        Wide {
            high: wide.high + u128::from(carry),
            low,
        }
    }

    proptest! {
        #[test]
        fn a_quotient_times_the_divisor_is_the_product_again(
            a in number(), b in number(), by in number(),
        ) {
            let whole = product(a, b);
            match divide(whole, by) {
                Some((quotient, rest)) => {
                    prop_assert!(rest < by);
                    prop_assert_eq!(plus(product(quotient, by), rest), whole);
                    prop_assert_eq!(mul_div(a, b, by), Some(quotient));
                    let up = quotient.checked_add(u128::from(rest > 0));
                    prop_assert_eq!(mul_div_up(a, b, by), up);
                }
                // Then 2^128 * by is not above it.
                None => prop_assert!(by == 0 || whole.high >= by),
            }
        }

        #[test]
        fn small_products_are_those_of_the_machine(a: u64, b: u64) {
            let (a, b) = (u128::from(a), u128::from(b));
            prop_assert_eq!(product(a, b), Wide { high: 0, low: a * b });
        }

        #[test]
        fn a_product_distributes(a in number(), b in number()) {
            prop_assume!(b < u128::MAX);
            prop_assert_eq!(product(a, b + 1), plus(product(a, b), a));
        }

        #[test]
        fn a_root_is_the_greatest_whose_square_fits(a in number(), b in number()) {
            let (square, root) = (product(a, b), root(a, b));
            prop_assert!(product(root, root) <= square);
            if let Some(next) = root.checked_add(1) {
                prop_assert!(product(next, next) > square);
            }
        }
    }

    #[test]
    fn the_greatest_numbers() {
        const MAX: u128 = u128::MAX;
        assert_eq!(
            product(MAX, MAX),
            Wide {
                high: MAX - 1,
                low: 1
            }
        );
        assert_eq!(mul_div(MAX, MAX, MAX), Some(MAX));
        assert_eq!(mul_div(MAX, MAX, MAX - 1), None);
        assert_eq!(mul_div(MAX, 1, 0), None);
        assert_eq!(mul_div_up(MAX, MAX - 1, MAX), Some(MAX - 1));
        assert_eq!(root(MAX, MAX), MAX);
        assert_eq!(root(0, MAX), 0);
    }
}
