//! Events: what a contract tells the outside world.

use alloc::string::String;
use alloc::vec::Vec;

use hull_host_api::{Address, Hash, limits};
use parity_scale_codec::{Encode, Output};

use crate::buffer::Buffer;
use crate::sys;

/// Most topics of one event, the signature included.
pub const MAX_TOPICS: usize = limits::MAX_TOPICS as usize;

/// Bytes of a topic.
const TOPIC_LEN: usize = 32;

/// An event; implemented by `#[hull::event]`.
///
/// Topic 0 is [`SIGNATURE`](Self::SIGNATURE); the fields marked `#[topic]` are
/// further ones; the data is SCALE of all fields.
pub trait Event: Encode {
    /// BLAKE2b-256 of `Name(Type,Type)`, the types as they are written.
    const SIGNATURE: [u8; 32];

    /// Appends the topics of the fields.
    #[doc(hidden)]
    fn topics(&self, topics: &mut Topics);
}

/// Topics in the making, one after the other.
#[doc(hidden)]
pub struct Topics {
    bytes: Buffer,
    count: usize,
}

impl Topics {
    #[inline(never)]
    fn new(signature: &'static [u8; TOPIC_LEN]) -> Self {
        let mut topics = Self {
            bytes: Buffer::new(),
            count: 0,
        };
        topics.bytes.write(signature);
        topics.pad();
        topics
    }

    #[inline(never)]
    fn emit(&self, data: &Buffer) {
        sys::event(self.bytes.as_slice(), self.count, data.as_slice());
    }

    /// Appends one. There is room: the macro counts them.
    #[inline]
    pub fn push(&mut self, topic: &impl Topic) {
        topic.write(self);
    }

    /// Appends SCALE of a value of at most 32 bytes.
    pub fn padded(&mut self, value: &impl Encode) {
        value.encode_to(&mut self.bytes);
        self.pad();
    }

    /// Appends SCALE of a value of any length, or its hash.
    pub fn hashed(&mut self, value: &impl Encode) {
        let mut bytes = Buffer::new();
        value.encode_to(&mut bytes);
        let bytes = bytes.as_slice();
        if bytes.len() > TOPIC_LEN {
            self.bytes.write(&sys::blake2b_256(bytes));
        } else {
            self.bytes.write(bytes);
        }
        self.pad();
    }

    /// Fills the last topic up with zeros.
    #[inline(never)]
    fn pad(&mut self) {
        const ZEROS: [u8; TOPIC_LEN] = [0; TOPIC_LEN];
        self.count = self.count.wrapping_add(1);
        let end = self.count.wrapping_mul(TOPIC_LEN);
        let missing = end.wrapping_sub(self.bytes.as_slice().len());
        self.bytes.write(ZEROS.get(..missing).unwrap_or_default());
    }
}

/// See [`env::emit`](crate::env::emit).
pub(crate) fn emit<E: Event>(event: &E) {
    let mut topics = Topics::new(&E::SIGNATURE);
    event.topics(&mut topics);
    let mut data = Buffer::new();
    event.encode_to(&mut data);
    topics.emit(&data);
}

/// A value that can be a topic.
///
/// The topic is SCALE of the value, filled up with zeros to 32 bytes, or its
/// BLAKE2b-256 if it is longer (which takes the capability `crypto`). An
/// `Option` is the topic of what is in it, or zeros, as in ink!.
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
            None => topics.pad(),
        }
    }
}
