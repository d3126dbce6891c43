//! `hulld signing`: the record of what a validator signed.

use std::fs;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};
use hull_consensus::{GuardError, SigningGuard};
use hull_types::host_api::Hash;
use serde_json::json;

use crate::args::SigningCommand;
use crate::banner::print;
use crate::home::Home;

/// Longest exported record that is read: five times one.
const MAX_TEXT: u64 = 4_096;

pub(crate) fn run(command: &SigningCommand) -> Result<()> {
    match command {
        SigningCommand::Show { home, json } => show(&home.get(), *json),
        SigningCommand::Export { home, to } => export(&home.get(), to.as_deref()),
        SigningCommand::Import { home, file } => import(&home.get(), file),
        SigningCommand::Create { home, .. } => create(&home.get()),
    }
}

/// Takes hold of a home's record, to sign with it.
pub(crate) fn open(home: &Home, chain_id: &Hash, secret: &[u8; 32]) -> Result<SigningGuard> {
    let opened = SigningGuard::open(&home.signing(), chain_id, secret);
    opened.map_err(|error| match error {
        GuardError::Missing { .. } | GuardError::Damaged { .. } => anyhow!(
            "{error}: `hulld signing import --home {home}`, or `hulld signing create --home {home}`",
            home = home.folder().display()
        ),
        error => error.into(),
    })
}

/// The chain and the secret of a home that has the key of a validator.
fn validator(home: &Home) -> Result<(Hash, [u8; 32])> {
    let secret = home.validator_key()?.with_context(|| {
        let path = home.validator_file();
        format!("{} is not there: a full node signs nothing", path.display())
    })?;
    Ok((home.genesis()?.chain_id(), secret))
}

fn show(home: &Home, as_json: bool) -> Result<()> {
    let (chain_id, secret) = validator(home)?;
    let guard = open(home, &chain_id, &secret)?;
    let (key, last) = (hex::encode(guard.public_key()), guard.position());
    print(&match as_json {
        true => {
            let last = last.0.map(|(height, round, step)| {
                json!({ "height": height, "round": round, "step": step.to_string() })
            });
            let chain = format!("0x{chain_id}");
            let record = json!({ "chainId": chain, "validator": key, "last": last });
            format!("{record}\n")
        }
        false => format!("chain      0x{chain_id}\nvalidator  {key}\nlast       {last}\n"),
    });
    Ok(())
}

fn export(home: &Home, to: Option<&Path>) -> Result<()> {
    let text = SigningGuard::export(&home.signing())? + "\n";
    let Some(path) = to else {
        print(&text);
        return Ok(());
    };
    fs::write(path, text).with_context(|| format!("write {}", path.display()))?;
    print(&format!(
        "wrote {}; from now on the key signs where this is imported, not here\n",
        path.display()
    ));
    Ok(())
}

fn import(home: &Home, file: &Path) -> Result<()> {
    let (chain_id, secret) = validator(home)?;
    let text = read(file).with_context(|| format!("read {}", file.display()))?;
    let imported = SigningGuard::import(&home.signing(), &chain_id, &secret, &text);
    imported.with_context(|| format!("import {}", file.display()))?;
    show(home, false)
}

/// A file, or with `-` what comes in.
fn read(file: &Path) -> Result<String> {
    let mut text = String::new();
    let read = match file.as_os_str() == "-" {
        true => std::io::stdin()
            .take(MAX_TEXT + 1)
            .read_to_string(&mut text),
        false => fs::File::open(file)?
            .take(MAX_TEXT + 1)
            .read_to_string(&mut text),
    }?;
    ensure!(
        read as u64 <= MAX_TEXT,
        "an exported record has less than {MAX_TEXT} bytes"
    );
    Ok(text)
}

fn create(home: &Home) -> Result<()> {
    let (chain_id, secret) = validator(home)?;
    SigningGuard::create(&home.signing(), &chain_id, &secret)?;
    show(home, false)
}
