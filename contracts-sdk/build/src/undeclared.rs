//! What a contract uses and does not declare.

use std::fmt;

use hull_host_api::{Capabilities, Group, HOST_FUNCTIONS, IMPORT_MODULE};

use crate::SizeReport;

/// A group of host functions that a module imports from without declaring it: a
/// chain refuses such code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undeclared {
    /// The group.
    pub group: Group,
    /// The functions that are imported.
    pub functions: Vec<&'static str>,
}

impl SizeReport {
    /// What the module imports beyond its declaration, by group. Without one it
    /// may do least.
    pub fn undeclared(&self) -> Vec<Undeclared> {
        let declared = self.capabilities.unwrap_or(Capabilities::LEAST).groups;
        let missing = Group::ALL.into_iter().filter(|it| !declared.contains(*it));
        let found = missing.map(|group| Undeclared {
            group,
            functions: self.imported(group),
        });
        found.filter(|it| !it.functions.is_empty()).collect()
    }

    fn imported(&self, group: Group) -> Vec<&'static str> {
        let functions = HOST_FUNCTIONS.iter().filter(|it| it.group == group);
        let imports = |name: &str| {
            (self.imports.iter()).any(|it| it.module == IMPORT_MODULE && it.name == name)
        };
        functions
            .map(|it| it.name)
            .filter(|name| imports(name))
            .collect()
    }
}

impl Undeclared {
    /// What to write among the contract's `capabilities(..)`.
    pub fn declaration(&self) -> &'static str {
        match self.group {
            Group::Storage => "storage = \"64 KiB\"",
            Group::Call => "calls = \"granted\"",
            Group::Upgrade => "upgrade = \"narrowing\"",
            group => group.name(),
        }
    }
}

impl fmt::Display for Undeclared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (group, functions) = (self.group, self.functions.join("`, `"));
        let declaration = self.declaration();
        write!(
            f,
            "it imports `{functions}` of the group `{group}`, which it does not declare; add it:\n    \
             #[hull::contract(capabilities({declaration}, ..))]"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(declared: Option<Capabilities>) -> SizeReport {
        let mut wasm = wat::parse_str(
            r#"(module
                (import "hull" "caller" (func (param i32)))
                (import "hull" "event" (func (param i32 i32 i32 i32)))
                (import "hull" "storage_read" (func (param i32 i32 i32 i32) (result i64)))
                (import "hull" "storage_write" (func (param i32 i32 i32 i32)))
                (import "other" "call" (func)))"#,
        )
        .unwrap();
        if let Some(declared) = declared {
            let declared = declared.encode();
            let section = wasm_encoder::CustomSection {
                name: hull_host_api::CAPABILITIES_SECTION.into(),
                data: declared.as_slice().into(),
            };
            wasm_encoder::Section::append_to(&section, &mut wasm);
        }
        SizeReport::read(&wasm).unwrap()
    }

    #[test]
    fn groups_that_are_used_must_be_declared() {
        let storage = Undeclared {
            group: Group::Storage,
            functions: vec!["storage_read", "storage_write"],
        };
        let events = Undeclared {
            group: Group::Events,
            functions: vec!["event"],
        };
        assert_eq!(report(None).undeclared(), [storage.clone(), events]);
        let mut declared = Capabilities::LEAST;
        declared.groups = declared.groups.with(Group::Events);
        assert_eq!(
            report(Some(declared)).undeclared(),
            std::slice::from_ref(&storage)
        );
        assert_eq!(report(Some(Capabilities::ALL)).undeclared(), []);
        let text = storage.to_string();
        assert!(text.contains("`storage_read`, `storage_write`"), "{text}");
        assert!(
            text.contains("capabilities(storage = \"64 KiB\", ..)"),
            "{text}"
        );
    }

    /// The names of the groups are those of the macro, but where it takes a value.
    #[test]
    fn every_group_has_a_declaration() {
        for group in Group::ALL {
            let functions = Vec::new();
            let declaration = Undeclared { group, functions }.declaration();
            assert_eq!(
                declaration
                    .split(' ')
                    .next()
                    .map(|it| it.trim_end_matches('s')),
                Some(group.name().trim_end_matches('s'))
            );
        }
    }
}
