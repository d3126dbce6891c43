//! `cargo hull keys`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use k256::SecretKey;
use k256::elliptic_curve::Generate;
use serde::Serialize;
use serde_json::json;
use zeroize::Zeroizing;

use crate::Exit;
use crate::error::Error;
use crate::ui::{Answer, Paint, Ui};
use crate::wallet::{
    KeyEntry, PasswordOptions, Wallet, WalletError, address_text, new_secret, parse_key,
};

/// Keep the keys that sign transactions, encrypted
///
/// They lie in the folder HULL_HOME, or else .hull of the home, under a password
/// each. Neither a key nor a password is ever taken from the command line.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  cargo hull keys generate ann
  cargo hull keys import ben --secret-file ben.pem
  cargo hull keys export ann > ann.pem
  openssl pkcs8 -in ann.pem     # any tool that reads PKCS #8 opens it

JSON:
  generate, import: {\"name\", \"address\"}
  list:             [{\"name\", \"address\"}]
  export:           {\"name\", \"key\": PEM, encrypted}")]
pub(crate) struct Options {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    password: PasswordOptions,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make a new key
    Generate {
        /// What to call it
        name: String,
    },
    /// Take a key that there is: 64 hexadecimal digits, or PKCS #8 as PEM
    Import {
        /// What to call it
        name: String,
        /// File with the key; else the terminal is asked, or standard input is read
        #[arg(long, value_name = "FILE")]
        secret_file: Option<PathBuf>,
    },
    /// Show the keys and their addresses
    List,
    /// Print a key, encrypted under its password
    Export {
        /// Which
        name: String,
    },
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct One(KeyEntry);

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct List(Vec<KeyEntry>);

pub(crate) fn run(options: &Options, ui: Ui) -> Result<Exit, Error> {
    let keys = Wallet::find()?.keys();
    let password = &options.password;
    match &options.what {
        What::Generate { name } => {
            let protected = password.new_password(name, ui)?;
            let key = SecretKey::try_generate().map_err(|_| WalletError::NoRandomness)?;
            let entry = keys.add(name, &key, &protected)?;
            Ok(ui.answer(&One(entry)))
        }
        What::Import { name, secret_file } => {
            let secret = new_secret(secret_file.as_deref(), ui)?;
            let key = parse_key(&secret, || password.password("the key to import", ui))?;
            let protected: Zeroizing<String> = password.new_password(name, ui)?;
            Ok(ui.answer(&One(keys.add(name, &key, &protected)?)))
        }
        What::List => Ok(ui.answer(&List(keys.list()?))),
        What::Export { name } => {
            let key = keys.encrypted(name)?;
            match ui.json {
                true => ui.print(&format!("{:#}\n", json!({"name": name, "key": key}))),
                false => ui.print(&key),
            }
            Ok(Exit::Done)
        }
    }
}

impl Answer for One {
    fn text(&self, paint: Paint) -> String {
        let KeyEntry { name, address } = &self.0;
        format!("{} {}\n", paint.title(name), address_text(address))
    }
}

impl Answer for List {
    fn text(&self, paint: Paint) -> String {
        let widest = self.0.iter().map(|it| it.name.len()).max();
        let Some(widest) = widest else {
            return "there is no key; make one: cargo hull keys generate NAME\n".into();
        };
        let line = |it: &KeyEntry| {
            let name = paint.title(format!("{:widest$}", it.name));
            format!("{name}  {}\n", address_text(&it.address))
        };
        self.0.iter().map(line).collect()
    }
}
