//! The macros of `hull-sdk`, which re-exports and documents them.
//!
//! [`contract`](macro@contract) reads a whole module and adds to it; the other
//! macros work on one item each. Inside a contract, `constructor`, `message`,
//! `fallback` and `migrate` are marks that `contract` takes off again.

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;

mod abi;
mod attributes;
mod capabilities;
mod client;
mod contract;
mod decode;
mod dispatch;
mod encode;
mod event;
#[cfg(feature = "import-abi")]
mod import;
mod method;
mod names;
mod scale;
mod storage;

fn finish(expanded: syn::Result<Tokens>) -> TokenStream {
    expanded
        .unwrap_or_else(|error| error.into_compile_error())
        .into()
}

/// Makes a module a contract; see the crate `hull-sdk`.
#[proc_macro_attribute]
pub fn contract(arguments: TokenStream, item: TokenStream) -> TokenStream {
    finish(contract::expand(arguments.into(), item.into()))
}

/// Makes a struct of collections a place in storage; see the crate `hull-sdk`.
#[proc_macro_attribute]
pub fn storage(arguments: TokenStream, item: TokenStream) -> TokenStream {
    finish(storage::expand(arguments.into(), item.into()))
}

/// Makes a struct an event; see the crate `hull-sdk`.
#[proc_macro_attribute]
pub fn event(arguments: TokenStream, item: TokenStream) -> TokenStream {
    finish(event::expand(&arguments.into(), item.into()))
}

/// Makes a type an error of messages; see the crate `hull-sdk`.
#[proc_macro_attribute]
pub fn error(arguments: TokenStream, item: TokenStream) -> TokenStream {
    finish(scale::expand("error", &arguments.into(), item.into()))
}

/// Makes a type one that crosses the boundary; see the crate `hull-sdk`.
#[proc_macro_attribute]
pub fn scale(arguments: TokenStream, item: TokenStream) -> TokenStream {
    finish(scale::expand("scale", &arguments.into(), item.into()))
}

/// Makes a client of another contract out of the file with its ABI; see the
/// crate `hull-sdk`.
#[cfg(feature = "import-abi")]
#[proc_macro]
pub fn import_abi(arguments: TokenStream) -> TokenStream {
    finish(import::expand(arguments.into()))
}

macro_rules! marks {
    ($($(#[$doc:meta])+ $name:ident)*) => { $(
        $(#[$doc])+
        #[proc_macro_attribute]
        pub fn $name(_: TokenStream, item: TokenStream) -> TokenStream {
            finish(attributes::outside(stringify!($name), item.into()))
        }
    )* };
}

marks! {
    /// Marks a method that creates the contract; see the crate `hull-sdk`.
    constructor
    /// Marks a method that can be called from outside; see the crate `hull-sdk`.
    message
    /// Marks the method for input that no message takes; see the crate `hull-sdk`.
    fallback
    /// Marks the method that new code runs once on old storage; see the crate `hull-sdk`.
    migrate
}
