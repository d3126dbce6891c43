//! A node of the network: a process, and its home.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Error, Result, anyhow, ensure};
use serde_json::Value;

use crate::process;
use crate::workspace::Workspace;

/// How long a node may take to end.
const PATIENCE: Duration = Duration::from_secs(20);
/// Lines of the log that are shown of a node that ended by itself.
const SHOWN: usize = 5;

/// A running `hulld run`. Killed when dropped.
pub(super) struct Node {
    name: String,
    home: PathBuf,
    child: Child,
    output: BufReader<ChildStdout>,
    peer: String,
    role: String,
    url: String,
}

impl Node {
    pub(super) fn start(workspace: &Workspace, home: &Path) -> Result<Self> {
        let program = workspace.binary("hulld");
        let mut keys = workspace.command(&program);
        let keys = process::output(keys.args(["keys", "show", "--json", "--home"]).arg(home))?;
        let keys: Value = serde_json::from_str(&keys)?;
        let log = File::create(home.join("node.log")).context("make the log of a node")?;
        let mut command = Command::new(&program);
        command.args(["run", "--json", "--home"]).arg(home);
        // Settings of the folder that this runs in are not the node's.
        command.current_dir(home);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log);
        let child = command.spawn();
        let mut child = child.with_context(|| format!("start {}", program.display()))?;
        let output = child.stdout.take().context("the node has no output")?;
        let name = home.file_name().unwrap_or_default();
        Ok(Self {
            name: name.to_string_lossy().into_owned(),
            home: home.into(),
            child,
            output: BufReader::new(output),
            peer: keys["peer"].as_str().unwrap_or_default().into(),
            role: String::new(),
            url: String::new(),
        })
    }

    /// Waits until it says that it answers.
    pub(super) fn until_ready(&mut self) -> Result<()> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        let ready: Value =
            serde_json::from_str(&line).map_err(|_| self.failure("did not start"))?;
        let say = |name: &str| ready["ready"][name].as_str().unwrap_or_default().to_owned();
        (self.role, self.url) = (say("role"), say("http"));
        Ok(())
    }

    pub(super) fn row(&self) -> Vec<String> {
        let home = self.home.display().to_string();
        [&self.name, &self.role, &self.url, &self.peer, &home]
            .map(String::clone)
            .to_vec()
    }

    /// Why it ended, if it has.
    pub(super) fn ended(&mut self) -> Option<Error> {
        let status = self.child.try_wait().ok().flatten()?;
        Some(self.failure(&format!("ended by itself with {status}")))
    }

    pub(super) fn ask_to_end(&self) -> Result<()> {
        let id = self.child.id().to_string();
        process::run(
            Command::new("kill")
                .args(["-TERM", &id])
                .stderr(Stdio::null()),
        )
    }

    pub(super) fn until_ended(&mut self) -> Result<()> {
        let status = process::wait(&mut self.child, PATIENCE);
        let status = status.with_context(|| format!("end {}", self.name))?;
        ensure!(status.success(), "{} ended with {status}", self.name);
        Ok(())
    }

    fn failure(&self, what: &str) -> Error {
        let log = std::fs::read_to_string(self.home.join("node.log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(SHOWN).collect();
        let lines: Vec<&str> = lines.into_iter().rev().collect();
        anyhow!("{} {what}:\n{}", self.name, lines.join("\n"))
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // One that has ended already is no error.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
