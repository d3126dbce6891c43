//! Modules made to be compiled: an ordinary one, and the shapes that have
//! brought compilers down, each as large as admission lets it be.

use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, DataCountSection, DataSection, ElementSection, Elements,
    ExportKind, ExportSection, Function, FunctionSection, GlobalSection, GlobalType,
    Instruction as I, MemArg, MemArgTarget, MemorySection, MemoryType, Module, RefType,
    TableSection, TableType, TypeSection, ValType,
};

/// What is on the stack before and after a call or block of one of the types
/// that every [`Build`] begins with.
pub(crate) const NOTHING: u32 = 0;
pub(crate) const FOUR_TO_FOUR: u32 = 1;
pub(crate) const TO_FOUR: u32 = 2;
pub(crate) const HUNDRED_TO: u32 = 3;
pub(crate) const TWO_TO_ONE: u32 = 4;

/// The functions that every [`Build`] begins with: the entry point, which does
/// nothing, one that gives back its four arguments, one that takes a hundred.
pub(crate) const ENTRY: u32 = 0;
pub(crate) const FOUR: u32 = 1;
pub(crate) const HUNDRED: u32 = 2;

/// A module under construction.
pub(crate) struct Build {
    pub(crate) types: TypeSection,
    functions: FunctionSection,
    code: CodeSection,
}

impl Build {
    pub(crate) fn new() -> Self {
        use ValType::I32;

        let mut types = TypeSection::new();
        types.ty().function([], []);
        types.ty().function([I32; 4], [I32; 4]);
        types.ty().function([], [I32; 4]);
        types.ty().function([I32; 100], []);
        types.ty().function([I32; 2], [I32]);
        let mut build = Self {
            types,
            functions: FunctionSection::new(),
            code: CodeSection::new(),
        };
        build.function(NOTHING, &[], |_| {});
        build.function(FOUR_TO_FOUR, &[], |body| {
            (0..4).for_each(|local| put(body, &[I::LocalGet(local)]));
        });
        build.function(HUNDRED_TO, &[], |_| {});
        build
    }

    /// Adds a function and returns its index. The last `end` is written here.
    pub(crate) fn function(
        &mut self,
        ty: u32,
        locals: &[(u32, ValType)],
        body: impl FnOnce(&mut Function),
    ) -> u32 {
        let mut function = Function::new(locals.iter().copied());
        body(&mut function);
        function.instruction(&I::End);
        self.functions.function(ty);
        self.code.function(&function);
        self.functions.len() - 1
    }

