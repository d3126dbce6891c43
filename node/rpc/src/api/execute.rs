//! Executing without changing anything.

use hull_chain::Trial;
use hull_executor::View;
use hull_host_api::Address;
use hull_rpc_types as rpc;
use hull_types::{Payload, Transaction};

use crate::api::Api;
use crate::failed::Failed;

impl Api {
    /// `hull_call`.
    ///
    /// # Errors
    /// If a parameter is wrong, the state is not kept, or the node failed.
    pub fn call(&self, params: rpc::CallParams) -> Result<rpc::Outcome, Failed> {
        let contract = self.address(&params.contract, "contract")?;
        let caller = params.caller.as_ref();
        let caller = caller
            .map(|caller| self.address(caller, "caller"))
            .transpose()?;
        let trial = self.trial(params.block)?;
        let most = self.settings().call_gas;
        let view = View {
            caller: caller.unwrap_or(Address([0; 32])),
            contract,
            input: params.input.0,
            gas_limit: params.gas_limit.map_or(most, |gas| gas.0.min(most)),
        };
        let outcome = self.chain().view(trial, &view)?;
        Ok(self.convert().outcome(outcome, trial.height))
    }

    /// `hull_simulate`.
    ///
    /// # Errors
    /// If a parameter is wrong, the state is not kept, or the node failed.
    pub fn simulate(&self, params: rpc::SimulateParams) -> Result<rpc::Simulated, Failed> {
        let trial = self.trial(params.block)?;
        let transaction = self.tried(trial, &params.transaction)?;
        let (simulated, trace) = match params.trace {
            false => (self.chain().simulate(trial, &transaction)?, None),
            true => {
                let (simulated, trace) = self.chain().simulate_traced(trial, &transaction)?;
                (simulated, Some(trace))
            }
        };
        let steps = self.settings().trace_steps as usize;
        let convert = self.convert();
        let trace = trace.map(|trace| convert.trace(&trace, steps));
        Ok(convert.simulated(&transaction, simulated, trial.height, trace))
    }

    /// `hull_estimateGas`.
    ///
    /// # Errors
    /// If a parameter is wrong, the state is not kept, or the node failed.
    pub fn estimate_gas(&self, params: rpc::SimulateParams) -> Result<rpc::Estimate, Failed> {
        let trial = self.trial(params.block)?;
        let transaction = self.tried(trial, &params.transaction)?;
        let estimated = self.chain().estimate(trial, &transaction)?;
        Ok(self
            .convert()
            .estimate(&transaction, estimated, trial.height))
    }

    /// `hull_trace`.
    ///
    /// # Errors
    /// If there is no such transaction in a block, or the state before is not kept.
    pub fn trace(&self, params: rpc::HashParams) -> Result<rpc::Trace, Failed> {
        let traced = self.chain().trace(&params.hash.into())?;
        let (trace, _) = traced.ok_or_else(|| {
            let what = format!("no transaction {} in a block", params.hash);
            Failed::not_found(what, "hash")
        })?;
        let steps = self.settings().trace_steps as usize;
        Ok(self.convert().trace(&trace, steps))
    }

    /// The transaction that a request stands for.
    fn tried(
        &self,
        trial: Trial,
        request: &rpc::TransactionRequest,
    ) -> Result<Transaction, Failed> {
        let sender = self.address(&request.sender, "transaction.sender")?;
        let payload = self.payload(&request.payload)?;
        let parameters = self.chain().executor().parameters(trial.height);
        let deposit_limit = match request.deposit_limit {
            Some(limit) => limit.0,
            None => self.chain().deposit_at_hand(trial, &sender, &payload)?,
        };
        Ok(Transaction {
            sender,
            // Not looked at.
            nonce: 0,
            gas_limit: request.gas_limit.map_or(parameters.block_gas, |gas| gas.0),
            gas_price: request
                .gas_price
                .map_or(parameters.least_gas_price, |it| it.0),
            tip: request.tip.0,
            deposit_limit,
            payload,
        })
    }

    fn payload(&self, payload: &rpc::Payload) -> Result<Payload, Failed> {
        let address = |text: &rpc::Address, field| {
            self.address(text, &format!("transaction.payload.{field}"))
        };
        Ok(match payload {
            rpc::Payload::Transfer { to, value } => Payload::Transfer {
                to: address(to, "to")?,
                value: value.0,
            },
            rpc::Payload::Upload { code } => Payload::Upload {
                code: code.0.clone(),
            },
            rpc::Payload::Instantiate {
                code_hash,
                salt,
                grants,
                value,
                input,
            } => Payload::Instantiate {
                code_hash: (*code_hash).into(),
                salt: salt.0,
                grants: grants
                    .iter()
                    .map(|one| address(one, "grants"))
                    .collect::<Result<_, _>>()?,
                value: value.0,
                input: input.0.clone(),
            },
            rpc::Payload::Call {
                contract,
                value,
                input,
            } => Payload::Call {
                contract: address(contract, "contract")?,
                value: value.0,
                input: input.0.clone(),
            },
            rpc::Payload::SetCode {
                contract,
                code_hash,
                input,
            } => Payload::SetCode {
                contract: address(contract, "contract")?,
                code_hash: (*code_hash).into(),
                input: input.0.clone(),
            },
            rpc::Payload::RemoveCode { code_hash } => Payload::RemoveCode {
                code_hash: (*code_hash).into(),
            },
            rpc::Payload::UpdateValidators { update } => Payload::UpdateValidators {
                update: update.iter().copied().map(Into::into).collect(),
            },
        })
    }
}
