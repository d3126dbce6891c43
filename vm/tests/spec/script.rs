//! Running a script of the suite on any executor.

use std::collections::BTreeMap;

use wasmparser::{Parser, Payload};
use wast::token::Id;
use wast::{QuoteWat, Wast, WastDirective, WastExecute, WastInvoke, WastRet};

use crate::value::Value;

/// Runs modules: an engine, with whatever stands before it.
pub(crate) trait Executor {
    /// A handle on an instance.
    type Instance: Clone;

    /// Instantiates a module.
    fn instantiate(&mut self, wasm: &[u8]) -> Result<Self::Instance, Stop>;

    /// Whether a module that is malformed or invalid is refused.
    fn refuses(&mut self, wasm: &[u8]) -> bool;

    /// Offers the exports of an instance to later modules.
    fn register(&mut self, name: &str, instance: &Self::Instance);

    /// Calls an exported function.
    fn invoke(
        &mut self,
        instance: &Self::Instance,
        name: &str,
        args: &[Value],
    ) -> Result<Vec<Value>, Stop>;

    /// Reads an exported global.
    fn global(&mut self, instance: &Self::Instance, name: &str) -> Result<Value, Stop>;

    /// What was metered so far: the same on every tier.
    fn gas(&mut self) -> Vec<i64>;
}

/// Why a module or a call came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// A trap that the specification knows.
    Trap(Trap),
    /// The frame counter ran out.
    Exhausted,
    /// The imports do not fit.
    Unlinkable(String),
    /// The executor does not take the module, by a rule with a name.
    Declined(String),
    /// Something that must not happen.
    Broken(String),
}

/// The traps of the specification, as far as engines tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trap {
    Unreachable,
    Memory,
    Table,
    NullElement,
    Signature,
    Overflow,
    DivisionByZero,
    Conversion,
}

impl Trap {
    /// Whether a script means this trap.
    fn is(self, message: &str) -> bool {
        let messages: &[&str] = match self {
            Self::Unreachable => &["unreachable"],
            Self::Memory => &["out of bounds memory access"],
            Self::Table => &["out of bounds table access", "undefined element"],
            Self::NullElement => &["uninitialized"],
            Self::Signature => &["indirect call type mismatch"],
            Self::Overflow => &["integer overflow"],
            Self::DivisionByZero => &["integer divide by zero"],
            Self::Conversion => &["invalid conversion to integer"],
        };
        messages.iter().any(|known| message.starts_with(known))
    }
}

/// What became of a script.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Assertions that held.
    pub(crate) passed: usize,
    /// Assertions that the text parser settled, which is no part of the engine.
    pub(crate) text: usize,
    /// Modules that the executor took.
    pub(crate) taken: usize,
    /// Modules that it declined, by rule.
    pub(crate) declined: BTreeMap<String, usize>,
    /// Assertions about modules that were declined, or in which a module that
    /// was declined would have left something.
    pub(crate) unheard: usize,
    /// Assertions in which a contract differs from the specification, by rule.
    pub(crate) excused: BTreeMap<&'static str, usize>,
    /// What went wrong, and where.
    pub(crate) failures: Vec<String>,
}

impl Report {
    pub(crate) fn absorb(&mut self, other: Report) {
        self.passed += other.passed;
        self.text += other.text;
        self.taken += other.taken;
        self.unheard += other.unheard;
        for (rule, count) in other.declined {
            *self.declined.entry(rule).or_default() += count;
        }
        for (rule, count) in other.excused {
            *self.excused.entry(rule).or_default() += count;
        }
        self.failures.extend(other.failures);
    }
}

/// A function whose results may differ from the specification's, and the rule
/// that makes them.
pub(crate) struct Excuse {
    pub(crate) script: &'static str,
    pub(crate) export: &'static str,
    pub(crate) rule: &'static str,
}

