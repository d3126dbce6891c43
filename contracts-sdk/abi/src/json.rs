//! The ABI as a JSON document with documentation.

use hull_host_api::{Callees, Capabilities, Group, Upgrade};
use scale_info::PortableRegistry;
use serde::{Deserialize, Serialize};

use crate::limits::MAX_JSON_LEN;
use crate::{Abi, AbiError, Event, Fallback, Message, Migration, StorageField, TypeId};

/// The form of the document that this version writes and reads.
pub const JSON_VERSION: u32 = 1;

/// The document. The order of the fields here is their order in the text.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Document {
    hull_abi: u32,
    name: String,
    version: String,
    #[serde(default)]
    docs: Vec<String>,
    capabilities: CapabilitiesText,
    constructors: Vec<Message>,
    messages: Vec<Message>,
    fallback: Option<Fallback>,
    migration: Option<Migration>,
    events: Vec<Event>,
    errors: Vec<TypeId>,
    storage: Vec<StorageField>,
    types: PortableRegistry,
}

/// The one field that every form has.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnyForm {
    hull_abi: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CapabilitiesText {
    groups: Vec<String>,
    callees: CalleesText,
    /// Text, because readers in JavaScript have 53 bits.
    storage_quota: String,
    upgrade: UpgradeText,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum CalleesText {
    None,
    Granted,
    Any,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum UpgradeText {
    Never,
    Narrowing,
    Widening,
}

impl Abi {
    /// The ABI as a JSON document, indented, ending in a line feed. The same
    /// ABI gives the same text.
    ///
    /// | field | content |
    /// |---|---|
    /// | `hullAbi` | the form of the document, [`JSON_VERSION`] |
    /// | `name`, `version`, `docs` | of the contract |
    /// | `capabilities` | `groups`, `callees`, `storageQuota` (decimal text), `upgrade` |
    /// | `constructors`, `messages` | `name`, `selector` (hex), `args` (`name`, `type`), `returns`, `mutates`, `payable`, `docs` |
    /// | `fallback`, `migration` | null, or what there is |
    /// | `events` | `name`, `signatureTopic` (hex), `fields` (`name`, `type`, `indexed`, `docs`), `docs` |
    /// | `errors` | types |
    /// | `storage` | `name`, `key` (hex), `layout` (`value`, `map`, `list`, `orderedMap`, `group`), `docs` |
    /// | `types` | the registry as `scale-info` writes it; a type is named by its `id` |
    pub fn to_json(&self) -> String {
        let document = Document::from(self.clone());
        let mut text = serde_json::to_string_pretty(&document)
            .expect("the document has text keys only and no fallible part");
        text.push('\n');
        text
    }

    /// Reads what [`to_json`](Self::to_json) wrote.
    ///
    /// # Errors
    /// If the text is longer than [`MAX_JSON_LEN`], of another form, or breaks
    /// a rule of [`check`](Self::check).
    pub fn from_json(text: &str) -> Result<Self, AbiError> {
        if text.len() > MAX_JSON_LEN {
            return Err(AbiError::TooLong {
                what: "the JSON of the ABI",
                found: text.len(),
                limit: MAX_JSON_LEN,
            });
        }
        let form: AnyForm = serde_json::from_str(text)?;
        if form.hull_abi != JSON_VERSION {
            return Err(AbiError::Version {
                found: form.hull_abi,
                known: JSON_VERSION,
            });
        }
        let document: Document = serde_json::from_str(text)?;
        let abi = Self::try_from(document)?;
        abi.check()?;
        Ok(abi)
    }
}

impl From<Abi> for Document {
    fn from(abi: Abi) -> Self {
        Self {
            hull_abi: JSON_VERSION,
            name: abi.name,
            version: abi.version,
            docs: abi.docs,
            capabilities: abi.capabilities.into(),
            constructors: abi.constructors,
            messages: abi.messages,
            fallback: abi.fallback,
            migration: abi.migration,
            events: abi.events,
            errors: abi.errors,
            storage: abi.storage,
            types: abi.types,
        }
    }
}

impl TryFrom<Document> for Abi {
    type Error = serde_json::Error;

    fn try_from(document: Document) -> Result<Self, Self::Error> {
        Ok(Self {
            name: document.name,
            version: document.version,
            docs: document.docs,
            capabilities: document.capabilities.try_into()?,
            constructors: document.constructors,
            messages: document.messages,
            fallback: document.fallback,
            migration: document.migration,
            events: document.events,
            errors: document.errors,
            storage: document.storage,
            types: document.types,
        })
    }
}

impl From<Capabilities> for CapabilitiesText {
    fn from(it: Capabilities) -> Self {
        Self {
            groups: it.groups.iter().map(|group| group.to_string()).collect(),
            callees: match it.callees {
                Callees::None => CalleesText::None,
                Callees::Granted => CalleesText::Granted,
                Callees::Any => CalleesText::Any,
            },
            storage_quota: it.storage_quota.to_string(),
            upgrade: match it.upgrade {
                Upgrade::Never => UpgradeText::Never,
                Upgrade::Narrowing => UpgradeText::Narrowing,
                Upgrade::Widening => UpgradeText::Widening,
            },
        }
    }
}

impl TryFrom<CapabilitiesText> for Capabilities {
    type Error = serde_json::Error;

    fn try_from(text: CapabilitiesText) -> Result<Self, Self::Error> {
        let mut it = Self::LEAST;
        for name in &text.groups {
            let group = Group::ALL.into_iter().find(|group| group.name() == name);
            let group = group.ok_or_else(|| wrong(format!("unknown capability group `{name}`")))?;
            it.groups = it.groups.with(group);
        }
        it.callees = match text.callees {
            CalleesText::None => Callees::None,
            CalleesText::Granted => Callees::Granted,
            CalleesText::Any => Callees::Any,
        };
        let quota = text.storage_quota;
        it.storage_quota = quota
            .parse()
            .map_err(|_| wrong(format!("storageQuota `{quota}` is not a number of bytes")))?;
        it.upgrade = match text.upgrade {
            UpgradeText::Never => Upgrade::Never,
            UpgradeText::Narrowing => Upgrade::Narrowing,
            UpgradeText::Widening => Upgrade::Widening,
        };
        Ok(it)
    }
}

fn wrong(reason: String) -> serde_json::Error {
    serde::de::Error::custom(reason)
}
