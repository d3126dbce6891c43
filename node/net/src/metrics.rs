//! What is counted, for Prometheus.

use std::sync::Arc;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Metric, Registry};

/// What the network counts. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct Metrics(Arc<Counted>);

#[derive(Debug, Default)]
pub(crate) struct Counted {
    pub(crate) inbound: Gauge,
    pub(crate) outbound: Gauge,
    refused: Family<Reason, Counter>,
    banned: Counter,
    transactions: Family<Outcome, Counter>,
    published: Family<Outcome, Counter>,
    pub(crate) queue_items: Gauge,
    pub(crate) queue_bytes: Gauge,
    served: Family<Outcome, Counter>,
    fetched: Family<Outcome, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

impl Metrics {
    /// Counts, under names that begin with `net_`.
    pub fn register(&self, registry: &mut Registry) {
        let mut put = Put(registry);
        let counted = &*self.0;
        put.metric(
            "net_inbound_peers",
            "Peers that connected to this node",
            &counted.inbound,
        );
        put.metric(
            "net_outbound_peers",
            "Peers that this node connected to",
            &counted.outbound,
        );
        put.metric(
            "net_refused",
            "Connections that were refused, by reason",
            &counted.refused,
        );
        put.metric(
            "net_banned",
            "Peers that were thrown out for a while",
            &counted.banned,
        );
        put.metric(
            "net_transactions",
            "Transactions from peers, by outcome: accepted, ignored, rejected, dropped",
            &counted.transactions,
        );
        put.metric(
            "net_published",
            "Transactions of this node sent to peers, by outcome: sent, late, dropped",
            &counted.published,
        );
        put.metric(
            "net_queue_items",
            "Transactions and questions of peers that wait to be looked at",
            &counted.queue_items,
        );
        put.metric(
            "net_queue_size_bytes",
            "Bytes of them",
            &counted.queue_bytes,
        );
        put.metric(
            "net_codes_served",
            "Codes that peers asked for, by outcome: found, missing, busy",
            &counted.served,
        );
        put.metric(
            "net_codes_fetched",
            "Answers to questions for a code, by outcome: found, missing, wrong, failed",
            &counted.fetched,
        );
    }

    /// Transactions from peers with an outcome: `accepted`, `ignored`, `rejected` or
    /// `dropped`.
    pub fn transactions(&self, outcome: &'static str) -> u64 {
        self.0
            .transactions
            .get_or_create(&Outcome { outcome })
            .get()
    }

    pub(crate) fn counted(&self) -> &Counted {
        &self.0
    }
}

impl Counted {
    pub(crate) fn refused(&self, reason: &'static str) {
        self.refused.get_or_create(&Reason { reason }).inc();
    }

    pub(crate) fn banned(&self) {
        self.banned.inc();
    }

    pub(crate) fn transaction(&self, outcome: &'static str) {
        self.transactions.get_or_create(&Outcome { outcome }).inc();
    }

    pub(crate) fn published(&self, outcome: &'static str) {
        self.published.get_or_create(&Outcome { outcome }).inc();
    }

    pub(crate) fn served(&self, outcome: &'static str) {
        self.served.get_or_create(&Outcome { outcome }).inc();
    }

    pub(crate) fn fetched(&self, outcome: &'static str) {
        self.fetched.get_or_create(&Outcome { outcome }).inc();
    }
}

struct Put<'r>(&'r mut Registry);

impl Put<'_> {
    fn metric(&mut self, name: &str, help: &str, metric: &(impl Metric + Clone)) {
        self.0.register(name, help, metric.clone());
    }
}

pub(crate) fn set(gauge: &Gauge, value: usize) {
    gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
}
