//! What a project gets of Hull itself.
//!
//! Until the crates are published, the binary carries their sources, and a
//! project depends on them by a path inside itself.

include!(concat!(env!("OUT_DIR"), "/sources.rs"));

/// Their folder in a project.
pub(crate) const FOLDER: &str = ".hull";

/// Every file by its path in [`FOLDER`], in the order of the paths.
///
/// The build script packs them. [`LOCK`] is the lock file of Hull's own workspace:
/// a project resolves to the same versions, and cargo drops what it does not use.
pub(crate) fn sources() -> &'static [(&'static str, &'static str)] {
    SOURCES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crates_are_whole() {
        let manifests: Vec<_> = sources()
            .iter()
            .filter_map(|(path, _)| path.strip_suffix("/Cargo.toml"))
            .collect();
        for needed in ["contracts-sdk", "contracts-sdk/testing", "host-api", "vm"] {
            assert!(
                manifests.contains(&needed),
                "{needed} is not in {manifests:?}"
            );
        }
        let paths: Vec<_> = sources().iter().map(|(path, _)| *path).collect();
        for folder in manifests {
            let root = format!("{folder}/src/lib.rs");
            assert!(paths.contains(&&*root), "{root}");
        }
    }

    #[test]
    fn nothing_leads_out_of_the_folder() {
        for (path, content) in sources().iter().filter(|it| it.0.ends_with("Cargo.toml")) {
            assert!(!content.contains("dev-dependencies"), "{path}");
            assert!(!content.contains("path = \"/"), "{path}");
            assert!(!content.contains("\"../"), "{path}");
        }
    }
}
