//! The projects to begin with.

use clap::ValueEnum;
use serde::Serialize;

/// A project to begin with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(super) enum Template {
    /// The smallest contract that keeps something: a counter
    #[default]
    Minimal,
    /// A fungible token: balances, allowances, an owner who mints
    Token,
    /// Devices that sign readings, and an alert when a limit is passed
    Device,
}

macro_rules! files {
    ($folder:literal: $($path:literal),+) => {
        &[$(($path, include_str!(concat!("../../../templates/", $folder, "/", $path)))),+]
    };
}

type Files = &'static [(&'static str, &'static str)];

const MINIMAL: Files = files!("minimal": "README.md", "src/lib.rs", "tests/contract.rs");
const TOKEN: Files = files!("token": "README.md", "src/lib.rs", "tests/contract.rs");
const DEVICE: Files = files!("device": "README.md", "src/lib.rs", "tests/contract.rs");

/// What every project gets. The manifest is not named as one, so that cargo does
/// not take the templates for packages.
const SHARED: [(&str, &str); 3] = [
    (
        "Cargo.toml",
        include_str!("../../../templates/shared/manifest.toml"),
    ),
    (
        ".gitignore",
        include_str!("../../../templates/shared/gitignore"),
    ),
    (
        ".github/workflows/ci.yml",
        include_str!("../../../templates/shared/ci.yml"),
    ),
];

impl Template {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Minimal => "minimal",
            Self::Token => "token",
            Self::Device => "device",
        }
    }

    fn files(self) -> Files {
        match self {
            Self::Minimal => MINIMAL,
            Self::Token => TOKEN,
            Self::Device => DEVICE,
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::Minimal => "A contract that counts",
            Self::Token => "A fungible token",
            Self::Device => "Devices and their signed readings",
        }
    }

    /// Dependencies of the tests, beside the harness, in the versions of the lock file.
    fn test_dependencies(self) -> &'static str {
        match self {
            Self::Minimal | Self::Token => "",
            Self::Device => {
                "ed25519-dalek = { version = \"3\", default-features = false, features = [\"fast\", \"zeroize\"] }\n"
            }
        }
    }
}

/// The files of a project of this name, by their paths.
pub(super) fn render(template: Template, name: &str) -> Vec<(String, String)> {
    let values = [
        ("{{name}}", name),
        ("{{library}}", &name.replace('-', "_")),
        ("{{about}}", template.about()),
        ("{{test-dependencies}}\n", template.test_dependencies()),
    ];
    let fill = |text: &str| {
        let start = text.to_owned();
        values
            .iter()
            .fold(start, |text, (key, value)| text.replace(key, value))
    };
    let files = SHARED.iter().chain(template.files());
    files
        .map(|(path, content)| ((*path).to_owned(), fill(content)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_to_fill_in() {
        for template in Template::value_variants() {
            for (path, content) in render(*template, "my-name") {
                let left = content.replace("${{", "").contains("{{");
                assert!(!left, "{path}: {content}");
            }
        }
    }
}
