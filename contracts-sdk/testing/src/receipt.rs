//! What became of a call.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use hull_executor::HaltKind;
use hull_host_api::{Address, Balance, Event, Gas};
use parity_scale_codec::{Decode, DecodeAll};
use serde_json::Value;

use crate::failed::Failed;
use crate::record::{BalanceChange, Record};

/// What became of a transaction or query.
///
/// `R` is what the message declares. If that is a `Result`, its `Err` is the
/// contract's own error, and a [`result`](Self::result) of `Ok(Err(..))`.
///
/// ```
/// # use counter::{constructors, messages};
/// # use hull_testing::*;
/// # let mut chain = Chain::new();
/// # let counter = chain.deploy(constructors::new(40)).address();
/// let receipt = chain.call(counter, messages::add(2)).run();
/// assert_eq!(receipt.result, Ok(42));
/// // Whoever signs pays for the gas, the transaction's own included.
/// assert!(receipt.gas() > receipt.contract_gas());
/// assert!(receipt.fee() > 0 && receipt.balances().contains_key(&alice().address()));
/// // Nothing more is stored than before.
/// assert_eq!(receipt.deposit(), 0);
/// ```
#[must_use = "it may tell of a failure"]
pub struct Receipt<R> {
    /// What the contract returned or declared as its error; or else why it did not.
    pub result: Result<R, Failed>,
    pub(crate) record: Arc<Record>,
}

/// An event as its contract's ABI describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodedEvent {
    /// The contract's name, or the beginning of its address.
    pub contract: String,
    /// The event's name; `None` if the ABI does not have it.
    pub name: Option<String>,
    /// The fields by name, in their order; none if the ABI does not have it.
    pub fields: Vec<(String, Value)>,
}

/// First byte of a reply that is of the declared type.
const DECLARED: u8 = 0;
/// A reply that is `Err(LangError::CouldNotReadInput)`.
const UNREADABLE: [u8; 2] = [1, 1];

impl<R: Decode> Receipt<R> {
    pub(crate) fn new(record: Record, fallible: bool) -> Self {
        let result = match &record.failed {
            None => reply(&record.data).ok_or_else(|| Failed::BadReply {
                data: record.data.clone(),
            }),
            Some(Failed::Reverted { data }) if *data == UNREADABLE => {
                Err(Failed::CouldNotReadInput)
            }
            // `Err` of the declared `Result`.
            Some(failed @ Failed::Reverted { data }) if fallible && data.get(1) == Some(&1) => {
                reply(data).ok_or_else(|| failed.clone())
            }
            Some(failed) => Err(failed.clone()),
        };
        let record = Arc::new(record);
        Self { result, record }
    }
}

fn reply<R: Decode>(data: &[u8]) -> Option<R> {
    match data.split_first() {
        Some((&DECLARED, value)) => R::decode_all(&mut &*value).ok(),
        Some(_) => None,
        // Nothing was returned, which is a `()`.
        None => R::decode_all(&mut &[][..]).ok(),
    }
}

impl<R> Receipt<R> {
    /// Gas used, that of the transaction itself included.
    pub fn gas(&self) -> Gas {
        self.record.gas
    }

    /// Gas used by the contract and those that it called, without that of the
    /// transaction itself: of validation and bytes.
    pub fn contract_gas(&self) -> Gas {
        self.record.trace.frames.iter().map(|frame| frame.gas).sum()
    }

    /// What the sender paid for gas, and its tip, in the smallest unit.
    pub fn fee(&self) -> Balance {
        self.record.fee
    }

    /// Deposit that the sender paid less what it got back, in the smallest unit.
    pub fn deposit(&self) -> i128 {
        self.record.deposit
    }

    /// The contract that was created, if one was.
    pub fn contract(&self) -> Option<Address> {
        self.record.contract
    }

    /// What the contract returned or reverted with, as it came.
    pub fn data(&self) -> &[u8] {
        &self.record.data
    }

    /// The events that were kept, in their order.
    pub fn events(&self) -> &[Event] {
        &self.record.events
    }

    /// The events of one type, whichever contract they are of.
    ///
    /// ```
    /// # use hull_testing::*;
    /// use token::token::{About, Transferred, constructors, messages};
    ///
    /// let mut chain = Chain::new();
    /// let about = About { name: "Hull".into(), symbol: "HUL".into(), decimals: 6 };
    /// let token = chain.deploy(constructors::new(about, 1_000_u128)).address();
    /// let receipt = chain.call(token, messages::transfer(bob().address(), 5_u128)).run();
    /// let [moved] = &receipt.events_of::<Transferred>()[..] else { panic!() };
    /// assert_eq!((moved.to, moved.amount), (Some(bob().address()), 5));
    /// assert_eq!(receipt.decoded_events()[0].name.as_deref(), Some("Transferred"));
    /// ```
    ///
    /// # Panics
    /// If the data of one that has the type's signature is not of the type.
    #[track_caller]
    pub fn events_of<E: hull_sdk::Event + Decode>(&self) -> Vec<E> {
        let of_type = |event: &&Event| event.topics.first().is_some_and(|it| it.0 == E::SIGNATURE);
        let decode = |event: &Event| {
            let decoded = E::decode_all(&mut &event.data[..]);
            decoded.unwrap_or_else(|error| panic!("an event with other fields: {error}: {event:?}"))
        };
        self.record
            .events
            .iter()
            .filter(of_type)
            .map(decode)
            .collect()
    }

