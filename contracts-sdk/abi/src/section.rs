//! The ABI as a custom section of the Wasm, without documentation.

use hull_host_api::{CAPABILITIES_SECTION, Capabilities};
use parity_scale_codec::{DecodeLimit, Encode};
use scale_info::PortableRegistry;

use crate::limits::{MAX_SECTION_DEPTH, MAX_SECTION_LEN};
use crate::wasm::custom_section;
use crate::{Abi, AbiError, Event, Fallback, Message, Migration, StorageField, TypeId};

/// The name of the custom section that holds a contract's [`Abi`].
pub const ABI_SECTION: &str = "hull.abi";
/// The first byte of the section.
pub const SECTION_VERSION: u8 = 1;

/// What follows the version byte, in SCALE. The capabilities are not repeated:
/// they have a section of their own.
type Body = (
    (String, String),
    PortableRegistry,
    (Vec<Message>, Vec<Message>),
    (Option<Fallback>, Option<Migration>),
    Vec<Event>,
    Vec<TypeId>,
    Vec<StorageField>,
);

impl Abi {
    /// The content of the section: [`SECTION_VERSION`], then name, version,
    /// types, constructors, messages, fallback, migration, events, errors and
    /// storage in SCALE, all without documentation.
    pub fn to_section(&self) -> Vec<u8> {
        let bare = self.without_docs();
        let mut section = vec![SECTION_VERSION];
        (&bare.name, &bare.version).encode_to(&mut section);
        bare.types.encode_to(&mut section);
        (&bare.constructors, &bare.messages).encode_to(&mut section);
        (&bare.fallback, &bare.migration).encode_to(&mut section);
        bare.events.encode_to(&mut section);
        bare.errors.encode_to(&mut section);
        bare.storage.encode_to(&mut section);
        section
    }

    /// Reads the content of the section; the capabilities come from theirs.
    ///
    /// # Errors
    /// If it is longer than [`MAX_SECTION_LEN`], nested deeper than
    /// [`MAX_SECTION_DEPTH`], of another version, malformed, or breaks a rule
    /// of [`check`](Self::check).
    pub fn from_section(section: &[u8], capabilities: Capabilities) -> Result<Self, AbiError> {
        if section.len() > MAX_SECTION_LEN {
            return Err(AbiError::TooLong {
                what: "section hull.abi",
                found: section.len(),
                limit: MAX_SECTION_LEN,
            });
        }
        let (version, mut body) = section.split_first().ok_or_else(|| AbiError::Section {
            reason: "it is empty".into(),
        })?;
        if *version != SECTION_VERSION {
            return Err(AbiError::Version {
                found: u32::from(*version),
                known: u32::from(SECTION_VERSION),
            });
        }
        let body = Body::decode_all_with_depth_limit(MAX_SECTION_DEPTH, &mut body);
        let body = body.map_err(|error| AbiError::Section {
            reason: error.to_string(),
        })?;
        let abi = Self::from_body(body, capabilities);
        abi.check()?;
        Ok(abi)
    }

    /// The ABI and the capabilities that a module declares, or `None` if it has
    /// no section with an ABI.
    ///
    /// # Errors
    /// If the module's sections cannot be told apart, or one of the two is
    /// wrong.
    pub fn from_wasm(wasm: &[u8]) -> Result<Option<Self>, AbiError> {
        let Some(section) = custom_section(wasm, ABI_SECTION)? else {
            return Ok(None);
        };
        let capabilities = match custom_section(wasm, CAPABILITIES_SECTION)? {
            Some(bytes) => Capabilities::decode(bytes)?,
            None => Capabilities::LEAST,
        };
        Self::from_section(section, capabilities).map(Some)
    }

    fn from_body(body: Body, capabilities: Capabilities) -> Self {
        let (
            (name, version),
            types,
            (constructors, messages),
            (fallback, migration),
            events,
            errors,
            storage,
        ) = body;
        Self {
            name,
            version,
            docs: Vec::new(),
            capabilities,
            constructors,
            messages,
            fallback,
            migration,
            events,
            errors,
            storage,
            types,
        }
    }
}
