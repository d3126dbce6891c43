//! Who sends what.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use hull_host_api::{Address, Balance, Hash};
use hull_rpc_types::{Address as Text, Status};
use hull_types::{Payload, SigningKey, Transaction, dev, sender_of};

use crate::client::Client;

/// What every account gets for a transfer: its fee at the least price, and more than it
/// sends.
const FOR_ONE: Balance = 2 * dev::GAS as Balance;
/// How long the accounts may take to get their tokens.
const FUNDING: Duration = Duration::from_secs(60);
/// Between two questions whether they have them.
const PAUSE: Duration = Duration::from_millis(50);
/// Most transactions in one call.
const BATCH: usize = 100;

/// A signed transfer.
pub(crate) struct Transfer {
    pub(crate) id: Hash,
    pub(crate) bytes: Vec<u8>,
}

/// Transfers in the order in which they are sent: the accounts in turn.
pub(crate) struct Plan {
    pub(crate) accounts: usize,
    pub(crate) transfers: Vec<Transfer>,
}

impl Plan {
    /// Gives the accounts tokens, and signs.
    pub(crate) fn new(
        client: &Client,
        status: &Status,
        accounts: u32,
        transfers: u32,
    ) -> Result<Self> {
        let keys: Vec<_> = (0..accounts)
            .map(|index| dev::key_of(&format!("load/{index}")))
            .collect();
        let addresses: Vec<_> = keys.iter().map(sender_of).collect();
        let text = |address: &Address| Text::new(address, &status.address_prefix);
        let chain_id = Hash(status.chain_id.0);
        let each = Balance::from(transfers.div_ceil(accounts)) * FOR_ONE;
        fund(client, status, &addresses, each)?;

        let mut nonces = Vec::new();
        for address in &addresses {
            nonces.push(client.account(text(address))?.nonce.0);
        }
        let mut signed = Vec::new();
        for index in 0..transfers as usize {
            let from = index % keys.len();
            let to = addresses[(from + 1) % keys.len()];
            let body = transfer(addresses[from], nonces[from], to, 1);
            nonces[from] += 1;
            signed.push(sign(body, &chain_id, &keys[from]));
        }
        Ok(Self {
            accounts: keys.len(),
            transfers: signed,
        })
    }
}

/// Alice, who has tokens on every chain of this kind, sends to all of them.
pub(crate) fn fund(client: &Client, status: &Status, to: &[Address], each: Balance) -> Result<()> {
    let [alice, ..] = dev::accounts();
    let text = Text::new(&alice.address, &status.address_prefix);
    let before = client.account(text.clone())?;
    let needed = each.saturating_mul(to.len() as Balance);
    ensure!(
        before.balance.0 > needed,
        "alice has {} and the accounts need {needed}: is this a network for tests?",
        before.balance.0
    );
    let first = before.next_nonce.unwrap_or(before.nonce).0;
    let chain_id = Hash(status.chain_id.0);
    let bodies = (first..).zip(to).map(|(nonce, to)| {
        let body = transfer(alice.address, nonce, *to, each);
        sign(body, &chain_id, &alice.key())
    });
    let signed: Vec<_> = bodies.collect();
    for batch in signed.chunks(BATCH) {
        let bytes: Vec<_> = batch.iter().map(|one| one.bytes.as_slice()).collect();
        for answer in client.send(&bytes)? {
            answer
                .map_err(anyhow::Error::msg)
                .context("give an account tokens")?;
        }
    }
    let (start, due) = (Instant::now(), first + to.len() as u64);
    while client.account(text.clone())?.nonce.0 < due {
        if start.elapsed() > FUNDING {
            bail!("the accounts have no tokens after {} s", FUNDING.as_secs());
        }
        thread::sleep(PAUSE);
    }
    Ok(())
}

fn transfer(sender: Address, nonce: u64, to: Address, value: Balance) -> Transaction {
    dev::transaction(sender, nonce, Payload::Transfer { to, value })
}

fn sign(body: Transaction, chain_id: &Hash, key: &SigningKey) -> Transfer {
    let envelope = body.sign(chain_id, key);
    Transfer {
        id: envelope.id(),
        bytes: envelope.encode_bytes(),
    }
}
