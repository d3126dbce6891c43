//! What a contract declares that it may do.

use core::fmt;

use parity_scale_codec::{Decode, Encode, Error, Input, Output};

/// The name of the custom section that holds a contract's [`Capabilities`].
pub const CAPABILITIES_SECTION: &str = "hull.capabilities";

/// What a contract may use. Declared in the custom section
/// [`CAPABILITIES_SECTION`], linked and enforced by the engine, shown by the
/// chain. A contract without the section has [`Capabilities::LEAST`].
///
/// The section is exactly [`Capabilities::ENCODED_LEN`] bytes:
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 1 | version, 1 |
/// | 1 | 4 | groups, little-endian bit set; bit n is the group of code n |
/// | 5 | 1 | callees: 0 none, 1 granted, 2 any |
/// | 6 | 8 | storage quota in bytes, little-endian |
/// | 14 | 1 | upgrade: 0 never, 1 narrowing, 2 widening |
///
/// ```
/// use hull_host_api::{Callees, Capabilities, Group};
///
/// let mut wanted = Capabilities::LEAST;
/// wanted.groups = wanted.groups.with(Group::Storage).with(Group::Call);
/// wanted.callees = Callees::Granted;
/// wanted.storage_quota = 10_000;
/// assert_eq!(Capabilities::decode(&wanted.encode()), Ok(wanted));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// The groups of host functions.
    pub groups: Groups,
    /// Which contracts it may call.
    pub callees: Callees,
    /// How many bytes of keys and values it may hold in storage.
    pub storage_quota: u64,
    /// What may become of its code.
    pub upgrade: Upgrade,
}

/// A group of host functions, the unit of permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Group {
    /// Context, input and result: open to every contract.
    Base = 0,
    /// Reading and writing the contract's own storage.
    Storage = 1,
    /// Emitting events.
    Events = 2,
    /// Sending native tokens.
    Transfer = 3,
    /// Calling other contracts.
    Call = 4,
    /// Running other code on the contract's own storage.
    Delegate = 5,
    /// Creating contracts.
    Instantiate = 6,
    /// Replacing its own code.
    Upgrade = 7,
    /// Removing itself.
    Terminate = 8,
    /// Hashes and signatures.
    Crypto = 9,
    /// The debug log of the node.
    Debug = 10,
}

impl Group {
    /// Every group, in the order of its code.
    pub const ALL: [Self; 11] = [
        Self::Base,
        Self::Storage,
        Self::Events,
        Self::Transfer,
        Self::Call,
        Self::Delegate,
        Self::Instantiate,
        Self::Upgrade,
        Self::Terminate,
        Self::Crypto,
        Self::Debug,
    ];

    /// The name used in messages and configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Storage => "storage",
            Self::Events => "events",
            Self::Transfer => "transfer",
            Self::Call => "call",
            Self::Delegate => "delegate",
            Self::Instantiate => "instantiate",
            Self::Upgrade => "upgrade",
            Self::Terminate => "terminate",
            Self::Crypto => "crypto",
            Self::Debug => "debug",
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of [`Group`]s; [`Group::Base`] is always in it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Groups(u32);

impl Groups {
    /// Only [`Group::Base`].
    pub const BASE: Self = Self(1);
    /// Every group.
    pub const ALL: Self = Self((1 << Group::ALL.len()) - 1);

    /// The set with one more group.
    #[must_use]
    pub const fn with(self, group: Group) -> Self {
        Self(self.0 | 1 << group as u32)
    }

    /// Whether the group is in the set.
    pub const fn contains(self, group: Group) -> bool {
        self.0 & (1 << group as u32) != 0
    }

    /// The groups in both sets.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The groups of the set, in the order of their codes.
    pub fn iter(self) -> impl Iterator<Item = Group> {
        Group::ALL
            .into_iter()
            .filter(move |group| self.contains(*group))
    }
}

impl fmt::Debug for Groups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// Which contracts a contract may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Callees {
    /// None.
    None = 0,
    /// Those whose addresses were granted at instantiation.
    Granted = 1,
    /// Any.
    Any = 2,
}

