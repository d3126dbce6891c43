//! What a case executes: a test of modules that all trap at once would be worth
//! nothing.
//!
//! A case is run once more with probes: before every operator a bit is set in a
//! global that the probes add. The interpreter runs it, and the bits are read
//! from the global.

use std::convert::Infallible;

use hull_gas_meter::{OperatorClass, Schedule, class_of};
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, Function, GlobalSection, GlobalType, Instruction, ValType,
};
use wasmparser::{FunctionBody, GlobalSectionReader, Operator, Parser};

use crate::case::{Call, Case};
use crate::engine::Engine;

/// The bit of a loop that went round.
const ROUND: u64 = 1 << 63;
const _: () = assert!(OperatorClass::COUNT < 63);

/// Probes cost gas themselves, at most this times what they probe.
const PROBED: i64 = 16;

/// What a case executed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage(u64);

impl Coverage {
    /// What the case executes. `None` if there is nothing to say: a function is
    /// too large, there is no instance, or no global beside which the probes
    /// could keep theirs.
    pub fn of(case: &Case) -> Option<Self> {
        if case.outline.globals == 0 {
            return None;
        }
        let probed = Case::of_module(probed(&case.module, case.outline.globals), 0)?;
        let calls: Vec<Call> = case
            .calls
            .iter()
            .map(|call| Call {
                gas: call.gas.saturating_mul(PROBED),
                ..call.clone()
            })
            .collect();
        let metered = probed.metered(&Schedule::V1).ok()?;
        let seen = Engine::Interpreter.run(&metered, &calls).ok()?;
        let bits = seen
            .calls
            .last()?
            .globals
            .get(case.outline.globals as usize);
        bits.map(|bits| Self(bits.bits()))
    }

    /// Whether an operator of the class was executed. [`OperatorClass::Free`] is
    /// not probed.
    pub fn executed(self, class: OperatorClass) -> bool {
        self.0 & bit(class) != 0
    }

    /// Whether a loop was executed more than once after it was entered.
    pub fn went_round(self) -> bool {
        self.0 & ROUND != 0
    }
}

fn bit(class: OperatorClass) -> u64 {
    1 << class as u32
}

/// The module with probes, which keep two globals from index `globals` on.
fn probed(wasm: &[u8], globals: u32) -> Vec<u8> {
    let mut module = wasm_encoder::Module::new();
    Prober { globals }
        .parse_core_module(&mut module, Parser::new(0), wasm)
        .expect("the generator makes valid modules");
    module.finish()
}

struct Prober {
    globals: u32,
}

impl Prober {
    /// The global with a bit for everything that was executed.
    fn bits(&self) -> u32 {
        self.globals
    }

    /// The global that is 1 between the entry of a loop and its header.
    fn entering(&self) -> u32 {
        self.globals + 1
    }

    fn set(&self, function: &mut Function, bit: u64) {
        function
            .instruction(&Instruction::GlobalGet(self.bits()))
            .instruction(&Instruction::I64Const(bit as i64))
            .instruction(&Instruction::I64Or)
            .instruction(&Instruction::GlobalSet(self.bits()));
    }

    fn before(&self, function: &mut Function, operator: &Operator<'_>) {
        match class_of(operator) {
            Some(OperatorClass::Free) | None => {}
            Some(class) => self.set(function, bit(class)),
        }
        if let Operator::Loop { .. } = operator {
            function
                .instruction(&Instruction::I32Const(1))
                .instruction(&Instruction::GlobalSet(self.entering()));
        }
    }

    fn after(&self, function: &mut Function, operator: &Operator<'_>) {
        if let Operator::Loop { .. } = operator {
            function
                .instruction(&Instruction::GlobalGet(self.entering()))
                .instruction(&Instruction::I32Eqz)
                .instruction(&Instruction::If(BlockType::Empty));
            self.set(function, ROUND);
            function
                .instruction(&Instruction::End)
                .instruction(&Instruction::I32Const(0))
                .instruction(&Instruction::GlobalSet(self.entering()));
        }
    }
}

impl Reencode for Prober {
    type Error = Infallible;

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        section: GlobalSectionReader<'_>,
    ) -> Result<(), Error> {
        utils::parse_global_section(self, globals, section)?;
        let mutable = |val_type| GlobalType {
            val_type,
            mutable: true,
            shared: false,
        };
        globals.global(mutable(ValType::I64), &ConstExpr::i64_const(0));
        globals.global(mutable(ValType::I32), &ConstExpr::i32_const(0));
        Ok(())
    }

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: FunctionBody<'_>,
    ) -> Result<(), Error> {
        let mut function = self.new_function_with_parsed_locals(&body)?;
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            let operator = operators.read()?;
            self.before(&mut function, &operator);
            function.instruction(&self.instruction(operator.clone())?);
            self.after(&mut function, &operator);
        }
        code.function(&function);
        Ok(())
    }
}

/// How many of many cases executed what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Cases that were looked at.
    pub cases: u64,
    /// Cases in which a loop went round.
    pub went_round: u64,
    executed: Vec<u64>,
}

impl Counts {
    /// Adds a case.
    pub fn count(&mut self, coverage: Coverage) {
        self.cases += 1;
        self.went_round += u64::from(coverage.went_round());
        self.executed.resize(OperatorClass::COUNT, 0);
        for (count, class) in self.executed.iter_mut().zip(OperatorClass::ALL) {
            *count += u64::from(coverage.executed(class));
        }
    }

    /// Cases that executed an operator of the class.
    pub fn executed(&self, class: OperatorClass) -> u64 {
        self.executed.get(class as usize).copied().unwrap_or(0)
    }
}
