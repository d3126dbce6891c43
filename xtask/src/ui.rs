//! What people see: headings, aligned tables, colour on a terminal alone.

use std::env;
use std::io::{self, BufRead, IsTerminal, Write};
use std::time::Duration;

use anyhow::{Error, Result};

/// How a piece of text is meant.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tone {
    Good,
    Bad,
    Notice,
    Strong,
    Faint,
}

/// Colours a text if standard output is a terminal that wants it.
pub(crate) fn paint(tone: Tone, text: &str) -> String {
    let wanted = io::stdout().is_terminal()
        && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && env::var_os("TERM").is_none_or(|term| term != "dumb");
    if !wanted {
        return text.to_owned();
    }
    let code = match tone {
        Tone::Good => "32",
        Tone::Bad => "31",
        Tone::Notice => "33",
        Tone::Strong => "1",
        Tone::Faint => "2",
    };
    format!("\x1b[{code}m{text}\x1b[0m")
}

/// Names what begins now and why it is done.
pub(crate) fn begin(what: &str, why: &str) {
    println!(
        "\n{} {}",
        paint(Tone::Strong, &format!("▸ {what}")),
        paint(Tone::Faint, why)
    );
}

/// One line on what to do next.
pub(crate) fn next(hint: &str) {
    println!("{} {hint}", paint(Tone::Faint, "next:"));
}

pub(crate) fn error(error: &Error) {
    eprintln!("error: {error:#}");
}

/// Lines of left-aligned columns; the last one is as wide as it likes.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
    };
    let widths: Vec<_> = (0..columns)
        .map(|column| width(column).unwrap_or(0))
        .collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::from("  ");
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(&format!("{cell:<width$}   "));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// `0.4 s`, `38 s`, `12 min 5 s`.
pub(crate) fn duration(elapsed: Duration) -> String {
    match elapsed.as_secs() {
        0..10 => format!("{}.{} s", elapsed.as_secs(), elapsed.subsec_millis() / 100),
        seconds @ 10..120 => format!("{seconds} s"),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

/// Whether there is somebody to ask.
pub(crate) fn attended() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Asks a question whose default answer is no.
pub(crate) fn ask(question: &str) -> Result<bool> {
    print!("{question} [y/N] ");
    io::stdout().flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let rows = [
            vec!["a".into(), "long".into()],
            vec!["wide".into(), "b".into()],
        ];
        assert_eq!(table(&rows), "  a      long\n  wide   b\n");
    }

    #[test]
    fn durations_read_well() {
        assert_eq!(duration(Duration::from_millis(450)), "0.4 s");
        assert_eq!(duration(Duration::from_secs(38)), "38 s");
        assert_eq!(duration(Duration::from_secs(725)), "12 min 5 s");
    }
}
