//! Passwords and secrets: from a terminal without showing them, or from a file.
//! Never from the command line, which every process of the machine can read.

use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use zeroize::Zeroizing;

use super::WalletError;
use crate::ui::Ui;

/// Where the password of a key comes from.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Keys")]
pub(crate) struct PasswordOptions {
    /// File with the key's password in its first line; else the terminal is asked
    #[arg(long, value_name = "FILE", env = "HULL_PASSWORD_FILE", global = true)]
    password_file: Option<PathBuf>,
}

/// Longest password or secret.
const MAX_SECRET: u64 = 64 * 1024;

impl PasswordOptions {
    /// The password of a key that there is.
    pub(crate) fn password(&self, name: &str, ui: Ui) -> Result<Zeroizing<String>, WalletError> {
        match &self.password_file {
            Some(file) => first_line(file),
            None => ask(&format!("password of {name}: "), ui),
        }
    }

    /// A password for a new key; a terminal is asked twice.
    pub(crate) fn new_password(
        &self,
        name: &str,
        ui: Ui,
    ) -> Result<Zeroizing<String>, WalletError> {
        let password = match &self.password_file {
            Some(file) => first_line(file)?,
            None => {
                let once = ask(&format!("new password for {name}: "), ui)?;
                let twice = ask("the same again: ", ui)?;
                if once != twice {
                    return Err(WalletError::PasswordsDiffer);
                }
                once
            }
        };
        match password.is_empty() {
            true => Err(WalletError::EmptyPassword),
            false => Ok(password),
        }
    }
}

/// A secret that is imported: from a file, from a pipe, or typed.
pub(crate) fn new_secret(file: Option<&Path>, ui: Ui) -> Result<Zeroizing<String>, WalletError> {
    if let Some(file) = file {
        return bounded(
            std::fs::File::open(file).map_err(WalletError::file("read", file))?,
            file,
        );
    }
    if std::io::stdin().is_terminal() {
        return ask("secret key, 64 hexadecimal digits: ", ui);
    }
    bounded(std::io::stdin(), Path::new("standard input"))
}

fn bounded(from: impl Read, path: &Path) -> Result<Zeroizing<String>, WalletError> {
    let mut content = Zeroizing::new(String::new());
    from.take(MAX_SECRET)
        .read_to_string(&mut content)
        .map_err(WalletError::file("read", path))?;
    Ok(content)
}

fn first_line(path: &Path) -> Result<Zeroizing<String>, WalletError> {
    let file = std::fs::File::open(path).map_err(WalletError::file("read", path))?;
    let content = bounded(file, path)?;
    Ok(Zeroizing::new(
        content.lines().next().unwrap_or_default().to_owned(),
    ))
}

fn ask(prompt: &str, ui: Ui) -> Result<Zeroizing<String>, WalletError> {
    if ui.json || !std::io::stdin().is_terminal() {
        return Err(WalletError::NoTerminal);
    }
    let typed = rpassword::prompt_password(prompt)
        .map_err(WalletError::file("read", Path::new("the terminal")))?;
    Ok(Zeroizing::new(typed))
}
