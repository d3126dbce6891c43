//! Decoding within bounds.

use parity_scale_codec::{DecodeAll, DecodeLimit};

/// Deepest nesting that a decoder follows. Types here nest four deep; the rest
/// is room for types of later versions.
const MAX_DEPTH: u32 = 16;

/// Why bytes are not what they should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// More bytes than anything of the kind may have. They were not looked at.
    #[error("{what} of {found} bytes; the limit is {limit}")]
    TooLong {
        /// What was decoded.
        what: &'static str,
        /// Bytes found.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// The bytes are no encoding of one value, or something follows it.
    #[error("{what} does not decode: {cause}")]
    Malformed {
        /// What was decoded.
        what: &'static str,
        /// What the decoder met.
        cause: parity_scale_codec::Error,
    },
}

/// Decodes exactly one value from at most `limit` bytes. `what` names it in errors.
///
/// # Errors
/// See [`DecodeError`].
///
/// ```
/// use hull_types::decode_bounded;
///
/// assert_eq!(decode_bounded::<u16>("a number", &[1, 0], 2), Ok(1));
/// assert!(decode_bounded::<u16>("a number", &[1, 0, 0], 3).is_err());
/// ```
pub fn decode_bounded<T: DecodeAll + DecodeLimit>(
    what: &'static str,
    bytes: &[u8],
    limit: usize,
) -> Result<T, DecodeError> {
    if bytes.len() > limit {
        return Err(DecodeError::TooLong {
            what,
            found: bytes.len(),
            limit,
        });
    }
    T::decode_all_with_depth_limit(MAX_DEPTH, &mut &*bytes)
        .map_err(|cause| DecodeError::Malformed { what, cause })
}
