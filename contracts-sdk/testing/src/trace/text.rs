//! Traces as text.

use std::fmt::Write;

use super::{CallTrace, End, Frame, Step};
use crate::gas::grouped;

/// How much of a trace is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// Frames alone.
    Frames,
    /// Events, transfers and logs too.
    Events,
    /// Reads and writes of storage too.
    Storage,
    /// Every host function, and what it costs.
    Host,
}

/// Whether colours are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// None.
    Plain,
    /// Those of a terminal.
    Coloured,
}

impl Style {
    fn paint(self, code: &str, text: &str) -> String {
        match self {
            Self::Plain => text.into(),
            Self::Coloured => format!("\x1b[{code}m{text}\x1b[0m"),
        }
    }

    pub(crate) fn good(self, text: &str) -> String {
        self.paint("32", text)
    }

    pub(crate) fn bad(self, text: &str) -> String {
        self.paint("31;1", text)
    }

    pub(crate) fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }
}

impl CallTrace {
    /// The tree as text, ending in a line feed.
    ///
    /// ```text
    /// [61,204,350] token.transfer(to: bob, amount: 5) by alice
    /// ├─ read balances[alice] = 1000
    /// ├─ write balances[alice] = 995
    /// ├─ event Transferred { from: alice, to: bob, amount: 5 }
    /// └─ returned ()
    /// ```
    pub fn render(&self, detail: Detail, style: Style) -> String {
        let mut text = Text {
            out: String::new(),
            detail,
            style,
        };
        for frame in &self.frames {
            text.frame(frame, "", "");
        }
        if self.truncated {
            text.out
                .push_str("… steps are missing: there were too many\n");
        }
        text.out
    }

    /// What contracts wrote to the debug log, a line each.
    pub fn logs(&self) -> String {
        let mut out = String::new();
        self.frames.iter().for_each(|frame| logs(frame, &mut out));
        out
    }
}

fn logs(frame: &Frame, out: &mut String) {
    for step in &frame.steps {
        match step {
            Step::Log { message } => {
                let _ = writeln!(out, "{}: {message}", frame.contract);
            }
            Step::Frame(inner) => logs(inner, out),
            _ => {}
        }
    }
}

struct Text {
    out: String,
    detail: Detail,
    style: Style,
}

impl Text {
    fn line(&mut self, before: &str, text: &str) {
        self.out.push_str(before);
        self.out.push_str(text);
        self.out.push('\n');
    }

    /// `first` is before the headline, `rest` before every line of the inside.
    fn frame(&mut self, frame: &Frame, first: &str, rest: &str) {
        let headline = self.headline(frame);
        self.line(first, &headline);
        let shown: Vec<_> = frame.steps.iter().filter(|it| self.shows(it)).collect();
        for step in shown {
            match step {
                Step::Frame(inner) => {
                    self.frame(inner, &format!("{rest}├─ "), &format!("{rest}│  "));
                }
                step => {
                    let text = self.step(step);
                    self.line(&format!("{rest}├─ "), &text);
                }
            }
        }
        self.end(&frame.end, rest);
    }

    fn headline(&self, frame: &Frame) -> String {
        let own = match frame.gas == frame.gas_own {
            true => String::new(),
            false => format!(", own {}", grouped(frame.gas_own)),
        };
        let gas = self.style.dim(&format!("[{}{own}]", grouped(frame.gas)));
        let headline = frame.headline();
        let headline = match frame.failed() {
            true => self.style.bad(&format!("✗ {headline}")),
            false => self.style.good(&headline),
        };
        let mut more = format!(" by {}", frame.caller);
        if frame.kind != "call" {
            let _ = write!(more, ", {}", frame.kind);
        }
        if frame.value != "0" {
            let _ = write!(more, ", value {}", frame.value);
        }
        if frame.read_only {
            more.push_str(", read-only");
        }
        format!("{gas} {headline}{more}")
    }

    fn shows(&self, step: &Step) -> bool {
        let least = match step {
            Step::Frame(_) | Step::Refused { .. } => Detail::Frames,
            Step::Event { .. }
            | Step::Transfer { .. }
            | Step::CodeSet { .. }
            | Step::Terminated { .. }
            | Step::Log { .. } => Detail::Events,
            Step::Read { .. } | Step::Write { .. } | Step::Remove { .. } | Step::Scan { .. } => {
                Detail::Storage
            }
            Step::Host { .. } => Detail::Host,
        };
        self.detail >= least
    }

    fn gas(&self, gas: u64) -> String {
        match self.detail {
            Detail::Host => self.style.dim(&format!(" [{}]", grouped(gas))),
            _ => String::new(),
        }
    }

    fn step(&self, step: &Step) -> String {
        match step {
            Step::Frame(frame) => frame.headline(),
            Step::Refused { contract, reason } => {
                self.style.bad(&format!("✗ call of {contract}: {reason}"))
            }
            Step::Read { place, value, gas } => {
                let value = value.as_deref().unwrap_or("(nothing)");
                format!("read {place} = {value}{}", self.gas(*gas))
            }
            Step::Write { place, value, gas } => {
                format!("write {place} = {value}{}", self.gas(*gas))
            }
            Step::Remove { place, found, gas } => {
                let found = if *found { "" } else { ", which was not there" };
                format!("remove {place}{found}{}", self.gas(*gas))
            }
            Step::Scan { found, gas } => {
                let found = found.as_deref().unwrap_or("(nothing more)");
                format!("scan to {found}{}", self.gas(*gas))
            }
            Step::Event { name, text, fields } => match fields.is_empty() {
                true if text == "0x" || text.is_empty() => format!("event {name}"),
                true => format!("event {name} {text}"),
                false => format!("event {name} {{ {text} }}"),
            },
            Step::Transfer { to, amount } => format!("transfer {amount} to {to}"),
            Step::CodeSet { code } => format!("code set to {code}"),
            Step::Terminated { beneficiary } => {
                format!("terminated, the balance goes to {beneficiary}")
            }
            Step::Log { message } => format!("log {message:?}"),
            Step::Host { function, gas } => format!("{function}(){}", self.gas(*gas)),
        }
    }

    fn end(&mut self, end: &End, rest: &str) {
        match end {
            End::Returned { text, .. } => {
                self.line(&format!("{rest}└─ "), &format!("returned {text}"))
            }
            End::Failed { reason, at } => {
                let text = self.style.bad(&format!("✗ {reason}"));
                self.line(&format!("{rest}└─ "), &text);
                for place in at {
                    self.line(&format!("{rest}      "), &format!("at {place}"));
                }
            }
        }
    }
}
