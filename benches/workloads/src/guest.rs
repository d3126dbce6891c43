//! What a module needs inside an engine: host functions, an allocator, and an
//! end for panics.

use core::panic::PanicInfo;

use dlmalloc::GlobalDlmalloc;

#[global_allocator]
static ALLOCATOR: GlobalDlmalloc = GlobalDlmalloc;

/// The host functions that the modules use, as Hull declares them.
pub mod host {
    #[allow(unsafe_code, reason = "the host's functions are declared by hand")]
    #[link(wasm_import_module = "hull")]
    unsafe extern "C" {
        /// The length of the input in bytes.
        pub safe fn input_len() -> u32;
        /// Copies `len` bytes of the input from `offset` on.
        pub fn input(out_ptr: *mut u8, offset: u32, len: u32);
        /// Sets the data that the call returns.
        pub fn return_data(ptr: *const u8, len: u32);
        /// Undoes everything and ends the call.
        pub fn revert(ptr: *const u8, len: u32) -> !;
        /// Writes the 32 bytes of the caller's address.
        pub fn caller(out_ptr: *mut u8);
        /// Copies the value at a key and returns its length, or -1.
        pub fn storage_read(
            key_ptr: *const u8,
            key_len: u32,
            out_ptr: *mut u8,
            out_cap: u32,
        ) -> i64;
        /// Sets the value at a key.
        pub fn storage_write(
            key_ptr: *const u8,
            key_len: u32,
            value_ptr: *const u8,
            value_len: u32,
        );
        /// Emits an event with `topics_count` topics of 32 bytes.
        pub fn event(topics_ptr: *const u8, topics_count: u32, data_ptr: *const u8, data_len: u32);
    }
}

/// Runs `function` on the input of the call and returns its checksum.
///
/// An input of the wrong length halts the call.
#[allow(unsafe_code, reason = "host functions take addresses")]
pub fn answer(function: fn(u32) -> u64) {
    let mut n = [0; 4];
    // SAFETY: the host writes exactly the four bytes of `n`.
    unsafe { host::input(n.as_mut_ptr(), 0, 4) };
    let checksum = function(u32::from_le_bytes(n)).to_le_bytes();
    // SAFETY: the host reads exactly the eight bytes of `checksum`.
    unsafe { host::return_data(checksum.as_ptr(), 8) };
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
