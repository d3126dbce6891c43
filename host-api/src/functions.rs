//! THE table of host functions.

use crate::{Gas, Group};

/// The module name under which a contract imports host functions.
pub const IMPORT_MODULE: &str = "hull";

/// Calls the macro `$with` with every host function, so that each consumer
/// generates what it needs from the one declaration.
///
/// An entry is
///
/// ```text
/// /// documentation
/// name(argument: type, ...) -> result [group, reads|writes, base gas, gas per byte];
/// ```
///
/// - Types are `u32` (Wasm `i32`), `u64` and `i64` (Wasm `i64`); `*_ptr` is an
///   address in the contract's memory, `*_len` and `*_cap` are bytes.
/// - `-> never` marks a function that ends the frame and does not return.
/// - `writes` is refused (halt) in a read-only frame.
/// - "gas per byte" is charged for every byte that the function takes from or
///   brings into the contract's memory, before the copy.
///
/// Rules for every entry: a range outside the memory, a length over its limit
/// and an unknown code or flag are halts. Numbers are little-endian. Output
/// ranges of fixed size are 16 (balances) or 32 (addresses, hashes) bytes.
/// No function reads a length from memory or writes one there.
#[macro_export]
macro_rules! for_each_host_function {
    ($with:ident) => {
        $with! {
            // ---- input and result
            /// The length of the input in bytes.
            input_len() -> u32 [Base, reads, 40_000, 0];
            /// Copies `len` bytes of the input from `offset` on to `out_ptr`. Halts if the input is shorter.
            input(out_ptr: u32, offset: u32, len: u32) [Base, reads, 50_000, 20];
            /// Sets the data that the frame returns; the last call counts. The frame goes on, and
            /// ends well when its entry point returns.
            return_data(ptr: u32, len: u32) [Base, reads, 60_000, 20];
            /// Ends the frame and undoes its changes; the caller gets the data and the remaining gas.
            revert(ptr: u32, len: u32) -> never [Base, reads, 3_000_000, 100];
            /// Like `revert` without data, with a message for people (UTF-8, cut off at
            /// 1,024 bytes). The message is shown by tools and is never part of a receipt.
            abort(ptr: u32, len: u32) -> never [Base, reads, 3_000_000, 100];

            // ---- context
            /// Writes the address that called this frame: a contract, or the origin.
            caller(out_ptr: u32) [Base, reads, 50_000, 0];
            /// Writes the address of the contract itself: the owner of its storage and balance.
            callee(out_ptr: u32) [Base, reads, 50_000, 0];
            /// Writes the address of the account that signed the transaction.
            origin(out_ptr: u32) [Base, reads, 50_000, 0];
            /// Writes the value that came with the call, 16 bytes.
            value(out_ptr: u32) [Base, reads, 50_000, 0];
            /// Writes the balance of the address at `address_ptr`, 16 bytes.
            balance(address_ptr: u32, out_ptr: u32) [Base, reads, 10_000_000, 0];
            /// The height of the block.
            block_height() -> u64 [Base, reads, 40_000, 0];
            /// The time of the block in milliseconds since the Unix epoch.
            block_time() -> u64 [Base, reads, 40_000, 0];
            /// Writes the identity of the chain: the hash of its genesis.
            chain_id(out_ptr: u32) [Base, reads, 50_000, 0];
            /// The gas that is left to this frame, after the cost of this call.
            gas_left() -> u64 [Base, reads, 40_000, 0];
            /// Writes the hash of the code at an address. Returns 1 if there is a contract, else 0.
            code_hash(address_ptr: u32, out_ptr: u32) -> u32 [Base, reads, 10_000_000, 0];

            // ---- storage
            /// Copies the value at a key to `out_ptr`, as much of it as fits `out_cap`, and returns
            /// its whole length, or -1 if there is none.
            storage_read(key_ptr: u32, key_len: u32, out_ptr: u32, out_cap: u32) -> i64 [Storage, reads, 10_000_000, 400];
            /// Sets the value at a key.
            storage_write(key_ptr: u32, key_len: u32, value_ptr: u32, value_len: u32) [Storage, writes, 20_000_000, 2_000];
            /// Removes the value at a key. Returns 1 if there was one, else 0.
            storage_remove(key_ptr: u32, key_len: u32) -> u32 [Storage, writes, 20_000_000, 400];
            /// The length of the value at a key, or -1 if there is none.
            storage_contains(key_ptr: u32, key_len: u32) -> i64 [Storage, reads, 10_000_000, 400];
            /// Finds the next key strictly beyond `after` and strictly before `bound` in the
            /// direction of `order` (0 ascending, 1 descending); an empty range stands for the very
            /// beginning and the very end. Copies as much of the key as fits and returns its length,
            /// or -1 if there is none.
            storage_next(after_ptr: u32, after_len: u32, bound_ptr: u32, bound_len: u32, order: u32, out_ptr: u32, out_cap: u32) -> i64 [Storage, reads, 20_000_000, 400];

            // ---- money, calls and contracts
            /// Sends tokens (16 bytes at `value_ptr`) to an address without running code. Returns a call status.
            transfer(to_ptr: u32, value_ptr: u32) -> u32 [Transfer, writes, 20_000_000, 0];
            /// Calls a contract with at most `gas` (0 is all that may be given), a value and a limit
            /// for the storage deposit (16 bytes each; a deposit pointer of 0 is the frame's own
            /// limit). Flags: 1 read-only, 2 allow this contract to be entered again. Returns a call status.
            call(callee_ptr: u32, value_ptr: u32, gas: u64, deposit_ptr: u32, flags: u32, input_ptr: u32, input_len: u32) -> u32 [Call, reads, 20_000_000, 200];
            /// Runs other code on this contract's storage, caller and value, under the capabilities
            /// that both have. Returns a call status.
            delegate_call(code_hash_ptr: u32, gas: u64, flags: u32, input_ptr: u32, input_len: u32) -> u32 [Delegate, reads, 20_000_000, 200];
            /// Creates a contract from uploaded code and runs its constructor. `grants` are
            /// `grants_count` addresses that the new contract may call. Writes its address to
            /// `out_ptr` on success. Returns a call status.
            instantiate(code_hash_ptr: u32, value_ptr: u32, gas: u64, deposit_ptr: u32, salt_ptr: u32, grants_ptr: u32, grants_count: u32, input_ptr: u32, input_len: u32, out_ptr: u32) -> u32 [Instantiate, writes, 50_000_000, 200];
            /// The length of the data that the last call, delegate call or instantiation returned.
            returned_len() -> u32 [Base, reads, 40_000, 0];
            /// Copies `len` bytes of that data from `offset` on. Halts if it is shorter.
            returned(out_ptr: u32, offset: u32, len: u32) [Base, reads, 50_000, 20];
            /// Replaces the contract's code from its next call on. New code gets at most the
            /// capabilities of today, unless the contract has the right to widen them. It is loaded now,
            /// which costs what it does at a call. Returns a call status.
            set_code(code_hash_ptr: u32) -> u32 [Upgrade, writes, 30_000_000, 0];
            /// Removes the contract and sends its balance to an address; ends the frame. Costs as
            /// much as removing every item of its storage. Halts if the contract is running further
            /// up as well.
            terminate(beneficiary_ptr: u32) -> never [Terminate, writes, 50_000_000, 0];

            // ---- what the outside world sees
            /// Emits an event with `topics_count` topics of 32 bytes, one after the other.
            event(topics_ptr: u32, topics_count: u32, data_ptr: u32, data_len: u32) [Events, writes, 2_000_000, 1_000];
            /// Hands a message to whoever runs the node. Never part of a result.
            debug_log(ptr: u32, len: u32) [Debug, reads, 500_000, 500];

            // ---- hashes: 32 bytes at `out_ptr`
            /// SHA2-256.
            sha2_256(ptr: u32, len: u32, out_ptr: u32) [Crypto, reads, 300_000, 3_000];
            /// Keccak-256, the padding from before SHA-3.
            keccak_256(ptr: u32, len: u32, out_ptr: u32) [Crypto, reads, 800_000, 8_000];
            /// SHA3-256.
            sha3_256(ptr: u32, len: u32, out_ptr: u32) [Crypto, reads, 800_000, 8_000];
            /// BLAKE2b with 32 bytes of output and no key.
            blake2b_256(ptr: u32, len: u32, out_ptr: u32) [Crypto, reads, 300_000, 1_500];
            /// BLAKE3.
            blake3(ptr: u32, len: u32, out_ptr: u32) [Crypto, reads, 300_000, 1_500];

            // ---- signatures: 1 valid, 0 not; a high s is not valid
            /// Recovers a secp256k1 key from a 32-byte message hash and a 65-byte signature
            /// (r, s, recovery id 0 or 1) and writes it compressed, 33 bytes. Returns 1, or 0 if there is none.
            secp256k1_recover(hash_ptr: u32, signature_ptr: u32, out_ptr: u32) -> u32 [Crypto, reads, 150_000_000, 0];
            /// Verifies a 64-byte ECDSA signature over secp256k1 of a 32-byte message hash; the key is compressed, 33 bytes.
            secp256k1_verify(hash_ptr: u32, signature_ptr: u32, key_ptr: u32) -> u32 [Crypto, reads, 120_000_000, 0];
            /// Verifies a 64-byte ECDSA signature over secp256r1 (P-256) of a 32-byte message hash; the key is compressed, 33 bytes.
            secp256r1_verify(hash_ptr: u32, signature_ptr: u32, key_ptr: u32) -> u32 [Crypto, reads, 360_000_000, 0];
            /// Verifies a 64-byte Ed25519 signature strictly (no small-order keys, one encoding); the key has 32 bytes.
            ed25519_verify(ptr: u32, len: u32, signature_ptr: u32, key_ptr: u32) -> u32 [Crypto, reads, 60_000_000, 5_000];
        }
    };
}

