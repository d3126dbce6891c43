//! What the tests share: the real Wasm of a contract, and a chain of one engine
//! and one host in memory to run it on.
#![allow(dead_code, reason = "every test binary uses its own part of this")]

use std::path::{Path, PathBuf};
use std::process::Command;

use hull_sdk::codec::Decode;
use hull_sdk::{Address, Balance, Constructor, Hash, LangError, Message};
use hull_vm::host_api::{Event, Host};
use hull_vm::{Call, CallResult, Config, Entry, Instantiate, MemoryHost, Outcome, Tiering, Vm};

/// Signs every transaction unless a test says otherwise, and has money.
pub(crate) const ALICE: Address = Address([0xA1; 32]);
/// Somebody else.
pub(crate) const BOB: Address = Address([0xB0; 32]);
/// A third one.
pub(crate) const CAROL: Address = Address([0xC0; 32]);
/// What Alice has at the beginning.
pub(crate) const WEALTH: Balance = 1_000_000;
/// Gas of a call: a tenth of a second.
pub(crate) const GAS: u64 = 100_000_000_000;

const TARGET: &str = "wasm32-unknown-unknown";

/// Builds a package of the workspace `contracts` and returns its Wasm.
pub(crate) fn build(package: &str, module: &str) -> Vec<u8> {
    build_with(package, module, "")
}

/// The same with a feature of the package.
pub(crate) fn build_with(package: &str, module: &str, feature: &str) -> Vec<u8> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../contracts");
    // Beside this build's own folder, whose lock is held while tests run; one for
    // each feature, because the file has the same name.
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("contracts-{feature}"));
    let output = Command::new(env!("CARGO"))
        .current_dir(&workspace)
        .env("CARGO_TARGET_DIR", &target)
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .args(["rustc", "--quiet", "--release", "--target", TARGET])
        .args(["--package", package, "--lib", "--crate-type", "cdylib"])
        .args(["--features", feature])
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "{package} does not build:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let file = target
        .join(TARGET)
        .join("release")
        .join(format!("{module}.wasm"));
    std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// An example contract.
pub(crate) fn example(name: &str) -> Vec<u8> {
    build(&format!("hull-{name}"), name)
}

/// Bytes of a module without its custom sections.
pub(crate) fn code_size(wasm: &[u8]) -> usize {
    let mut size = 8;
    let mut at = 8;
    while at < wasm.len() {
        let (len, header) = leb(&wasm[at + 1..]);
        let section = 1 + header + len;
        if wasm[at] != 0 {
            size += section;
        }
        at += section;
    }
    size
}

fn leb(bytes: &[u8]) -> (usize, usize) {
    let (mut value, mut used) = (0, 0);
    loop {
        let byte = bytes[used];
        value |= usize::from(byte & 0x7F) << (7 * used);
        used += 1;
        if byte < 0x80 {
            return (value, used);
        }
    }
}

/// What a message came to.
#[derive(Debug)]
pub(crate) struct Reply<R> {
    pub(crate) value: R,
    pub(crate) reverted: bool,
    pub(crate) gas: u64,
    pub(crate) events: Vec<Event>,
}

/// A chain.
pub(crate) struct Chain {
    vm: Vm,
    pub(crate) host: MemoryHost,
    salt: u8,
}

impl Chain {
    pub(crate) fn new() -> Self {
        let config = Config {
            tiering: Tiering::BaselineOnly,
            ..Config::default()
        };
        let mut host = MemoryHost::default();
        host.set_balance(ALICE, WEALTH);
        Self {
            vm: Vm::new(config).expect("an engine"),
            host,
            salt: 0,
        }
    }

    /// The same chain again, to be changed by itself.
    pub(crate) fn fork(&self) -> Self {
        Self {
            vm: self.vm.clone(),
            host: self.host.clone(),
            salt: self.salt,
        }
    }

    pub(crate) fn balance(&mut self, address: Address) -> Balance {
        self.host.balance(&address).expect("no failure of the node")
    }

    pub(crate) fn upload(&mut self, wasm: &[u8]) -> Hash {
        self.vm.upload(wasm).expect("the code is admitted");
        self.host.put_code(wasm)
    }

    /// Creates a contract as Alice.
    pub(crate) fn try_create<R>(
        &mut self,
        code_hash: Hash,
        grants: &[Address],
        value: Balance,
        constructor: Constructor<R>,
    ) -> (Address, Outcome) {
        self.salt += 1;
        let mut new = Instantiate::default();
        (new.origin, new.code_hash, new.salt) = (ALICE, code_hash, [self.salt; 32]);
        (new.gas_limit, new.deposit_limit) = (GAS, Balance::MAX);
        (new.value, new.grants) = (value, grants.to_vec());
        new.input = constructor.input;
        self.vm
            .instantiate(&mut self.host, &new)
            .expect("no failure of the node")
    }

    /// Uploads and creates a contract as Alice, and expects that to go well.
    pub(crate) fn deploy<R>(&mut self, wasm: &[u8], constructor: Constructor<R>) -> Address {
        let code_hash = self.upload(wasm);
        let (address, outcome) = self.try_create(code_hash, &[], 0, constructor);
        assert_eq!(outcome.result, CallResult::Success, "{outcome:?}");
        address
    }

    /// Sends bytes.
    pub(crate) fn send(
        &mut self,
        caller: Address,
        contract: Address,
        value: Balance,
        input: Vec<u8>,
    ) -> Outcome {
        self.enter(Entry::Call, caller, contract, value, input)
    }

    pub(crate) fn enter(
        &mut self,
        entry: Entry,
        caller: Address,
        contract: Address,
        value: Balance,
        input: Vec<u8>,
    ) -> Outcome {
        let mut call = Call::default();
        (call.origin, call.caller, call.contract) = (caller, caller, contract);
        (call.gas_limit, call.deposit_limit) = (GAS, Balance::MAX);
        (call.entry, call.value, call.input) = (entry, value, input);
        self.vm
            .call(&mut self.host, &call)
            .expect("no failure of the node")
    }

    /// Sends a message as somebody and decodes the answer.
    pub(crate) fn call_as<R: Decode>(
        &mut self,
        caller: Address,
        contract: Address,
        message: Message<R>,
    ) -> Reply<R> {
        let outcome = self.send(caller, contract, 0, message.input);
        reply(outcome)
    }

    /// Sends a message as Alice.
    pub(crate) fn call<R: Decode>(&mut self, contract: Address, message: Message<R>) -> R {
        self.call_as(ALICE, contract, message).value
    }
}

/// Decodes what a message returned.
pub(crate) fn reply<R: Decode>(outcome: Outcome) -> Reply<R> {
    assert!(
        matches!(outcome.result, CallResult::Success | CallResult::Revert),
        "{outcome:?}"
    );
    let mut data = outcome.data.as_slice();
    let value = Result::<R, LangError>::decode(&mut data)
        .unwrap_or_else(|error| panic!("{error}: {outcome:?}"))
        .unwrap_or_else(|error| panic!("{error:?}: {outcome:?}"));
    assert!(data.is_empty(), "{outcome:?}");
    Reply {
        value,
        reverted: outcome.result == CallResult::Revert,
        gas: outcome.gas,
        events: outcome.events,
    }
}