    /// Bytes of code so far.
    pub(crate) fn len(&self) -> usize {
        self.code.byte_len()
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        let mut module = Module::new();
        module.section(&self.types);
        module.section(&self.functions);
        let mut tables = TableSection::new();
        tables.table(TableType {
            element_type: RefType::FUNCREF,
            minimum: 8,
            maximum: Some(8),
            table64: false,
            shared: false,
        });
        module.section(&tables);
        let mut memories = MemorySection::new();
        memories.memory(MemoryType {
            minimum: 1,
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        module.section(&memories);
        let mut globals = GlobalSection::new();
        let ty = GlobalType {
            val_type: ValType::I32,
            mutable: true,
            shared: false,
        };
        globals.global(ty, &ConstExpr::i32_const(0));
        module.section(&globals);
        let mut exports = ExportSection::new();
        exports.export("call", ExportKind::Func, ENTRY);
        module.section(&exports);
        let mut elements = ElementSection::new();
        elements.active(
            None,
            &ConstExpr::i32_const(0),
            Elements::Functions(vec![ENTRY].into()),
        );
        module.section(&elements);
        module.section(&DataCountSection { count: 1 });
        module.section(&self.code);
        let mut data = DataSection::new();
        data.passive([0; 16]);
        module.section(&data);
        module.finish()
    }
}

/// Where a load or store goes.
pub(crate) const AT: MemArg = MemArg {
    offset: 16,
    align: 0,
    target: MemArgTarget::Memory(0),
    ordering: None,
};

/// Appends instructions.
pub(crate) fn put(body: &mut Function, instructions: &[I<'_>]) {
    instructions.iter().for_each(|instruction| {
        body.instruction(instruction);
    });
}

/// Appends one instruction many times.
pub(crate) fn put_many(body: &mut Function, times: u32, instruction: &I<'_>) {
    (0..times).for_each(|_| {
        body.instruction(instruction);
    });
}

/// What a compiler makes of a contract: functions of some hundred bytes with
/// loops, branches, loads, stores, arithmetic and calls.
pub(crate) fn ordinary(len: usize) -> Vec<u8> {
    let mut build = Build::new();
    let locals = [(3, ValType::I32), (2, ValType::I64)];
    let first = HUNDRED + 1;
    let mut number = 0;
    while build.len() < len {
        let callee = (number % 7 != 0).then_some(first + number / 2);
        build.function(TWO_TO_ONE, &locals, |body| {
            put(body, &[I::Block(BlockType::Empty)]);
            put(body, &[I::LocalGet(0), I::I32Eqz, I::BrIf(0)]);
            put(body, &[I::Loop(BlockType::Empty)]);
            (0..4).for_each(|part| ordinary_part(body, number as i32 * 31 + part));
            if let Some(callee) = callee {
                put(body, &[I::LocalGet(2), I::LocalGet(4)]);
                put(body, &[I::Call(callee), I::LocalSet(4)]);
            }
            put(body, &[I::LocalGet(0), I::I32Const(1), I::I32Sub]);
            put(body, &[I::LocalTee(0), I::BrIf(0), I::End, I::End]);
            put(body, &[I::LocalGet(4)]);
        });
        number += 1;
    }
    build.finish()
}

fn ordinary_part(body: &mut Function, number: i32) {
    put(body, &[I::LocalGet(0), I::LocalGet(1), I::I32Load(AT)]);
    put(body, &[I::I32Const(number), I::I32Xor, I::I32Add]);
    put(body, &[I::LocalTee(2), I::I32Const(number & 31)]);
    put(body, &[I::I32Rotl, I::LocalSet(3)]);
    put(body, &[I::LocalGet(3), I::I64ExtendI32U, I::LocalGet(5)]);
    put(body, &[I::I64Mul, I::LocalSet(6)]);
    put(body, &[I::LocalGet(3), I::If(BlockType::Empty)]);
    put(body, &[I::LocalGet(1), I::LocalGet(6), I::I64Store(AT)]);
    put(body, &[I::Else]);
    put(body, &[I::LocalGet(2), I::LocalGet(4), I::I32Sub]);
    put(body, &[I::LocalSet(4), I::End]);
}

/// A function that repeats something.
pub(crate) struct Shape {
    pub(crate) ty: u32,
    pub(crate) locals: Vec<(u32, ValType)>,
    pub(crate) before: fn(&mut Function),
    pub(crate) unit: fn(&mut Function),
    pub(crate) after: fn(&mut Function),
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            ty: NOTHING,
            locals: vec![(2, ValType::I32), (2, ValType::I64), (2, ValType::F64)],
            before: |_| {},
            unit: |_| {},
            after: |_| {},
        }
    }
}

/// The first local of each type in a [`Shape`], unless it says otherwise.
pub(crate) const L32: u32 = 0;
pub(crate) const L64: u32 = 2;
pub(crate) const LF: u32 = 4;

impl Shape {
    fn add(&self, build: &mut Build, units: u32) {
        build.function(self.ty, &self.locals, |body| {
            (self.before)(body);
            (0..units).for_each(|_| (self.unit)(body));
            (self.after)(body);
        });
    }

    fn module(&self, units: u32, len: usize) -> Vec<u8> {
        let mut build = Build::new();
        self.add(&mut build, units);
        let each = build.len();
        while build.len() + each <= len {
            self.add(&mut build, units);
        }
        build.finish()
    }

    /// A module of about `len` bytes with the largest such functions that are
    /// `admitted`.
    pub(crate) fn largest(&self, len: usize, admitted: impl Fn(&[u8]) -> bool) -> Vec<u8> {
        assert!(admitted(&self.module(1, 0)), "one unit is admitted");
        let most = len as u32;
        let (mut fits, mut fails) = (1, most);
        while fails - fits > 1 + fits / 64 {
            let units = if fails == most {
                (fits * 4).min(fits + (fails - fits) / 2)
            } else {
                fits + (fails - fits) / 2
            };
            let module = self.module(units, 0);
            if module.len() <= len && admitted(&module) {
                fits = units;
            } else {
                fails = units;
            }
        }
        self.module(fits, len)
    }
}
