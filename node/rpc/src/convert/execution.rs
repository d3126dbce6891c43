//! What was only tried.

use hull_chain::Estimated;
use hull_executor::Simulated;
use hull_rpc_types as rpc;
use hull_types::Transaction;
use hull_vm::{CallResult, Outcome};

use super::{Convert, Made, result};

impl Convert<'_> {
    pub(crate) fn outcome(&self, outcome: Outcome, height: u64) -> rpc::Outcome {
        rpc::Outcome {
            result: call_result(outcome.result),
            data: outcome.data.into(),
            gas: outcome.gas.into(),
            failures: outcome
                .failure
                .map(|failure| self.failures(&failure))
                .unwrap_or_default(),
            height,
        }
    }

    pub(crate) fn simulated(
        &self,
        body: &Transaction,
        simulated: Simulated,
        height: u64,
        trace: Option<rpc::Trace>,
    ) -> rpc::Simulated {
        let executed = simulated.executed;
        let receipt = executed.receipt;
        let made = Made::by(body, receipt.result.is_success());
        rpc::Simulated {
            result: result(&receipt.result),
            data: executed.data.into(),
            gas: receipt.gas.into(),
            fee: fee(body, receipt.gas).into(),
            deposit: receipt.deposit.into(),
            events: receipt
                .events
                .iter()
                .map(|event| self.event(event))
                .collect(),
            contract: made.contract.map(|contract| self.address(&contract)),
            code_hash: made.code.map(Into::into),
            failures: self.cause(executed.cause.as_ref()),
            height,
            trace,
        }
    }

    pub(crate) fn estimate(
        &self,
        body: &Transaction,
        estimated: Estimated,
        height: u64,
    ) -> rpc::Estimate {
        let executed = estimated.simulated.executed;
        let receipt = executed.receipt;
        rpc::Estimate {
            gas: receipt.gas.into(),
            gas_limit: estimated.gas_limit.into(),
            fee: fee(body, receipt.gas).into(),
            deposit_limit: u128::try_from(receipt.deposit).unwrap_or(0).into(),
            result: result(&receipt.result),
            failures: self.cause(executed.cause.as_ref()),
            height,
        }
    }
}

fn fee(body: &Transaction, gas: u64) -> u128 {
    let fee = u128::from(gas).saturating_mul(body.gas_price);
    fee.saturating_add(body.tip)
}

pub(crate) fn call_result(result: CallResult) -> rpc::ReceiptResult {
    match result {
        CallResult::Success => rpc::ReceiptResult::Success,
        CallResult::Revert => rpc::ReceiptResult::Revert,
        CallResult::Halt(_) => rpc::ReceiptResult::Halt,
    }
}
