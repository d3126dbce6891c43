//! Building a block and handing it round.

use hull_types::host_api::Hash;
use malachitebft_app::engine::host::LocallyProposedValue;
use malachitebft_app::streaming::{StreamContent, StreamId, StreamMessage};
use malachitebft_core_types::Round;
use parity_scale_codec::Encode;
use ractor::RpcReplyPort;

use super::Worker;
use crate::application::Failure;
use crate::context::{BlockId, Height, Hull};
use crate::part::PartHeader;
use crate::undecided::Undecided;

impl Worker {
    /// Proposes a block: that which was built for the round, if one was.
    pub(super) fn build(
        &mut self,
        height: Height,
        round: Round,
        reply: RpcReplyPort<LocallyProposedValue<Hull>>,
    ) -> Result<(), Failure> {
        let number = round.as_u32().unwrap_or_default();
        let next = self.desk.shared.app.head()?.saturating_add(1);
        if height.0 != next {
            // Asked for before the last decision; nobody waits for it.
            return Ok(());
        }
        let block = match self.built.get(&(height.0, number)) {
            Some(block) => *block,
            None => self.build_new(height, number)?,
        };
        let value = LocallyProposedValue::new(height, round, BlockId(block));
        drop(reply.send(value));
        self.publish(&block)
    }

    fn build_new(&mut self, height: Height, round: u32) -> Result<Hash, Failure> {
        let signatory = self.desk.signatory.as_ref();
        let signatory = signatory.ok_or("asked to propose without the key of a validator")?;
        let block = self.desk.shared.app.propose(height.0, round)?;
        let (hash, encoded) = (block.header.hash(), block.encode());
        let header = PartHeader::of(height.0, round, hash, &encoded)
            .ok_or_else(|| format!("a block of {} bytes is too large", encoded.len()))?;
        let one = Undecided {
            block: block.into(),
            encoded: encoded.into(),
            signed: Some(signatory.sign_header(header)),
        };
        // Before anybody hears of it: it has to be the same after a crash.
        self.desk.shelf.put(hash, one)?;
        self.built.insert((height.0, round), hash);
        self.desk
            .shared
            .assembly(|assembly| assembly.know(height.0, hash));
        Ok(hash)
    }

    /// Hands the pieces of a block round. A block that came by synchronisation has no
    /// proposer's signature here, and is decided already.
    pub(super) fn publish(&mut self, block: &Hash) -> Result<(), Failure> {
        self.streams = self.streams.wrapping_add(1);
        let Some(one) = self.desk.shelf.get(block) else {
            return Ok(());
        };
        let Some(signed) = &one.signed else {
            return Ok(());
        };
        let name = (signed.header.height, signed.header.round, self.streams);
        let stream = StreamId::new(name.encode().into());
        for (sequence, part) in (0_u64..).zip(signed.parts(&one.encoded)) {
            let content = StreamContent::Data(part);
            let message = StreamMessage::new(stream.clone(), sequence, content);
            self.desk.outlet.publish(message);
        }
        Ok(())
    }
}
