//! From `programs/*.wat` to `programs/*.wasm`.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use hull_host_api::{Callees, Capabilities, Group, Upgrade};

/// The line of a program that declares what it may do, for example
/// `;; may: storage events callees=any quota=1000 upgrade=widening`.
const DECLARATION: &str = ";; may:";

/// The folder of the programs.
pub fn folder() -> PathBuf {
    crate::root().join("programs")
}

/// The bytes of a program as committed.
pub fn load(name: &str) -> Result<Vec<u8>> {
    let path = folder().join(name).with_extension("wasm");
    fs::read(&path).with_context(|| format!("no program {}; bless makes it", path.display()))
}

/// Assembles a program from its text.
pub fn assemble(name: &str) -> Result<Vec<u8>> {
    let path = folder().join(name).with_extension("wat");
    let text = fs::read_to_string(&path).with_context(|| format!("no text {}", path.display()))?;
    let mut wasm = wat::parse_str(&text).with_context(|| format!("{name} does not assemble"))?;
    if let Some(line) = text.lines().find_map(|line| line.strip_prefix(DECLARATION)) {
        append_section(
            &mut wasm,
            &parse(line).with_context(|| format!("{name}: `{line}`"))?,
        );
    }
    Ok(wasm)
}

/// The names of all programs, in order.
pub fn names() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder())? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "wat") {
            let stem = path.file_stem().unwrap_or_default();
            names.push(stem.to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn parse(line: &str) -> Result<Capabilities> {
    let mut may = Capabilities::LEAST;
    for word in line.split_whitespace() {
        match word.split_once('=') {
            None => {
                let group = Group::ALL.into_iter().find(|group| group.name() == word);
                may.groups = may.groups.with(group.context("no such group")?);
            }
            Some(("quota", bytes)) => may.storage_quota = bytes.parse()?,
            Some(("callees", "any")) => may.callees = Callees::Any,
            Some(("callees", "granted")) => may.callees = Callees::Granted,
            Some(("upgrade", "narrowing")) => may.upgrade = Upgrade::Narrowing,
            Some(("upgrade", "widening")) => may.upgrade = Upgrade::Widening,
            Some(_) => bail!("unknown word `{word}`"),
        }
    }
    Ok(may)
}

/// Appends the custom section with the declaration.
fn append_section(wasm: &mut Vec<u8>, may: &Capabilities) {
    wasm.extend(may.section());
}
