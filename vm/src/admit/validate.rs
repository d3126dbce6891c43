//! Validity, and the one limit that nobody but a validator can see.

use wasmparser::{
    FuncValidator, FuncValidatorAllocations, FunctionBody, Parser, ValidPayload, Validator,
    WasmModuleResources,
};

use super::{ScanError, accepted, limit};
use crate::limits::MAX_OPERANDS;

/// Validates a module and bounds the operands of every function.
pub(super) fn validate(wasm: &[u8]) -> Result<(), ScanError> {
    let mut validator = Validator::new_with_features(accepted());
    let mut parser = Parser::new(0);
    parser.set_features(accepted());
    let mut allocations = FuncValidatorAllocations::default();
    for payload in parser.parse_all(wasm) {
        if let ValidPayload::Func(function, body) = validator.payload(&payload?)? {
            let mut function = function.into_validator(allocations);
            validate_body(&mut function, &body)?;
            allocations = function.into_allocations();
        }
    }
    Ok(())
}

fn validate_body(
    function: &mut FuncValidator<impl WasmModuleResources>,
    body: &FunctionBody<'_>,
) -> Result<(), ScanError> {
    let mut reader = body.get_binary_reader();
    function.read_locals(&mut reader)?;
    reader.set_features(accepted());
    while !reader.eof() {
        let offset = reader.original_position();
        reader.visit_operator(&mut function.visitor(offset))??;
        let operands = function.operand_stack_height();
        limit("operands on the stack", operands, MAX_OPERANDS, offset)?;
    }
    let end = reader.original_position();
    Ok(reader.finish_expression(&function.visitor(end))?)
}
