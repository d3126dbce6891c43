//! Types that the pass appends.

use std::collections::BTreeMap;

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{BlockType, Encode};
use wasmparser::{FuncType, ValType};

use crate::error::InstrumentError;
use crate::module::{Module, unsupported};
use crate::prepay::Role;

/// What an encoded function type begins with.
const FUNCTION_TYPE: u8 = 0x60;

/// The types of blocks, of functions with more parameters, and of the reset
/// function.
pub(crate) struct TypeAdditions<'m> {
    module: &'m Module<'m>,
    /// Indices of the appended types.
    indices: BTreeMap<FuncType, u32>,
    /// The appended types, encoded.
    pub(crate) encoded: Vec<Vec<u8>>,
}

impl<'m> TypeAdditions<'m> {
    pub(crate) fn new(module: &'m Module<'m>) -> Self {
        Self {
            module,
            indices: BTreeMap::new(),
            encoded: Vec::new(),
        }
    }

    /// Type of a block with the results of `function`.
    pub(crate) fn of_block(&mut self, function: u32) -> Result<BlockType, InstrumentError> {
        match self.original(function).1 {
            [] => Ok(BlockType::Empty),
            &[result] => Ok(BlockType::Result(encodable(result)?)),
            results => Ok(BlockType::FunctionType(self.index(&[], results)?)),
        }
    }

    /// Type index of a function in the output.
    pub(crate) fn of_function(
        &mut self,
        function: u32,
        role: Role,
    ) -> Result<u32, InstrumentError> {
        if !role.threaded {
            return Ok(self.module.functions[function as usize]);
        }
        let (params, results) = self.original(function);
        let frames = role.takes_frames.then_some(ValType::I32);
        let params: Vec<_> = params
            .iter()
            .copied()
            .chain([ValType::I64])
            .chain(frames)
            .collect();
        let results: Vec<_> = results.iter().copied().chain([ValType::I64]).collect();
        self.index(&params, &results)
    }

    /// Index of the appended type with these parameters and results.
    pub(crate) fn index(
        &mut self,
        params: &[ValType],
        results: &[ValType],
    ) -> Result<u32, InstrumentError> {
        let ty = FuncType::new(params.iter().copied(), results.iter().copied());
        if let Some(&index) = self.indices.get(&ty) {
            return Ok(index);
        }
        let mut encoded = vec![FUNCTION_TYPE];
        for values in [params, results] {
            (values.len() as u32).encode(&mut encoded);
            for &value in values {
                encodable(value)?.encode(&mut encoded);
            }
        }
        let index = (self.module.types.len() + self.encoded.len()) as u32;
        self.encoded.push(encoded);
        self.indices.insert(ty, index);
        Ok(index)
    }

    /// Parameters and results of a function as they were.
    fn original(&self, function: u32) -> (&'m [ValType], &'m [ValType]) {
        let ty = self.module.function_type(function);
        ty.map_or((&[], &[]), |ty| (ty.params(), ty.results()))
    }
}

/// A value type in the form that can be written.
pub(crate) fn encodable(ty: ValType) -> Result<wasm_encoder::ValType, InstrumentError> {
    RoundtripReencoder
        .val_type(ty)
        .map_err(|_| unsupported(0, "a type that is not a value type"))
}
