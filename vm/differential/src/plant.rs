//! Differences on purpose: what the comparison is worth is what it finds.

use std::convert::Infallible;

use hull_gas_meter::{InstrumentError, OperatorClass, Schedule};
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{CodeSection, Ieee32, Ieee64, Instruction};
use wasmparser::{FunctionBody, Operator, Parser};

use crate::case::{Case, Metered};

/// A difference to plant in one engine's copy of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plant {
    /// A price is one gas too high.
    Price(Price),
    /// What the pass makes of a NaN has the wrong sign.
    NanSign,
    /// What `i32.store` and its narrow forms write has a wrong bit.
    StoredBit,
}

/// A price of the schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Price {
    /// An operator of a class.
    Operator(OperatorClass),
    /// A declared local.
    Local,
    /// A frame.
    Frame,
    /// A page that the memory grows by.
    Page,
    /// A byte that is filled.
    Fill,
    /// A byte that is copied.
    Copy,
    /// An element of a table.
    Element,
}

impl Price {
    /// Every price that a module of the profile can pay.
    pub fn all() -> impl Iterator<Item = Self> {
        let outside = |class: &OperatorClass| {
            matches!(
                class,
                // Costs nothing.
                OperatorClass::Free
                    // Instructions on references are not in the profile.
                    | OperatorClass::Ref
                    | OperatorClass::TableAccess
                    | OperatorClass::TableGrow
            )
        };
        let operators = OperatorClass::ALL.into_iter();
        let others = [
            Self::Local,
            Self::Frame,
            Self::Page,
            Self::Fill,
            Self::Copy,
            Self::Element,
        ];
        operators
            .filter(move |class| !outside(class))
            .map(Self::Operator)
            .chain(others)
    }

    fn of(self, schedule: &mut Schedule) -> &mut u64 {
        // Named one by one, so that a new price is put to the test or left out
        // for a reason: these are not paid inside a module.
        let Schedule {
            version: _,
            operators,
            local,
            frame,
            memory_page,
            fill_byte,
            copy_byte,
            table_element,
            load_base: _,
            load_byte: _,
            upload_base: _,
            upload_byte: _,
        } = schedule;
        match self {
            Self::Operator(class) => &mut operators.0[class as usize],
            Self::Local => local,
            Self::Frame => frame,
            Self::Page => memory_page,
            Self::Fill => fill_byte,
            Self::Copy => copy_byte,
            Self::Element => table_element,
        }
    }
}

impl Plant {
    /// The instrumented module of a case with the difference in it.
    ///
    /// # Errors
    /// As [`Case::metered`].
    pub fn metered(self, case: &Case) -> Result<Metered, InstrumentError> {
        match self {
            Self::Price(price) => {
                let mut schedule = Schedule::V1;
                *price.of(&mut schedule) += 1;
                case.metered(&schedule)
            }
            Self::NanSign | Self::StoredBit => {
                let metered = case.metered(&Schedule::V1)?;
                let mut module = wasm_encoder::Module::new();
                Planter(self)
                    .parse_core_module(&mut module, Parser::new(0), &metered.wasm)
                    .expect("the pass writes valid modules");
                let wasm = module.finish();
                Ok(Metered { wasm, ..metered })
            }
        }
    }
}

struct Planter(Plant);

impl Reencode for Planter {
    type Error = Infallible;

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: FunctionBody<'_>,
    ) -> Result<(), Error> {
        let mut function = self.new_function_with_parsed_locals(&body)?;
        for operator in body.get_operators_reader()? {
            let operator = operator?;
            let stores = matches!(
                operator,
                Operator::I32Store { .. }
                    | Operator::I32Store8 { .. }
                    | Operator::I32Store16 { .. }
            );
            if self.0 == Plant::StoredBit && stores {
                function
                    .instruction(&Instruction::I32Const(1))
                    .instruction(&Instruction::I32Xor);
            }
            function.instruction(&self.instruction(operator)?);
        }
        code.function(&function);
        Ok(())
    }

    fn instruction<'a>(&mut self, operator: Operator<'a>) -> Result<Instruction<'a>, Error> {
        const CANONICAL_F32: u32 = 0x7FC0_0000;
        const CANONICAL_F64: u64 = 0x7FF8_0000_0000_0000;
        Ok(match utils::instruction(self, operator)? {
            Instruction::F32Const(value)
                if self.0 == Plant::NanSign && value.bits() == CANONICAL_F32 =>
            {
                Instruction::F32Const(Ieee32::new(CANONICAL_F32 | 1 << 31))
            }
            Instruction::F64Const(value)
                if self.0 == Plant::NanSign && value.bits() == CANONICAL_F64 =>
            {
                Instruction::F64Const(Ieee64::new(CANONICAL_F64 | 1 << 63))
            }
            other => other,
        })
    }
}
