//! What is counted, for Prometheus.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use hull_chain::{Chain, Committed, Stage};
use hull_types::ReceiptResult;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::node::Node;

/// What is counted. Clones count together.
#[derive(Clone)]
pub struct Metrics(Arc<Counted>);

struct Counted {
    registry: Registry,
    height: Gauge,
    block_time: Gauge,
    blocks: Counter,
    gas: Counter,
    receipts: Family<Outcome, Counter>,
    submitted: Family<Outcome, Counter>,
    pool_transactions: Gauge,
    pool_bytes: Gauge,
    calls: Family<Call, Counter>,
    seconds: Family<Method, Histogram>,
    refused: Family<Reason, Counter>,
    connections: Gauge,
    subscriptions: Gauge<i64, AtomicI64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Call {
    method: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Method {
    method: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

/// From a tenth of a millisecond to ten seconds.
const SECONDS: [f64; 11] = [
    0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0,
];

fn histogram() -> Histogram {
    Histogram::new(SECONDS)
}

/// A subscription that is counted until it is dropped.
pub(crate) struct Subscribed(Metrics);

impl Drop for Subscribed {
    fn drop(&mut self) {
        self.0.0.subscriptions.dec();
    }
}

impl Metrics {
    pub(crate) fn new(node: &Node) -> Self {
        let mut registry = Registry::with_prefix("hull");
        let version = Info::new([("version", node.version)]);
        registry.register("build", "The software of the node", version);
        let mut all = Register(&mut registry);
        let counted = Counted {
            height: all.put("height", "The height of the last block"),
            block_time: all.put(
                "block_time_milliseconds",
                "The time of the last block, since the Unix epoch",
            ),
            blocks: all.put("blocks", "Blocks committed since the node started"),
            gas: all.put("gas", "Gas of the transactions of those blocks"),
            receipts: all.put(
                "receipts",
                "Transactions of those blocks, by how they ended",
            ),
            submitted: all.put(
                "submitted",
                "Transactions sent to this node, by whether the pool took them",
            ),
            pool_transactions: all.put("pool_transactions", "Transactions that wait"),
            pool_bytes: all.put("pool_size_bytes", "Bytes of the transactions that wait"),
            calls: all.put("rpc_calls", "Calls of methods, by method and outcome"),
            seconds: Family::new_with_constructor(histogram),
            refused: all.put(
                "rpc_refused",
                "What the RPC refused to protect the node, by reason",
            ),
            connections: all.put("rpc_connections", "Connections of the RPC"),
            subscriptions: all.put("rpc_subscriptions", "Subscriptions of all connections"),
            registry: Registry::default(),
        };
        let seconds = counted.seconds.clone();
        registry.register_with_unit(
            "rpc_duration",
            "How long calls of methods take",
            Unit::Seconds,
            seconds,
        );
        registry.register_collector(Box::new(Work(node.chain.clone())));
        if let Some(network) = &node.network {
            network.register(&mut registry);
        }
        let head = node.chain.head();
        set(&counted.height, head.height);
        set(&counted.block_time, head.time);
        Self(Arc::new(Counted {
            registry,
            ..counted
        }))
    }

    /// All of it as Prometheus reads it.
    pub fn text(&self, node: &Node) -> String {
        let size = node.chain.with_pool(|pool| pool.size());
        set(&self.0.pool_transactions, size.transactions as u64);
        set(&self.0.pool_bytes, size.bytes as u64);
        let mut text = String::new();
        encode(&mut text, &self.0.registry).expect("writing to memory does not fail");
        // The end mark stays at the end.
        let end = text.rfind("# EOF").unwrap_or(text.len());
        text.insert_str(end, &(node.figures)());
        text
    }

    pub(crate) fn committed(&self, committed: &Committed) {
        let header = &committed.block.header;
        set(&self.0.height, header.height);
        set(&self.0.block_time, header.time);
        self.0.blocks.inc();
        for receipt in &committed.receipts {
            self.0.gas.inc_by(receipt.gas);
            let outcome = match receipt.result {
                ReceiptResult::Success => "success",
                ReceiptResult::Revert(_) => "revert",
                ReceiptResult::Halt => "halt",
            };
            self.0.receipts.get_or_create(&Outcome { outcome }).inc();
        }
    }

    pub(crate) fn submitted(&self, taken: bool) {
        let outcome = if taken { "taken" } else { "refused" };
        self.0.submitted.get_or_create(&Outcome { outcome }).inc();
    }

    pub(crate) fn called(&self, method: &'static str, succeeded: bool, time: Duration) {
        let outcome = if succeeded { "ok" } else { "error" };
        self.0.calls.get_or_create(&Call { method, outcome }).inc();
        let seconds = self.0.seconds.get_or_create(&Method { method });
        seconds.observe(time.as_secs_f64());
    }

    pub(crate) fn refused(&self, reason: &'static str) {
        self.0.refused.get_or_create(&Reason { reason }).inc();
    }

    /// How often something was refused for a reason since the start.
    pub fn times_refused(&self, reason: &'static str) -> u64 {
        self.0.refused.get_or_create(&Reason { reason }).get()
    }

    pub(crate) fn connections(&self, count: u32) {
        set(&self.0.connections, u64::from(count));
    }

    pub(crate) fn subscribed(&self) -> Subscribed {
        self.0.subscriptions.inc();
        Subscribed(self.clone())
    }

    /// Subscriptions now.
    pub fn subscriptions(&self) -> i64 {
        self.0.subscriptions.get()
    }
}

/// What processors did for a chain.
struct Work(Chain);

impl std::fmt::Debug for Work {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Work")
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AtStage {
    stage: &'static str,
}

impl Collector for Work {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> std::fmt::Result {
        let mut encoder = encoder.encode_descriptor(
            "work",
            "What processors worked for the chain, by stage",
            Some(&Unit::Seconds),
            MetricType::Counter,
        )?;
        for stage in Stage::ALL {
            let seconds = ConstCounter::new(self.0.work(stage).as_secs_f64());
            let stage = AtStage {
                stage: stage.name(),
            };
            seconds.encode(encoder.encode_family(&stage)?)?;
        }
        Ok(())
    }
}

struct Register<'r>(&'r mut Registry);

impl Register<'_> {
    fn put<M>(&mut self, name: &str, help: &str) -> M
    where
        M: prometheus_client::registry::Metric + Default + Clone,
    {
        let metric = M::default();
        self.0.register(name, help, metric.clone());
        metric
    }
}

fn set(gauge: &Gauge, value: u64) {
    gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
}
