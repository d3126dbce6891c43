//! The names that generated code goes by.

use blake2::{Blake2b256, Digest};
use proc_macro_crate::{FoundCrate, crate_name};
use proc_macro2::{Span, TokenStream as Tokens};
use quote::quote;
use syn::Ident;

/// The path of the SDK in the crate that is compiled, whatever name its manifest
/// gives it.
pub(crate) fn sdk() -> Tokens {
    let name = match crate_name("hull-sdk") {
        Ok(FoundCrate::Name(name)) => name,
        // The SDK's own tests and examples, or no manifest to read.
        Ok(FoundCrate::Itself) | Err(_) => "hull_sdk".into(),
    };
    let name = Ident::new(&name, Span::call_site());
    quote!(::#name)
}

/// BLAKE2b-256.
pub(crate) fn digest(text: &str) -> [u8; 32] {
    Blake2b256::digest(text.as_bytes()).into()
}

/// The selector of a message or constructor: the first four bytes of the digest
/// of its name, as in ink!.
pub(crate) fn selector(name: &str) -> [u8; 4] {
    let [a, b, c, d, ..] = digest(name);
    [a, b, c, d]
}
