//! Builds the Wasm modules.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::tool_chain::{TARGET, ToolChain};
use crate::{Folders, cargo, run};

/// Builds every module that the benches load.
pub(crate) fn build(folders: &Folders) -> Result<()> {
    let tool_chain = ToolChain::find(&folders.workspace)?;
    let build = folders.bench().join("build");
    let package = |name, standard_library| {
        let mut command = tool_chain.build(standard_library);
        command
            .args(["--package", name, "--profile", "guest", "--target-dir"])
            .arg(&build)
            .current_dir(&folders.workspace);
        command
    };
    run(package("bench-workloads", "core,alloc").arg("--examples"))?;
    run(&mut package("bench-cw20", "std,panic_abort"))?;

    let modules = folders.modules();
    if modules.exists() {
        fs::remove_dir_all(&modules).with_context(|| format!("clear {}", modules.display()))?;
    }
    fs::create_dir_all(&modules).with_context(|| format!("create {}", modules.display()))?;
    let built = build.join(TARGET).join("guest");
    copy(&built.join("bench_cw20.wasm"), &modules.join("cw20.wasm"))?;
    copy(&sdk_token(folders)?, &modules.join("sdk-token.wasm"))?;
    let examples = built.join("examples");
    for entry in fs::read_dir(&examples).with_context(|| format!("read {}", examples.display()))? {
        let path = entry?.path();
        // Cargo leaves each module a second time, with a hash in its name.
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if name.ends_with(".wasm") && !name.contains('-') {
            copy(&path, &modules.join(name))?;
        }
    }
    Ok(())
}

/// Builds the token as contracts are: with stock Rust, for what it emits today.
fn sdk_token(folders: &Folders) -> Result<PathBuf> {
    let build = folders.bench().join("contracts");
    let mut command = Command::new(cargo());
    command
        .args(["rustc", "--release", "--package", "hull-token"])
        .args(["--lib", "--crate-type", "cdylib"])
        .args(["--target", TARGET, "--target-dir"])
        .arg(&build)
        .current_dir(folders.workspace.join("../contracts"));
    run(&mut command)?;
    Ok(build.join(TARGET).join("release/token.wasm"))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to).with_context(|| format!("copy {} to {}", from.display(), to.display()))?;
    Ok(())
}
