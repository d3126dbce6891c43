//! What an operator chooses.

use std::time::Duration;

/// Bounds of the RPC, and what else an operator chooses of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Most bytes of a request: a transaction of the largest size in hexadecimal, with
    /// room around it.
    pub request_bytes: u32,
    /// Most bytes of an answer.
    pub response_bytes: u32,
    /// Most calls of a batch.
    pub batch: u32,
    /// Deepest nesting of a call's parameters. Nothing here nests deeper than six.
    pub depth: u32,
    /// Most connections; each is a task and some buffers.
    pub connections: u32,
    /// Most connections of one address, so that nobody takes all.
    pub connections_per_address: u32,
    /// Most subscriptions of a connection.
    pub subscriptions: u32,
    /// Most calls of a connection that are under way.
    pub calls_at_once: u32,
    /// What the calls of one address may weigh in a second. Reading weighs 1,
    /// executing up to 20.
    pub rate: u32,
    /// What they may weigh at once, saved up.
    pub burst: u32,
    /// Most calls on the node that read at the same time; each has a thread.
    pub readers: u32,
    /// Most calls on the node that execute contracts at the same time; each has a
    /// core for itself.
    pub executions: u32,
    /// How long a call waits for one of these places.
    pub queue: Duration,
    /// Most gas of a question: a tenth of a second.
    pub call_gas: u64,
    /// Most steps of a trace that is told.
    pub trace_steps: u32,
    /// Most entries of a page.
    pub page: u32,
    /// Most blocks that a page of events looks at.
    pub page_blocks: u32,
    /// Longest wait for a receipt.
    pub wait: Duration,
    /// How long a client may take to send the head of a request.
    pub head_time: Duration,
    /// How long a request may take, from its head to the answer.
    pub request_time: Duration,
    /// How long a client may take nothing of what is sent to it.
    pub write_time: Duration,
    /// Messages that wait for a WebSocket client to read them; then its subscriptions
    /// wait too.
    pub messages: u32,
    /// How long a subscription waits for its client to read; then it ends.
    pub feed_time: Duration,
    /// Web pages that may call: origins, or `*` for any. None unless given.
    pub cors: Vec<String>,
    /// The prefix of addresses.
    pub prefix: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            request_bytes: 4 * 1024 * 1024,
            response_bytes: 16 * 1024 * 1024,
            batch: 100,
            depth: 32,
            connections: 1_000,
            connections_per_address: 100,
            subscriptions: 32,
            calls_at_once: 64,
            rate: 5_000,
            burst: 20_000,
            readers: 32,
            executions: 4,
            queue: Duration::from_secs(10),
            call_gas: 100_000_000_000,
            trace_steps: 20_000,
            page: 1_000,
            page_blocks: 10_000,
            wait: Duration::from_secs(30),
            head_time: Duration::from_secs(10),
            request_time: Duration::from_secs(60),
            write_time: Duration::from_secs(30),
            messages: 256,
            feed_time: Duration::from_secs(30),
            cors: Vec::new(),
            prefix: hull_host_api::DEFAULT_PREFIX.into(),
        }
    }
}
