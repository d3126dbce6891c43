//! Transactions and what became of them.

use hull_host_api::Hash;
use hull_rpc_types as rpc;

use crate::api::Api;
use crate::convert::Included;
use crate::failed::Failed;

impl Api {
    /// `hull_sendTransaction`.
    ///
    /// # Errors
    /// If it is no transaction, or is not taken.
    pub fn send_transaction(&self, params: rpc::SendParams) -> Result<rpc::Sent, Failed> {
        let now = (self.node().clock)();
        let submitted = self.chain().submit(&params.transaction.0, now);
        self.metrics().submitted(submitted.is_ok());
        let submitted = submitted?;
        (self.node().submitted)();
        if let Some(network) = &self.node().network {
            network.publish(&params.transaction.0);
        }
        Ok(rpc::Sent {
            hash: submitted.id.into(),
            ready: submitted.admitted.ready,
            replaced: submitted.admitted.replaced.map(Into::into),
        })
    }

    /// `hull_transaction`.
    ///
    /// # Errors
    /// If the node failed.
    pub fn transaction(&self, params: rpc::HashParams) -> Result<Option<rpc::Transaction>, Failed> {
        let id: Hash = params.hash.into();
        // First the pool: a block may come in between, and then it is in the store.
        let waiting = self.chain().with_pool(|pool| {
            let waiting = pool.get(&id)?.clone();
            let body = waiting.transaction();
            let ready = pool
                .next_nonce(&body.sender)
                .is_some_and(|next| body.nonce < next);
            Some((waiting, ready))
        });
        if let Some((waiting, ready)) = waiting {
            let state = rpc::TransactionState::Waiting { ready };
            let transaction = self.convert().transaction(id, waiting.envelope(), state);
            return Ok(Some(transaction));
        }
        let Some((height, index)) = self.chain().place_of(&id)? else {
            return Ok(None);
        };
        let committed = self.chain().committed(height)?;
        let envelope = committed.block.transactions.get(index as usize);
        let state = rpc::TransactionState::Included { height, index };
        Ok(envelope.map(|envelope| self.convert().transaction(id, envelope, state)))
    }

    /// `hull_receipt`, without the wait.
    ///
    /// # Errors
    /// If the node failed.
    pub fn receipt(&self, params: rpc::HashParams) -> Result<Option<rpc::Receipt>, Failed> {
        let id: Hash = params.hash.into();
        let Some((height, index)) = self.chain().place_of(&id)? else {
            return Ok(None);
        };
        let committed = self.chain().committed(height)?;
        Ok(self.receipt_at(&committed, index))
    }

    pub(crate) fn receipt_at(
        &self,
        committed: &hull_chain::Committed,
        index: u32,
    ) -> Option<rpc::Receipt> {
        let included = Included::new(committed, index)?;
        let note = self.chain().note_of(&included.id);
        Some(self.convert().receipt(&included, note.as_ref()))
    }
}
