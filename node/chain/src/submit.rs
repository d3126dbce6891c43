//! A transaction comes in.

use hull_executor::{InvalidTransaction, StateReader};
use hull_host_api::{Hash, Timestamp};
use hull_mempool::Admitted;
use hull_types::SignedTransaction;

use crate::chain::Chain;
use crate::error::SubmitError;

/// A transaction was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submitted {
    /// Its id.
    pub id: Hash,
    /// What the pool did.
    pub admitted: Admitted,
}

impl Chain {
    /// Takes a transaction in: 1. decode within bounds, 2. signature, 3. form, 4. pool.
    /// `now` is in milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// See [`SubmitError`].
    pub fn submit(&self, bytes: &[u8], now: Timestamp) -> Result<Submitted, SubmitError> {
        let envelope = SignedTransaction::decode_bytes(bytes)?;
        let id = envelope.id();
        if let Some((height, _)) = self.inner.store.transaction(&id)? {
            return Err(SubmitError::Included { height });
        }
        // Before the signature: it is the dear part.
        if self.pool().get(&id).is_some() {
            return Err(hull_mempool::Rejected::Known.into());
        }
        let verified = envelope.verify(&self.inner.chain_id)?;
        let next = self.head().height.saturating_add(1);
        self.inner.executor.check_form(next, &verified)?;
        let body = verified.transaction();
        let most = self.inner.executor.parameters(next).block_gas;
        if body.gas_limit > most {
            return Err(InvalidTransaction::BlockFull {
                found: body.gas_limit,
                left: most,
            }
            .into());
        }
        // The state under the pool's lock, so that no block comes in between.
        let mut pool = self.pool();
        let account = self.tip().state.account(&body.sender)?.unwrap_or_default();
        let admitted = pool.admit(verified, account, now)?;
        Ok(Submitted { id, admitted })
    }
}
