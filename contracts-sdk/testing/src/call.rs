//! A call in the making.

use hull_executor::HaltKind;
use hull_host_api::{Address, Balance, Gas};
use hull_sdk::Message;
use hull_types::Payload;
use parity_scale_codec::Decode;

use crate::account::alice;
use crate::chain::Chain;
use crate::receipt::Receipt;

/// On which terms a transaction is sent.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    pub(crate) sender: Address,
    pub(crate) gas_limit: Option<Gas>,
    pub(crate) gas_price: Option<Balance>,
    pub(crate) tip: Balance,
    pub(crate) deposit_limit: Option<Balance>,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            sender: alice().address(),
            gas_limit: None,
            gas_price: None,
            tip: 0,
            deposit_limit: None,
        }
    }
}

/// The terms of every transaction, as methods of its builder.
macro_rules! terms {
    () => {
        /// Who signs and pays; Alice unless said otherwise.
        pub fn by(mut self, sender: impl Into<::hull_host_api::Address>) -> Self {
            self.terms.sender = sender.into();
            self
        }

        /// Most gas, that of the transaction itself included;
        /// [`GAS_LIMIT`](crate::GAS_LIMIT) unless said otherwise.
        pub fn gas_limit(mut self, gas: ::hull_host_api::Gas) -> Self {
            self.terms.gas_limit = Some(gas);
            self
        }

        /// The price of a unit of gas, in the smallest unit of the token; the
        /// least of the chain unless said otherwise.
        pub fn gas_price(mut self, price: ::hull_host_api::Balance) -> Self {
            self.terms.gas_price = Some(price);
            self
        }

        /// What is paid on top of the gas, in the smallest unit; nothing unless
        /// said otherwise.
        pub fn tip(mut self, tip: ::hull_host_api::Balance) -> Self {
            self.terms.tip = tip;
            self
        }

        /// Most storage deposit, in the smallest unit;
        /// [`DEPOSIT_LIMIT`](crate::DEPOSIT_LIMIT), or what the sender has left,
        /// unless said otherwise.
        pub fn deposit_limit(mut self, limit: ::hull_host_api::Balance) -> Self {
            self.terms.deposit_limit = Some(limit);
            self
        }
    };
}
pub(crate) use terms;

/// The ways to send a transaction: `run` says how it went, all others say how
/// it has to go.
macro_rules! endings {
    ($ty:ident) => {
        impl<R: Decode> $ty<'_, R> {
            /// Runs it and expects that it comes to an end: returns what the
            /// contract declares, which may be an `Err`.
            ///
            /// # Panics
            /// If it fails otherwise, with the reason.
            #[track_caller]
            pub fn returns(self) -> R {
                self.run().returns()
            }

            /// Runs it and expects a panic of the contract's: returns its
            /// message, which begins with the place in the source.
            ///
            /// # Panics
            /// If anything else happens.
            #[track_caller]
            pub fn aborts(self) -> String {
                self.run().aborts()
            }

            /// Runs it and expects that it breaks a rule: returns which.
            ///
            /// # Panics
            /// If anything else happens.
            #[track_caller]
            pub fn halts(self) -> HaltKind {
                self.run().halts()
            }
        }

        impl<T, E> $ty<'_, Result<T, E>>
        where
            Result<T, E>: Decode,
            E: ::core::fmt::Debug,
        {
            /// Runs it and expects `Ok`.
            ///
            /// # Panics
            /// If anything else happens, with the contract's error.
            #[track_caller]
            pub fn succeeds(self) -> T {
                self.run().succeeds()
            }

            /// Runs it and expects `Err`: returns the contract's error.
            ///
            /// # Panics
            /// If anything else happens.
            #[track_caller]
            pub fn fails(self) -> E {
                self.run().fails()
            }
        }
    };
}
pub(crate) use endings;

/// A message about to be sent; see [`Chain::call`].
///
/// ```
/// # use counter::{constructors, messages};
/// # use hull_testing::*;
/// # let mut chain = Chain::new();
/// # let counter = chain.deploy(constructors::new(40)).address();
/// let message = chain
///     .call(counter, messages::get())
///     .by(carol())
///     .value(5)
///     .gas_limit(1_000_000_000)
///     .aborts();
/// assert!(message.ends_with("this message takes no value"));
/// ```
#[must_use = "nothing is sent before `run`, `returns`, `succeeds`, `fails`, `aborts` or `halts`"]
pub struct Call<'c, R> {
    chain: &'c mut Chain,
    contract: Address,
    message: Message<R>,
    value: Balance,
    terms: Terms,
}

impl<'c, R: Decode> Call<'c, R> {
    pub(crate) fn new(chain: &'c mut Chain, contract: Address, message: Message<R>) -> Self {
        Self {
            chain,
            contract,
            message,
            value: 0,
            terms: Terms::default(),
        }
    }

    terms!();

    /// Sends tokens along, in the smallest unit.
    pub fn value(mut self, value: Balance) -> Self {
        self.value = value;
        self
    }

    /// Sends it, and says how it went.
    pub fn run(self) -> Receipt<R> {
        let fallible = self.message.fallible;
        let payload = Payload::Call {
            contract: self.contract,
            value: self.value,
            input: self.message.input,
        };
        let record = self.chain.transact(&self.terms, payload);
        self.chain.finish(Receipt::new(record, fallible))
    }
}

endings!(Call);
