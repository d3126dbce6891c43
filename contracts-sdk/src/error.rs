//! What goes wrong between contracts.

use parity_scale_codec::{Decode, Encode};

/// Why a contract did not understand its input, as in ink!.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[non_exhaustive]
pub enum LangError {
    /// No message has the selector, or the arguments do not decode.
    #[codec(index = 1)]
    CouldNotReadInput,
}

impl core::fmt::Display for LangError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the contract could not read its input: check selector and arguments")
    }
}

impl core::error::Error for LangError {}
