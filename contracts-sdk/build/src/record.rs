//! How a contract was built, for whoever wants to build it again.

use serde::{Deserialize, Serialize};

use crate::profile::{SETTINGS, link_arguments};
use crate::{SizeReport, TARGET, ToolChain};

/// The form of the record that this version writes.
pub const RECORD_VERSION: u32 = 1;

/// The facts of a build. It names no folder, user, machine or time: two builds
/// that give the same code give the same record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BuildRecord {
    /// The form of the record.
    pub hull_build: u32,
    /// The package's name.
    pub name: String,
    /// The package's version.
    pub version: String,
    /// The sha2-256 digest of the Wasm in hexadecimal: the code hash on the
    /// chain and the digest of the layer in a registry.
    pub digest: String,
    /// The compiler.
    pub compiler: Compiler,
    /// The target of the compilation.
    pub target: String,
    /// `installed` or `sources`: where the standard library came from.
    pub standard_library: String,
    /// Settings of the profile, `name=value`.
    pub profile: Vec<String>,
    /// Arguments of the linker.
    pub link_arguments: Vec<String>,
    /// Features of the package.
    pub features: Vec<String>,
    /// Whether its default features were on.
    pub default_features: bool,
    /// The sha2-256 digest of `Cargo.lock` in hexadecimal.
    pub lock_digest: Option<String>,
    /// Bytes.
    pub sizes: Sizes,
}

/// Which compiler it was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Compiler {
    /// The version, `1.95.0`.
    pub release: String,
    /// The commit it was made from.
    pub commit_hash: String,
    /// The version of LLVM behind it.
    pub llvm_version: String,
}

/// Bytes of the Wasm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sizes {
    /// The whole module.
    pub wasm: usize,
    /// The module without custom sections.
    pub without_custom: usize,
    /// The code section.
    pub code: usize,
    /// The data section.
    pub data: usize,
}

impl BuildRecord {
    /// The record as a JSON document, indented, ending in a line feed.
    pub fn to_json(&self) -> String {
        let text = serde_json::to_string_pretty(self);
        text.expect("the record has text keys only and no fallible part") + "\n"
    }
}

impl Compiler {
    /// Reads what `rustc -vV` prints.
    pub(crate) fn parse(text: &str) -> Self {
        let field = |name: &str| {
            let mut lines = text.lines().filter_map(|line| line.split_once(": "));
            let value = lines.find(|(key, _)| *key == name).map(|(_, value)| value);
            value.unwrap_or("unknown").to_owned()
        };
        Self {
            release: field("release"),
            commit_hash: field("commit-hash"),
            llvm_version: field("LLVM version"),
        }
    }
}

impl From<&SizeReport> for Sizes {
    fn from(report: &SizeReport) -> Self {
        Self {
            wasm: report.total,
            without_custom: report.without_custom,
            code: report.code,
            data: report.data,
        }
    }
}

/// The record of a build by this tool chain, without what only its result tells.
pub(crate) fn begin(tool_chain: &ToolChain) -> BuildRecord {
    let settings = SETTINGS
        .iter()
        .map(|(name, value)| format!("{name}={value}"));
    BuildRecord {
        hull_build: RECORD_VERSION,
        name: String::new(),
        version: String::new(),
        digest: String::new(),
        compiler: tool_chain.compiler.clone(),
        target: TARGET.into(),
        standard_library: tool_chain.standard_library.name().into(),
        profile: settings.collect(),
        link_arguments: link_arguments().into(),
        features: Vec::new(),
        default_features: true,
        lock_digest: None,
        sizes: Sizes::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compiler_tells_its_version() {
        let text = "rustc 1.95.0 (abc 2026-04-14)\nbinary: rustc\ncommit-hash: abcdef\n\
                    host: x86_64-unknown-linux-gnu\nrelease: 1.95.0\nLLVM version: 22.1.2";
        let compiler = Compiler::parse(text);
        assert_eq!(compiler.release, "1.95.0");
        assert_eq!(compiler.commit_hash, "abcdef");
        assert_eq!(compiler.llvm_version, "22.1.2");
        assert_eq!(Compiler::parse("").release, "unknown");
    }
}
