//! Speaking to people and to programs.

use std::fmt::Display;
use std::io::{IsTerminal, Write, stderr, stdout};
use std::time::{Duration, Instant};

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::Exit;

/// How to answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ui {
    /// One JSON document on standard output.
    pub(crate) json: bool,
    /// No progress.
    pub(crate) quiet: bool,
    /// Whether lines of progress may replace each other.
    live: bool,
    out: Paint,
    err: Paint,
}

/// What a command found out.
pub(crate) trait Answer: Serialize {
    /// The same for people; ends in a line feed.
    fn text(&self, paint: Paint) -> String;

    /// How the process ends.
    fn exit(&self) -> Exit {
        Exit::Done
    }
}

/// Colours, where they are wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint(bool);

impl Paint {
    pub(crate) fn is_on(self) -> bool {
        self.0
    }

    fn with(self, style: Style, text: impl Display) -> String {
        match self.0 {
            true => format!("{style}{text}{style:#}"),
            false => text.to_string(),
        }
    }

    pub(crate) fn title(self, text: impl Display) -> String {
        self.with(Style::new().bold(), text)
    }

    pub(crate) fn good(self, text: impl Display) -> String {
        self.with(AnsiColor::Green.on_default().bold(), text)
    }

    pub(crate) fn bad(self, text: impl Display) -> String {
        self.with(AnsiColor::Red.on_default().bold(), text)
    }

    pub(crate) fn odd(self, text: impl Display) -> String {
        self.with(AnsiColor::Yellow.on_default().bold(), text)
    }

    pub(crate) fn faint(self, text: impl Display) -> String {
        self.with(Style::new().dimmed(), text)
    }
}

impl Ui {
    pub(crate) fn new(json: bool, quiet: bool) -> Self {
        // https://no-color.org
        let refused = std::env::var_os("NO_COLOR").is_some_and(|it| !it.is_empty());
        Self {
            json,
            quiet,
            live: stderr().is_terminal(),
            out: Paint(!refused && stdout().is_terminal()),
            err: Paint(!refused && stderr().is_terminal()),
        }
    }

    /// For what goes to standard output.
    pub(crate) fn paint_out(self) -> Paint {
        self.out
    }

    /// For what goes to standard error.
    pub(crate) fn paint(self) -> Paint {
        self.err
    }

    /// Prints an answer.
    pub(crate) fn answer(self, answer: &impl Answer) -> Exit {
        if self.json {
            let text = serde_json::to_string_pretty(answer);
            self.print(&(text.expect("answers have text keys alone") + "\n"));
        } else {
            self.print(&answer.text(self.out));
        }
        answer.exit()
    }

    /// Prints what was found out on the way to the answer: for people alone.
    pub(crate) fn beside(self, answer: &impl Answer) {
        if !self.json && !self.quiet {
            self.print(&answer.text(self.out));
        }
    }

    /// Prints text. A reader that has gone away, such as `head`, is no failure.
    pub(crate) fn print(self, text: &str) {
        drop(stdout().write_all(text.as_bytes()));
    }

    /// Says something beside the answer.
    pub(crate) fn note(self, text: &str) {
        drop(writeln!(stderr(), "{text}"));
    }

    /// Tells that a step begins; on a terminal, where its end replaces it.
    pub(crate) fn begin(self, step: &str) {
        if !self.quiet && self.live {
            drop(write!(stderr(), "{step:>12} ...\r"));
        }
    }

    /// Tells that a step has ended, and how long it took.
    pub(crate) fn finish(self, step: &str, time: Duration) {
        if !self.quiet {
            let step = self.err.good(format!("{step:>12}"));
            drop(writeln!(stderr(), "{step} {:.1} s", time.as_secs_f32()));
        }
    }

    /// Does a step and tells of it if it took more than a second.
    pub(crate) fn step_if_long<T, E>(
        self,
        step: &str,
        work: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        self.begin(step);
        #[expect(clippy::disallowed_methods, reason = "shown to people")]
        let start = Instant::now();
        let done = work()?;
        if start.elapsed() >= Duration::from_secs(1) {
            self.finish(step, start.elapsed());
        }
        Ok(done)
    }

    /// Does a step and tells of it.
    pub(crate) fn step<T, E>(
        self,
        step: &str,
        work: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        self.begin(step);
        #[expect(clippy::disallowed_methods, reason = "shown to people")]
        let start = Instant::now();
        let done = work()?;
        self.finish(step, start.elapsed());
        Ok(done)
    }
}

/// Digits in groups of three.
pub(crate) fn grouped(number: impl Into<u128>) -> String {
    let digits = number.into().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_come_in_threes() {
        let texts = [0u64, 12, 123, 1_234, 123_456, 1_234_567].map(grouped);
        assert_eq!(texts, ["0", "12", "123", "1,234", "123,456", "1,234,567"]);
    }

    #[test]
    fn paint_is_off_without_a_terminal() {
        assert_eq!(Paint(false).bad("no"), "no");
        assert_ne!(Paint(true).bad("no"), "no");
    }
}
