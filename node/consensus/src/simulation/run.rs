//! One network from its genesis on.

mod life;
mod mail;
mod people;

use std::time::Duration;

use ed25519_dalek::SigningKey;
use hull_types::host_api::{Hash, Height, Timestamp};
use hull_types::{Validator, dev};
use malachitebft_app::types::PeerId;
use malachitebft_core_types::Timeout;

use super::Outcome;
use super::checks::{Check, Checks, Found, Violation};
use super::client::Client;
use super::engine::{Stop, name};
use super::faults::{Crash, Faults};
use super::history::History;
use super::liar::Liar;
use super::node::{Here, Node, Running, peer, secret};
use super::options::Options;
use super::parcel::Parcel;
use super::queue::{Now, Queue};
use super::random::Random;
use super::world::{Town, World};

/// What is to happen.
enum Event {
    Deliver {
        from: usize,
        to: usize,
        parcel: Parcel,
    },
    Timer {
        node: usize,
        run: u64,
        timeout: Timeout,
        generation: u64,
    },
    Work(usize, u64),
    Pace(usize, u64),
    Status(usize, u64),
    Client(usize),
    Errand,
    Crash(Crash),
    Return(usize),
    Cease,
    Look,
}

/// Validators at the beginning: one of them may be Byzantine.
const VALIDATORS: usize = 4;
/// The account that changes validators, of the accounts of a development chain.
const AUTHORITY: usize = 9;
/// How often a node tells its height.
const STATUS: Duration = Duration::from_secs(1);
/// How long it may take after the faults until all go on: some rounds whose timeouts
/// have grown in the meantime.
const PATIENCE: Duration = Duration::from_secs(180);
/// Heights that have to be decided after the faults.
const HEIGHTS: Height = 3;
/// Receipts that every client has to get after the faults.
const RECEIPTS: u64 = 2;
/// More events than a run that ends ever had.
const MAX_EVENTS: u64 = 5_000_000;

/// A run.
struct Run<W: World> {
    world: W,
    town: Town,
    options: Options,
    chain_id: Hash,
    faults: Faults,
    network: Random,
    work: Random,
    disks: Random,
    people: Random,
    now: Now,
    queue: Queue<Event>,
    nodes: Vec<Node<W::Chain>>,
    peers: Vec<PeerId>,
    liar: Option<(usize, Liar)>,
    clients: Vec<Client>,
    checks: Checks,
    history: History,
    /// The height that has to be decided, when the faults are over.
    goal: Option<Height>,
    /// The highest block of which a receipt was told.
    told: Height,
    outcome: Outcome,
}

/// Makes a run: everything in it follows from the seed and the options.
///
/// # Errors
/// What does not hold.
pub fn run<W: World>(
    seed: u64,
    options: Options,
    world: impl FnOnce(&Town) -> W,
) -> Result<Outcome, Box<Violation>> {
    let mut run = Run::new(seed, options, world);
    match run.go() {
        Ok(()) => Ok(run.end()),
        Err((check, what)) => Err(Box::new(Violation {
            check,
            seed,
            at: run.now.get(),
            what,
        })),
    }
}

fn town(nodes: usize) -> Town {
    let key = |node| {
        SigningKey::from_bytes(&secret(node))
            .verifying_key()
            .to_bytes()
    };
    let validators = (0..VALIDATORS).map(|node| Validator {
        public_key: key(node),
        power: 1,
    });
    let mut validators: Vec<Validator> = validators.collect();
    validators.sort_by_key(|one| one.public_key);
    Town {
        validators,
        nodes,
        authority: dev::accounts()[AUTHORITY].address,
    }
}

impl<W: World> Run<W> {
    fn new(seed: u64, options: Options, world: impl FnOnce(&Town) -> W) -> Self {
        let mut random = Random::new(seed);
        let nodes = VALIDATORS + usize::from(random.chance(500));
        let faults = Faults::new(&mut random.fork(), options.weather, VALIDATORS, nodes);
        let town = town(nodes);
        let world = world(&town);
        let chain_id = world.chain_id();
        let lies = faults.liar;
        let liar = lies.map(|(node, lies)| (node, Liar::new(lies, random.fork(), chain_id)));
        let outcome = Outcome {
            seed,
            history: Hash::default(),
            time: Duration::ZERO,
            events: 0,
            heights: 0,
            later_rounds: 0,
            acknowledged: 0,
            lost: 0,
            crashes: 0,
            synced: 0,
            liar: liar.is_some(),
            changed: false,
        };
        Self {
            world,
            town,
            chain_id,
            network: random.fork(),
            work: random.fork(),
            disks: random.fork(),
            people: random.fork(),
            now: Now::default(),
            queue: Queue::new(),
            nodes: (0..nodes).map(|_| Node::new()).collect(),
            peers: (0..nodes).map(peer).collect(),
            liar,
            clients: (0..3).map(Client::payer).collect(),
            checks: Checks::new(&options, chain_id),
            history: History::new(options.told),
            goal: None,
            told: 0,
            outcome,
            faults,
            options,
        }
    }

    /// Lets everything happen until it is over.
    fn go(&mut self) -> Result<(), Found> {
        self.plan()?;
        while let Some((at, event)) = self.queue.pop() {
            self.now.set(at);
            if matches!(event, Event::Look) && self.is_over()? {
                return Ok(());
            }
            self.happen(event)?;
            if self.history.events() > MAX_EVENTS {
                return self.checks.find(Check::Progress, "it does not end".into());
            }
        }
        self.checks
            .find(Check::Progress, "nothing is left to happen".into())
    }

