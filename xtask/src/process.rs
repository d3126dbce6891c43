//! Running other programs.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

/// Runs a command with our own input and output.
pub(crate) fn status(command: &mut Command) -> Result<ExitStatus> {
    command
        .status()
        .with_context(|| format!("start {}", line(command)))
}

/// Runs a command to its good end.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = status(command)?;
    ensure!(status.success(), "`{}` ended with {status}", line(command));
    Ok(())
}

/// Whether a command ends well; what it prints is dropped.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// As [`succeeds`], but a command that takes longer is ended and has failed.
pub(crate) fn succeeds_within(command: &mut Command, limit: Duration) -> bool {
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = child else { return false };
    wait(&mut child, limit).is_ok_and(|status| status.success())
}

/// Waits for a child; one that takes longer is ended, and that is an error.
pub(crate) fn wait(child: &mut Child, limit: Duration) -> Result<ExitStatus> {
    let start = Instant::now();
    while start.elapsed() < limit {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        thread::sleep(Duration::from_millis(50));
    }
    // It is ours and it is late; that it may have ended meanwhile is no error.
    let _ = child.kill();
    let _ = child.wait();
    bail!("it did not end within {} s", limit.as_secs())
}

/// What a command wrote to standard output.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("start {}", line(command)))?;
    ensure!(
        output.status.success(),
        "`{}` ended with {}",
        line(command),
        output.status
    );
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Which streams [`tee`] reads along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Streams {
    Output,
    Both,
}

/// Runs a command, shows what it writes, and hands each line to `read`.
pub(crate) fn tee(
    command: &mut Command,
    streams: Streams,
    mut read: impl FnMut(&str),
) -> Result<ExitStatus> {
    command.stdout(Stdio::piped());
    if streams == Streams::Both {
        command.stderr(Stdio::piped());
    }
    let mut child = command
        .spawn()
        .with_context(|| format!("start {}", line(command)))?;
    let (sender, lines) = mpsc::channel();
    let mut readers = Vec::new();
    let output = child
        .stdout
        .take()
        .map(|stream| Box::new(stream) as Box<dyn Read + Send>);
    let error = child
        .stderr
        .take()
        .map(|stream| Box::new(stream) as Box<dyn Read + Send>);
    for stream in [output, error].into_iter().flatten() {
        let sender = sender.clone();
        readers.push(thread::Builder::new().spawn(move || forward(stream, &sender))?);
    }
    drop(sender);
    let mut shown = std::io::stdout();
    for bytes in lines {
        // A reader that went away must not stop the run.
        let _ = shown.write_all(&bytes);
        read(plain(&String::from_utf8_lossy(&bytes)).trim_end());
    }
    for reader in readers {
        // The reader ends with its stream and has nothing that can panic.
        let _ = reader.join();
    }
    Ok(child.wait()?)
}

fn forward(stream: impl Read, sender: &mpsc::Sender<Vec<u8>>) {
    let mut stream = BufReader::new(stream);
    loop {
        let mut bytes = Vec::new();
        match stream.read_until(b'\n', &mut bytes) {
            Ok(0) | Err(_) => return,
            Ok(_) => {
                if sender.send(bytes).is_err() {
                    return;
                }
            }
        }
    }
}

/// A text without its colours.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\x1b' {
            plain.push(character);
            continue;
        }
        match characters.next() {
            // `ESC [ parameters letter`
            Some('[') => drop(characters.by_ref().find(|c| c.is_ascii_alphabetic())),
            // `ESC ( set`
            Some('(') => drop(characters.next()),
            _ => {}
        }
    }
    plain
}

/// A command as one would type it.
pub(crate) fn line(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let name = program
        .file_name()
        .unwrap_or(program.as_os_str())
        .to_string_lossy();
    let arguments = command
        .get_args()
        .map(|argument| argument.to_string_lossy());
    std::iter::once(name)
        .chain(arguments)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_taken_off() {
        assert_eq!(plain("test a ... \x1b[32mok\x1b(B\x1b[m"), "test a ... ok");
        assert_eq!(plain("plain"), "plain");
    }

    #[test]
    fn both_streams_are_read_along() {
        let mut lines = Vec::new();
        let mut command = Command::new("sh");
        command.args(["-c", "echo out; echo err >&2; exit 3"]);
        let status = tee(&mut command, Streams::Both, |line| {
            lines.push(line.to_owned())
        });
        lines.sort();
        assert_eq!(status.expect("sh starts").code(), Some(3));
        assert_eq!(lines, ["err", "out"]);
    }

    #[test]
    fn a_late_command_is_ended() {
        let start = Instant::now();
        assert!(!succeeds_within(
            Command::new("sleep").arg("60"),
            Duration::from_millis(100)
        ));
        assert!(start.elapsed() < Duration::from_secs(30));
    }
}
