//! Events: what a contract tells the outside world.

use alloc::string::String;
use alloc::vec::Vec;

use hull_host_api::{Address, Hash, limits};
use parity_scale_codec::{Encode, Output};

use crate::buffer::{self, Buffer};
use crate::sys;

/// Most topics of one event, the signature included.
pub const MAX_TOPICS: usize = limits::MAX_TOPICS as usize;

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

/// Topics in the making.
#[doc(hidden)]
pub struct Topics {
    topics: [[u8; 32]; MAX_TOPICS],
    count: usize,
}

impl Topics {
    /// Appends one. There is room: the macro counts them.
    #[inline(never)]
    pub fn push(&mut self, topic: &impl Topic) {
        if let Some(place) = self.topics.get_mut(self.count) {
            *place = topic.topic();
            self.count = self.count.wrapping_add(1);
        }
    }
}

/// See [`env::emit`](crate::env::emit).
pub(crate) fn emit<E: Event>(event: &E) {
    let mut topics = Topics {
        topics: [[0; 32]; MAX_TOPICS],
        count: 0,
    };
    if let Some(place) = topics.topics.first_mut() {
        *place = E::SIGNATURE;
        topics.count = 1;
    }
    event.topics(&mut topics);
    let mut data = Buffer::new();
    event.encode_to(&mut data);
    let topics = topics.topics.get(..topics.count).unwrap_or_default();
    sys::event(topics, data.as_slice());
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
    /// The topic.
    fn topic(&self) -> [u8; 32];
}

/// Bytes of a topic; what does not fit is dropped.
struct Padded {
    bytes: [u8; 32],
    len: usize,
}

impl Output for Padded {
    fn write(&mut self, part: &[u8]) {
        if let Some(room) = self.bytes.get_mut(self.len..) {
            buffer::copy(part, room);
        }
        self.len = self.len.wrapping_add(part.len());
    }
}

/// The topic of a value of at most 32 bytes.
pub fn padded(value: &impl Encode) -> [u8; 32] {
    let mut padded = Padded {
        bytes: [0; 32],
        len: 0,
    };
    value.encode_to(&mut padded);
    padded.bytes
}

/// The topic of a value of any length.
pub fn hashed(value: &impl Encode) -> [u8; 32] {
    let mut bytes = Buffer::new();
    value.encode_to(&mut bytes);
    let bytes = bytes.as_slice();
    if bytes.len() > 32 {
        return sys::blake2b_256(bytes);
    }
    let mut topic = [0; 32];
    buffer::copy(bytes, &mut topic);
    topic
}

macro_rules! short {
    ($($ty:ty)*) => { $(
        impl Topic for $ty {
            fn topic(&self) -> [u8; 32] {
                padded(self)
            }
        }
    )* };
}
short!(bool u8 u16 u32 u64 u128 i8 i16 i32 i64 i128);

impl Topic for [u8; 32] {
    fn topic(&self) -> [u8; 32] {
        *self
    }
}

impl Topic for Address {
    fn topic(&self) -> [u8; 32] {
        self.0
    }
}

impl Topic for Hash {
    fn topic(&self) -> [u8; 32] {
        self.0
    }
}

impl Topic for String {
    fn topic(&self) -> [u8; 32] {
        hashed(self)
    }
}

impl Topic for Vec<u8> {
    fn topic(&self) -> [u8; 32] {
        hashed(self)
    }
}

impl<T: Topic> Topic for Option<T> {
    fn topic(&self) -> [u8; 32] {
        self.as_ref().map_or([0; 32], T::topic)
    }
}