    /// Whether an event equal to this was emitted.
    pub fn emitted<E: hull_sdk::Event>(&self, expected: &E) -> bool {
        let data = expected.encode();
        self.record.events.iter().any(|event| {
            event.topics.first().is_some_and(|it| it.0 == E::SIGNATURE) && event.data == data
        })
    }

    /// The events by name and field, as far as ABIs are known.
    pub fn decoded_events(&self) -> Vec<DecodedEvent> {
        let known = &self.record.known;
        let events = self.record.events.iter();
        events
            .map(|event| {
                let abi = known.abi_at(&event.contract);
                let topic = event.topics.first();
                let decoded = abi
                    .zip(topic)
                    .and_then(|(abi, it)| abi.codec().decode_event(&it.0, &event.data).ok());
                let fields = decoded.as_ref().map(|it| it.fields.iter());
                let fields = fields.into_iter().flatten();
                DecodedEvent {
                    contract: known.label(&event.contract),
                    name: decoded.as_ref().map(|it| it.event.name.clone()),
                    fields: fields
                        .map(|(name, it)| ((*name).into(), it.clone()))
                        .collect(),
                }
            })
            .collect()
    }

    /// The balances that are others afterwards, fees and deposits included.
    pub fn balances(&self) -> &BTreeMap<Address, BalanceChange> {
        &self.record.changes.balances
    }

    /// The same as of another type: of a step before, which failed.
    pub(crate) fn retyped<T>(self) -> Receipt<T> {
        let failed = self.result.err();
        Receipt {
            result: Err(failed.expect("only failures stand for what did not follow")),
            record: self.record,
        }
    }
}

/// What a test expects.
impl<R> Receipt<R> {
    /// What the contract declares, which may be an `Err`.
    ///
    /// # Panics
    /// If it failed otherwise, with the reason.
    #[track_caller]
    pub fn returns(self) -> R {
        match self.result {
            Ok(value) => value,
            Err(failed) => panic!("{}", self.record.unexpected(&failed)),
        }
    }

    /// The message of the contract's panic, which begins with the place in the
    /// source.
    ///
    /// # Panics
    /// If anything else happened.
    #[track_caller]
    pub fn aborts(self) -> String {
        match self.result {
            Err(Failed::Aborted { message }) => message,
            Err(other) => panic!("{}", self.record.otherwise("an abort", &other)),
            Ok(_) => panic!(
                "{}",
                self.record.otherwise("an abort", &"it came to an end")
            ),
        }
    }

    /// Which rule the contract broke.
    ///
    /// # Panics
    /// If anything else happened.
    #[track_caller]
    pub fn halts(self) -> HaltKind {
        match self.result {
            Err(Failed::Halted(kind)) => kind,
            Err(other) => panic!("{}", self.record.otherwise("a halt", &other)),
            Ok(_) => panic!("{}", self.record.otherwise("a halt", &"it came to an end")),
        }
    }

    /// The contract that was created.
    ///
    /// # Panics
    /// If there is none, with the reason.
    #[track_caller]
    pub fn address(self) -> Address {
        match (self.record.contract, &self.result) {
            (Some(address), _) => address,
            (None, Err(failed)) => panic!("{}", self.record.unexpected(failed)),
            (None, Ok(_)) => panic!("{}", self.record.unexpected(&self.record.declared_error())),
        }
    }
}

impl<T, E: fmt::Debug> Receipt<Result<T, E>> {
    /// What the message returned.
    ///
    /// # Panics
    /// If anything else happened, with the contract's error.
    #[track_caller]
    pub fn succeeds(self) -> T {
        match self.result {
            Ok(Ok(value)) => value,
            Ok(Err(error)) => panic!("{}", self.record.unexpected(&Debug(&error))),
            Err(failed) => panic!("{}", self.record.unexpected(&failed)),
        }
    }

    /// The contract's error.
    ///
    /// # Panics
    /// If anything else happened.
    #[track_caller]
    pub fn fails(self) -> E {
        match self.result {
            Ok(Err(error)) => error,
            Ok(Ok(_)) => panic!("{}", self.record.otherwise("an error", &"it succeeded")),
            Err(failed) => panic!("{}", self.record.otherwise("a declared error", &failed)),
        }
    }
}

/// Shows as the contract's error what a test gave no other form.
struct Debug<'a, E>(&'a E);

impl<E: fmt::Debug> fmt::Display for Debug<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it returned the error {:?}", self.0)
    }
}

impl<R: fmt::Debug> fmt::Debug for Receipt<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receipt")
            .field("result", &self.result)
            .field("gas", &self.gas())
            .field("fee", &self.fee())
            .field("deposit", &self.deposit())
            .field("events", &self.events())
            .field("contract", &self.contract())
            .finish_non_exhaustive()
    }
}
