//! Limits of what is read, each with its reason. An ABI comes with a contract
//! and is as trustworthy as its author.

/// Longest JSON document of an ABI in bytes. A contract with a hundred
/// documented messages has some 200 KB.
pub const MAX_JSON_LEN: usize = 4 * 1024 * 1024;
/// Longest section of an ABI in the Wasm in bytes. A token has about 1 KB.
pub const MAX_SECTION_LEN: usize = 64 * 1024;
/// Deepest nesting of collections in the section: types of fields of variants
/// need six, layouts two a level.
pub const MAX_SECTION_DEPTH: u32 = 48;
/// Most types. Every one costs bytes in the Wasm, so contracts have dozens.
pub const MAX_TYPES: usize = 4096;
/// Most constructors, messages, events, errors or storage fields of one kind,
/// and most arguments or fields of one of them.
pub const MAX_ITEMS: usize = 1024;
/// Longest name in bytes.
pub const MAX_NAME_LEN: usize = 256;
/// Deepest nesting of maps, lists and groups in the storage.
pub const MAX_LAYOUT_DEPTH: usize = 16;
/// Deepest nesting of a value. Types may contain themselves, so this and not
/// the type bounds the recursion.
pub const MAX_VALUE_DEPTH: usize = 64;
/// Most parts of a decoded value. Parts without bytes, as the elements of
/// `[(); 4_000_000_000]`, are not bounded by the input's length.
pub const MAX_VALUE_PARTS: usize = 1 << 18;
/// Longest name of a type in messages in bytes; the rest is cut off. Names of
/// types that share parts grow exponentially with their depth.
pub const MAX_TYPE_NAME_LEN: usize = 160;