/// What may become of a contract's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Upgrade {
    /// The code is final.
    Never = 0,
    /// New code keeps at most what the contract has today.
    Narrowing = 1,
    /// New code gets what it declares.
    Widening = 2,
}

/// Why a section is not a valid declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CapabilitiesError {
    /// The section does not have [`Capabilities::ENCODED_LEN`] bytes.
    Length {
        /// Bytes found.
        found: usize,
    },
    /// A version that this engine does not know.
    Version {
        /// The version found.
        found: u8,
    },
    /// A bit that stands for no group.
    UnknownGroup {
        /// The position of the lowest such bit.
        bit: u32,
    },
    /// A code out of range.
    Field {
        /// The field's name.
        field: &'static str,
        /// The code found.
        found: u8,
    },
}

impl fmt::Display for CapabilitiesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { found } => write!(
                f,
                "section {CAPABILITIES_SECTION} has {found} bytes, not {}",
                Capabilities::ENCODED_LEN
            ),
            Self::Version { found } => {
                write!(
                    f,
                    "section {CAPABILITIES_SECTION} has unknown version {found}"
                )
            }
            Self::UnknownGroup { bit } => {
                write!(
                    f,
                    "section {CAPABILITIES_SECTION} names unknown group {bit}"
                )
            }
            Self::Field { field, found } => {
                write!(
                    f,
                    "section {CAPABILITIES_SECTION}: {field} has unknown code {found}"
                )
            }
        }
    }
}

impl core::error::Error for CapabilitiesError {}

/// In SCALE the section's bytes as they are, without a length.
impl Encode for Capabilities {
    fn size_hint(&self) -> usize {
        Self::ENCODED_LEN
    }

    fn encode_to<O: Output + ?Sized>(&self, out: &mut O) {
        out.write(&Self::encode(self));
    }
}

impl Decode for Capabilities {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let bytes = <[u8; Self::ENCODED_LEN]>::decode(input)?;
        Self::decode(&bytes).map_err(|_| Error::from("capabilities with an unknown code"))
    }
}

impl Capabilities {
    /// The length of the encoding in bytes.
    pub const ENCODED_LEN: usize = 15;
    /// The length of the section in bytes, its head included.
    pub const SECTION_LEN: usize = 3 + CAPABILITIES_SECTION.len() + Self::ENCODED_LEN;
    const VERSION: u8 = 1;

    /// What a contract without a declaration has: context, input and result.
    pub const LEAST: Self = Self {
        groups: Groups::BASE,
        callees: Callees::None,
        storage_quota: 0,
        upgrade: Upgrade::Never,
    };

    /// Everything. For tests and for embedders that do not use capabilities.
    pub const ALL: Self = Self {
        groups: Groups::ALL,
        callees: Callees::Any,
        storage_quota: u64::MAX,
        upgrade: Upgrade::Widening,
    };

