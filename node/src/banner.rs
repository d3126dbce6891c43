//! What people see when a development node starts: on standard output.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _, stderr, stdout};
use std::net::SocketAddr;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use hull_chain::Chain;
use hull_executor::StateReader;
use hull_types::dev;
use hull_types::host_api::DEFAULT_PREFIX;
use serde_json::json;

use crate::config::Config;

/// A token of development chains has so many decimals.
const DECIMALS: u32 = 12;

/// A node that has started.
pub(crate) struct Started<'n> {
    pub(crate) address: SocketAddr,
    pub(crate) chain: &'n Chain,
    pub(crate) config: &'n Config,
    pub(crate) place: String,
    pub(crate) time: Duration,
}

/// Tells that the node answers: for people, or as one line of JSON.
pub(crate) fn started(started: &Started<'_>) {
    let text = match started.config.log.format.as_str() {
        "json" => format!("{}\n", started.json()),
        _ => started.text(stdout().is_terminal() && colours_are_wanted()),
    };
    print(&text);
}

/// Prints text. A reader that has gone away, such as `head`, is no failure.
pub(crate) fn print(text: &str) {
    let _ = stdout().write_all(text.as_bytes());
    let _ = stdout().flush();
}

/// Tells why the process ends.
pub(crate) fn error(error: &anyhow::Error) {
    let paint = Paint(stderr().is_terminal() && colours_are_wanted());
    let title = paint.with(AnsiColor::Red.on_default().bold(), "error");
    let _ = writeln!(stderr(), "{title}: {error:#}");
}

/// <https://no-color.org>
pub(crate) fn colours_are_wanted() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

impl Started<'_> {
    fn json(&self) -> serde_json::Value {
        let accounts = dev::accounts().iter().map(|account| {
            json!({
                "name": account.name,
                "address": text(&account.address),
                "publicKnowledgeKey": format!("0x{}", hex::encode(account.key().to_bytes())),
            })
        });
        json!({
            "ready": {
                "http": format!("http://{}", self.address),
                "webSocket": format!("ws://{}", self.address),
                "chainId": format!("0x{}", self.chain.chain_id()),
                "height": self.chain.head().height,
                "milliseconds": u64::try_from(self.time.as_millis()).unwrap_or(u64::MAX),
                "accounts": accounts.collect::<Vec<_>>(),
            }
        })
    }

    fn text(&self, colours: bool) -> String {
        let paint = Paint(colours);
        let title = paint.with(AnsiColor::Cyan.on_default().bold(), "Hull");
        let version = paint.with(Style::new().dimmed(), env!("CARGO_PKG_VERSION"));
        let mut out = format!("\n  {title} development node {version}\n\n");
        self.accounts(paint, &mut out);
        let head = self.chain.head();
        let config = self.config;
        let seal = match config.dev.seal.as_str() {
            "interval" => format!("a block every {} ms", config.dev.interval_ms),
            "request" => "on request: dev_seal".into(),
            _ => "a block for every transaction, and an empty one after it".into(),
        };
        let rows = [
            (
                "Chain",
                format!("{} 0x{}", config.dev.name, self.chain.chain_id()),
            ),
            ("Height", head.height.to_string()),
            ("Blocks", seal),
            ("Kept", self.place.clone()),
            ("HTTP", format!("http://{}", self.address)),
            ("WebSocket", format!("ws://{}", self.address)),
            ("Health", "/healthz  /readyz  /metrics".into()),
        ];
        for (name, value) in rows {
            let name = paint.with(Style::new().bold(), format!("{name:<10}"));
            let _ = writeln!(out, "  {name} {value}");
        }
        let seconds = self.time.as_secs_f32();
        let ready = paint.with(AnsiColor::Green.on_default().bold(), "Ready");
        let _ = writeln!(
            out,
            "\n  {ready} at http://{} after {seconds:.2} s; Ctrl-C ends it\n",
            self.address
        );
        out
    }

    fn accounts(&self, paint: Paint, out: &mut String) {
        let state = self.chain.state_at(self.chain.head().height);
        let warning =
            "Everybody knows these keys: they are in Hull's source. Use them on no other chain.";
        let warning = paint.with(AnsiColor::Yellow.on_default(), warning);
        let _ = writeln!(out, "  {warning}\n");
        for account in dev::accounts() {
            let known = state
                .as_ref()
                .ok()
                .and_then(|state| state.account(&account.address).ok());
            let balance = known.flatten().unwrap_or_default().balance;
            let name = paint.with(Style::new().bold(), format!("{:<6}", account.name));
            let address = text(&account.address);
            let balance = tokens(balance);
            let key = format!("0x{}", hex::encode(account.key().to_bytes()));
            let key = paint.with(Style::new().dimmed(), format!("key {key}"));
            let _ = writeln!(
                out,
                "  {name} {address} {balance:>12} tokens\n         {key}"
            );
        }
        out.push('\n');
    }
}

fn text(address: &hull_types::host_api::Address) -> String {
    let text = address.to_text(DEFAULT_PREFIX);
    text.expect("the default prefix is one")
}

/// Whole tokens, in groups of three digits.
fn tokens(amount: u128) -> String {
    let digits = (amount / 10_u128.pow(DECIMALS)).to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[derive(Clone, Copy)]
struct Paint(bool);

impl Paint {
    fn with(self, style: Style, text: impl std::fmt::Display) -> String {
        match self.0 {
            true => format!("{style}{text}{style:#}"),
            false => text.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::tokens;

    #[test]
    fn tokens_are_whole_and_grouped() {
        assert_eq!(tokens(1_000_000 * 1_000_000_000_000), "1,000,000");
        assert_eq!(tokens(999_999_999_999), "0");
    }
}
