//! Every host function, called with arguments that a test chooses.

use hull_vm::host_api::{
    Address, Capabilities, ContractInfo, HOST_FUNCTIONS, Hash, HostFunction, HostFunctionSpec,
    ValueType,
};
use hull_vm::{Call, MemoryHost, Outcome, Tiering};

use crate::support::{Chain, contract, message};

/// Bytes of the one page of memory that the contracts here have. The lower half
/// is zeros but for the hash of a code, the upper half is ones.
pub(crate) const PAGE: u64 = 65_536;
/// Where the hash of the code of a contract that does nothing is.
const HASH: u64 = 512;
/// What the storage of the contracts holds.
const STORED: [([u8; 32], &[u8]); 3] = [
    ([0; 32], &[0x11; 40]),
    ([1; 32], &[0x22; 40]),
    ([0xff; 32], &[0x33; 40]),
];
/// Where the arguments are read from, and where the answer is put together.
const ARGS: u64 = 0xf000;
/// The index of the argument that says which memory is returned with the result.
pub(crate) const DUMP: usize = 10;
const ANSWER: u64 = 0xfe00;
/// Bytes of memory that are returned behind the result.
const DUMPED: u64 = 40;

/// Contracts of one function each, on one chain.
pub(crate) struct HostCalls {
    pub(crate) chain: Chain,
    contracts: Vec<Address>,
}

impl HostCalls {
    pub(crate) fn on(tiering: Tiering) -> Self {
        let mut chain = Chain::on(tiering);
        let quiet = contract(r#"(module (func (export "call")) (func (export "instantiate")))"#);
        let code_hash = chain.upload(&quiet).code_hash;
        let contracts = HOST_FUNCTIONS
            .iter()
            .map(|spec| {
                let address = chain.deploy(&caller_of(spec, &code_hash));
                for (key, value) in STORED {
                    chain.host.set_storage(address, &key, value);
                }
                address
            })
            .collect();
        // A contract that can be called where memory is zero.
        let info = ContractInfo {
            code_hash,
            capabilities: Capabilities::ALL,
        };
        chain.host.put_contract(Address([0; 32]), info);
        Self { chain, contracts }
    }

    pub(crate) fn contract(&self, function: HostFunction) -> Address {
        self.contracts[function as usize]
    }

    /// A call of the contract of a function.
    pub(crate) fn message(&self, function: HostFunction, args: &Args) -> Call {
        Call {
            input: args.0.iter().flat_map(|arg| arg.to_le_bytes()).collect(),
            ..message(self.contract(function))
        }
    }

    /// Calls a function on the state of the beginning.
    pub(crate) fn call(&mut self, function: HostFunction, args: &Args) -> Outcome {
        self.call_on(&mut self.chain.host.clone(), function, args)
    }

    /// Calls a function on some state.
    pub(crate) fn call_on(
        &mut self,
        host: &mut MemoryHost,
        function: HostFunction,
        args: &Args,
    ) -> Outcome {
        let call = self.message(function, args);
        let outcome = self.chain.vm.call(host, &call);
        outcome.unwrap_or_else(|error| panic!("{function:?} {args:?}: {error}"))
    }
}

/// The arguments of a host function, and the address from which memory is
/// returned behind the result.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Args(pub(crate) [u64; 11]);

/// How many bytes a pointer leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// As many.
    Bytes(u64),
    /// As many of these units as the argument at an index says.
    Units(usize, u64),
}

impl Args {
    /// Arguments with which a function does what it is for: pointers far apart
    /// in the lower half, and short lengths.
    pub(crate) fn plain(function: HostFunction) -> Self {
        let mut args = Self::default();
        for (index, (name, _)) in function.spec().params.iter().enumerate() {
            args.0[index] = match *name {
                "code_hash_ptr" => HASH,
                name if is_pointer(name) => 1_024 * (index as u64 + 1),
                "grants_count" | "topics_count" => 1,
                "bound_len" | "gas" | "flags" | "order" | "offset" => 0,
                // Nothing was returned yet, and the input is that of this contract.
                _ if function == HostFunction::returned => 0,
                _ => 32,
            };
        }
        args
    }

    /// The indices of lengths and counts.
    pub(crate) fn lengths(function: HostFunction) -> Vec<usize> {
        let params = function.spec().params.iter().enumerate();
        params
            .filter(|(_, (name, _))| ["len", "count"].iter().any(|end| name.ends_with(end)))
            .map(|(index, _)| index)
            .collect()
    }

