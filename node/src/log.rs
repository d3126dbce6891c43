//! What is told about the node while it runs: on standard error.

use std::io::IsTerminal;

use anyhow::{Context, Result, bail};
use tracing_subscriber::EnvFilter;

use crate::config::Config;

/// Begins to tell.
pub(crate) fn begin(config: &Config) -> Result<()> {
    let level = &config.log.level;
    let filter = EnvFilter::builder().parse(level);
    let filter = filter.with_context(|| format!("log.level is `{level}`"))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match config.log.format.as_str() {
        "json" => builder.json().init(),
        "text" => builder
            .with_target(false)
            .with_ansi(std::io::stderr().is_terminal() && crate::banner::colours_are_wanted())
            .init(),
        other => bail!("log.format is `{other}`; it has to be `text` or `json`"),
    }
    Ok(())
}
