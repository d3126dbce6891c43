//! Why a command did not come to an answer, and what to do next.

use std::path::{Path, PathBuf};
use std::{fmt, io};

use hull_abi::{AbiError, ValueError};
use hull_build::BuildError;
use hull_vm::AdmissionError;
use hull_vm::host_api::Fatal;
use miette::Diagnostic;
use serde_json::{Value, json};
use thiserror::Error;

use crate::Exit;
use crate::remote::RemoteError;
use crate::wallet::WalletError;

/// Why there is no answer.
#[derive(Debug, Error, Diagnostic)]
pub(crate) enum Error {
    #[error("`{name}` is no name for a contract: {reason}")]
    #[diagnostic(code(bad_name), help("take another one: cargo hull new {suggestion}"))]
    BadName {
        name: String,
        reason: &'static str,
        suggestion: String,
    },
    #[error("{} is there already and not empty", path.display())]
    #[diagnostic(
        code(folder_exists),
        help("choose another name, or empty the folder first")
    )]
    FolderExists { path: PathBuf },
    #[error("there is no Cargo.toml in {} or above it", folder.display())]
    #[diagnostic(
        code(no_project),
        help("go to the folder of a contract, or make one: cargo hull new my-contract")
    )]
    NoProject { folder: PathBuf },
    #[error("no Rust tool chain here builds for {}", hull_build::TARGET)]
    #[diagnostic(
        code(no_tool_chain),
        help("install the target: rustup target add {}", hull_build::TARGET)
    )]
    NoToolChain,
    #[error("there is no hulld, which is the node")]
    #[diagnostic(
        code(no_node),
        help("install it from Hull's repository: cargo install --path node")
    )]
    NoNode,
    #[error("the contract does not build")]
    #[diagnostic(code(build_failed), help("{}", build_help(source)))]
    Build {
        #[source]
        source: Box<BuildError>,
    },
    #[error("cannot {doing} {}", path.display())]
    #[diagnostic(code(file), help("check the path and its permissions"))]
    File {
        doing: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("cannot start {program}")]
    #[diagnostic(code(no_program), help("install it, then see: cargo hull doctor"))]
    Start {
        program: String,
        #[source]
        source: io::Error,
    },
    #[error("{} is not a Wasm module: it begins with {found}", path.display())]
    #[diagnostic(
        code(not_wasm),
        help("name the .wasm file of a build: cargo hull build says where it is")
    )]
    NotWasm { path: PathBuf, found: String },
    #[error("{} is damaged: {reason}", path.display())]
    #[diagnostic(code(bad_module), help("build it again: cargo hull build"))]
    BadModule { path: PathBuf, reason: String },
    #[error("the ABI in {} is wrong", path.display())]
    #[diagnostic(code(bad_abi), help("build the contract again: cargo hull build"))]
    BadAbi {
        path: PathBuf,
        #[source]
        source: AbiError,
    },
    #[error("{} has no ABI", path.display())]
    #[diagnostic(
        code(no_abi),
        help("build it with the SDK and cargo hull build, or name its .abi.json")
    )]
    NoAbi { path: PathBuf },
    #[error("{contract} has no {kind} `{name}`")]
    #[diagnostic(code(unknown_name), help("{}", name_help(nearest.as_deref(), known)))]
    UnknownName {
        contract: String,
        kind: &'static str,
        name: String,
        nearest: Option<String>,
        known: Vec<String>,
    },
    #[error("the arguments do not fit {signature}")]
    #[diagnostic(
        code(bad_value),
        help(
            "give the arguments in their order, or each as name=value; lists and structs as JSON"
        )
    )]
    BadValue {
        signature: String,
        #[source]
        source: ValueError,
    },
    #[error("the data does not decode as {what}")]
    #[diagnostic(
        code(bad_data),
        help("check that the data is whole and that this is the contract it belongs to")
    )]
    BadData {
        what: String,
        #[source]
        source: ValueError,
    },
    #[error("`{text}` is not hexadecimal: {reason}")]
    #[diagnostic(
        code(bad_hex),
        help("write bytes as 0x and two digits for each: 0x00ff")
    )]
    BadHex { text: String, reason: String },
    #[error("`{text}` has {bytes} bytes, topic 0 of an event has 32")]
    #[diagnostic(
        code(bad_topic),
        help("copy the whole first topic; a log without topics is no event of a contract")
    )]
    BadTopic { text: String, bytes: usize },
    #[error("the network would not admit {contract}")]
    #[diagnostic(
        code(not_admitted),
        help("see what is wrong, and where: cargo hull check")
    )]
    NotAdmitted {
        contract: String,
        #[source]
        source: AdmissionError,
    },
    #[error("{what} did not succeed: {reason}")]
    #[diagnostic(code(call_failed), help("{help}"))]
    CallFailed {
        what: String,
        reason: String,
        help: &'static str,
    },
    #[error("the engine failed")]
    #[diagnostic(
        code(engine),
        help("see whether memory and disk are full; else it is a bug")
    )]
    Engine {
        #[source]
        source: Fatal,
    },
    #[error("the snapshot of gas cannot be used")]
    #[diagnostic(
        code(snapshot),
        help("mend the file, or write a new one: cargo hull gas --save")
    )]
    Snapshot {
        #[source]
        source: hull_testing::SnapshotError,
    },
    #[error("the call `{text}` cannot be read: {reason}")]
    #[diagnostic(
        code(bad_call),
        help("write it as at a terminal, in quotes: 'transfer to=@bob amount=5'")
    )]
    BadCall { text: String, reason: &'static str },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Wallet(#[from] WalletError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Remote(#[from] RemoteError),
    #[error("the flame graph cannot be drawn: {reason}")]
    #[diagnostic(
        code(flame_graph),
        help("the table and --json need no drawing; report the bug")
    )]
    Drawing { reason: String },
}

