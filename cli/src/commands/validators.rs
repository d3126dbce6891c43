//! `cargo hull validators`.

use clap::Args;
use hull_rpc_types::{AtParams, GetValidators, Validator, Validators};
use hull_types::Payload;

use crate::Exit;
use crate::error::Error;
use crate::remote::{NetworkOptions, TransactionOptions};
use crate::ui::{Answer, Paint, Ui, grouped};

/// Show who decides blocks, or change them
///
/// The account that the chain's parameters name as its authority changes validators,
/// from the second block after that one on.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  cargo hull validators
  cargo hull validators 0x7f3c…=10 0xa41b…=0 --from council

JSON: of the list, {\"height\", \"hash\", \"validators\": [{\"publicKey\", \"power\"}]}, and
\"nextFrom\" and \"next\" where a change is on its way; of an update as of cargo hull call.")]
pub(crate) struct Options {
    /// Ed25519 keys, and the power that each gets; 0 lets it go
    #[arg(value_name = "KEY=POWER", value_parser = validator)]
    update: Vec<Validator>,
    #[command(flatten)]
    transaction: TransactionOptions,
    #[command(flatten)]
    network: NetworkOptions,
}

fn validator(text: &str) -> Result<Validator, String> {
    let (key, power) = text
        .split_once('=')
        .ok_or("write the key, =, and its power, as in 0x7f3c…=10")?;
    let public_key = key
        .parse()
        .map_err(|reason: &str| format!("the key: {reason}"))?;
    let power: u64 = power
        .parse()
        .map_err(|_| format!("{power} is no power: write a whole number"))?;
    Ok(Validator {
        public_key,
        power: power.into(),
    })
}

pub(crate) fn run(options: &Options, ui: Ui) -> Result<Exit, Error> {
    let remote = options.network.connect()?;
    if options.update.is_empty() {
        return Ok(ui.answer(&remote.ask::<GetValidators>(&AtParams::default())?));
    }
    let mut update: Vec<_> = options.update.iter().copied().map(Into::into).collect();
    update.sort_by_key(|one: &hull_types::Validator| one.public_key);
    let payload = Payload::UpdateValidators { update };
    let done = remote.submit(
        "update of validators",
        payload,
        None,
        &options.transaction,
        ui,
    )?;
    Ok(ui.answer(&done))
}

impl Answer for Validators {
    fn text(&self, paint: Paint) -> String {
        if self.validators.is_empty() {
            return "this chain has no validators: its node alone decides\n".into();
        }
        let mut text = format!(
            "from block {} on\n{}",
            self.height,
            list(&self.validators, paint)
        );
        if let Some(from) = self.next_from {
            text += &format!("from block {from} on\n{}", list(&self.next, paint));
        }
        text
    }
}

fn list(validators: &[Validator], paint: Paint) -> String {
    let total: u128 = validators.iter().map(|one| u128::from(one.power.0)).sum();
    let powers: Vec<_> = validators.iter().map(|one| grouped(one.power.0)).collect();
    let width = powers.iter().map(String::len).max().unwrap_or_default();
    let mut text = String::new();
    for (one, power) in validators.iter().zip(powers) {
        let percent = u128::from(one.power.0) * 100 / total.max(1);
        let share = paint.faint(format!("{percent:>3} %"));
        text += &format!("  {}  {power:>width$}  {share}\n", one.public_key);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_validator_is_a_key_and_a_power() {
        let key = format!("0x{}", "7f".repeat(32));
        let read = validator(&format!("{key}=10")).unwrap();
        assert_eq!((read.public_key.0, read.power.0), ([0x7f; 32], 10));
        for bad in [
            key.as_str(),
            "0x7f=1",
            &format!("{key}=-1"),
            &format!("{key}="),
        ] {
            validator(bad).unwrap_err();
        }
    }
}
