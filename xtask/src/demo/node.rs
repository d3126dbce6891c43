//! A development node that ends with the demo, however that ends.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::process;
use crate::workspace::Workspace;

/// A running `hulld dev` on a free port, its chain in memory.
pub(super) struct Node {
    child: Child,
    /// Of its RPC.
    pub(super) url: String,
    pub(super) chain_id: String,
}

/// How long a node may take to end.
const PATIENCE: Duration = Duration::from_secs(10);

impl Node {
    /// Starts it and waits until it answers.
    pub(super) fn start(workspace: &Workspace) -> Result<Self> {
        let program = workspace.binary("hulld");
        let mut command = Command::new(&program);
        command.args(["dev", "--listen=127.0.0.1:0", "--json"]);
        // Settings and state of the machine are not the demo's.
        command.current_dir(std::env::temp_dir());
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut child = child.with_context(|| format!("start {}", program.display()))?;
        let output = child.stdout.take().context("the node has no output")?;
        let mut node = Self {
            child,
            url: String::new(),
            chain_id: String::new(),
        };
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let ready: Value = serde_json::from_str(&line)
            .with_context(|| format!("the node did not say that it is ready, but `{line}`"))?;
        let say = |name: &str| ready["ready"][name].as_str().map(String::from);
        node.url = say("http").context("the node does not say where it is")?;
        node.chain_id = say("chainId").unwrap_or_default();
        Ok(node)
    }

    /// Asks it to end, and sees it end well.
    pub(super) fn stop(&mut self) -> Result<()> {
        let id = self.child.id().to_string();
        process::run(Command::new("kill").args(["-TERM", &id]))?;
        let status = process::wait(&mut self.child, PATIENCE)?;
        ensure!(status.success(), "the node ended with {status}");
        Ok(())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // Where the demo failed; one that has ended already is no error.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
