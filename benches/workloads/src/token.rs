//! A token on the raw host functions: the layout of its input and storage, and
//! the contract itself.
//!
//! One transfer reads two balances and writes two, asks for its caller and its
//! input, emits one event and returns data.

/// The length of an address in bytes.
pub const ADDRESS_LEN: usize = 32;
/// The length of an amount, a little-endian `u128`, in bytes.
pub const AMOUNT_LEN: usize = 16;
/// The length of a transfer's input: the receiver's address, then the amount.
pub const INPUT_LEN: usize = ADDRESS_LEN + AMOUNT_LEN;
/// The length of a storage key in bytes.
pub const KEY_LEN: usize = 1 + ADDRESS_LEN;

/// An address.
pub type Address = [u8; ADDRESS_LEN];

/// The key under which the balance of `owner` is stored.
pub fn balance_key(owner: &Address) -> [u8; KEY_LEN] {
    let mut key = [b'b'; KEY_LEN];
    key[1..].copy_from_slice(owner);
    key
}

/// The input of a transfer.
pub fn transfer_input(to: &Address, amount: u128) -> [u8; INPUT_LEN] {
    let mut input = [0; INPUT_LEN];
    input[..ADDRESS_LEN].copy_from_slice(to);
    input[ADDRESS_LEN..].copy_from_slice(&amount.to_le_bytes());
    input
}

#[cfg(target_arch = "wasm32")]
pub use contract::transfer;

#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code, reason = "host functions take addresses")]
mod contract {
    use super::{ADDRESS_LEN, AMOUNT_LEN, Address, INPUT_LEN, balance_key};
    use crate::guest::host;

    /// The first topic of the event.
    const TRANSFER_TOPIC: [u8; 32] = *b"token/transfer(from,to,amount)..";

    /// The transfer that the input asks for: from the caller to the receiver.
    pub fn transfer() {
        if host::input_len() != INPUT_LEN as u32 {
            fail(b"the input is not a transfer");
        }
        let mut to = [0; ADDRESS_LEN];
        let mut amount = [0; AMOUNT_LEN];
        let mut from = [0; ADDRESS_LEN];
        // SAFETY: each buffer is as long as the host is told, or as an address.
        unsafe {
            host::input(to.as_mut_ptr(), 0, ADDRESS_LEN as u32);
            host::input(amount.as_mut_ptr(), ADDRESS_LEN as u32, AMOUNT_LEN as u32);
            host::caller(from.as_mut_ptr());
        }
        let value = u128::from_le_bytes(amount);

        let Some(rest) = balance(&from).checked_sub(value) else {
            fail(b"the balance is too low")
        };
        set_balance(&from, rest);
        let Some(sum) = balance(&to).checked_add(value) else {
            fail(b"the balance is too high")
        };
        set_balance(&to, sum);

        let topics = [TRANSFER_TOPIC, from, to];
        // SAFETY: three topics of 32 bytes lie one after the other, and both
        // slices are as long as the host is told.
        unsafe {
            host::event(
                topics.as_ptr().cast(),
                3,
                amount.as_ptr(),
                AMOUNT_LEN as u32,
            );
            host::return_data(rest.to_le_bytes().as_ptr(), AMOUNT_LEN as u32);
        }
    }

    fn balance(owner: &Address) -> u128 {
        let key = balance_key(owner);
        let mut value = [0; AMOUNT_LEN];
        // SAFETY: both slices are as long as the host is told.
        let found = unsafe {
            host::storage_read(
                key.as_ptr(),
                key.len() as u32,
                value.as_mut_ptr(),
                AMOUNT_LEN as u32,
            )
        };
        if found < 0 {
            0
        } else {
            u128::from_le_bytes(value)
        }
    }

    fn set_balance(owner: &Address, balance: u128) {
        let key = balance_key(owner);
        let value = balance.to_le_bytes();
        // SAFETY: both slices are as long as the host is told.
        unsafe {
            host::storage_write(
                key.as_ptr(),
                key.len() as u32,
                value.as_ptr(),
                AMOUNT_LEN as u32,
            );
        }
    }

    fn fail(message: &[u8]) -> ! {
        // SAFETY: the slice is as long as the host is told.
        unsafe { host::revert(message.as_ptr(), message.len() as u32) }
    }
}
