//! The schedule: what everything costs.

use wasmparser::Operator;

use crate::class::{OperatorClass, class_of};

/// A versioned table of costs, all in gas.
///
/// One gas is one picosecond of the reference machine on the slower of the two
/// tiers. A schedule never changes once a chain has run under it: a new price
/// is a new version, which activates at a height, and the old versions stay so
/// that old blocks can be executed again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The version: part of every cache key.
    pub version: u32,
    /// Gas per executed operator, by class.
    pub operators: OperatorCosts,
    /// Gas per declared local of a function, parameters not included, charged
    /// at every entry: each is zeroed.
    pub local: u64,
    /// Gas per entry of a function, for making and leaving its frame.
    pub frame: u64,
    /// Gas per page (64 KiB) that `memory.grow` asks for, whether or not it
    /// gets it.
    pub memory_page: u64,
    /// Gas per byte of `memory.fill`.
    pub fill_byte: u64,
    /// Gas per byte of `memory.copy` and `memory.init`.
    pub copy_byte: u64,
    /// Gas per element of `table.grow`, `table.fill`, `table.copy` and
    /// `table.init`.
    pub table_element: u64,
    /// Gas per contract call, whatever the size of the code: making an instance,
    /// as a node without an idle one must.
    pub load_base: u64,
    /// Gas per byte of original code at every contract call: finding, checking
    /// and mapping it, as a node with a cold cache must.
    pub load_byte: u64,
    /// Gas per upload, whatever its size.
    pub upload_base: u64,
    /// Gas per byte of an upload: admission, the pass and the first tier.
    pub upload_byte: u64,
}

/// Gas per executed operator, indexed by [`OperatorClass`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorCosts(pub [u64; OperatorClass::COUNT]);

impl Schedule {
    /// The first schedule.
    pub const V1: Schedule = Schedule {
        version: 1,
        operators: OperatorCosts::from_fn_v1(),
        local: 150,
        frame: 1_500,
        memory_page: 40_000_000,
        fill_byte: 20,
        copy_byte: 30,
        table_element: 2_000,
        load_base: 30_000_000,
        load_byte: 200,
        upload_base: 1_000_000_000,
        upload_byte: 400_000,
    };

    /// Every schedule there is, oldest first.
    const ALL: &'static [Schedule] = &[Schedule::V1];

    /// The schedule of version `version`, if there is one.
    pub fn by_version(version: u32) -> Option<&'static Schedule> {
        Self::ALL.iter().find(|s| s.version == version)
    }

    /// Gas for one execution of `op`, without what depends on an operand.
    ///
    /// Zero for operators that only shape the code, and for operators outside
    /// the profile, which the pass refuses.
    pub fn operator_cost(&self, op: &Operator<'_>) -> u64 {
        class_of(op).map_or(0, |class| self.operators.of(class))
    }
}

impl OperatorCosts {
    /// Gas for one operator of `class`.
    pub const fn of(&self, class: OperatorClass) -> u64 {
        self.0[class as usize]
    }

    const fn from_fn_v1() -> Self {
        let mut costs = [0; OperatorClass::COUNT];
        let mut index = 0;
        while index < OperatorClass::COUNT {
            costs[index] = v1(OperatorClass::ALL[index]);
            index += 1;
        }
        Self(costs)
    }
}

/// Version 1: gas per operator of each class.
const fn v1(class: OperatorClass) -> u64 {
    match class {
        OperatorClass::Free => 0,
        OperatorClass::Const => 100,
        OperatorClass::Local => 100,
        OperatorClass::Global => 200,
        OperatorClass::Drop => 100,
        OperatorClass::Select => 400,
        OperatorClass::IntAlu => 250,
        OperatorClass::IntCompare => 700,
        OperatorClass::IntShift => 250,
        OperatorClass::IntCount => 300,
        OperatorClass::IntExtend => 200,
        OperatorClass::IntMul => 800,
        OperatorClass::IntDiv => 4_000,
        OperatorClass::FloatAlu => 3_000,
        OperatorClass::FloatMinMax => 4_000,
        OperatorClass::FloatDiv => 9_500,
        OperatorClass::FloatSqrt => 8_500,
        OperatorClass::FloatRound => 3_500,
        OperatorClass::FloatCompare => 800,
        OperatorClass::FloatSign => 3_500,
        OperatorClass::FloatConvert => 1_000,
        OperatorClass::FloatTruncate => 2_000,
        OperatorClass::FloatResize => 2_500,
        OperatorClass::Reinterpret => 200,
        OperatorClass::Load => 600,
        OperatorClass::Store => 600,
        OperatorClass::Size => 6_000,
        OperatorClass::MemoryGrow => 60_000,
        OperatorClass::MemoryBulk => 30_000,
        OperatorClass::SegmentDrop => 25_000,
        OperatorClass::Branch => 400,
        OperatorClass::BranchTable => 1_000,
        OperatorClass::Call => 2_000,
        OperatorClass::CallIndirect => 9_000,
        OperatorClass::Ref => 3_000,
        OperatorClass::TableAccess => 10_000,
        OperatorClass::TableGrow => 100_000,
        OperatorClass::TableBulk => 40_000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pass relies on this: a sized charge is at most 2^32 units of at
    /// most 2^28 gas, and a block is far below 2^32 operators of at most 2^20
    /// gas, so that no sum of charges between two checks leaves an `i64`.
    #[test]
    fn costs_are_small_enough_for_the_counter() {
        for schedule in Schedule::ALL {
            assert!(schedule.operators.0.iter().all(|&cost| cost < 1 << 20));
            assert!(schedule.local < 1 << 20 && schedule.frame < 1 << 20);
            let sized = [
                schedule.memory_page,
                schedule.fill_byte,
                schedule.copy_byte,
                schedule.table_element,
            ];
            assert!(sized.into_iter().all(|cost| cost < 1 << 28));
        }
    }

    /// The specification promises it of every version: a block boundary that a
    /// compiler adds or leaves out must not change what a program costs.
    #[test]
    fn what_only_shapes_code_is_free() {
        for schedule in Schedule::ALL {
            let free = schedule.operators.of(OperatorClass::Free);
            assert_eq!(free, 0, "version {}", schedule.version);
            for op in [Operator::Nop, Operator::Else, Operator::End] {
                assert_eq!(schedule.operator_cost(&op), 0);
            }
        }
    }

    #[test]
    fn a_schedule_is_found_by_its_version() {
        for schedule in Schedule::ALL {
            assert_eq!(Schedule::by_version(schedule.version), Some(schedule));
        }
        assert_eq!(Schedule::by_version(0), None);
    }
}
