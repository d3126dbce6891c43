//! A signing record without a disk, for simulations: the same slots, in memory.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use ed25519_dalek::SigningKey;
use hull_types::host_api::Hash;

use super::record::{Medium, RecordFile, encode_slot};
use super::{GuardError, SigningGuard, SigningRecord};

/// Two slots. Clones are the same, and outlive the guard that writes them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slots(Arc<Mutex<[Vec<u8>; 2]>>);

impl Medium for Slots {
    fn read(&self, slot: u64) -> io::Result<Vec<u8>> {
        let slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(slots[usize::from(slot != 0)].clone())
    }

    fn write(&self, slot: u64, bytes: &[u8]) -> io::Result<()> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slots[usize::from(slot != 0)] = bytes.into();
        Ok(())
    }
}

impl SigningGuard {
    /// Opens the record in some slots, or begins it if they are empty.
    ///
    /// # Errors
    /// If it is damaged, or of another key or chain.
    pub(crate) fn in_memory(
        slots: &Slots,
        chain_id: &Hash,
        secret: &[u8; 32],
    ) -> Result<Self, GuardError> {
        let folder = Path::new("memory");
        let empty = slots.read(0).is_ok_and(|bytes| bytes.is_empty());
        if empty {
            let public_key = SigningKey::from_bytes(secret).verifying_key().to_bytes();
            let first = encode_slot(&SigningRecord::empty(*chain_id, public_key));
            // Memory takes them.
            let _ = slots.write(0, &first).and_then(|()| slots.write(1, &first));
        }
        let file = RecordFile::read(Box::new(slots.clone()), folder)?;
        Self::of(file, folder, chain_id, secret, None)
    }
}
