//! Hull, as an embedder uses it: an engine, a host, calls.

use anyhow::{Context, Result, ensure};
use bench_workloads::token::Address as Bytes;
use hull_vm::host_api::{Address, ContractInfo, MAX_GAS_LIMIT};
use hull_vm::{Call, Config, Entry, MemoryHost, Tiering, Vm};

use crate::{Answer, Compiler, Contract, Function, Instances, State, Subject};

/// Where the contract lives.
const CONTRACT: Address = Address([9; 32]);

pub(crate) struct Hull {
    name: &'static str,
    tiering: Tiering,
}

impl Hull {
    /// Hull on one tier, at once: a bench must not wait for the background.
    pub(crate) fn new(name: &'static str, tiering: Tiering) -> Self {
        Self { name, tiering }
    }

    fn vm(&self) -> Result<Vm> {
        Ok(Vm::new(Config {
            tiering: self.tiering,
            ..Config::default()
        })?)
    }

    fn deploy(&self, module: &[u8], state: &State) -> Result<Deployed> {
        let vm = self.vm()?;
        let capabilities = vm.upload(module)?.capabilities;
        let mut host = MemoryHost::default();
        let code_hash = host.put_code(module);
        host.put_contract(
            CONTRACT,
            ContractInfo {
                code_hash,
                capabilities,
            },
        );
        for (key, value) in state {
            host.set_storage(CONTRACT, key, value);
        }
        let call = Call {
            origin: Address::default(),
            caller: Address::default(),
            contract: CONTRACT,
            value: 0,
            gas_limit: MAX_GAS_LIMIT,
            deposit_limit: 0,
            read_only: false,
            entry: Entry::Call,
            input: Vec::new(),
        };
        Ok(Deployed { vm, host, call })
    }
}

impl Subject for Hull {
    fn name(&self) -> &'static str {
        self.name
    }

    /// Hull has no way to a function but a call, and a call's own cost is
    /// nothing beside what these functions take. So it is part of the figure.
    fn compute(&self, module: &[u8], _: &str) -> Result<Function> {
        let mut contract = self.deploy(module, &[])?;
        Ok(Box::new(move |n| {
            let answer = contract.call(&Bytes::default(), &n.to_le_bytes())?;
            let checksum = answer
                .data
                .try_into()
                .ok()
                .context("a checksum has 8 bytes")?;
            Ok(u64::from_le_bytes(checksum))
        }))
    }

    fn contract(
        &self,
        module: &[u8],
        instances: Instances,
        state: &State,
    ) -> Result<Option<Box<dyn Contract>>> {
        Ok(match instances {
            Instances::Fresh => Some(Box::new(self.deploy(module, state)?)),
            // Not even for a bench.
            Instances::Reused => None,
        })
    }

    fn compiler(&self) -> Result<Compiler> {
        let vm = self.vm()?;
        Ok(Box::new(move |module| {
            vm.upload(module)?;
            Ok(Box::new(vm))
        }))
    }
}

/// A contract on a host of its own.
struct Deployed {
    vm: Vm,
    host: MemoryHost,
    call: Call,
}

impl Contract for Deployed {
    fn call(&mut self, caller: &Bytes, input: &[u8]) -> Result<Answer> {
        self.call.origin = Address(*caller);
        self.call.caller = self.call.origin;
        self.call.input.clear();
        self.call.input.extend_from_slice(input);
        let outcome = self.vm.call(&mut self.host, &self.call)?;
        ensure!(outcome.result.is_success(), "{:?}", outcome.result);
        Ok(Answer {
            data: outcome.data,
            events: outcome.events,
        })
    }

    fn stored(&self, key: &[u8]) -> Option<Vec<u8>> {
        let mut storage = self.host.storage(&CONTRACT);
        storage
            .find(|(stored, _)| *stored == key)
            .map(|(_, value)| value.to_vec())
    }
}
