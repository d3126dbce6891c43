//! Somebody who sends transactions, one after the other, and waits for each receipt.

use std::time::Duration;

use hull_types::host_api::Hash;
use hull_types::{Payload, Validator, dev};

/// A client with an account of its own.
pub(super) struct Client {
    /// Its account, of [`dev::accounts`].
    account: usize,
    nonce: u64,
    /// What it does besides transfers, once.
    errand: Option<Vec<Validator>>,
    /// Whether it has nothing else to do than its errand.
    once: bool,
    pub(super) waiting: Option<Waiting>,
    /// Receipts of what it sent after the faults.
    pub(super) after: u64,
}

/// A transaction without a receipt yet.
pub(super) struct Waiting {
    pub(super) id: Hash,
    pub(super) envelope: Vec<u8>,
    /// The node that has it.
    pub(super) node: usize,
    /// When it was given to that node.
    pub(super) since: Duration,
    /// Whether it was made after the faults.
    pub(super) after: bool,
}

impl Client {
    /// Sends tokens to the next account.
    pub(super) fn payer(account: usize) -> Self {
        Self {
            account,
            nonce: 0,
            errand: None,
            once: false,
            waiting: None,
            after: 0,
        }
    }

    /// Changes the validators.
    pub(super) fn authority(account: usize, update: Vec<Validator>) -> Self {
        Self {
            errand: Some(update),
            once: true,
            ..Self::payer(account)
        }
    }

    /// Whether it has said all that it has to say.
    pub(super) fn is_done(&self, after: u64) -> bool {
        match self.once {
            true => self.errand.is_none() && self.waiting.is_none(),
            false => self.after >= after,
        }
    }

    /// Its next transaction, if it has one.
    pub(super) fn next(&mut self, chain_id: &Hash) -> Option<(Hash, Vec<u8>)> {
        let accounts = dev::accounts();
        let payload = match (self.errand.take(), self.once) {
            (Some(update), _) => Payload::UpdateValidators { update },
            (None, true) => return None,
            (None, false) => Payload::Transfer {
                to: accounts[(self.account + 1) % accounts.len()].address,
                value: 1 + u128::from(self.nonce),
            },
        };
        let account = &accounts[self.account];
        let body = dev::transaction(account.address, self.nonce, payload);
        let envelope = body.sign(chain_id, &account.key());
        Some((envelope.id(), envelope.encode_bytes()))
    }

    /// It has the receipt of what it waited for.
    pub(super) fn acknowledged(&mut self) {
        let waiting = self.waiting.take();
        self.nonce += 1;
        self.after += u64::from(waiting.is_some_and(|waiting| waiting.after));
    }
}
