//! Copying the original operators.

use wasm_encoder::{Encode, Instruction};

use crate::plan::{EarlyLocal, LocalAccess, Plan};
use crate::source_map::Piece;

/// Copies a body piece by piece, in order.
///
/// Where parameters were added, they have the indices of the first declared
/// locals; those have moved to the end, and what uses them is written anew.
pub(super) struct Copier<'m> {
    body: &'m [u8],
    /// How much has been copied or left out.
    copied: u32,
    /// Uses of moved locals that are still to come.
    early: &'m [EarlyLocal],
    /// New indices of the first declared locals.
    moved: Vec<u32>,
    /// Where pieces of the original came to lie, if that is asked for.
    pieces: Option<Vec<Piece>>,
}

impl<'m> Copier<'m> {
    pub(super) fn new(body: &'m [u8], plan: &'m Plan, moved: Vec<u32>, record: bool) -> Self {
        Self {
            body,
            copied: plan.code_start,
            early: &plan.early_locals,
            moved,
            pieces: record.then(Vec::new),
        }
    }

    /// Copies from `from` up to `to` into a buffer of its own, and goes on at
    /// `end`. What is made of the copy lies where `out` ends now.
    pub(super) fn copy_aside(&mut self, [from, to, end]: [u32; 3], out: &[u8]) -> Vec<u8> {
        self.skip_to(from);
        self.record(out);
        let pieces = self.pieces.take();
        let mut aside = Vec::new();
        self.copy_to(to, &mut aside);
        self.pieces = pieces;
        self.skip_to(end);
        aside
    }

    /// The recorded pieces, in the order of the output.
    pub(super) fn into_pieces(self) -> Vec<Piece> {
        self.pieces.unwrap_or_default()
    }

    fn record(&mut self, out: &[u8]) {
        if let Some(pieces) = &mut self.pieces {
            pieces.push(Piece {
                output: out.len() as u32,
                original: self.copied,
            });
        }
    }

    /// Copies up to `to`.
    pub(super) fn copy_to(&mut self, to: u32, out: &mut Vec<u8>) {
        while let Some((&local, later)) = self.early.split_first()
            && local.at < to
        {
            self.early = later;
            if let Some(&index) = self.moved.get(local.slot as usize) {
                self.copy_raw(local.at, out);
                self.record(out);
                self.copied = self.copied.max(local.end);
                let instruction = match local.access {
                    LocalAccess::Get => Instruction::LocalGet(index),
                    LocalAccess::Set => Instruction::LocalSet(index),
                    LocalAccess::Tee => Instruction::LocalTee(index),
                };
                instruction.encode(out);
            }
        }
        self.copy_raw(to, out);
    }

    fn copy_raw(&mut self, to: u32, out: &mut Vec<u8>) {
        self.record(out);
        let piece = self.body.get(self.copied as usize..to as usize);
        out.extend_from_slice(piece.unwrap_or_default());
        self.copied = self.copied.max(to);
    }

    /// Leaves out what comes before `to`, where no local is used.
    pub(super) fn skip_to(&mut self, to: u32) {
        self.copied = to;
    }

    /// How much of the body there is before its last byte, the final `end`.
    pub(super) fn last(&self) -> u32 {
        (self.body.len() as u32).saturating_sub(1)
    }
}
