//! Limits of admission, each with its reason. They are part of consensus.
//!
//! The sizes are what stock `rustc` output needs with room to spare, and small
//! enough that no construct makes a compiler work more per byte than usual.

/// Bytes of a module. CosmWasm admits 800 KiB, NEAR 4 MiB; one megabyte compiles
/// on the baseline tier in about a tenth of a second.
pub const MAX_CODE_LEN: usize = 1024 * 1024;
/// Bytes of one function body. The largest bodies of optimised Rust contracts
/// (elliptic curves, unrolled) stay below half of it.
pub const MAX_FUNCTION_LEN: usize = 128 * 1024;
/// Functions defined in a module, as NEAR.
pub const MAX_FUNCTIONS: u32 = 10_000;
/// Types of a module.
pub const MAX_TYPES: u32 = 4_096;
/// Imports of a module: the table of host functions with room for dialects.
pub const MAX_IMPORTS: u32 = 256;
/// Exports of a module. A contract needs a handful.
pub const MAX_EXPORTS: u32 = 256;
/// Globals of a module. `rustc` emits three to five.
pub const MAX_GLOBALS: u32 = 1_000;
/// Parameters of a function, as CosmWasm after CWA-2023-004.
pub const MAX_PARAMS: usize = 100;
/// Results of a function or block. `rustc` emits at most one; every branch moves
/// as many, so that more of them make two bytes of a branch a page of native code.
pub const MAX_RESULTS: usize = 4;
/// Parameters of a block: what a branch to a loop moves.
pub const MAX_BLOCK_PARAMS: usize = MAX_RESULTS;
/// Locals of a function, parameters not counted. Every one is zeroed at entry.
pub const MAX_LOCALS: u32 = 4_096;
/// Parameters and locals of all functions of a module together: a function of six
/// bytes may declare thousands. `rustc` emits some eight per function.
pub const MAX_ALL_LOCALS: u64 = 100_000;
/// Operands on the stack of a function at a time. The baseline compiler visits
/// all of them at every branch. `rustc` has a dozen, and a call its parameters.
pub const MAX_OPERANDS: u32 = 512;
/// Nesting of blocks in a function. A `match` of n arms nests n deep.
pub const MAX_NESTING: u32 = 1_024;
/// Nesting of loops in a function. An optimising compiler looks at every loop
/// that a branch leaves; contracts have half a dozen.
pub const MAX_LOOP_NESTING: u32 = 32;
/// Loops in a function. The largest function of the reference contracts has 67.
pub const MAX_LOOPS: u32 = 1_024;
/// Places in a function where control divides or meets: blocks, branches,
/// targets of a `br_table`, checks of gas. The largest function of the reference
/// contracts has 2,200, and a compiler's work may grow with their square.
pub const MAX_BRANCHES: u32 = 8_192;
/// Such places times locals and parameters: an optimising compiler may have to
/// join every local at each. The reference contracts stay below 110,000.
pub const MAX_BRANCHES_TIMES_LOCALS: u64 = 2 * 1024 * 1024;
/// Targets of one `br_table`; one of 8,704 once took a compiler 286 s.
pub const MAX_BR_TABLE: u32 = 1_024;
/// Elements of a table, as in CosmWasm.
pub const MAX_TABLE_ELEMENTS: u64 = 10_000;
/// Data segments, and element segments.
pub const MAX_SEGMENTS: u32 = 4_096;
/// Bytes of an import or export name.
pub const MAX_NAME_LEN: usize = 128;
