//! Traces for people: names, values and source lines in the place of bytes.

mod build;
mod text;

use serde::Serialize;
use serde_json::Value;

use hull_host_api::Gas;

pub use crate::known::Known;
pub(crate) use build::{Item, error_text};
pub use text::{Detail, Style};

/// What happened in a transaction or query, as a tree of frames.
///
/// [`render`](Self::render) is for people, [`to_json`](Self::to_json) for tools.
///
/// ```
/// # use counter::{constructors, messages};
/// # use hull_testing::*;
/// # let mut chain = Chain::new();
/// # let counter = chain.deploy(constructors::new(40)).address();
/// let trace = chain.call(counter, messages::add(2)).run().trace();
/// let [frame] = &trace.frames[..] else { panic!() };
/// assert_eq!(frame.args, [("amount".to_owned(), 2.into())]);
/// assert!(!frame.failed() && frame.gas == frame.gas_own);
/// assert_eq!(trace.to_json()["frames"][0]["message"], "add");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallTrace {
    /// The outermost frames; one, or none if nothing ran.
    pub frames: Vec<Frame>,
    /// Whether steps are missing because there were too many.
    pub truncated: bool,
}

/// What happened in one run of a contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Frame {
    /// `call`, `delegate call`, `instantiation` or `migration`.
    pub kind: String,
    /// The contract's name, or the beginning of its address.
    pub contract: String,
    /// Its address in hexadecimal.
    pub address: String,
    /// The name of the code that ran, or the beginning of its hash.
    pub code: String,
    /// The message or constructor, if the ABI tells.
    pub message: Option<String>,
    /// Its arguments by name.
    pub args: Vec<(String, Value)>,
    /// Arguments as one line.
    pub args_text: String,
    /// The input in hexadecimal.
    pub input: String,
    /// Who called.
    pub caller: String,
    /// The value that came with the call, in the smallest unit, in decimal.
    pub value: String,
    /// Whether it might not change state.
    pub read_only: bool,
    /// Gas used, nested frames included.
    pub gas: Gas,
    /// Gas used by the frame itself.
    pub gas_own: Gas,
    /// Gas that it was given.
    pub gas_given: Gas,
    /// How it ended.
    pub end: End,
    /// What happened in it, in order; undone if it or one around it failed.
    pub steps: Vec<Step>,
}

/// How a frame ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "how")]
pub enum End {
    /// It returned.
    Returned {
        /// The value; `None` if it is nothing, or the ABI does not tell.
        value: Option<Value>,
        /// The same as text.
        text: String,
    },
    /// It did not succeed.
    Failed {
        /// Why.
        reason: String,
        /// Where in the source, the innermost function first; empty if that is
        /// not known.
        at: Vec<String>,
    },
}

/// Something that happened in a frame. Texts are for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "step")]
pub enum Step {
    /// A nested frame ran.
    Frame(Box<Frame>),
    /// A nested call did not come about.
    Refused {
        /// Whom it was for.
        contract: String,
        /// Why.
        reason: String,
    },
    /// A storage item was read.
    Read {
        /// The place, `balances[alice]`, or the key in hexadecimal.
        place: String,
        /// The value; `None` if there was none.
        value: Option<String>,
        /// Gas of the host function.
        gas: Gas,
    },
    /// A storage item was written.
    Write {
        /// The place.
        place: String,
        /// The new value.
        value: String,
        /// Gas of the host function.
        gas: Gas,
    },
    /// A storage item was removed.
    Remove {
        /// The place.
        place: String,
        /// Whether there was one.
        found: bool,
        /// Gas of the host function.
        gas: Gas,
    },
    /// The next key of a scan was looked for.
    Scan {
        /// The place that was found.
        found: Option<String>,
        /// Gas of the host function.
        gas: Gas,
    },
    /// An event was emitted.
    Event {
        /// Its name, or topic 0.
        name: String,
        /// Its fields by name.
        fields: Vec<(String, Value)>,
        /// The fields as one line, or the data in hexadecimal.
        text: String,
    },
    /// Tokens were sent without a call.
    Transfer {
        /// To whom.
        to: String,
        /// How many, in the smallest unit, in decimal.
        amount: String,
    },
    /// The contract's code was replaced.
    CodeSet {
        /// The new code.
        code: String,
    },
    /// The contract removed itself.
    Terminated {
        /// Who got its balance.
        beneficiary: String,
    },
    /// A message of the debug log.
    Log {
        /// The message.
        message: String,
    },
    /// A host function with nothing else to tell.
    Host {
        /// Which.
        function: String,
        /// Its gas, without that of nested frames.
        gas: Gas,
    },
}

impl Frame {
    /// `token.transfer(to: bob, amount: 5)`.
    pub fn headline(&self) -> String {
        let message = self.message.clone().unwrap_or_else(|| match &*self.input {
            "0x" => "(no input)".into(),
            input => input.get(..10).unwrap_or(input).into(),
        });
        let code = match self.contract.split('#').next() == Some(&self.code) {
            true => String::new(),
            false => format!(" [{}]", self.code),
        };
        format!("{}{code}.{message}({})", self.contract, self.args_text)
    }

    /// The frames inside this one, in order.
    pub fn children(&self) -> impl Iterator<Item = &Self> {
        self.steps.iter().filter_map(|step| match step {
            Step::Frame(frame) => Some(&**frame),
            _ => None,
        })
    }

    /// Whether it did not succeed.
    pub fn failed(&self) -> bool {
        matches!(self.end, End::Failed { .. })
    }
}

impl CallTrace {
    /// The trace as JSON.
    pub fn to_json(&self) -> Value {
        let json = serde_json::to_value(self);
        json.expect("a trace has text keys only and no fallible part")
    }
}
