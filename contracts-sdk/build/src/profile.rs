//! How a contract is compiled, whatever its manifest says.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// Bytes of the contract's stack. It lies below the data, so that a deep
/// recursion traps at address 0 instead of overwriting statics; one page keeps
/// an instance small.
pub const STACK_SIZE: u32 = 64 * 1024;

/// Settings of the release profile, as `cargo --config` takes them.
///
/// Size decides what a deployment costs, hence `s`, whole-program optimisation
/// and one codegen unit. (`z` inlines less, and made the counter and the token
/// 7 % and 2 % larger.) Overflows trap. Debug information is taken off afterwards
/// and kept beside the Wasm; `limited` is lines and functions without variables.
pub const SETTINGS: [(&str, &str); 11] = [
    ("opt-level", "\"s\""),
    ("lto", "\"fat\""),
    ("codegen-units", "1"),
    ("panic", "\"abort\""),
    ("overflow-checks", "true"),
    ("debug-assertions", "false"),
    ("debug", "\"limited\""),
    ("split-debuginfo", "\"off\""),
    ("strip", "\"none\""),
    ("incremental", "false"),
    ("rpath", "false"),
];

/// Arguments of the linker.
pub fn link_arguments() -> [String; 2] {
    ["--stack-first".into(), format!("-zstack-size={STACK_SIZE}")]
}

/// The folders whose names must not reach the code, and what stands for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Folders(Vec<(PathBuf, String)>);

impl Folders {
    /// The workspace, the build's own folder, and cargo's copies of
    /// dependencies, whose folder is named after the registry's address.
    pub(crate) fn new(workspace: &Path, target: &Path, cargo_home: Option<&Path>) -> Self {
        let mut folders = vec![(workspace.to_owned(), "/contract".to_owned())];
        for kind in ["registry/src", "git/checkouts"] {
            let Some(kind) = cargo_home.map(|home| home.join(kind)) else {
                continue;
            };
            folders.push((kind.clone(), "/dependencies".into()));
            let entries = kind.read_dir().into_iter().flatten().flatten();
            let mut entries: Vec<_> = entries.map(|entry| entry.path()).collect();
            entries.sort();
            folders.extend(entries.into_iter().map(|it| (it, "/dependencies".into())));
        }
        // Inside the workspace as a rule, so it comes after it: the compiler
        // takes the last that fits.
        folders.push((target.to_owned(), "/target".into()));
        Self(folders)
    }

    /// One more: a dependency by path that is not in the workspace.
    pub(crate) fn push(&mut self, folder: PathBuf, name: String) {
        self.0.push((folder, name));
    }

    /// Flags for every crate, separated as `CARGO_ENCODED_RUSTFLAGS` wants it.
    pub(crate) fn rust_flags(&self) -> OsString {
        let linker = link_arguments().map(|it| format!("-Clink-arg={it}").into());
        let mut flags: Vec<OsString> = linker.into();
        for (folder, name) in &self.0 {
            let mut flag = OsString::from("--remap-path-prefix=");
            flag.push(folder);
            flag.push(format!("={name}"));
            flags.push(flag);
        }
        flags.join(OsStr::new("\x1f"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_folder_comes_last() {
        let folders = Folders::new(
            Path::new("/home/ann/c"),
            Path::new("/home/ann/c/target"),
            None,
        );
        let flags = folders.rust_flags().into_string().unwrap();
        let flags: Vec<_> = flags.split('\x1f').collect();
        let position = |end: &str| flags.iter().position(|flag| flag.ends_with(end)).unwrap();
        assert!(position("=/home/ann/c=/contract") < position("=/home/ann/c/target=/target"));
        assert!(flags.iter().all(|flag| flag.starts_with('-')), "{flags:?}");
        assert!(flags.contains(&"-Clink-arg=-zstack-size=65536"));
    }
}
