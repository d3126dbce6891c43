//! Why something is not an ABI.

use hull_host_api::CapabilitiesError;
use thiserror::Error;

use crate::TypeId;

/// Why a document, a section or a module does not hold a usable ABI.
#[derive(Debug, Error)]
pub enum AbiError {
    /// More bytes than any honest ABI has.
    #[error("{what} has {found} bytes; at most {limit} are read")]
    TooLong {
        /// What is too long.
        what: &'static str,
        /// Its length in bytes.
        found: usize,
        /// The most that is read.
        limit: usize,
    },
    /// A list with more entries than any honest ABI has.
    #[error("{what}: {found} entries; at most {limit} are accepted")]
    TooMany {
        /// What the entries are.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// The most that is accepted.
        limit: usize,
    },
    /// Not the JSON of an ABI.
    #[error("not the JSON of an ABI: {0}")]
    Json(#[from] serde_json::Error),
    /// A form that this version does not know.
    #[error("the ABI has form {found}, this program knows form {known}: use a newer version of it")]
    Version {
        /// The form found.
        found: u32,
        /// The form that is known.
        known: u32,
    },
    /// The section does not decode.
    #[error("section {section} does not decode: {reason}", section = crate::ABI_SECTION)]
    Section {
        /// What the decoder says.
        reason: String,
    },
    /// The module's frame of sections is broken.
    #[error("not a Wasm module: malformed at byte {offset}")]
    Wasm {
        /// Where reading stopped.
        offset: usize,
    },
    /// The section with the capabilities is wrong.
    #[error(transparent)]
    Capabilities(#[from] CapabilitiesError),
    /// Something names a type that is not there.
    #[error("{place} names type {ty}, which is not in the list of types")]
    UnknownType {
        /// Who names it.
        place: String,
        /// The missing type.
        ty: TypeId,
    },
    /// The list of types is not in the order of their indices.
    #[error("type {found} stands where type {expected} belongs")]
    TypeOrder {
        /// The position in the list.
        expected: TypeId,
        /// The index found there.
        found: TypeId,
    },
    /// Two of a kind where one is meant to be found by it.
    #[error("two {what} are `{name}`")]
    Duplicate {
        /// What there is two of.
        what: &'static str,
        /// What they have in common.
        name: String,
    },
    /// A name that is not one.
    #[error("{what} has the name {name:?}, which is no identifier of at most {limit} bytes", limit = crate::limits::MAX_NAME_LEN)]
    Name {
        /// What has the name.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// Maps in maps in maps.
    #[error("storage field `{field}` is nested deeper than {limit}", limit = crate::limits::MAX_LAYOUT_DEPTH)]
    LayoutDepth {
        /// The outermost field.
        field: String,
    },
}
