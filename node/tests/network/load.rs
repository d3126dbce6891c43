//! Clients that send transactions to whichever node answers, as long as it takes.

use std::collections::VecDeque;
use std::io;
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hull_types::host_api::{Address, DEFAULT_PREFIX, Hash, code_hash, contract_address};
use hull_types::{Payload, SignedTransaction, Transaction, dev};
use serde_json::{Value, json};

use crate::audit::Told;
use crate::client::{Client, encoded};

/// Transactions of a client that are under way together.
const BATCH: u64 = 4;
/// From one batch to the next, where the nodes are as fast: a steady rate.
const BATCHES: Duration = Duration::from_millis(400);
/// Milliseconds that a client waits for a receipt at one node before it goes to another.
const WAIT: u64 = 3_000;
/// How long a client may be sent from one to the next. Networks are cut for less.
const PATIENCE: Duration = Duration::from_secs(180);
/// Before a client asks another node when one is gone.
const PAUSE: Duration = Duration::from_millis(50);
/// Tokens that each client gets.
const TOKENS: u64 = 1_000_000;

/// A load: transfers of a token, which are calls of its contract, and of native tokens.
pub(crate) struct Load {
    clients: Vec<Client>,
    chain_id: Hash,
    token: Address,
    is_over: AtomicBool,
    told: Mutex<Vec<Told>>,
}

/// Ends the load when it goes.
pub(crate) struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Load {
    /// The accounts that send, by their place among those of development chains. Alice
    /// is not one of them: she has deployed the token.
    pub(crate) const ACCOUNTS: RangeInclusive<usize> = 1..=8;

    /// Deploys the token and gives everybody some.
    pub(crate) fn prepare(clients: &[Client], chain_id: Hash) -> Self {
        let (setup, token) = token(&chain_id);
        let mut told = Vec::new();
        for transaction in setup {
            let id = clients[0].send(&transaction);
            let receipt = clients[0].receipt(&id);
            assert_eq!(receipt["result"], "success", "{receipt}");
            told.push(Told { id, receipt });
        }
        Self {
            clients: clients.to_vec(),
            chain_id,
            token,
            is_over: AtomicBool::new(false),
            told: Mutex::new(told),
        }
    }

    /// What all clients were told so far.
    pub(crate) fn told(self) -> Vec<Told> {
        self.told.into_inner().unwrap()
    }

    /// The load ends with what this gives.
    pub(crate) fn end_with(&self) -> Ends<'_> {
        Ends(&self.is_over)
    }

    /// Sends transactions of an account, some at a time, until the load ends.
    pub(crate) fn run(&self, account: usize) {
        let (mut nonce, mut turn) = (0, account);
        while !self.is_over.load(Ordering::Relaxed) {
            let next = Instant::now() + BATCHES;
            let batch = (nonce..nonce + BATCH).map(|nonce| {
                let transaction = self.transaction(account, nonce);
                let id = format!("0x{}", transaction.id()).into();
                (id, encoded(&transaction))
            });
            self.settle(batch.collect(), &mut turn);
            nonce += BATCH;
            thread::sleep(next.saturating_duration_since(Instant::now()));
        }
    }

    fn transaction(&self, account: usize, nonce: u64) -> SignedTransaction {
        let accounts = dev::accounts();
        let next = match account == *Self::ACCOUNTS.end() {
            true => *Self::ACCOUNTS.start(),
            false => account + 1,
        };
        let to = accounts[next].address;
        let payload = match nonce % BATCH {
            0 => Payload::Transfer { to, value: 1 },
            _ => give(self.token, &to, 1),
        };
        let body = dev::transaction(accounts[account].address, nonce, payload);
        body.sign(&self.chain_id, &accounts[account].key())
    }

    /// Goes from node to node until all are in blocks.
    fn settle(&self, mut batch: VecDeque<(Value, Value)>, turn: &mut usize) {
        let end = Instant::now() + PATIENCE;
        while let Some((id, _)) = batch.front() {
            assert!(Instant::now() < end, "{id} gets into no block");
            *turn += 1;
            let node = &self.clients[*turn % self.clients.len()];
            if self.try_settle(node, &mut batch).is_err() {
                thread::sleep(PAUSE);
            }
        }
    }

    /// As many as one node can; fails when it is gone.
    fn try_settle(&self, node: &Client, batch: &mut VecDeque<(Value, Value)>) -> io::Result<()> {
        // That it knows one already, or has it in a block, is no trouble.
        let sent: Vec<_> = batch.iter().map(|(_, bytes)| json!([bytes])).collect();
        node.ask_each("hull_sendTransaction", &sent)?;
        while let Some((id, _)) = batch.front() {
            let params = json!({ "hash": id, "wait": WAIT });
            let receipt = node.call("hull_receipt", params)?["result"].take();
            if receipt.is_null() {
                break;
            }
            assert_eq!(receipt["result"], "success", "{receipt}");
            let id = id.clone();
            self.told.lock().unwrap().push(Told { id, receipt });
            batch.pop_front();
        }
        Ok(())
    }
}

pub(crate) fn text(address: &Address) -> String {
    address.to_text(DEFAULT_PREFIX).unwrap()
}

/// A transfer of the token.
pub(crate) fn give(token: Address, to: &Address, amount: u64) -> Payload {
    let mut input = to.0.to_vec();
    input.extend(amount.to_le_bytes());
    Payload::Call {
        contract: token,
        value: 0,
        input,
    }
}

/// What alice does first: uploads the token of the test vectors, makes one, gives each
/// client some. And its address.
pub(crate) fn token(chain_id: &Hash) -> (Vec<SignedTransaction>, Address) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../test-vectors/programs/token.wasm");
    let code = std::fs::read(file).unwrap();
    let alice = &dev::accounts()[0];
    let (code_hash, salt) = (code_hash(&code), [0; 32]);
    let token = contract_address(&alice.address, &code_hash, &salt);
    let supply = TOKENS * 100;
    let deploy = [
        Payload::Upload { code },
        Payload::Instantiate {
            code_hash,
            salt,
            grants: Vec::new(),
            value: 0,
            input: supply.to_le_bytes().into(),
        },
    ];
    let shares = Load::ACCOUNTS.map(|to| give(token, &dev::accounts()[to].address, TOKENS));
    let payloads = deploy.into_iter().chain(shares);
    let signed = (0..).zip(payloads).map(|(nonce, payload)| {
        let body = Transaction {
            // For the compiler, and for the first item of each holder.
            gas_limit: 500_000_000_000,
            deposit_limit: 1_000_000_000_000_000,
            ..dev::transaction(alice.address, nonce, payload)
        };
        body.sign(chain_id, &alice.key())
    });
    (signed.collect(), token)
}