/// A type at the boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// An unsigned number or address; Wasm `i32`.
    U32,
    /// An unsigned number; Wasm `i64`.
    U64,
    /// A signed number; Wasm `i64`.
    I64,
}

/// What a call of a host function costs: `base + per_byte * bytes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Gas for the call itself.
    pub base: Gas,
    /// Gas for every byte that crosses the boundary.
    pub per_byte: Gas,
}

impl Cost {
    /// The whole charge. Saturates; a limit of gas is far below.
    pub const fn of(self, bytes: u64) -> Gas {
        self.base
            .saturating_add(self.per_byte.saturating_mul(bytes))
    }
}

/// The declaration of one host function.
#[derive(Clone, Copy, Debug)]
pub struct HostFunctionSpec {
    /// Its name, as contracts import it.
    pub name: &'static str,
    /// Its arguments.
    pub params: &'static [(&'static str, ValueType)],
    /// Its result.
    pub result: Option<ValueType>,
    /// Whether it returns at all.
    pub returns: bool,
    /// The capability that it needs.
    pub group: Group,
    /// Whether it may change state, and so is refused in a read-only frame.
    pub writes: bool,
    /// What it costs under schedule version 1.
    pub cost: Cost,
    /// Its documentation.
    pub doc: &'static str,
}