/// Runs a script from beginning to end.
pub(crate) fn run(
    (name, text): (&str, &str),
    executor: &mut impl Executor,
    excuses: &[Excuse],
) -> Report {
    let mut lexer = wast::lexer::Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    let buffer = wast::parser::ParseBuffer::new_with_lexer(lexer).expect("the script can be read");
    let script = wast::parser::parse::<Wast<'_>>(&buffer).expect("the script can be parsed");
    let mut runner = Runner {
        executor,
        excuses: excuses
            .iter()
            .filter(|excuse| excuse.script == name)
            .collect(),
        instances: Vec::new(),
        current: None,
        named: BTreeMap::new(),
        registered: BTreeMap::new(),
        definitions: BTreeMap::new(),
        report: Report::default(),
    };
    for directive in script.directives {
        let (line, _) = directive.span().linecol_in(text);
        match runner.directive(directive) {
            Ok(()) | Err(Failure::Unheard | Failure::Text) => {}
            Err(Failure::Wrong(what)) => {
                runner
                    .report
                    .failures
                    .push(format!("{name}:{}: {what}", line + 1));
            }
        }
    }
    runner.report
}

enum Failure {
    /// The directive is about a module that was declined.
    Unheard,
    /// The module cannot be written in the binary format.
    Text,
    Wrong(String),
}

impl From<String> for Failure {
    fn from(what: String) -> Self {
        Self::Wrong(what)
    }
}

type Done<T = ()> = Result<T, Failure>;

struct Runner<'e, 's, E: Executor> {
    executor: &'e mut E,
    excuses: Vec<&'e Excuse>,
    /// `None` for a module that was declined.
    instances: Vec<Option<E::Instance>>,
    /// The instance that directives without a name are about.
    current: Option<usize>,
    named: BTreeMap<&'s str, usize>,
    registered: BTreeMap<&'s str, usize>,
    definitions: BTreeMap<Option<&'s str>, Vec<u8>>,
    report: Report,
}

