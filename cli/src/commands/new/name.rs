//! Names that a crate, a library and a module can all have.

use crate::error::Error;

/// Most characters: the ABI, file names and tables have room for it.
const LONGEST: usize = 40;

/// Words of the language, and crates that a contract's library must not hide.
const TAKEN: &[&str] = &[
    "abstract",
    "alloc",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "const",
    "continue",
    "core",
    "crate",
    "do",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "hull",
    "if",
    "impl",
    "in",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "proc-macro",
    "pub",
    "ref",
    "return",
    "self",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
    "yield",
];

/// The name itself if it will do.
pub(super) fn check(name: &str) -> Result<String, Error> {
    match fault(name) {
        None => Ok(name.to_owned()),
        Some(reason) => Err(Error::BadName {
            name: name.into(),
            reason,
            suggestion: suggestion(name),
        }),
    }
}

/// What is wrong with a name.
fn fault(name: &str) -> Option<&'static str> {
    let plain = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-' || it == '_';
    if name.is_empty() {
        Some("it is empty")
    } else if !name.starts_with(|it: char| it.is_ascii_lowercase()) {
        Some("it has to begin with a letter from a to z")
    } else if !name.chars().all(plain) {
        Some("it may have letters from a to z, digits, - and _")
    } else if name.len() > LONGEST {
        Some("it has more than 40 characters")
    } else if TAKEN.contains(&name) || name.starts_with("hull-") || name.starts_with("hull_") {
        Some("Rust or Hull itself uses it")
    } else {
        None
    }
}

/// A name as near as possible that will do.
fn suggestion(name: &str) -> String {
    let plain = |it: char| match it.to_ascii_lowercase() {
        it if it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_' => it,
        _ => '-',
    };
    let mapped: String = name.chars().map(plain).collect();
    let kept = mapped.trim_start_matches(|it: char| !it.is_ascii_lowercase());
    let kept: String = kept.chars().take(LONGEST).collect();
    let kept = kept.trim_end_matches('-');
    match fault(kept) {
        None => kept.to_owned(),
        Some(_) if kept.is_empty() => "my-contract".into(),
        Some(_) => format!("my-{kept}").chars().take(LONGEST).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_suggested_will_do() {
        let cases = [
            ("Token", "token"),
            ("9lives", "lives"),
            ("a b", "a-b"),
            ("", "my-contract"),
            ("fn", "my-fn"),
            ("hull-sdk", "my-hull-sdk"),
            ("Käse", "k-se"),
        ];
        for (name, expected) in cases {
            assert!(fault(name).is_some(), "{name}");
            assert_eq!(suggestion(name), expected);
            assert_eq!(fault(expected), None);
        }
        assert_eq!(fault(&suggestion(&"é".repeat(60))), None);
        assert_eq!(fault(&suggestion(&"a".repeat(60))), None);
        assert!(check("my-token_2").is_ok());
    }
}
