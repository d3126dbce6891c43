//! Limits of the host boundary, each with its reason. They are part of
//! consensus: a change needs a new schedule version.

/// Longest storage key in bytes. Keys are hashed or composed of addresses and
/// short tags; peers allow 250 B (Soroban) to 64 KiB (CosmWasm).
pub const MAX_KEY_LEN: u32 = 256;
/// Longest stored value in bytes: one Wasm page, so that a read never needs
/// more than one page of guest memory.
pub const MAX_VALUE_LEN: u32 = 64 * 1024;
/// Most topics of one event, as in the EVM, so that indexers can be shared.
pub const MAX_TOPICS: u32 = 4;
/// Longest payload of one event in bytes.
pub const MAX_EVENT_DATA: u32 = 16 * 1024;
/// Most bytes of events, as a receipt encodes them, of one outermost call across
/// all its frames, so that a receipt stays below one network message.
pub const MAX_EVENT_BYTES_PER_CALL: u64 = 1024 * 1024;
/// Longest call input in bytes.
pub const MAX_INPUT_LEN: u32 = 256 * 1024;
/// Longest return or revert data in bytes.
pub const MAX_RETURN_LEN: u32 = 256 * 1024;
/// Bytes of an abort message that are kept; the rest is cut off. A message is
/// for people: enough for a panic with its location.
pub const MAX_ABORT_LEN: u32 = 1024;
/// Longest message of the debug log in bytes; longer ones are cut off.
pub const MAX_DEBUG_LEN: u32 = 4 * 1024;
/// Most bytes one call of a hash or signature function takes. Longer messages
/// do not fit a contract's memory anyway.
pub const MAX_HASH_INPUT: u32 = 16 * 1024 * 1024;
/// Deepest nesting of calls of any kind: call, delegate call, instantiation.
/// Each level has a native stack and a journal checkpoint of its own.
pub const MAX_CALL_DEPTH: u32 = 64;
/// Most addresses granted to one contract at instantiation.
pub const MAX_GRANTS: u32 = 32;
/// Of the gas a frame has left, the share 1/64 stays with it when it calls, so
/// that a caller can always act on the failure of its callee.
pub const CALL_GAS_RESERVE_SHIFT: u32 = 6;
