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

/// Makes a module a contract.
///
/// The module has one struct with `#[storage]` and `impl` blocks of it with the
/// marked methods, and the events, errors and types that these name.
/// `capabilities(..)` says what the contract may do; see the root of `hull-sdk`
/// for all of them. The macro adds the entry points of the Wasm, the modules
/// `messages` and `constructors` for callers, and outside the Wasm the function
/// `abi`.
///
/// ```
/// #[hull_sdk::contract(capabilities(storage = "100 B"))]
/// pub mod switch {
///     use hull_sdk::prelude::*;
///
///     #[hull_sdk::storage]
///     pub struct Switch {
///         is_on: Value<bool>,
///     }
///
///     impl Switch {
///         #[hull_sdk::constructor]
///         pub fn new(&mut self) {}
///
///         #[hull_sdk::message]
///         pub fn turn(&mut self) -> bool {
///             let is_on = !self.is_on.get_or_default();
///             self.is_on.set(&is_on);
///             is_on
///         }
///     }
/// }
///
/// assert_eq!(messages::turn().input.len(), 4);
/// assert!(switch::abi().message("turn").unwrap().mutates);
/// ```
#[proc_macro_attribute]
pub fn contract(arguments: TokenStream, item: TokenStream) -> TokenStream {
    finish(contract::expand(arguments.into(), item.into()))
}

/// Makes a struct of collections a place in storage: the contract's own, or one
/// inside other collections.
///
/// A field has the slot of its position, one byte, or the one that `#[slot(n)]`
/// gives it, 0 to 254. Slots are the layout: one that was used by an earlier
/// version must not be used for anything else.
///
/// ```
/// use hull_sdk::prelude::*;
///
/// #[hull_sdk::storage]
/// pub struct Shop {
///     owner: Value<Address>,
///     customers: Map<Address, Customer>,
///     #[slot(7)]
///     prices: OrderedMap<u32, Balance>,
/// }
///
/// #[hull_sdk::storage]
/// pub struct Customer {
///     name: Value<String>,
///     orders: List<u32>,
/// }
///
/// fn order(shop: &mut Shop, customer: Address, item: u32) {
///     shop.customers.at_mut(&customer).orders.push(&item);
/// }
/// ```
#[proc_macro_attribute]
pub fn storage(arguments: TokenStream, item: TokenStream) -> TokenStream {
    finish(storage::expand(arguments.into(), item.into()))
}

/// Makes a struct with named fields an event.
///
/// At most three fields are marked `#[topic]`, so that they can be looked for.
/// Topic 0 is BLAKE2b-256 of the signature, as in ink! 5; all fields are in the
/// data.
///
/// ```
/// use hull_sdk::prelude::*;
///
/// #[hull_sdk::event]
/// pub struct Sold {
///     #[topic]
///     pub to: Address,
///     pub item: u32,
///     pub price: Balance,
/// }
///
/// fn sell(to: Address, item: u32, price: Balance) {
///     env::emit(&Sold { to, item, price });
/// }
/// ```
#[proc_macro_attribute]
pub fn event(arguments: TokenStream, item: TokenStream) -> TokenStream {
    finish(event::expand(&arguments.into(), item.into()))
}

/// Makes a type an error of messages: what comes back in `Result::Err` with a
/// revert. It crosses the boundary as with `scale`, and the ABI lists it as an
/// error.
///
/// ```
/// use hull_sdk::prelude::*;
///
/// #[hull_sdk::error]
/// #[derive(Debug, PartialEq)]
/// pub enum Error {
///     SoldOut,
///     TooLittle { price: Balance },
/// }
///
/// fn check(paid: Balance, price: Balance) -> Result<(), Error> {
///     ensure!(paid >= price, Error::TooLittle { price });
///     Ok(())
/// }
/// # assert_eq!(check(1, 2), Err(Error::TooLittle { price: 2 }));
/// ```
#[proc_macro_attribute]
pub fn error(arguments: TokenStream, item: TokenStream) -> TokenStream {
    finish(scale::expand("error", &arguments.into(), item.into()))
}

