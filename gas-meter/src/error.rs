//! Why a module cannot be instrumented.

/// Why [`instrument`](crate::instrument) refused a module.
///
/// A module that admission accepted gives only [`TooDeep`](Self::TooDeep) and
/// [`TooLarge`](Self::TooLarge).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InstrumentError {
    /// The bytes are not a valid module.
    #[error("malformed module at offset {offset:#x}: {what}")]
    Malformed {
        /// Byte offset in the module.
        offset: u64,
        /// What was wrong there.
        what: String,
    },
    /// The module uses something that the pass does not know.
    #[error("unsupported at offset {offset:#x}{}: {what}", in_function(*function))]
    Unsupported {
        /// Index of the function, imports counted, if it is in one.
        function: Option<u32>,
        /// Byte offset in the module.
        offset: u64,
        /// What is not supported.
        what: &'static str,
    },
    /// The module exports or imports a name that belongs to the pass.
    #[error("the name {name:?} is reserved")]
    ReservedName {
        /// The name.
        name: String,
    },
    /// A function needs more frame bytes than one call may have.
    #[error("function {function} needs {needed} frame bytes, more than the limit of {limit}")]
    TooDeep {
        /// Index of the function, imports counted.
        function: u32,
        /// Model bytes it needs.
        needed: u64,
        /// Model bytes there are.
        limit: u32,
    },
    /// A function has so much that the pass cannot add its own part.
    #[error("function {function} has {found} {what}, more than {limit}")]
    TooLarge {
        /// Index of the function, imports counted.
        function: u32,
        /// What there is too much of.
        what: &'static str,
        /// How much there is.
        found: u64,
        /// How much there may be.
        limit: u64,
    },
}

impl From<wasmparser::Error> for InstrumentError {
    fn from(error: wasmparser::Error) -> Self {
        Self::Malformed {
            offset: error.offset(),
            what: error.message().to_owned(),
        }
    }
}

fn in_function(function: Option<u32>) -> String {
    function.map_or_else(String::new, |index| format!(" in function {index}"))
}