    /// What both allow: the rights under which a delegate call runs, and what
    /// is left after a narrowing upgrade.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self {
            groups: self.groups.intersection(other.groups),
            callees: self.callees.min(other.callees),
            storage_quota: self.storage_quota.min(other.storage_quota),
            upgrade: self.upgrade.min(other.upgrade),
        }
    }

    /// The content of the section.
    pub fn encode(&self) -> [u8; Self::ENCODED_LEN] {
        let mut out = [0; Self::ENCODED_LEN];
        out[0] = Self::VERSION;
        out[1..5].copy_from_slice(&self.groups.0.to_le_bytes());
        out[5] = self.callees as u8;
        out[6..14].copy_from_slice(&self.storage_quota.to_le_bytes());
        out[14] = self.upgrade as u8;
        out
    }

    /// The whole custom section: what a module without one is followed by. The SDK's
    /// macros write it for contracts.
    pub fn section(&self) -> [u8; Self::SECTION_LEN] {
        const NAME: &[u8] = CAPABILITIES_SECTION.as_bytes();
        let mut out = [0; Self::SECTION_LEN];
        let (head, content) = out.split_at_mut(3 + NAME.len());
        // Both lengths are below 128, so each is one byte of LEB128; 0 is the id of
        // custom sections.
        head[1] = (1 + NAME.len() + Self::ENCODED_LEN) as u8;
        head[2] = NAME.len() as u8;
        head[3..].copy_from_slice(NAME);
        content.copy_from_slice(&self.encode());
        out
    }

    /// Reads the content of the section.
    ///
    /// # Errors
    /// Says which field is wrong. Every accepted encoding is the one that
    /// [`encode`](Self::encode) makes.
    pub fn decode(bytes: &[u8]) -> Result<Self, CapabilitiesError> {
        let bytes: &[u8; Self::ENCODED_LEN] = bytes
            .try_into()
            .map_err(|_| CapabilitiesError::Length { found: bytes.len() })?;
        let [
            version,
            g0,
            g1,
            g2,
            g3,
            callees,
            q0,
            q1,
            q2,
            q3,
            q4,
            q5,
            q6,
            q7,
            upgrade,
        ] = *bytes;
        if version != Self::VERSION {
            return Err(CapabilitiesError::Version { found: version });
        }
        let groups = u32::from_le_bytes([g0, g1, g2, g3]);
        let unknown = groups & !Groups::ALL.0;
        if unknown != 0 {
            return Err(CapabilitiesError::UnknownGroup {
                bit: unknown.trailing_zeros(),
            });
        }
        if groups & Groups::BASE.0 == 0 {
            return Err(CapabilitiesError::Field {
                field: "groups (base is missing)",
                found: g0,
            });
        }
        Ok(Self {
            groups: Groups(groups),
            callees: match callees {
                0 => Callees::None,
                1 => Callees::Granted,
                2 => Callees::Any,
                found => {
                    return Err(CapabilitiesError::Field {
                        field: "callees",
                        found,
                    });
                }
            },
            storage_quota: u64::from_le_bytes([q0, q1, q2, q3, q4, q5, q6, q7]),
            upgrade: match upgrade {
                0 => Upgrade::Never,
                1 => Upgrade::Narrowing,
                2 => Upgrade::Widening,
                found => {
                    return Err(CapabilitiesError::Field {
                        field: "upgrade",
                        found,
                    });
                }
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn only_canonical_encodings_decode(bytes in proptest::collection::vec(any::<u8>(), 0..20)) {
            if let Ok(decoded) = Capabilities::decode(&bytes) {
                prop_assert_eq!(decoded.encode().to_vec(), bytes);
            }
        }

        #[test]
        fn near_misses_are_refused_or_round_trip(
            groups in 0u32..1 << 12, callees in 0u8..4, quota: u64, upgrade in 0u8..4, version in 0u8..3,
        ) {
            let mut bytes = [0u8; Capabilities::ENCODED_LEN];
            bytes[0] = version;
            bytes[1..5].copy_from_slice(&groups.to_le_bytes());
            bytes[5] = callees;
            bytes[6..14].copy_from_slice(&quota.to_le_bytes());
            bytes[14] = upgrade;
            let valid = version == 1 && groups & 1 == 1 && groups < 1 << 11 && callees < 3 && upgrade < 3;
            let decoded = Capabilities::decode(&bytes);
            prop_assert_eq!(decoded.is_ok(), valid);
            if let Ok(decoded) = decoded {
                prop_assert_eq!(decoded.encode(), bytes);
            }
        }
    }

    #[test]
    fn group_codes_are_their_positions() {
        for (index, group) in Group::ALL.into_iter().enumerate() {
            assert_eq!(group as usize, index);
        }
    }

    #[test]
    fn intersection_never_widens() {
        let narrow = Capabilities {
            groups: Groups::BASE.with(Group::Storage),
            callees: Callees::Granted,
            storage_quota: 5,
            upgrade: Upgrade::Narrowing,
        };
        assert_eq!(narrow.intersection(&Capabilities::ALL), narrow);
        assert_eq!(
            Capabilities::LEAST.intersection(&Capabilities::ALL),
            Capabilities::LEAST
        );
        assert_eq!(
            narrow.intersection(&Capabilities::LEAST),
            Capabilities::LEAST
        );
    }
}