/// Makes a struct or enum one that crosses the boundary: as argument, result,
/// stored value, key of a map, or part of these. On the wire it is SCALE, as the
/// codec's own derive has it; the variants of an enum can have an index of their
/// own with `#[codec(index = 5)]`. Types without parameters are also topics.
///
/// ```
/// use hull_sdk::codec::{Decode, Encode};
///
/// #[hull_sdk::scale]
/// #[derive(Debug, PartialEq)]
/// pub enum Size {
///     Small,
///     #[codec(index = 5)]
///     Other { millimetres: u16 },
/// }
///
/// let size = Size::Other { millimetres: 258 };
/// assert_eq!(size.encode(), [5, 2, 1]);
/// assert_eq!(Size::decode(&mut &[0][..]), Ok(Size::Small));
/// ```
#[proc_macro_attribute]
pub fn scale(arguments: TokenStream, item: TokenStream) -> TokenStream {
    finish(scale::expand("scale", &arguments.into(), item.into()))
}

#[allow(missing_docs, reason = "documented where hull-sdk exports it")]
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
    /// Marks a method that creates the contract: `&mut self`, any arguments, and
    /// nothing or `Result<(), E>` as result. It takes `payable` and
    /// `selector = 0x01020304`.
    ///
    /// ```
    /// # #[hull_sdk::contract(capabilities(storage = "100 B"))]
    /// # pub mod purse {
    /// # use hull_sdk::prelude::*;
    /// # #[hull_sdk::storage]
    /// # pub struct Purse { saved: Value<Balance> }
    /// impl Purse {
    ///     #[hull_sdk::constructor(payable)]
    ///     pub fn new(&mut self) {
    ///         self.saved.set(&env::value());
    ///     }
    /// }
    /// # impl Purse { #[hull_sdk::message] pub fn saved(&self) -> Balance { self.saved.get() } }
    /// # }
    /// ```
    constructor
    /// Marks a method that can be called from outside. With `&self` it only reads,
    /// with `&mut self` it may change state; its result is any type with SCALE, and
    /// an `Err` reverts. It takes `payable` and `selector = 0x01020304`.
    ///
    /// ```
    /// # #[hull_sdk::contract(capabilities(storage = "100 B"))]
    /// # pub mod purse {
    /// # use hull_sdk::prelude::*;
    /// # #[hull_sdk::storage]
    /// # pub struct Purse { saved: Value<Balance> }
    /// # impl Purse { #[hull_sdk::constructor] pub fn new(&mut self) {} }
    /// impl Purse {
    ///     /// The tokens so far, in the smallest unit.
    ///     #[hull_sdk::message]
    ///     pub fn saved(&self) -> Balance {
    ///         self.saved.get_or_default()
    ///     }
    ///
    ///     /// Keeps the tokens that come along.
    ///     #[hull_sdk::message(payable, selector = 0xC0FFEE01)]
    ///     pub fn save(&mut self) {
    ///         self.saved.set(&(self.saved() + env::value()));
    ///     }
    /// }
    /// # }
    /// ```
    message
    /// Marks the method for input whose selector is no message's, or that is too
    /// short for one. It is given the whole input and returns nothing, bytes, or a
    /// `Result` with one of them; it takes `payable`.
    ///
    /// ```
    /// # #[hull_sdk::contract(capabilities(storage = "100 B"))]
    /// # pub mod echo {
    /// # use hull_sdk::prelude::*;
    /// # #[hull_sdk::storage]
    /// # pub struct Echo { calls: Value<u64> }
    /// # impl Echo { #[hull_sdk::constructor] pub fn new(&mut self) {} }
    /// impl Echo {
    ///     #[hull_sdk::fallback]
    ///     pub fn answer(&mut self, input: Vec<u8>) -> Vec<u8> {
    ///         input
    ///     }
    /// }
    /// # }
    /// ```
    fallback
    /// Marks the method that new code runs once on the storage of the old one,
    /// when the chain replaces the code: `&mut self`, any arguments, any result. An
    /// `Err` or a panic leaves the old code in its place.
    ///
    /// ```
    /// # #[hull_sdk::contract(capabilities(storage = "100 B", upgrade = "narrowing"))]
    /// # pub mod tally {
    /// # use hull_sdk::prelude::*;
    /// #[hull_sdk::storage]
    /// pub struct Tally {
    ///     #[slot(0)]
    ///     first_version: Value<u32>,
    ///     #[slot(1)]
    ///     count: Value<u64>,
    /// }
    ///
    /// impl Tally {
    ///     #[hull_sdk::migrate]
    ///     pub fn migrate(&mut self) {
    ///         let count = self.first_version.take().unwrap_or_default();
    ///         self.count.set(&count.into());
    ///     }
    /// }
    /// # impl Tally { #[hull_sdk::constructor] pub fn new(&mut self) {} }
    /// # }
    /// ```
    migrate
}
