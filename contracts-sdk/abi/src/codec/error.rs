//! Why a value does not fit its type.

use std::fmt;

use serde_json::Value;
use thiserror::Error;

/// Where and why a value does not fit its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueError {
    /// From the outermost name to the part: names of arguments and fields,
    /// positions, variants. Empty for the whole.
    pub path: Vec<String>,
    /// What is wrong there.
    pub kind: ValueErrorKind,
}

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ValueErrorKind {
    /// Something else was expected.
    #[error("expected {expected}, found {found}{}", .reason.map(|it| format!(", {it}")).unwrap_or_default())]
    Unexpected {
        /// The type, or the form that its values have.
        expected: String,
        /// What was there, shortened.
        found: String,
        /// More about it, if there is more.
        reason: Option<&'static str>,
    },
    /// An address that is none of this network's.
    #[error("{0}")]
    Address(hull_host_api::AddressTextError),
    /// A field or argument that has to be there.
    #[error("is missing; expected {expected}")]
    Missing {
        /// Its type.
        expected: String,
    },
    /// An argument or field that the ABI does not know.
    #[error("is unknown; there {}", one_of(known))]
    UnknownArg {
        /// Those that it knows.
        known: Vec<String>,
    },
    /// A variant that the enum does not have.
    #[error("`{found}` is no variant of {expected}; there {}", one_of(known))]
    UnknownVariant {
        /// The enum.
        expected: String,
        /// What was there, shortened.
        found: String,
        /// Its variants.
        known: Vec<String>,
    },
    /// An argument that comes twice.
    #[error("is given twice")]
    Twice,
    /// Arguments are `name=value`.
    #[error("`{text}` is not of the form name=value")]
    NoEquals {
        /// What was given.
        text: String,
    },
    /// Arguments are an object or a list.
    #[error("arguments are an object by name or a list by position")]
    ArgsShape,
    /// Too few or too many arguments by position.
    #[error("expected {expected} arguments, found {found}")]
    ArgCount {
        /// How many the message has.
        expected: usize,
        /// How many came.
        found: usize,
    },
    /// Too few or too many elements.
    #[error("expected {expected} elements, found {found}")]
    Length {
        /// How many the type has.
        expected: usize,
        /// How many came.
        found: usize,
    },
    /// The bytes end within the value.
    #[error("the data ends within {expected}")]
    Truncated {
        /// The type.
        expected: String,
    },
    /// The bytes are no value of the type.
    #[error("the data is no {expected}: {reason}")]
    Malformed {
        /// The type.
        expected: String,
        /// Why.
        reason: &'static str,
    },
    /// The bytes go on after the value.
    #[error("{count} bytes are left after the value")]
    Trailing {
        /// How many.
        count: usize,
    },
    /// The value is nested deeper than [`limits::MAX_VALUE_DEPTH`](crate::limits::MAX_VALUE_DEPTH).
    #[error("is nested deeper than {limit}", limit = crate::limits::MAX_VALUE_DEPTH)]
    Depth,
    /// The value has more parts than [`limits::MAX_VALUE_PARTS`](crate::limits::MAX_VALUE_PARTS).
    #[error("has more than {limit} parts", limit = crate::limits::MAX_VALUE_PARTS)]
    Parts,
    /// A type of which no values are read or written.
    #[error("values of {expected} are not supported")]
    Unsupported {
        /// The type.
        expected: String,
    },
    /// No message or constructor has this selector.
    #[error("no message has the selector {found}")]
    Selector {
        /// The selector, or the whole input if it is shorter.
        found: String,
    },
    /// No event has this signature topic.
    #[error("no event has the signature topic {found}")]
    Topic {
        /// The topic.
        found: String,
    },
    /// No field of the storage has keys like this one.
    #[error("no storage field has the key {found}")]
    StorageKey {
        /// The key.
        found: String,
    },
    /// The data of a result begins with neither success nor a known failure.
    #[error("{found} bytes of data beginning with {first:?} are no result of a message")]
    Output {
        /// The length in bytes.
        found: usize,
        /// The first byte.
        first: Option<u8>,
    },
}

impl ValueErrorKind {
    /// The error at a part of the value.
    pub(crate) fn at(self, name: &str) -> ValueError {
        ValueError::from(self).inside(name)
    }
}

impl ValueError {
    /// The same error seen from one level further out.
    pub(crate) fn inside(mut self, name: &str) -> Self {
        self.path.insert(0, name.to_owned());
        self
    }
}

impl From<ValueErrorKind> for ValueError {
    fn from(kind: ValueErrorKind) -> Self {
        let path = Vec::new();
        Self { path, kind }
    }
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            return write!(f, "{}", self.kind);
        }
        let path = self.path.join(".");
        match self.kind {
            ValueErrorKind::Missing { .. }
            | ValueErrorKind::UnknownArg { .. }
            | ValueErrorKind::Twice
            | ValueErrorKind::Depth
            | ValueErrorKind::Parts => write!(f, "`{path}` {}", self.kind),
            _ => write!(f, "`{path}`: {}", self.kind),
        }
    }
}

impl std::error::Error for ValueError {}

fn one_of(names: &[String]) -> String {
    match names {
        [] => "are none".into(),
        [one] => format!("is only `{one}`"),
        many => format!("are `{}`", many.join("`, `")),
    }
}

/// A value as it is shown in an error: whole if short.
pub(crate) fn shown(value: &Value) -> String {
    const LONGEST: usize = 60;
    match value {
        Value::Array(list) => format!("a list of {}", list.len()),
        Value::Object(_) => "an object".into(),
        other => {
            let text = other.to_string();
            let short: String = text.chars().take(LONGEST).collect();
            if short.len() < text.len() {
                return format!("{short}…");
            }
            text
        }
    }
}
