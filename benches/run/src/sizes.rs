//! What contracts weigh: the same two, written for ink! and for Hull.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use bench_summary::Figure;
use wasmparser::{Parser, Payload};

use crate::tool_chain::TARGET;
use crate::{Folders, cargo, run};

/// Subjects and the first part of their packages' names.
const SUBJECTS: [(&str, &str); 2] = [("ink! 5.1", "ink"), ("hull", "hull")];
const CONTRACTS: [&str; 2] = ["flipper", "erc20"];

/// Builds the contracts, all with one profile and no tool but the compiler, and
/// weighs them.
pub(crate) fn weigh(folders: &Folders) -> Result<Vec<Figure>> {
    let build = folders.bench().join("sizes");
    let mut command = Command::new(cargo());
    command
        .args(["build", "--release", "--locked", "--target", TARGET])
        .arg("--target-dir")
        .arg(&build)
        .env("CARGO_ENCODED_RUSTFLAGS", "-Clink-arg=-zstack-size=65536")
        .current_dir(folders.workspace.join("sizes"));
    run(&mut command)?;
    let built = build.join(TARGET).join("release");
    let mut figures = Vec::new();
    for (subject, prefix) in SUBJECTS {
        for contract in CONTRACTS {
            let file = built.join(format!("{prefix}_{contract}.wasm"));
            figures.push(Figure {
                group: "size".to_owned(),
                subject: subject.to_owned(),
                workload: contract.to_owned(),
                value: bytes(&file)? as f64,
                unit: "bytes".to_owned(),
            });
        }
    }
    Ok(figures)
}

/// The bytes of a module without its custom sections.
fn bytes(file: &Path) -> Result<u64> {
    let wasm = fs::read(file).with_context(|| format!("read {}", file.display()))?;
    let mut custom = 0;
    for payload in Parser::new(0).parse_all(&wasm) {
        if let Payload::CustomSection(section) = payload? {
            let content = section.range().end - section.range().start;
            // The identifier, and the length as it is written.
            custom += 1 + length_of(content) + content;
        }
    }
    Ok(wasm.len() as u64 - custom)
}

fn length_of(mut value: u64) -> u64 {
    let mut length = 1;
    while value >= 0x80 {
        value >>= 7;
        length += 1;
    }
    length
}
