//! The contract in an engine of its own.

use hull_abi::{Abi, DecodedOutput, Message};
use hull_vm::host_api::{Address, Balance, DEFAULT_PREFIX, code_hash};
use hull_vm::{Call, CallResult, Config, Instantiate, MemoryHost, Observer, Outcome, Tiering, Vm};
use hull_vm::{Reason, UploadError};

use crate::contract::{Contract, Kind, input};
use crate::error::Error;

/// Gas of a call: a second of the reference machine.
const GAS_LIMIT: u64 = 1_000_000_000_000;
/// Tokens of the caller, in the smallest unit: enough for any test.
const WEALTH: Balance = 1 << 100;

/// An engine, a state in memory, and the contract on it.
pub(super) struct Stage<'c> {
    contract: &'c Contract,
    abi: &'c Abi,
    vm: Vm,
    host: MemoryHost,
    caller: Address,
    address: Address,
}

/// How a call ended.
pub(super) struct Ended {
    pub(super) result: String,
    pub(super) gas: u64,
}

impl<'c> Stage<'c> {
    pub(super) fn new(contract: &'c Contract, caller: &str) -> Result<Self, Error> {
        let vm = Vm::new(Config {
            tiering: Tiering::BaselineOnly,
            tells_functions: true,
            ..Config::default()
        })?;
        vm.upload(&contract.wasm).map_err(|error| match error {
            UploadError::Refused(source) => Error::NotAdmitted {
                contract: contract.name.clone(),
                source,
            },
            UploadError::Fatal(source) => source.into(),
        })?;
        let caller = address(caller)?;
        let mut host = MemoryHost::default();
        host.put_code(&contract.wasm);
        host.set_balance(caller, WEALTH);
        Ok(Self {
            abi: contract.abi()?,
            contract,
            vm,
            host,
            caller,
            address: Address([0; 32]),
        })
    }

    /// Creates the contract.
    pub(super) fn create(&mut self, call: Option<&str>) -> Result<(), Error> {
        let first = self.abi.constructors.first().map(|it| it.name.clone());
        let words = match call {
            Some(call) => words(call)?,
            None => first.into_iter().collect(),
        };
        let name = words.first().map_or("new", String::as_str);
        let constructor = Kind::Constructor.named(self.abi, name)?;
        let new = Instantiate {
            origin: self.caller,
            code_hash: code_hash(&self.contract.wasm),
            gas_limit: GAS_LIMIT,
            deposit_limit: WEALTH,
            input: self.input(constructor, words.get(1..).unwrap_or_default())?,
            ..Instantiate::default()
        };
        let (address, outcome) = self.vm.instantiate(&mut self.host, &new)?;
        self.address = address;
        self.require(
            &outcome,
            constructor,
            "give the constructor's arguments with --new",
        )
    }

    /// Makes a call that has to succeed.
    pub(super) fn before(&mut self, call: &str) -> Result<(), Error> {
        let words = words(call)?;
        let (name, args) = words.split_first().ok_or_else(|| Error::BadCall {
            text: call.into(),
            reason: "it is empty",
        })?;
        let message = Kind::Message.named(self.abi, name)?;
        let call = self.request(message, args, 0)?;
        let outcome = self.vm.call(&mut self.host, &call)?;
        self.require(
            &outcome,
            message,
            "see what it needs before, and give that with --before too",
        )
    }

    /// Makes the call that is watched.
    pub(super) fn call(
        &mut self,
        name: &str,
        args: &[String],
        value: Balance,
        observer: &mut dyn Observer,
    ) -> Result<Ended, Error> {
        let message = Kind::Message.named(self.abi, name)?;
        let call = self.request(message, args, value)?;
        let outcome = self.vm.call_observed(&mut self.host, &call, observer)?;
        Ok(Ended {
            result: self.result(&outcome, message),
            gas: outcome.gas,
        })
    }

    fn request(&self, message: &Message, args: &[String], value: Balance) -> Result<Call, Error> {
        Ok(Call {
            origin: self.caller,
            caller: self.caller,
            contract: self.address,
            value,
            gas_limit: GAS_LIMIT,
            deposit_limit: WEALTH,
            input: self.input(message, args)?,
            ..Call::default()
        })
    }

