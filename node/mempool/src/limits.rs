//! How much is held.

/// How much a pool holds, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most transactions.
    pub transactions: usize,
    /// Most bytes of encoded transactions.
    pub bytes: usize,
    /// Most transactions of one sender.
    pub sender_transactions: usize,
    /// Most bytes of encoded transactions of one sender.
    pub sender_bytes: usize,
    /// How far a nonce may be beyond the one that the account waits for.
    pub ahead: u64,
    /// By how many hundredths the price of a replacement has to be higher.
    pub replacement_percent: u8,
    /// Milliseconds after which a transaction is given up.
    pub lifetime: u64,
}

impl Default for Limits {
    /// Some twenty blocks of transfers, a sixth of a gigabyte; a sender may fill a
    /// block by itself. Given up after three hours, as nobody waits that long.
    fn default() -> Self {
        Self {
            transactions: 20_000,
            bytes: 160 * 1024 * 1024,
            sender_transactions: 1_024,
            sender_bytes: 8 * 1024 * 1024,
            ahead: 1_024,
            replacement_percent: 10,
            lifetime: 3 * 60 * 60 * 1_000,
        }
    }
}