impl Error {
    /// How the process ends.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::BadName { .. }
            | Self::FolderExists { .. }
            | Self::UnknownName { .. }
            | Self::BadValue { .. }
            | Self::BadHex { .. }
            | Self::BadTopic { .. }
            | Self::BadCall { .. } => Exit::Usage,
            Self::NoProject { .. }
            | Self::File { .. }
            | Self::NotWasm { .. }
            | Self::BadModule { .. }
            | Self::BadAbi { .. }
            | Self::NoAbi { .. }
            | Self::BadData { .. }
            | Self::Engine { .. }
            | Self::Snapshot { .. }
            | Self::Drawing { .. } => Exit::Input,
            Self::Wallet(error) => error.exit(),
            Self::Remote(error) => error.exit(),
            Self::NotAdmitted { .. } | Self::CallFailed { .. } => Exit::No,
            Self::NoToolChain | Self::NoNode | Self::Start { .. } => Exit::Missing,
            Self::Build { source } => match **source {
                BuildError::Manifest { .. }
                | BuildError::NoLibrary { .. }
                | BuildError::File { .. } => Exit::Input,
                BuildError::Start { .. } => Exit::Missing,
                _ => Exit::Build,
            },
        }
    }

    pub(crate) fn file(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File {
            doing,
            path: path.into(),
            source,
        }
    }

    /// `{"error": {"code", "message", "causes", "help"}}`.
    pub(crate) fn to_json(&self) -> Value {
        let first = std::error::Error::source(self);
        let causes = std::iter::successors(first, |error| error.source());
        let causes: Vec<_> = causes.map(ToString::to_string).collect();
        json!({"error": {
            "code": self.code().map(|it| it.to_string()),
            "message": self.to_string(),
            "causes": causes,
            "help": self.help().map(|it| it.to_string()),
        }})
    }
}

/// The error as people see it: its code is for programs.
#[derive(Debug)]
pub(crate) struct Shown<'e>(pub(crate) &'e Error);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Shown<'_> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(self.0)
    }
}

impl Diagnostic for Shown<'_> {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.0.help()
    }
}

impl From<BuildError> for Error {
    fn from(error: BuildError) -> Self {
        match error {
            BuildError::NoToolChain => Self::NoToolChain,
            other => Self::Build {
                source: Box::new(other),
            },
        }
    }
}

impl From<Fatal> for Error {
    fn from(source: Fatal) -> Self {
        Self::Engine { source }
    }
}

fn build_help(error: &BuildError) -> &'static str {
    match error {
        BuildError::Compile { .. } => "the compiler has said above what is wrong, and where",
        BuildError::Manifest { .. } | BuildError::NoLibrary { .. } => {
            "mend Cargo.toml; a fresh one to compare with: cargo hull new"
        }
        BuildError::NoAbi { .. } => "mark the contract's module: #[hull::contract] pub mod name",
        BuildError::Undeclared { .. } => "or remove the code that uses the functions",
        _ => "see what this machine lacks: cargo hull doctor",
    }
}

/// The name that was probably meant.
pub(crate) fn nearest(name: &str, known: &[String]) -> Option<String> {
    /// Below it, names have little in common.
    const ALIKE: f64 = 0.7;
    let alike = |it: &&String| strsim::jaro_winkler(name, it);
    let best = known.iter().max_by(|a, b| alike(a).total_cmp(&alike(b)))?;
    (alike(&best) > ALIKE).then(|| best.clone())
}

pub(crate) fn name_help(nearest: Option<&str>, known: &[String]) -> String {
    let all = match known {
        [] => "there is none".to_owned(),
        known => format!("there is {}", known.join(", ")),
    };
    match nearest {
        Some(nearest) => format!("did you mean `{nearest}`? {all}"),
        None => all,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_error_ends_as_what_it_is() {
        let exits = [
            Error::from(BuildError::NoToolChain).exit(),
            Error::from(BuildError::NoLibrary {
                manifest: "Cargo.toml".into(),
            })
            .exit(),
            Error::from(BuildError::Module {
                reason: "odd".into(),
            })
            .exit(),
        ];
        assert_eq!(exits, [Exit::Missing, Exit::Input, Exit::Build]);
    }
}
