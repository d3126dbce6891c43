//! How much is told.

use std::io::IsTerminal;
use std::sync::OnceLock;

use crate::record::Record;
use crate::trace::{Detail, Style};

/// The environment variable with the verbosity; `cargo hull test -v` sets it.
pub const TRACE_VARIABLE: &str = "HULL_TRACE";

/// How much tests tell, beside what they fail with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Nothing.
    #[default]
    Quiet,
    /// What contracts write to the debug log.
    Logs,
    /// The trace of a call that makes a test fail.
    Failures,
    /// The trace of every call.
    Everything,
}

impl Verbosity {
    /// What the environment asks for: `HULL_TRACE` of `0`, `1`, `2` or `3`.
    pub fn of_environment() -> Self {
        static FOUND: OnceLock<Verbosity> = OnceLock::new();
        *FOUND.get_or_init(|| Self::read(std::env::var(TRACE_VARIABLE).ok().as_deref()))
    }

    fn read(text: Option<&str>) -> Self {
        match text.map(str::trim) {
            None | Some("" | "0") => Self::Quiet,
            Some("1") => Self::Logs,
            Some("2") => Self::Failures,
            // Whoever asks for more than there is gets all there is.
            Some(_) => Self::Everything,
        }
    }
}

/// Tells of a call that went as it went.
pub(crate) fn tell(record: &Record) {
    let verbosity = Verbosity::of_environment();
    if verbosity == Verbosity::Quiet {
        return;
    }
    let trace = record.trace();
    let text = match verbosity {
        Verbosity::Everything => trace.render(Detail::Storage, style()),
        _ => trace.logs(),
    };
    if !text.is_empty() {
        eprintln!("{}", text.trim_end());
    }
}

/// Colours for people alone.
pub(crate) fn style() -> Style {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|it| !it.is_empty());
    match std::io::stderr().is_terminal() && !refused {
        true => Style::Coloured,
        false => Style::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_is_a_number() {
        let levels = [
            None,
            Some("0"),
            Some("1"),
            Some(" 2 "),
            Some("3"),
            Some("9"),
        ];
        let read = levels.map(Verbosity::read);
        let expected = [0, 0, 1, 2, 3, 3];
        assert_eq!(read.map(|it| it as u8), expected);
    }
}