    /// Puts everything that is fixed before into the queue.
    fn plan(&mut self) -> Result<(), Found> {
        for node in 0..self.town.nodes {
            match self.faults.late {
                Some(at) if node >= VALIDATORS => self.queue.push(at, Event::Return(node)),
                _ => self.start(node)?,
            }
        }
        for crash in self.faults.crashes.clone() {
            self.queue.push(crash.at, Event::Crash(crash));
        }
        if let Some((at, _)) = self.faults.change {
            self.queue.push(at, Event::Errand);
        }
        for client in 0..self.clients.len() {
            let at = self.people.time(0, 500);
            self.queue.push(at, Event::Client(client));
        }
        self.queue.push(self.faults.end, Event::Cease);
        Ok(())
    }

    fn happen(&mut self, event: Event) -> Result<(), Found> {
        match event {
            Event::Deliver { from, to, parcel } => self.deliver(from, to, parcel),
            Event::Timer {
                node,
                run,
                timeout,
                generation,
            } => {
                let (kind, round) = name(timeout);
                self.at(
                    node,
                    run,
                    format_args!("timeout {kind} of round {round}"),
                    |it, here| it.elapsed(here, timeout, generation),
                )
            }
            Event::Work(node, run) => self.at(node, run, format_args!("work"), Running::worked),
            Event::Pace(node, run) => self.at(node, run, format_args!("pace"), Running::paced),
            Event::Status(node, run) => self.status(node, run),
            Event::Client(client) => self.client(client),
            Event::Errand => self.errand(),
            Event::Crash(crash) => self.doom(crash),
            Event::Return(node) => self.restore(node),
            Event::Cease => self.cease(),
            Event::Look => {
                let next = self.now.get() + Duration::from_millis(100);
                self.queue.push(next, Event::Look);
                Ok(())
            }
        }
    }

    fn is_liar(&self, node: usize) -> bool {
        self.liar.as_ref().is_some_and(|(liar, _)| *liar == node)
    }

    /// What the clock of a node shows.
    fn time(&self, node: usize) -> Timestamp {
        let since = u64::try_from(self.now.get().as_millis()).unwrap_or(u64::MAX);
        self.world.begins() + since + self.faults.ahead[node]
    }

    /// Something happens to a node, if it is the run of it that was meant.
    fn at(
        &mut self,
        node: usize,
        run: u64,
        what: std::fmt::Arguments<'_>,
        happens: impl FnOnce(&mut Running<W::Chain>, &mut Here<'_>) -> Result<(), Stop>,
    ) -> Result<(), Found> {
        if self.nodes[node].run != run || self.nodes[node].running.is_none() {
            return Ok(());
        }
        self.history.note(self.now.get(), node, what, &[]);
        self.with(node, happens)
    }

    /// Something happens to a node that runs; what it wants of others follows.
    fn with(
        &mut self,
        node: usize,
        happens: impl FnOnce(&mut Running<W::Chain>, &mut Here<'_>) -> Result<(), Stop>,
    ) -> Result<(), Found> {
        let time = self.time(node);
        self.world.set_time(node, time);
        let (now, mut out) = (self.now.get(), Vec::new());
        let Node { disk, running, .. } = &mut self.nodes[node];
        let Some(running) = running else {
            return Ok(());
        };
        let out_there = &mut out;
        let done = happens(
            running,
            &mut Here {
                now,
                disk,
                out: out_there,
            },
        );
        self.outcome.synced += std::mem::take(&mut running.synced);
        self.emit(node, out)?;
        self.observe(node)?;
        match done {
            Ok(()) => Ok(()),
            Err(Stop::Crashed) => self.crash(node),
            Err(Stop::Failed(_)) if self.is_liar(node) => {
                self.queue.push(now + STATUS, Event::Return(node));
                self.crash(node)
            }
            Err(Stop::Failed(why)) => {
                self.checks
                    .find::<()>(Check::Health, format!("node {node} failed: {why}"))?;
                self.crash(node)
            }
        }
    }

    /// The faults are over.
    fn cease(&mut self) -> Result<(), Found> {
        self.faults.cease();
        self.goal = Some(self.checks.top() + HEIGHTS);
        for node in 0..self.town.nodes {
            self.restore(node)?;
        }
        self.happen(Event::Look)
    }

    /// Whether everybody has gone on after the faults, or never will.
    fn is_over(&self) -> Result<bool, Found> {
        let Some(goal) = self.goal else {
            return Ok(false);
        };
        let needed = goal.max(self.told);
        let honest = (0..self.town.nodes).filter(|node| !self.is_liar(*node));
        let behind = honest.clone().find(|node| self.nodes[*node].seen < needed);
        let waits = self.clients.iter().position(|one| !one.is_done(RECEIPTS));
        if behind.is_none() && waits.is_none() {
            for node in honest {
                if let Some(running) = &self.nodes[node].running {
                    self.checks.kept(&self.world, node, &running.chain)?;
                }
            }
            return Ok(true);
        }
        if self.now.get() < self.faults.end + PATIENCE {
            return Ok(false);
        }
        let places = self.nodes.iter().map(|node| {
            let position = node.running.as_ref().and_then(Running::position);
            (node.seen, position)
        });
        let places: Vec<_> = places.collect();
        let what = format!(
            "{PATIENCE:?} after the faults client {waits:?} waits, node {behind:?} is behind \
             height {needed}; heights, and what each works on: {places:?}"
        );
        self.checks.find::<()>(Check::Progress, what)?;
        Ok(true)
    }

    fn end(mut self) -> Outcome {
        self.outcome.history = self.history.hash();
        self.outcome.time = self.now.get();
        self.outcome.events = self.history.events();
        self.outcome.heights = self.checks.top();
        self.outcome.acknowledged = self.checks.receipts();
        self.outcome.changed = self.checks.validators_changed();
        self.outcome
    }
}
