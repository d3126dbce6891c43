//! Events: what a contract tells the outside world.

use alloc::string::String;
use alloc::vec::Vec;

use hull_host_api::{Address, Hash, limits};
use parity_scale_codec::Encode;

use crate::sink::{self, Sink};
use crate::sys;

/// Most topics of one event, the signature included.
pub const MAX_TOPICS: usize = limits::MAX_TOPICS as usize;

/// Bytes of a topic.
const TOPIC_LEN: usize = 32;

/// An event; implemented by `#[hull::event]`.
///
/// Topic 0 is [`SIGNATURE`](Self::SIGNATURE); the fields marked `#[topic]` are
/// further ones; the data is SCALE of all fields.
///
/// ```
/// # use hull_sdk as hull;
/// # use hull::prelude::*;
/// # use hull::Event;
/// #[hull::event]
/// pub struct Closed {
///     pub at: u64,
/// }
///
/// // What it takes to find them in a chain's log.
/// assert_eq!(Closed::SIGNATURE[..4], [0x01, 0x34, 0x8E, 0x5B]);
/// ```
pub trait Event: Encode {
    /// BLAKE2b-256 of `Name(Type,Type)`, the types as they are written.
    const SIGNATURE: [u8; 32];

    /// Appends the topics of the fields.
    #[doc(hidden)]
    fn topics(&self, topics: &mut Topics);
}

/// Topics in the making, one after the other.
#[doc(hidden)]
pub struct Topics(());

impl Topics {
    #[inline(never)]
    fn new(signature: &'static [u8; TOPIC_LEN]) -> Self {
        sink::open();
        sink::write(signature);
        sink::split();
        Self(())
    }

    /// Appends one. There is room: the macro counts them.
    #[inline]
    pub fn push(&mut self, topic: &impl Topic) {
        topic.write(self);
    }

    /// Appends SCALE of a value of at most 32 bytes.
    #[inline]
    pub fn padded(&mut self, value: &impl Encode) {
        value.encode_to(&mut Sink);
        sink::pad(TOPIC_LEN);
    }

    /// Appends SCALE of a value of any length, or its hash.
    pub fn hashed(&mut self, value: &impl Encode) {
        value.encode_to(&mut Sink);
        digest();
        sink::pad(TOPIC_LEN);
    }
}

/// Replaces a last topic that is too long by its hash.
#[inline(never)]
fn digest() {
    let topic = sink::tail();
    if topic.len() > TOPIC_LEN {
        let hash = sys::blake2b_256(topic);
        sink::truncate(sink::head().len());
        sink::write(&hash);
    }
}

/// See [`env::emit`](crate::env::emit).
pub(crate) fn emit<E: Event>(event: &E) {
    let mut topics = Topics::new(&E::SIGNATURE);
    event.topics(&mut topics);
    event.encode_to(&mut Sink);
    finish();
}

#[inline(never)]
fn finish() {
    let topics = sink::head();
    sys::event(topics, topics.len() / TOPIC_LEN, sink::tail());
    sink::close();
}

/// A value that can be a topic.
///
/// The topic is SCALE of the value, filled up with zeros to 32 bytes, or its
/// BLAKE2b-256 if it is longer (which takes the capability `crypto`). An
/// `Option` is the topic of what is in it; `None` is that of a zero byte, so 32
/// zeros. That is the rule of ink! 5, whose topics builder takes an `Option` of
/// every field; as there, `None` and `Some` of zeros are told apart by the data
/// alone. (An `Option` in an `Option` is unwrapped twice here, and once there.)
///
/// ```
/// # use hull_sdk as hull;
/// # use hull::prelude::*;
/// #[hull::event]
/// pub struct Moved {
///     #[topic]
///     pub from: Option<Address>,
///     /// Hashed: takes the capability `crypto`.
///     #[topic]
///     pub what: String,
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a topic",
    label = "not a topic",
    note = "topics are numbers, `bool`, `Address`, `Hash`, `[u8; 32]`, `String`, `Vec<u8>`, types \
            with `#[hull::scale]`, and `Option`s of these"
)]
pub trait Topic {
    /// Appends the topic.
    #[doc(hidden)]
    fn write(&self, topics: &mut Topics);
}

macro_rules! short {
    ($($ty:ty)*) => { $(
        impl Topic for $ty {
            fn write(&self, topics: &mut Topics) {
                topics.padded(self);
            }
        }
    )* };
}
short!(bool u8 u16 u32 u64 u128 i8 i16 i32 i64 i128);

impl Topic for [u8; 32] {
    fn write(&self, topics: &mut Topics) {
        topics.padded(self);
    }
}

impl Topic for Address {
    fn write(&self, topics: &mut Topics) {
        topics.padded(&self.0);
    }
}

impl Topic for Hash {
    fn write(&self, topics: &mut Topics) {
        topics.padded(&self.0);
    }
}

impl Topic for String {
    fn write(&self, topics: &mut Topics) {
        topics.hashed(self);
    }
}

impl Topic for Vec<u8> {
    fn write(&self, topics: &mut Topics) {
        topics.hashed(self);
    }
}

impl<T: Topic> Topic for Option<T> {
    fn write(&self, topics: &mut Topics) {
        match self {
            Some(value) => value.write(topics),
            None => sink::pad(TOPIC_LEN),
        }
    }
}