impl<'s, E: Executor> Runner<'_, 's, E> {
    fn directive(&mut self, directive: WastDirective<'s>) -> Done {
        match directive {
            WastDirective::Module(mut module) => {
                let wasm = encode(&mut module)?;
                self.add_instance(module.name(), &wasm)
            }
            WastDirective::ModuleDefinition(mut module) => {
                let wasm = encode(&mut module)?;
                self.definitions
                    .insert(module.name().map(|id| id.name()), wasm);
                Ok(())
            }
            WastDirective::ModuleInstance {
                instance, module, ..
            } => {
                let wasm = self.definitions.get(&module.map(|id| id.name())).cloned();
                self.add_instance(instance, &wasm.ok_or("no such definition".to_owned())?)
            }
            WastDirective::Register { name, module, .. } => {
                let index = self.index(module)?;
                self.registered.insert(name, index);
                let instance = self.instance(module)?;
                self.executor.register(name, &instance);
                Ok(())
            }
            WastDirective::Invoke(call) => match self.invoke(&call)? {
                Ok(_) => Ok(()),
                Err(stop) => Err(format!("invoke: {stop:?}").into()),
            },
            assertion => {
                match self.assertion(assertion) {
                    Ok(()) => self.report.passed += 1,
                    Err(Failure::Unheard) => self.report.unheard += 1,
                    Err(Failure::Text) => self.report.text += 1,
                    Err(wrong) => return Err(wrong),
                }
                Ok(())
            }
        }
    }

    fn assertion(&mut self, assertion: WastDirective<'s>) -> Done {
        match assertion {
            WastDirective::AssertReturn { exec, results, .. } => {
                let excuse = self.excuse(&exec);
                match self.execute(exec)? {
                    Ok(found) if fit(&found, &results) => Ok(()),
                    Ok(_) if let Some(rule) = excuse => {
                        *self.report.excused.entry(rule).or_default() += 1;
                        Err(Failure::Unheard)
                    }
                    other => Err(format!("{other:?} instead of {results:?}").into()),
                }
            }
            WastDirective::AssertTrap { exec, message, .. } => match self.execute(exec)? {
                Err(Stop::Trap(trap)) if trap.is(message) => Ok(()),
                other => Err(format!("{other:?} instead of the trap {message:?}").into()),
            },
            WastDirective::AssertExhaustion { call, .. } => match self.invoke(&call)? {
                Err(Stop::Exhausted) => Ok(()),
                other => Err(format!("{other:?} instead of exhausted frames").into()),
            },
            WastDirective::AssertUnlinkable {
                module, message, ..
            } => match self.instantiate(&encode(&mut QuoteWat::Wat(module))?)? {
                Err(Stop::Unlinkable(_)) => Ok(()),
                Ok(_) => Err(format!("linked, although {message:?}").into()),
                Err(other) => Err(format!("{other:?} instead of {message:?}").into()),
            },
            WastDirective::AssertMalformed {
                mut module,
                message,
                ..
            }
            | WastDirective::AssertInvalid {
                mut module,
                message,
                ..
            } => {
                let wasm = module.encode().map_err(|_| Failure::Text)?;
                if self.executor.refuses(&wasm) {
                    Ok(())
                } else {
                    Err(format!("accepted, although {message:?}").into())
                }
            }
            other => Err(format!("a directive outside of the suites: {other:?}").into()),
        }
    }

    /// Runs what an assertion is about. The outer error says that the script is
    /// broken, or that the module was declined.
    fn execute(&mut self, exec: WastExecute<'s>) -> Done<Result<Vec<Value>, Stop>> {
        match exec {
            WastExecute::Invoke(call) => self.invoke(&call),
            WastExecute::Get { module, global, .. } => {
                let instance = self.instance(module)?;
                Ok(self
                    .executor
                    .global(&instance, global)
                    .map(|value| vec![value]))
            }
            WastExecute::Wat(module) => {
                let wasm = encode(&mut QuoteWat::Wat(module))?;
                Ok(self.instantiate(&wasm)?.map(|_| Vec::new()))
            }
        }
    }

    fn invoke(&mut self, call: &WastInvoke<'s>) -> Done<Result<Vec<Value>, Stop>> {
        let instance = self.instance(call.module)?;
        let args: Vec<_> = call.args.iter().map(Value::of).collect();
        Ok(self.executor.invoke(&instance, call.name, &args))
    }

    fn add_instance(&mut self, id: Option<Id<'s>>, wasm: &[u8]) -> Done {
        // A failure leaves no instance, not the one before.
        let index = self.instances.len();
        self.instances.push(None);
        self.current = Some(index);
        if let Some(id) = id {
            self.named.insert(id.name(), index);
        }
        match self.instantiate(wasm)? {
            Ok(instance) => self.instances[index] = Some(instance),
            Err(stop) => return Err(format!("module: {stop:?}").into()),
        }
        Ok(())
    }

    fn instantiate(&mut self, wasm: &[u8]) -> Done<Result<E::Instance, Stop>> {
        match self.executor.instantiate(wasm) {
            Err(Stop::Declined(rule)) => {
                *self.report.declined.entry(rule).or_default() += 1;
                self.forget_imported(wasm);
                Err(Failure::Unheard)
            }
            other => {
                self.report.taken += 1;
                Ok(other)
            }
        }
    }

    /// A module that was declined would have changed what it imports: nothing
    /// can be said any more about the instances it would have had that from.
    fn forget_imported(&mut self, wasm: &[u8]) {
        for payload in Parser::new(0).parse_all(wasm) {
            let Ok(Payload::ImportSection(imports)) = payload else {
                continue;
            };
            for import in imports.into_imports().flatten() {
                if let Some(index) = self.registered.get(import.module) {
                    self.instances[*index] = None;
                }
            }
        }
    }

    fn index(&self, id: Option<Id<'s>>) -> Done<usize> {
        let index = match id {
            None => self.current,
            Some(id) => self.named.get(id.name()).copied(),
        };
        Ok(index.ok_or_else(|| format!("no instance {id:?}"))?)
    }

    fn instance(&self, id: Option<Id<'s>>) -> Done<E::Instance> {
        self.instances[self.index(id)?]
            .clone()
            .ok_or(Failure::Unheard)
    }

    fn excuse(&self, exec: &WastExecute<'s>) -> Option<&'static str> {
        let WastExecute::Invoke(call) = exec else {
            return None;
        };
        self.excuses
            .iter()
            .find(|excuse| excuse.export == call.name)
            .map(|excuse| excuse.rule)
    }
}

fn encode(module: &mut QuoteWat<'_>) -> Done<Vec<u8>> {
    Ok(module.encode().map_err(|error| error.to_string())?)
}

fn fit(found: &[Value], expected: &[WastRet<'_>]) -> bool {
    found.len() == expected.len()
        && found
            .iter()
            .zip(expected)
            .all(|(found, expected)| found.is(expected))
}
