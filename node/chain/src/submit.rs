//! Transactions come in.

use hull_executor::{Account, InvalidTransaction, StateReader};
use hull_host_api::{Fatal, Hash, Timestamp};
use hull_mempool::{Admitted, Rejected};
use hull_types::{SignedTransaction, VerifiedTransaction};
use rayon::prelude::*;

use crate::chain::{Chain, Tip};
use crate::error::SubmitError;
use crate::work::Stage;

/// A transaction was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submitted {
    /// Its id.
    pub id: Hash,
    /// What the pool did.
    pub admitted: Admitted,
}

/// What has come through everything that needs no lock.
struct Checked {
    transaction: VerifiedTransaction,
    /// The sender's account at the tip that it was checked against.
    account: Account,
}

impl Chain {
    /// Takes a transaction in: 1. decode within bounds, 2. signature, 3. form, 4. pool.
    /// `now` is in milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// See [`SubmitError`].
    pub fn submit(&self, bytes: &[u8], now: Timestamp) -> Result<Submitted, SubmitError> {
        self.inner.work.measure(Stage::Submit, || {
            let tip = self.tip();
            let checked = self.check(&tip, bytes)?;
            self.admit(&tip, vec![Ok(checked)], now).remove(0)
        })
    }

    /// Takes many transactions in, as [`submit`](Self::submit) does one. Signatures
    /// are checked in parallel; the pool gets the transactions in the order in which
    /// they are given. The answers are in that order too.
    ///
    /// ```
    /// use hull_chain::{Chain, Settings, SubmitError};
    /// use hull_types::{Payload, Transaction, dev};
    ///
    /// let chain = Chain::open(Settings::in_memory(dev::genesis("example"))).unwrap();
    /// let [alice, bob, ..] = dev::accounts();
    /// let payload = Payload::Transfer { to: bob.address, value: 7 };
    /// let transfer = |nonce| dev::transaction(alice.address, nonce, payload.clone());
    /// let sign = |body: Transaction| body.sign(&chain.chain_id(), &alice.key()).encode_bytes();
    /// let all = [sign(transfer(0)), sign(transfer(1)), b"nonsense".to_vec()];
    /// let taken = chain.submit_all(&all, 0);
    /// assert!(taken[0].is_ok() && taken[1].is_ok());
    /// assert!(matches!(taken[2], Err(SubmitError::Decode(_))));
    /// ```
    pub fn submit_all<B: AsRef<[u8]> + Sync>(
        &self,
        all: &[B],
        now: Timestamp,
    ) -> Vec<Result<Submitted, SubmitError>> {
        let tip = self.tip();
        let checked = all.par_iter();
        let checked = checked.map(|bytes| {
            let check = || self.check(&tip, bytes.as_ref());
            self.inner.work.measure(Stage::Submit, check)
        });
        let checked = checked.collect();
        let admit = || self.admit(&tip, checked, now);
        self.inner.work.measure(Stage::Submit, admit)
    }

    /// Everything before the pool; the signature, which is the dear part, after what
    /// may spare it.
    fn check(&self, tip: &Tip, bytes: &[u8]) -> Result<Checked, SubmitError> {
        let envelope = SignedTransaction::decode_bytes(bytes)?;
        let id = envelope.id();
        if let Some((height, _)) = tip.state.place_of(&id)? {
            return Err(SubmitError::Included { height });
        }
        if self.pool().get(&id).is_some() {
            return Err(Rejected::Known.into());
        }
        let transaction = envelope.verify(&self.inner.chain_id)?;
        let next = tip.head.height.saturating_add(1);
        self.inner.executor.check_form(next, &transaction)?;
        let body = transaction.transaction();
        let most = self.inner.executor.parameters(next).block_gas;
        if body.gas_limit > most {
            return Err(InvalidTransaction::BlockFull {
                found: body.gas_limit,
                left: most,
            }
            .into());
        }
        let account = account(tip, &transaction)?;
        Ok(Checked {
            transaction,
            account,
        })
    }

    fn admit(
        &self,
        checked_at: &Tip,
        all: Vec<Result<Checked, SubmitError>>,
        now: Timestamp,
    ) -> Vec<Result<Submitted, SubmitError>> {
        let mut pool = self.pool();
        // Under the pool's lock, so that no block comes in between.
        let tip = self.tip();
        let moved = tip.head.hash != checked_at.head.hash;
        let admitted = all.into_iter().map(|checked| {
            let Checked {
                transaction,
                account: mut found,
            } = checked?;
            let id = transaction.id();
            if moved {
                found = account(&tip, &transaction)?;
                if let Some((height, _)) = tip.state.place_of(&id)? {
                    return Err(SubmitError::Included { height });
                }
            }
            let admitted = pool.admit(transaction, found, now)?;
            Ok(Submitted { id, admitted })
        });
        admitted.collect()
    }
}

fn account(tip: &Tip, transaction: &VerifiedTransaction) -> Result<Account, Fatal> {
    let account = tip.state.account(&transaction.transaction().sender)?;
    Ok(account.unwrap_or_default())
}
