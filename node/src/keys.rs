//! `hulld keys`: the keys of a home.

use anyhow::{Result, ensure};
use ed25519_dalek::SigningKey;
use hull_consensus::SigningGuard;
use hull_net::Keypair;
use serde_json::{Value, json};

use crate::args::KeysCommand;
use crate::banner::print;
use crate::home::Home;
use crate::network::peer_id;

pub(crate) fn run(command: &KeysCommand) -> Result<()> {
    match command {
        KeysCommand::Show { home, json } => show(&home.get(), *json),
        KeysCommand::Generate {
            home,
            validator,
            json,
        } => generate(&home.get(), *validator, *json),
    }
}

/// A new secret, from the system's randomness.
pub(crate) fn new_secret() -> Result<[u8; 32]> {
    let pair = Keypair::generate_ed25519().try_into_ed25519()?;
    Ok(pair.secret().as_ref().try_into()?)
}

/// The public key of a validator.
pub(crate) fn validator_of(secret: &[u8; 32]) -> [u8; 32] {
    SigningKey::from_bytes(secret).verifying_key().to_bytes()
}

fn show(home: &Home, as_json: bool) -> Result<()> {
    let peer = peer_id(&home.node_key()?)?.to_string();
    let validator = home.validator_key()?.map(|secret| validator_of(&secret));
    // A home may get its genesis later.
    let genesis = home
        .genesis_file()
        .exists()
        .then(|| home.genesis())
        .transpose()?;
    let power = validator.zip(genesis).map(|(key, genesis)| {
        let mut validators = genesis.validators.iter();
        let found = validators.find(|validator| validator.public_key == key);
        found.map_or(0, |validator| validator.power)
    });
    if as_json {
        let value = json!({
            "peer": peer,
            "validator": validator.map(hex::encode),
            "genesisPower": power,
        });
        print(&format!("{value}\n"));
        return Ok(());
    }
    print(&format!("peer       {peer}\n"));
    let text = match (validator, power) {
        (None, _) => "none: a full node; `hulld keys generate --validator` makes one".into(),
        (Some(key), None) => hex::encode(key),
        (Some(key), Some(0)) => format!("{} (not in the genesis)", hex::encode(key)),
        (Some(key), Some(power)) => format!("{} (power {power} in the genesis)", hex::encode(key)),
    };
    print(&format!("validator  {text}\n"));
    Ok(())
}

/// Makes the keys that are missing. One that is there is never replaced.
fn generate(home: &Home, validator: bool, as_json: bool) -> Result<()> {
    let folder = home.folder();
    ensure!(
        folder.is_dir(),
        "there is no home in {}; make one with `hulld init --home {}`",
        folder.display(),
        folder.display()
    );
    let mut made = Vec::new();
    if !home.node_file().exists() {
        Home::write_key(&home.node_file(), &new_secret()?)?;
        made.push("node.key");
    }
    if validator && !home.validator_file().exists() {
        // The record of what it signed is of one chain.
        let chain_id = home.genesis()?.chain_id();
        let secret = new_secret()?;
        SigningGuard::create(&home.signing(), &chain_id, &secret)?;
        Home::write_key(&home.validator_file(), &secret)?;
        made.push("validator.key");
    }
    ensure!(
        !made.is_empty(),
        "the keys in {} are there already, and are never replaced; to have new ones, move the \
         old ones away",
        folder.display()
    );
    if as_json {
        print(&format!("{}\n", Value::from(made)));
        return Ok(());
    }
    print(&format!(
        "made {} in {}\n",
        made.join(" and "),
        folder.display()
    ));
    show(home, false)
}