    /// The bytes that one more of a length stands for, as far as they are
    /// charged: grants are part of the base.
    pub(crate) fn unit(function: HostFunction, index: usize) -> u64 {
        match function.spec().params[index].0 {
            "grants_count" => 0,
            "topics_count" => 32,
            _ => 1,
        }
    }

    /// The pointers of a function and what they lead to, as its documentation says.
    pub(crate) fn pointers(function: HostFunction) -> Vec<(usize, Extent)> {
        let params = function.spec().params;
        let position = |name: &str| params.iter().position(|(param, _)| *param == name);
        let pointers = params.iter().enumerate();
        let pointers = pointers.filter(|(_, (name, _))| is_pointer(name));
        pointers
            .map(|(index, (name, _))| {
                let stem = name.trim_end_matches("ptr");
                let by = |end: &str, unit| {
                    position(&format!("{stem}{end}")).map(|at| Extent::Units(at, unit))
                };
                let counted = by("len", 1).or(by("count", 32));
                (
                    index,
                    counted.unwrap_or_else(|| fixed(function, name, &position)),
                )
            })
            .collect()
    }
}

fn fixed(function: HostFunction, name: &str, position: &dyn Fn(&str) -> Option<usize>) -> Extent {
    use HostFunction as F;

    match (function, name) {
        (F::input | F::returned, "out_ptr") => {
            Extent::Units(position("len").expect("it has a length"), 1)
        }
        // As much as there is, at most: forty bytes of value, a key of thirty-two.
        (F::storage_read | F::storage_next, "out_ptr") => {
            Extent::Units(position("out_cap").expect("it has a capacity"), 1)
        }
        (F::balance | F::value, "out_ptr") | (_, "value_ptr" | "deposit_ptr") => Extent::Bytes(16),
        (F::secp256k1_recover, "out_ptr") => Extent::Bytes(33),
        (F::secp256k1_recover, "signature_ptr") => Extent::Bytes(65),
        (F::secp256k1_verify | F::secp256r1_verify, "key_ptr") => Extent::Bytes(33),
        (_, "signature_ptr") => Extent::Bytes(64),
        _ => Extent::Bytes(32),
    }
}

fn is_pointer(name: &str) -> bool {
    name == "ptr" || name.ends_with("_ptr")
}

/// A contract that reads the arguments of a function from its input, calls it,
/// and returns the result and what is at the address that follows the arguments.
fn caller_of(spec: &HostFunctionSpec, code_hash: &Hash) -> String {
    let ty = |ty| if ty == ValueType::U32 { "i32" } else { "i64" };
    let params: String = (spec.params.iter())
        .map(|(_, param)| format!("(param {})", ty(*param)))
        .collect();
    let result = (spec.result).map_or(String::new(), |result| format!("(result {})", ty(result)));
    let args: String = (spec.params.iter().enumerate())
        .map(|(index, (_, param))| {
            format!(
                "({}.load (i32.const {}))",
                ty(*param),
                ARGS + 8 * index as u64
            )
        })
        .collect();
    let call = format!("(call $f {args})");
    let run = match spec.result.map(ty) {
        None => call,
        Some("i32") => format!("(i64.store (i32.const {ANSWER}) (i64.extend_i32_u {call}))"),
        Some(_) => format!("(i64.store (i32.const {ANSWER}) {call})"),
    };
    let hash: String = (code_hash.0.iter())
        .map(|byte| format!("\\{byte:02x}"))
        .collect();
    format!(
        r#"(module
          (import "hull" "{}" (func $f {params} {result}))
          (import "hull" "input" (func $input (param i32 i32 i32)))
          (import "hull" "return_data" (func $return (param i32 i32)))
          (memory 1 1) (data (i32.const {HASH}) "{hash}")
          (func (export "call")
            (memory.fill (i32.const 0x8000) (i32.const 0xff) (i32.const 0x8000))
            (call $input (i32.const {ARGS}) (i32.const 0) (i32.const 88))
            {run}
            (memory.copy (i32.const {}) (i32.load (i32.const {})) (i32.const {DUMPED}))
            (call $return (i32.const {ANSWER}) (i32.const {}))))"#,
        spec.name,
        ANSWER + 8,
        ARGS + 8 * DUMP as u64,
        8 + DUMPED,
    )
}
