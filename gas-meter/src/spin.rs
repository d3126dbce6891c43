//! Unrolling the shortest loops.
//!
//! In a loop of a few operators, counting every iteration costs as much as the
//! iteration. Such a loop, if it has no branch but its own, is written
//! [`UNROLLED`] times in a row and charged for all of them at once; leaving it
//! early gives back what was not used. Charges are the same to the unit, and
//! because the counter is checked before the charge, when nothing is paid in
//! advance, no run ends for want of gas that it would not have used.
//!
//! ```text
//! block                                 ;; all four iterations used
//!   block block block                   ;; left after the first, second, third
//!     loop
//!       check; g -= 4 * cost
//!       BODY; i32.eqz; br_if (first)    ;; three copies, to the block of each
//!       …
//!       BODY; br_if 0
//!     end
//!     br (out)
//!   end g += cost end g += cost end g += cost
//! end
//! ```

use wasm_encoder::{BlockType, Instruction};

/// How many copies of a loop's body there are.
pub(crate) const UNROLLED: usize = 4;

/// How deep the body of an unrolled loop lies in the blocks around it.
pub(crate) const DEPTH: u32 = UNROLLED as u32 + 1;

/// What the unrolled form is written with.
pub(crate) struct SpinWriter<'a> {
    /// The body's bytes.
    pub(crate) body: &'a [u8],
    /// Gas for one iteration.
    pub(crate) cost: u64,
    /// The local that holds the gas counter.
    pub(crate) gas: u32,
    /// Leaves the function if the counter is negative, from `DEPTH` blocks
    /// further in.
    pub(crate) check: &'a [Instruction<'a>],
}

impl SpinWriter<'_> {
    /// Writes the loop.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let last = UNROLLED as u32 - 1;
        for _ in 0..UNROLLED {
            put(out, &Instruction::Block(BlockType::Empty));
        }
        put(out, &Instruction::Loop(BlockType::Empty));
        self.check
            .iter()
            .for_each(|instruction| put(out, instruction));
        self.add(out, (self.cost as i64).wrapping_mul(-(UNROLLED as i64)));
        for copy in 0..last {
            out.extend_from_slice(self.body);
            put(out, &Instruction::I32Eqz);
            // The innermost block gives back the most.
            put(out, &Instruction::BrIf(copy + 1));
        }
        out.extend_from_slice(self.body);
        put(out, &Instruction::BrIf(0));
        put(out, &Instruction::End);
        put(out, &Instruction::Br(last));
        for _ in 0..last {
            put(out, &Instruction::End);
            self.add(out, self.cost as i64);
        }
        put(out, &Instruction::End);
    }

    fn add(&self, out: &mut Vec<u8>, gas: i64) {
        put(out, &Instruction::LocalGet(self.gas));
        put(out, &Instruction::I64Const(gas));
        put(out, &Instruction::I64Add);
        put(out, &Instruction::LocalSet(self.gas));
    }
}

fn put(out: &mut Vec<u8>, instruction: &Instruction<'_>) {
    use wasm_encoder::Encode;
    instruction.encode(out);
}
