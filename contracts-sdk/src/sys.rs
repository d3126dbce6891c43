//! The host functions as safe Rust: slices and arrays in place of addresses.
//!
//! Everything here compiles on every target, so that editors, `cargo check` and
//! the ABI work natively; only inside a contract is there a host to answer.
#![allow(unsafe_code, reason = "the boundary to the host")]

use hull_host_api::{Address, CallStatus, Hash, ScanOrder};

#[cfg(target_family = "wasm")]
use hull_host_api::bindings as raw;

#[cfg(not(target_family = "wasm"))]
mod raw {
    // These only panic. They are unsafe because the real ones are, so that what
    // calls them is one text on every target.
    macro_rules! result {
        (never) => { ! };
        ($ty:ident) => { $ty };
    }
    macro_rules! absent {
        ($(
            $(#[doc = $doc:literal])+
            $name:ident ( $($arg:ident : $ty:ident),* ) $(-> $ret:ident)?
            [$group:ident, $access:ident, $base:literal, $per_byte:literal];
        )*) => { $(
            $(#[doc = $doc])+
            #[allow(dead_code, reason = "a native panic calls no `abort`")]
            #[allow(clippy::too_many_arguments, reason = "the arguments of the host function")]
            pub(crate) unsafe fn $name($(_: $ty),*) $(-> result!($ret))? {
                panic!(concat!(
                    "host function `", stringify!($name), "` exists only inside a contract: \
                     test the contract's Wasm instead of calling its Rust code"
                ))
            }
        )* };
    }
    hull_host_api::for_each_host_function!(absent);
}

/// What stands for "nothing there" where a length is returned.
const ABSENT: i64 = -1;

/// Where some bytes are.
#[derive(Clone, Copy)]
pub(crate) struct Span {
    start: u32,
    len: u32,
}

impl Span {
    #[inline(always)]
    pub(crate) fn new(start: usize, len: usize) -> Self {
        Self {
            start: start as u32,
            len: len as u32,
        }
    }

    /// How many there are.
    #[inline(always)]
    pub(crate) fn len(self) -> usize {
        self.len as usize
    }
}

/// Where bytes are that the host reads.
#[inline(always)]
pub(crate) fn from(bytes: &[u8]) -> Span {
    Span::new(bytes.as_ptr().expose_provenance(), bytes.len())
}

/// Where bytes are that the host writes.
#[inline(always)]
pub(crate) fn into(bytes: &mut [u8]) -> Span {
    Span::new(bytes.as_mut_ptr().expose_provenance(), bytes.len())
}

#[inline(always)]
fn at<const N: usize>(bytes: &[u8; N]) -> u32 {
    from(bytes).start
}

#[inline(always)]
fn at_mut<const N: usize>(bytes: &mut [u8; N]) -> u32 {
    into(bytes).start
}

/// Fills an array by a host function that writes exactly that much.
#[inline(always)]
fn filled<const N: usize>(fill: impl FnOnce(u32)) -> [u8; N] {
    let mut bytes = core::mem::MaybeUninit::<[u8; N]>::uninit();
    fill(bytes.as_mut_ptr().expose_provenance() as u32);
    // SAFETY: the host has written all of it. (Natively there is none, and
    // nobody gets here.)
    unsafe { bytes.assume_init() }
}

fn length(answer: i64) -> Option<usize> {
    if answer == ABSENT {
        None
    } else {
        Some(answer as usize)
    }
}

fn status(code: u32) -> CallStatus {
    // Codes that this SDK does not know are failures like any other.
    CallStatus::from_code(code).unwrap_or(CallStatus::Halted)
}

// SAFETY of all calls below: every address and length comes from a live slice
// or array that is borrowed for the whole call, shared where the host reads and
// exclusive where it writes, or from the sink's region, which nobody borrows; the
// host writes no further than the length it was given, or than the fixed size the
// table states.
macro_rules! host {
    ($name:ident($($arg:expr),*)) => {
        // SAFETY: see above.
        unsafe { raw::$name($($arg),*) }
    };
}

#[cfg(target_family = "wasm")]
pub(crate) fn input_len() -> usize {
    host!(input_len()) as usize
}

#[cfg(target_family = "wasm")]
pub(crate) fn input(out: Span) {
    host!(input(out.start, 0, out.len));
}

pub(crate) fn return_data(data: Span) {
    host!(return_data(data.start, data.len));
}

pub(crate) fn revert(data: Span) -> ! {
    host!(revert(data.start, data.len))
}

// Natively a panic is a panic.
#[cfg(target_family = "wasm")]
pub(crate) fn abort(message: Span) -> ! {
    host!(abort(message.start, message.len))
}

pub(crate) fn caller() -> Address {
    Address(filled(|out| host!(caller(out))))
}

pub(crate) fn callee() -> Address {
    Address(filled(|out| host!(callee(out))))
}

pub(crate) fn origin() -> Address {
    Address(filled(|out| host!(origin(out))))
}

pub(crate) fn value() -> u128 {
    u128::from_le_bytes(filled(|out| host!(value(out))))
}

pub(crate) fn balance(address: &Address) -> u128 {
    let address = at(&address.0);
    u128::from_le_bytes(filled(|out| host!(balance(address, out))))
}

pub(crate) fn block_height() -> u64 {
    host!(block_height())
}

pub(crate) fn block_time() -> u64 {
    host!(block_time())
}

pub(crate) fn chain_id() -> Hash {
    Hash(filled(|out| host!(chain_id(out))))
}

pub(crate) fn gas_left() -> u64 {
    host!(gas_left())
}

pub(crate) fn code_hash(address: &Address) -> Option<Hash> {
    let address = at(&address.0);
    let mut hash = [0; 32];
    let found = host!(code_hash(address, at_mut(&mut hash))) != 0;
    found.then_some(Hash(hash))
}

/// Copies what fits and returns the whole length.
pub(crate) fn storage_read(key: Span, out: Span) -> Option<usize> {
    length(host!(storage_read(key.start, key.len, out.start, out.len)))
}

pub(crate) fn storage_write(key: Span, value: Span) {
    host!(storage_write(key.start, key.len, value.start, value.len));
}

pub(crate) fn storage_remove(key: Span) -> bool {
    host!(storage_remove(key.start, key.len)) != 0
}

pub(crate) fn storage_contains(key: Span) -> bool {
    host!(storage_contains(key.start, key.len)) != ABSENT
}

pub(crate) fn storage_next(
    after: &[u8],
    bound: &[u8],
    order: ScanOrder,
    out: &mut [u8],
) -> Option<usize> {
    let (after, bound, out) = (from(after), from(bound), into(out));
    let order = order as u32;
    length(host!(storage_next(
        after.start,
        after.len,
        bound.start,
        bound.len,
        order,
        out.start,
        out.len
    )))
}

pub(crate) fn transfer(to: &Address, value: u128) -> CallStatus {
    status(host!(transfer(at(&to.0), at(&value.to_le_bytes()))))
}

/// What a nested call is given. Gas of 0 is all that may be given; no deposit
/// limit is the frame's own.
pub(crate) struct Terms<'a> {
    pub(crate) value: u128,
    pub(crate) gas: u64,
    pub(crate) deposit: Option<u128>,
    pub(crate) flags: u32,
    pub(crate) input: &'a [u8],
}

/// The address of the limit's bytes, or 0 where there is none.
fn deposit_at(bytes: &Option<[u8; 16]>) -> u32 {
    bytes.as_ref().map_or(0, at)
}

pub(crate) fn call(callee: &Address, terms: &Terms<'_>) -> CallStatus {
    let deposit = terms.deposit.map(u128::to_le_bytes);
    let input = from(terms.input);
    status(host!(call(
        at(&callee.0),
        at(&terms.value.to_le_bytes()),
        terms.gas,
        deposit_at(&deposit),
        terms.flags,
        input.start,
        input.len
    )))
}

pub(crate) fn delegate_call(code_hash: &Hash, terms: &Terms<'_>) -> CallStatus {
    let input = from(terms.input);
    status(host!(delegate_call(
        at(&code_hash.0),
        terms.gas,
        terms.flags,
        input.start,
        input.len
    )))
}

pub(crate) fn instantiate(
    code_hash: &Hash,
    salt: &[u8; 32],
    grants: &[Address],
    terms: &Terms<'_>,
) -> (CallStatus, Address) {
    let deposit = terms.deposit.map(u128::to_le_bytes);
    let input = from(terms.input);
    let mut address = [0; 32];
    let status = status(host!(instantiate(
        at(&code_hash.0),
        at(&terms.value.to_le_bytes()),
        terms.gas,
        deposit_at(&deposit),
        at(salt),
        // An address is an array of bytes and nothing else.
        grants.as_ptr().expose_provenance() as u32,
        grants.len() as u32,
        input.start,
        input.len,
        at_mut(&mut address)
    )));
    (status, Address(address))
}

pub(crate) fn returned_len() -> usize {
    host!(returned_len()) as usize
}

pub(crate) fn returned(out: &mut [u8]) {
    let out = into(out);
    host!(returned(out.start, 0, out.len));
}

pub(crate) fn set_code(code_hash: &Hash) -> CallStatus {
    status(host!(set_code(at(&code_hash.0))))
}

pub(crate) fn terminate(beneficiary: &Address) -> ! {
    host!(terminate(at(&beneficiary.0)))
}

/// `topics` are `count` times 32 bytes.
pub(crate) fn event(topics: Span, count: usize, data: Span) {
    host!(event(topics.start, count as u32, data.start, data.len));
}

pub(crate) fn debug_log(message: &[u8]) {
    let message = from(message);
    host!(debug_log(message.start, message.len));
}

macro_rules! hashes {
    ($($name:ident)*) => { $(
        pub(crate) fn $name(data: Span) -> [u8; 32] {
            filled(|out| host!($name(data.start, data.len, out)))
        }
    )* };
}
hashes!(sha2_256 keccak_256 sha3_256 blake2b_256 blake3);

pub(crate) fn secp256k1_recover(hash: &[u8; 32], signature: &[u8; 65]) -> Option<[u8; 33]> {
    let mut key = [0; 33];
    let found = host!(secp256k1_recover(at(hash), at(signature), at_mut(&mut key))) != 0;
    found.then_some(key)
}

pub(crate) fn secp256k1_verify(hash: &[u8; 32], signature: &[u8; 64], key: &[u8; 33]) -> bool {
    host!(secp256k1_verify(at(hash), at(signature), at(key))) != 0
}

pub(crate) fn secp256r1_verify(hash: &[u8; 32], signature: &[u8; 64], key: &[u8; 33]) -> bool {
    host!(secp256r1_verify(at(hash), at(signature), at(key))) != 0
}

pub(crate) fn ed25519_verify(message: &[u8], signature: &[u8; 64], key: &[u8; 32]) -> bool {
    let message = from(message);
    host!(ed25519_verify(
        message.start,
        message.len,
        at(signature),
        at(key)
    )) != 0
}
