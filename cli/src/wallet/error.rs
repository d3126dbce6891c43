//! What is wrong with keys and names.

use std::io;
use std::path::{Path, PathBuf};

use miette::Diagnostic;
use thiserror::Error;

use crate::Exit;
use crate::error::{name_help, nearest};

/// Why a key or a name is not to be had.
#[derive(Debug, Error, Diagnostic)]
pub(crate) enum WalletError {
    #[error("there is no home to keep keys in")]
    #[diagnostic(code(no_home), help("name a folder: HULL_HOME=/path/to/folder"))]
    NoHome,
    #[error("cannot {doing} {}", path.display())]
    #[diagnostic(code(file), help("check the path and its permissions"))]
    File {
        doing: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{} is damaged: {reason}", path.display())]
    #[diagnostic(
        code(damaged),
        help("mend it by hand or bring it back from a backup; nothing was changed")
    )]
    Damaged { path: PathBuf, reason: String },
    #[error("there is no {kind} `{name}`")]
    #[diagnostic(code(unknown), help("{}", name_help(nearest.as_deref(), known)))]
    Unknown {
        kind: &'static str,
        name: String,
        nearest: Option<String>,
        known: Vec<String>,
    },
    #[error("`{name}` cannot be the name of a {kind}: {reason}")]
    #[diagnostic(
        code(bad_label),
        help("take a letter first, then letters, digits, - or _")
    )]
    BadLabel {
        kind: &'static str,
        name: String,
        reason: &'static str,
    },
    #[error("{what} is no key: {reason}")]
    #[diagnostic(
        code(bad_key),
        help(
            "give 32 bytes as 64 hexadecimal digits, or PKCS #8 as PEM; a new key: cargo hull keys generate NAME"
        )
    )]
    BadKey { what: String, reason: String },
    #[error("there is a key `{name}` already")]
    #[diagnostic(
        code(key_exists),
        help("take another name; a key is never overwritten, because it may be the only copy")
    )]
    KeyExists { name: String },
    #[error("that is not the password of `{name}`")]
    #[diagnostic(
        code(wrong_password),
        help("try again; without the password nobody can bring the key back")
    )]
    WrongPassword { name: String },
    #[error("the two passwords differ")]
    #[diagnostic(code(passwords_differ), help("type the same one twice"))]
    PasswordsDiffer,
    #[error("the password is empty")]
    #[diagnostic(
        code(empty_password),
        help("it is all that protects the key from whoever reads the file")
    )]
    EmptyPassword,
    #[error("the system has no randomness to make a key of")]
    #[diagnostic(code(no_randomness), help("see whether /dev/urandom can be read"))]
    NoRandomness,
    #[error("there is no terminal to ask for a secret")]
    #[diagnostic(
        code(no_terminal),
        help("name a file: --password-file FILE, or HULL_PASSWORD_FILE=FILE")
    )]
    NoTerminal,
}

impl WalletError {
    /// How the process ends.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Unknown { .. }
            | Self::BadLabel { .. }
            | Self::BadKey { .. }
            | Self::KeyExists { .. }
            | Self::PasswordsDiffer
            | Self::EmptyPassword
            | Self::NoTerminal => Exit::Usage,
            Self::NoHome | Self::NoRandomness | Self::File { .. } | Self::Damaged { .. } => {
                Exit::Input
            }
            Self::WrongPassword { .. } => Exit::No,
        }
    }

    pub(super) fn file(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File {
            doing,
            path: path.into(),
            source,
        }
    }

    pub(crate) fn unknown(kind: &'static str, name: &str, known: Vec<String>) -> Self {
        Self::Unknown {
            kind,
            name: name.into(),
            nearest: nearest(name, &known),
            known,
        }
    }
}
