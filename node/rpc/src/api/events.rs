//! Past events, and which events a filter means.

use hull_chain::Committed;
use hull_host_api::{Address, Event, limits};
use hull_rpc_types as rpc;

use crate::api::Api;
use crate::failed::Failed;

/// Most topics that a filter takes for one position.
const MAX_ALTERNATIVES: usize = 64;

/// Which events, checked.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    contract: Option<Address>,
    topics: Vec<Option<Vec<rpc::Hash>>>,
}

impl Wanted {
    fn takes(&self, event: &Event) -> bool {
        let here = self
            .contract
            .is_none_or(|contract| contract == event.contract);
        here && self.topics.iter().enumerate().all(|(at, wanted)| {
            let Some(wanted) = wanted else { return true };
            let found = event.topics.get(at);
            found.is_some_and(|found| wanted.iter().any(|one| one.0 == found.0))
        })
    }
}

/// Where in the chain an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Position {
    height: u64,
    transaction: u32,
    event: u32,
}

impl Api {
    /// `hull_events`.
    ///
    /// # Errors
    /// If a parameter is wrong, or the node failed.
    pub fn list_events(&self, params: rpc::EventsParams) -> Result<rpc::EventsPage, Failed> {
        let wanted = self.wanted(params.contract.as_ref(), params.topics)?;
        let latest = self.chain().head().height;
        let last = params.to.unwrap_or(latest).min(latest);
        let begin = match &params.cursor {
            Some(cursor) => Position::read(cursor)?,
            None => Position::at(params.from.unwrap_or(1).max(1)),
        };
        let limit = params.limit.unwrap_or(100).clamp(1, self.settings().page) as usize;
        let blocks = u64::from(self.settings().page_blocks.max(1));
        let end = begin.height.saturating_add(blocks - 1).min(last);
        let mut page = rpc::EventsPage {
            events: Vec::new(),
            cursor: None,
        };
        for height in begin.height..=end {
            let committed = self.chain().committed(height)?;
            for (position, event) in self.events_of(&committed, &wanted) {
                if position < begin {
                    continue;
                }
                if page.events.len() >= limit {
                    page.cursor = Some(position.write());
                    return Ok(page);
                }
                page.events.push(event);
            }
        }
        page.cursor = (end < last).then(|| Position::at(end.saturating_add(1)).write());
        Ok(page)
    }

    /// Checks a filter.
    pub(crate) fn wanted(
        &self,
        contract: Option<&rpc::Address>,
        topics: Vec<Option<Vec<rpc::Hash>>>,
    ) -> Result<Wanted, Failed> {
        let contract = contract
            .map(|one| self.address(one, "contract"))
            .transpose()?;
        let most = limits::MAX_TOPICS as usize;
        if topics.len() > most {
            let what = format!("topics at {} positions; events have {most}", topics.len());
            return Err(Failed::params(what, "topics", "leave out the rest"));
        }
        let wide = topics
            .iter()
            .flatten()
            .find(|one| one.len() > MAX_ALTERNATIVES);
        if let Some(wide) = wide {
            let what = format!("{} topics for one position", wide.len());
            let remedy = format!("give at most {MAX_ALTERNATIVES}, or use several subscriptions");
            return Err(Failed::params(what, "topics", remedy));
        }
        Ok(Wanted { contract, topics })
    }

    /// The events of a block that are wanted.
    pub(crate) fn located(&self, committed: &Committed, wanted: &Wanted) -> Vec<rpc::LocatedEvent> {
        let events = self.events_of(committed, wanted);
        events.map(|(_, event)| event).collect()
    }

    fn events_of<'a>(
        &'a self,
        committed: &'a Committed,
        wanted: &'a Wanted,
    ) -> impl Iterator<Item = (Position, rpc::LocatedEvent)> + 'a {
        let height = committed.block.header.height;
        let receipts = (0_u32..).zip(committed.ids.iter().zip(&committed.receipts));
        receipts.flat_map(move |(transaction, (id, receipt))| {
            let events = (0_u32..).zip(&receipt.events);
            let events = events.filter(|(_, event)| wanted.takes(event));
            events.map(move |(index, event)| {
                let position = Position {
                    height,
                    transaction,
                    event: index,
                };
                let plain = self.convert().event(event);
                let located = rpc::LocatedEvent {
                    height,
                    transaction: (*id).into(),
                    transaction_index: transaction,
                    index,
                    contract: plain.contract,
                    topics: plain.topics,
                    data: plain.data,
                };
                (position, located)
            })
        })
    }
}

impl Position {
    fn at(height: u64) -> Self {
        Self {
            height,
            transaction: 0,
            event: 0,
        }
    }

    fn write(self) -> String {
        format!("{}:{}:{}", self.height, self.transaction, self.event)
    }

    fn read(text: &str) -> Result<Self, Failed> {
        let mut parts = text.splitn(3, ':');
        let mut next = || parts.next();
        let position = (|| {
            Some(Self {
                height: next()?.parse::<u64>().ok()?.max(1),
                transaction: next()?.parse().ok()?,
                event: next()?.parse().ok()?,
            })
        })();
        position.ok_or_else(|| {
            let what = "this is no cursor of a page of events";
            Failed::params(what, "cursor", "give the one of the page before, as it was")
        })
    }
}
