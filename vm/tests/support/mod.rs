//! What the tests of the engine share: contracts from text, and a chain of one
//! [`Vm`] and one [`MemoryHost`] to run them on.
#![allow(dead_code, reason = "every test binary uses its own part of this")]

pub(crate) mod work;

use std::fmt::Debug;

use hull_vm::host_api::{Address, Balance, Capabilities, ContractInfo, Fatal, Gas};
use hull_vm::{
    Admission, AdmissionError, Call, CallResult, Config, Entry, HaltKind, Instantiate, MemoryHost,
    Outcome, Rule, Tiering, UploadError, Vm,
};

/// Signs every transaction and has money.
pub(crate) const ALICE: Address = Address([0xA1; 32]);
/// Somebody else.
pub(crate) const BOB: Address = Address([0xB0; 32]);
/// What Alice has at the beginning.
pub(crate) const WEALTH: Balance = 1_000_000;
/// Gas of a call unless a test says otherwise: a tenth of a second.
pub(crate) const GAS: Gas = 100_000_000_000;

/// The baseline tier alone, and the optimizing tier alone.
pub(crate) const TIERS: [Tiering; 2] = [Tiering::BaselineOnly, Tiering::OptimizedOnly];

/// The bytes of a module in text form.
pub(crate) fn wasm(wat: &str) -> Vec<u8> {
    wat::parse_str(wat).unwrap_or_else(|error| panic!("{error}\n{wat}"))
}

/// A contract in text form that declares every capability.
pub(crate) fn contract(wat: &str) -> Vec<u8> {
    declare(wasm(wat), &Capabilities::ALL)
}

/// Appends the section in which a contract declares its capabilities.
pub(crate) fn declare(mut wasm: Vec<u8>, may: &Capabilities) -> Vec<u8> {
    wasm.extend(may.section());
    wasm
}

/// Appends a custom section. The name is taken as it is, valid or not.
pub(crate) fn with_custom(mut wasm: Vec<u8>, name: &[u8], content: &[u8]) -> Vec<u8> {
    let mut section = leb(name.len());
    section.extend(name);
    section.extend(content);
    wasm.push(0);
    wasm.extend(leb(section.len()));
    wasm.extend(section);
    wasm
}

/// A length as the binary format writes it.
pub(crate) fn leb(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// The text of a contract with some fields that reads its input, eight bytes, to
/// address 0 and into the local `$n`, and then runs some code, which has `$i` to
/// count with.
pub(crate) fn with_input(fields: &str, code: &str) -> String {
    format!(
        r#"(module
          (import "hull" "input" (func $input (param i32 i32 i32)))
          {fields}
          (func (export "call") (local $n i64) (local $i i64)
            (call $input (i32.const 0) (i32.const 0) (i32.const 8))
            (local.set $n (i64.load (i32.const 0)))
            {code}))"#
    )
}