    fn input(&self, message: &Message, args: &[String]) -> Result<Vec<u8>, Error> {
        let args: Result<Vec<_>, _> = args.iter().map(|it| with_address(it)).collect();
        input(self.abi, message, &args?)
    }

    fn require(
        &self,
        outcome: &Outcome,
        message: &Message,
        help: &'static str,
    ) -> Result<(), Error> {
        match outcome.result {
            CallResult::Success => Ok(()),
            _ => Err(Error::CallFailed {
                what: format!("{}.{}", self.contract.name, message.name),
                reason: self.result(outcome, message),
                help,
            }),
        }
    }

    /// How a call ended, in words.
    fn result(&self, outcome: &Outcome, message: &Message) -> String {
        if outcome.result.is_success() {
            return "success".into();
        }
        let decoded = self.abi.codec().decode_output(message, &outcome.data);
        match (decoded, &outcome.failure) {
            (Ok(DecodedOutput::Error(error)), _) => format!("it returned the error {error}"),
            (_, Some(failure)) => match &failure.reason {
                Reason::Aborted(text) => format!("it panicked: {text}"),
                reason => reason.to_string(),
            },
            _ => "it reverted".into(),
        }
    }
}

/// `@name`, or an address as text.
fn address(text: &str) -> Result<Address, Error> {
    match text.strip_prefix('@') {
        // A digest is as good as any address here.
        Some(name) => Ok(Address(code_hash(name.as_bytes()).0)),
        None => Address::from_text(text, DEFAULT_PREFIX).map_err(|_| Error::BadCall {
            text: text.into(),
            reason: "it is no address; @name makes one",
        }),
    }
}

/// An argument with an address in the place of `@name`.
fn with_address(argument: &str) -> Result<String, Error> {
    let (name, value) = match argument.split_once("=@") {
        Some((name, value)) => (format!("{name}="), value),
        None => match argument.strip_prefix('@') {
            Some(value) => (String::new(), value),
            None => return Ok(argument.to_owned()),
        },
    };
    let address = address(&format!("@{value}"))?;
    let text = address.to_text(DEFAULT_PREFIX);
    let text = text.map_err(|_| Error::BadCall {
        text: argument.into(),
        reason: "its address has no text",
    })?;
    Ok(name + &text)
}

/// Words as at a terminal: spaces separate, quotes hold together.
fn words(text: &str) -> Result<Vec<String>, Error> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for letter in text.chars() {
        match (quote, letter) {
            (Some(open), letter) if open == letter => quote = None,
            (None, '\'' | '"') if word.as_deref().is_none_or(|it| it.ends_with('=')) => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, letter) if letter.is_whitespace() => words.extend(word.take()),
            (_, letter) => word.get_or_insert_default().push(letter),
        }
    }
    if quote.is_some() {
        return Err(Error::BadCall {
            text: text.into(),
            reason: "a quote is not closed",
        });
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_as_by_a_shell() {
        let text = r#"new 'about={"name":"A B"}' b='x y' supply=5  "c d""#;
        let expected = ["new", r#"about={"name":"A B"}"#, "b=x y", "supply=5", "c d"];
        assert_eq!(words(text).unwrap(), expected);
        assert_eq!(
            words(r#"new a={"k":[1]}"#).unwrap(),
            ["new", r#"a={"k":[1]}"#]
        );
        assert!(words("new 'a").is_err());
        assert!(words(" ").unwrap().is_empty());
    }

    #[test]
    fn names_become_addresses() {
        let bob = address("@bob").unwrap();
        let text = bob.to_text(DEFAULT_PREFIX).unwrap();
        assert_eq!(with_address("to=@bob").unwrap(), format!("to={text}"));
        assert_eq!(with_address("@bob").unwrap(), text);
        assert_eq!(address(&text).unwrap(), bob);
        assert_eq!(with_address("name=bob").unwrap(), "name=bob");
        assert!(address("bob").is_err());
    }
}