macro_rules! value_type {
    (u32) => {
        ValueType::U32
    };
    (u64) => {
        ValueType::U64
    };
    (i64) => {
        ValueType::I64
    };
}

macro_rules! result_type {
    () => {
        None
    };
    (never) => {
        None
    };
    ($ty:ident) => {
        Some(value_type!($ty))
    };
}

macro_rules! returns {
    (never) => {
        false
    };
    ($($ty:ident)?) => {
        true
    };
}

macro_rules! writes {
    (reads) => {
        false
    };
    (writes) => {
        true
    };
}

macro_rules! define_table {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident ( $($arg:ident : $ty:ident),* ) $(-> $ret:ident)?
        [$group:ident, $access:ident, $base:literal, $per_byte:literal];
    )*) => {
        /// A host function, as an index into [`HOST_FUNCTIONS`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(non_camel_case_types, reason = "the names are those that contracts import")]
        #[repr(u8)]
        pub enum HostFunction {
            $( $(#[doc = $doc])+ $name, )*
        }

        /// The declarations, in the order of the table.
        pub const HOST_FUNCTIONS: &[HostFunctionSpec] = &[$(
            HostFunctionSpec {
                name: stringify!($name),
                params: &[$((stringify!($arg), value_type!($ty))),*],
                result: result_type!($($ret)?),
                returns: returns!($($ret)?),
                group: Group::$group,
                writes: writes!($access),
                cost: Cost { base: $base, per_byte: $per_byte },
                doc: concat!($($doc, "\n"),+),
            },
        )*];

        impl HostFunction {
            /// Every host function, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$name),*];
        }
    };
}

for_each_host_function!(define_table);

impl HostFunction {
    /// Its declaration.
    pub const fn spec(self) -> &'static HostFunctionSpec {
        &HOST_FUNCTIONS[self as usize]
    }

    /// What it costs under a version of the gas schedule. Prices never change
    /// within a version; a later version that changes one gets its arm here.
    pub const fn cost(self, schedule_version: u32) -> Cost {
        // Version 1 is the table, and there is no other yet.
        let _ = schedule_version;
        self.spec().cost
    }

    /// The host function of a name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|function| function.spec().name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_name_is_listed_once_and_found() {
        let names: BTreeSet<_> = HOST_FUNCTIONS.iter().map(|spec| spec.name).collect();
        assert_eq!(
            names.len(),
            HOST_FUNCTIONS.len(),
            "a host function is listed twice"
        );
        for function in HostFunction::ALL {
            assert_eq!(HostFunction::by_name(function.spec().name), Some(*function));
        }
        assert_eq!(HostFunction::by_name("no_such_function"), None);
    }

    /// The functions that the design promises, so that none can be lost.
    #[test]
    fn nothing_is_missing() {
        let promised = "storage_read storage_write storage_remove storage_contains storage_next \
            caller callee origin value balance block_height block_time chain_id gas_left code_hash \
            input_len input return_data revert abort transfer call delegate_call instantiate \
            returned_len returned set_code terminate event debug_log \
            sha2_256 keccak_256 sha3_256 blake2b_256 blake3 \
            secp256k1_recover secp256k1_verify secp256r1_verify ed25519_verify";
        let promised: BTreeSet<_> = promised.split_whitespace().collect();
        let declared: BTreeSet<_> = HOST_FUNCTIONS.iter().map(|spec| spec.name).collect();
        assert_eq!(promised, declared);
    }

    /// No function takes a length from guest memory or leaves one there, so an
    /// output can never overwrite its own length.
    #[test]
    fn lengths_are_always_arguments() {
        for spec in HOST_FUNCTIONS {
            for (name, ty) in spec.params {
                let pointer = name.ends_with("_ptr") || *name == "ptr";
                assert!(!name.contains("len_ptr"), "{}: {name}", spec.name);
                assert!(!pointer || *ty == ValueType::U32, "{}: {name}", spec.name);
            }
        }
    }

    #[test]
    fn every_function_is_documented_and_costs_something() {
        for spec in HOST_FUNCTIONS {
            assert!(spec.doc.trim().len() > 5, "{}", spec.name);
            assert!(spec.cost.base > 0, "{}", spec.name);
        }
    }

    #[test]
    fn the_bindings_import_from_the_same_module() {
        let bindings = include_str!("bindings.rs");
        let link = std::format!("wasm_import_module = {IMPORT_MODULE:?}");
        assert!(bindings.contains(&link));
    }

    #[test]
    fn state_changing_groups_have_writers() {
        for name in [
            "storage_write",
            "event",
            "terminate",
            "set_code",
            "transfer",
            "instantiate",
        ] {
            assert!(HostFunction::by_name(name).unwrap().spec().writes, "{name}");
        }
    }
}