/// A little-endian number of up to eight bytes.
pub(crate) fn number(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .rev()
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Runs a test on either tier. What it returns must not depend on the tier.
pub(crate) fn on_each_tier<T: PartialEq + Debug>(test: impl Fn(&mut Chain) -> T) -> T {
    let [baseline, optimized] = TIERS.map(|tiering| test(&mut Chain::on(tiering)));
    assert_eq!(baseline, optimized, "the tiers differ");
    baseline
}

/// An engine and the state that it works on.
pub(crate) struct Chain {
    pub(crate) vm: Vm,
    pub(crate) host: MemoryHost,
    deployed: u8,
}

impl Chain {
    /// A chain whose engine uses one tier alone.
    pub(crate) fn on(tiering: Tiering) -> Self {
        Self::with(Config {
            tiering,
            ..Config::default()
        })
    }

    /// A chain with an engine of its own settings.
    pub(crate) fn with(config: Config) -> Self {
        let mut host = MemoryHost::default();
        host.set_balance(ALICE, WEALTH);
        Self {
            vm: Vm::new(config).expect("the engine starts"),
            host,
            deployed: 0,
        }
    }

    /// A copy of the state on the same engine.
    pub(crate) fn twin(&self) -> Self {
        Self {
            vm: self.vm.clone(),
            host: self.host.clone(),
            deployed: self.deployed,
        }
    }

    /// Why a module is not admitted.
    pub(crate) fn refusal(&self, wasm: &[u8]) -> AdmissionError {
        let error = self.vm.admit(wasm).expect_err("the module is refused");
        match self.vm.upload(wasm) {
            Err(UploadError::Refused(upload)) => assert_eq!(upload, error),
            other => panic!("an upload is judged as admission does: {other:?}"),
        }
        error
    }

    /// Asserts that a module is not admitted, and that the refusal helps: the
    /// rule, the function if it is in one, a place inside the module, what was
    /// found there, and the remedy. Returns the place.
    #[track_caller]
    pub(crate) fn refuses(
        &mut self,
        wasm: &[u8],
        rule: Rule,
        function: Option<u32>,
        found: &str,
    ) -> u64 {
        let error = self.refusal(wasm);
        assert_eq!((error.rule, error.function), (rule, function), "{error}");
        assert!(error.offset <= wasm.len() as u64, "{error}");
        let text = error.to_string();
        assert!(error.found.contains(found), "{text}");
        for part in [&rule.name(), &error.found, rule.remedy()] {
            assert!(text.contains(part), "{text} says {part}");
        }
        assert!(
            text.contains(&format!("offset {:#x}", error.offset)),
            "{text}"
        );
        assert!(text.len() < 1_000, "{} bytes of text", text.len());
        self.assert_alive();
        error.offset
    }

    /// Uploads a module to engine and host.
    pub(crate) fn upload(&mut self, wasm: &[u8]) -> Admission {
        let admission = self
            .vm
            .upload(wasm)
            .unwrap_or_else(|error| panic!("{error}"));
        self.host.put_code(wasm);
        admission
    }

    /// A contract from text, with every capability.
    pub(crate) fn deploy(&mut self, wat: &str) -> Address {
        self.deploy_wasm(&contract(wat))
    }

    /// A contract with what its module declares. No constructor runs.
    pub(crate) fn deploy_wasm(&mut self, wasm: &[u8]) -> Address {
        let Admission {
            code_hash,
            capabilities,
            ..
        } = self.upload(wasm);
        self.deployed += 1;
        let address = Address([self.deployed; 32]);
        let info = ContractInfo {
            code_hash,
            capabilities,
        };
        self.host.put_contract(address, info);
        address
    }

    /// Calls a contract with [`GAS`] and an input.
    pub(crate) fn call(&mut self, contract: Address, input: &[u8]) -> Outcome {
        self.run(&Call {
            input: input.to_vec(),
            ..message(contract)
        })
    }

    /// Calls a contract with other gas.
    pub(crate) fn call_with_gas(&mut self, contract: Address, gas_limit: Gas) -> Outcome {
        self.run(&Call {
            gas_limit,
            ..message(contract)
        })
    }

    /// Makes a call, which must have an outcome.
    pub(crate) fn run(&mut self, call: &Call) -> Outcome {
        self.try_run(call).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Makes a call.
    pub(crate) fn try_run(&mut self, call: &Call) -> Result<Outcome, Fatal> {
        self.vm.call(&mut self.host, call)
    }

    /// Creates a contract from an uploaded module by running its constructor.
    pub(crate) fn instantiate(&mut self, new: &Instantiate) -> (Address, Outcome) {
        self.vm
            .instantiate(&mut self.host, new)
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// Calls a contract with [`GAS`], which must halt, and returns why; see
    /// [`halts`](Self::halts).
    pub(crate) fn halt(&mut self, contract: Address) -> HaltKind {
        self.halts(&message(contract))
    }

    /// Makes a call that must halt, and returns why. A halt takes all the gas
    /// the call was given, returns nothing, changes no state, and leaves an
    /// engine that serves the next call.
    pub(crate) fn halts(&mut self, call: &Call) -> HaltKind {
        let before = self.state();
        let outcome = self.run(call);
        let CallResult::Halt(kind) = outcome.result else {
            panic!("the call did not halt: {outcome:?}");
        };
        assert_eq!(outcome.gas, call.gas_limit, "a halt takes all the gas");
        assert!(outcome.data.is_empty(), "a halt returns nothing");
        assert!(outcome.events.is_empty(), "a halt leaves no events");
        assert_eq!(outcome.message(), None, "a halt has no message");
        assert_eq!(self.state(), before, "a halt changes nothing");
        self.assert_alive();
        kind
    }

    /// A well-behaved contract still runs.
    pub(crate) fn assert_alive(&mut self) {
        const GOOD: &str = r#"(module
          (import "hull" "return_data" (func $return (param i32 i32)))
          (memory (export "memory") 1)
          (data (i32.const 0) "alive")
          (func (export "call") (call $return (i32.const 0) (i32.const 5))))"#;
        let info = {
            let Admission {
                code_hash,
                capabilities,
                ..
            } = self.upload(&contract(GOOD));
            ContractInfo {
                code_hash,
                capabilities,
            }
        };
        // On a copy, so that the state stays what the test made it.
        let mut host = self.host.clone();
        let contract = Address([0xFF; 32]);
        host.put_contract(contract, info);
        let outcome = self.vm.call(&mut host, &message(contract));
        let outcome = outcome.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(outcome.result, CallResult::Success);
        assert_eq!(outcome.data, b"alive");
    }

    /// Everything that a call may change.
    pub(crate) fn state(&self) -> State {
        let host = &self.host;
        let values = |owner| {
            let values = host.storage(owner);
            values
                .map(|(key, value)| (key.to_vec(), value.to_vec()))
                .collect()
        };
        State {
            storage: host.owners().map(|owner| (*owner, values(owner))).collect(),
            balances: host
                .balances()
                .map(|(address, balance)| (*address, balance))
                .collect(),
            contracts: host
                .contracts()
                .map(|(address, info)| (*address, *info))
                .collect(),
        }
    }
}

/// The values of one owner, by key.
pub(crate) type Values = Vec<(Vec<u8>, Vec<u8>)>;

/// What [`Chain::state`] saw.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) storage: Vec<(Address, Values)>,
    pub(crate) balances: Vec<(Address, Balance)>,
    pub(crate) contracts: Vec<(Address, ContractInfo)>,
}

/// A plain message from Alice to a contract.
pub(crate) fn message(contract: Address) -> Call {
    Call {
        origin: ALICE,
        caller: ALICE,
        contract,
        value: 0,
        gas_limit: GAS,
        deposit_limit: 0,
        read_only: false,
        entry: Entry::Call,
        input: Vec::new(),
    }
}
