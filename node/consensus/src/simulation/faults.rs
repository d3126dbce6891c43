//! What goes wrong in a run; all of it follows from the seed.

use std::time::Duration;

use super::options::Weather;
use super::random::Random;
use crate::settings::Timeouts;

/// The faults of a run.
#[derive(Clone, Debug)]
pub(super) struct Faults {
    /// When they end. What lies keeps lying.
    pub(super) end: Duration,
    /// Milliseconds that a message takes, at most.
    pub(super) delay: u64,
    /// How many messages of a thousand take some seconds.
    pub(super) slow: u64,
    /// How many of a thousand are lost.
    pub(super) loss: u64,
    /// How many of a thousand come twice.
    pub(super) twice: u64,
    /// Milliseconds that work on a block takes, at most.
    pub(super) work: u64,
    /// How many blocks of a thousand take some seconds.
    pub(super) stuck: u64,
    pub(super) partitions: Vec<Partition>,
    pub(super) crashes: Vec<Crash>,
    /// Milliseconds by which each node's clock is ahead.
    pub(super) ahead: Vec<u64>,
    pub(super) liar: Option<(usize, Lies)>,
    /// When the node that is no validator starts, if it does not at the beginning.
    pub(super) late: Option<Duration>,
    pub(super) change: Option<(Duration, Change)>,
    pub(super) timeouts: Timeouts,
    pub(super) heartbeat: Duration,
}

/// Nodes that do not hear of each other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Partition {
    pub(super) from: Duration,
    pub(super) until: Duration,
    /// One side, a bit for each node.
    pub(super) side: u64,
    /// Whether the other side is still heard.
    pub(super) one_way: bool,
}

/// A node stops at once and starts again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Crash {
    pub(super) at: Duration,
    pub(super) back: Duration,
    /// A node, or all.
    pub(super) node: Option<usize>,
    pub(super) moment: Moment,
}

/// In the middle of what a node stops.
#[derive(Clone, Copy, Debug)]
pub(super) enum Moment {
    /// Between two events.
    Anytime,
    /// Before the so manieth thing from then on that the engine writes, signs or says.
    Deed(u32),
    /// When it commits the next block: just before or just after.
    Commit { done: bool },
}

/// How a Byzantine validator behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lies {
    /// Votes twice, each time something else, and not the same to all.
    pub(super) votes: bool,
    /// Proposes two blocks, each to some.
    pub(super) proposals: bool,
    /// Proposes blocks with a wrong state root.
    pub(super) roots: bool,
    /// Says nothing, most of the time.
    pub(super) silence: bool,
    /// Sends bytes that are no messages.
    pub(super) garbage: bool,
    /// Gives peers that are behind wrong blocks, and claims to have more.
    pub(super) history: bool,
}

/// How validators change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// The full node becomes one.
    Join,
    /// So does the full node, and the first one leaves.
    Replace,
}

impl Faults {
    pub(super) fn new(
        random: &mut Random,
        weather: Weather,
        validators: usize,
        nodes: usize,
    ) -> Self {
        match weather {
            Weather::Calm => Self::calm(nodes),
            Weather::Seeded => Self::seeded(random, validators, nodes),
        }
    }

    /// None.
    fn calm(nodes: usize) -> Self {
        Self {
            end: Duration::from_secs(2),
            delay: 20,
            slow: 0,
            loss: 0,
            twice: 0,
            work: 10,
            stuck: 0,
            partitions: Vec::new(),
            crashes: Vec::new(),
            ahead: vec![0; nodes],
            liar: None,
            late: None,
            change: None,
            timeouts: Timeouts::default(),
            heartbeat: Duration::from_secs(5),
        }
    }

    fn seeded(random: &mut Random, validators: usize, nodes: usize) -> Self {
        let end = random.time(3_000, 12_000);
        let some = |random: &mut Random, permille, most| match random.chance(permille) {
            true => random.below(most),
            false => 0,
        };
        let liar = random
            .chance(350)
            .then(|| (random.index(validators), Lies::new(random)));
        Self {
            end,
            delay: 5 + random.below(200),
            slow: some(random, 500, 60),
            loss: some(random, 600, 250),
            twice: some(random, 500, 200),
            work: 1 + random.below(40),
            stuck: some(random, 400, 100),
            partitions: Self::partitions(random, end, nodes),
            crashes: Self::crashes(random, end, nodes),
            ahead: Self::clocks(random, nodes),
            liar,
            late: random.chance(400).then(|| random.time(0, 8_000)),
            change: (nodes > validators && random.chance(600)).then(|| {
                // With a liar among three others, none may leave.
                let change = match random.chance(500) && liar.is_none() {
                    true => Change::Replace,
                    false => Change::Join,
                };
                (random.time(0, 5_000), change)
            }),
            timeouts: match random.chance(500) {
                true => Timeouts::default(),
                false => Timeouts {
                    propose: Duration::from_millis(600),
                    vote: Duration::from_millis(300),
                    more: Duration::from_millis(300),
                },
            },
            heartbeat: random.time(500, 5_000),
        }
    }

    fn partitions(random: &mut Random, end: Duration, nodes: usize) -> Vec<Partition> {
        let count = random.below(4);
        let partition = |_| {
            let from = random.time(0, millis(end));
            Partition {
                from,
                until: from.saturating_add(random.time(300, 6_000)).min(end),
                side: random.below(1 << nodes),
                one_way: random.chance(300),
            }
        };
        (0..count).map(partition).collect()
    }

    fn crashes(random: &mut Random, end: Duration, nodes: usize) -> Vec<Crash> {
        let count = random.below(6);
        let crash = |_| {
            let at = random.time(0, millis(end));
            Crash {
                at,
                back: at.saturating_add(random.time(50, 4_000)).min(end),
                node: (!random.chance(150)).then(|| random.index(nodes)),
                moment: match random.below(4) {
                    0 => Moment::Anytime,
                    1 => Moment::Commit {
                        done: random.chance(500),
                    },
                    _ => Moment::Deed(u32::try_from(random.below(24)).unwrap_or_default()),
                },
            }
        };
        (0..count).map(crash).collect()
    }

    /// Clocks that are kept differ a little, one that is not by more than anybody takes.
    fn clocks(random: &mut Random, nodes: usize) -> Vec<u64> {
        let mut ahead: Vec<u64> = (0..nodes).map(|_| random.below(400)).collect();
        if random.chance(150) {
            let node = random.index(nodes);
            ahead[node] = 4_000 + random.below(6_000);
        }
        ahead
    }

    /// What is left when the faults are over.
    pub(super) fn cease(&mut self) {
        self.delay = self.delay.min(50);
        (self.slow, self.loss, self.twice, self.stuck) = (0, 0, 0, 0);
        self.partitions.clear();
        self.ahead.iter_mut().for_each(|ahead| *ahead = 0);
    }

    /// When copies of a message are there; none if it is lost.
    pub(super) fn route(
        &self,
        random: &mut Random,
        now: Duration,
        from: usize,
        to: usize,
    ) -> [Option<Duration>; 2] {
        let parted = self.partitions.iter().any(|one| one.parts(now, from, to));
        let lost = random.chance(self.loss) || parted;
        let mut copy = || {
            let mut delay = random.time(1, 2 + self.delay);
            if random.chance(self.slow) {
                delay += random.time(500, 4_000);
            }
            now.saturating_add(delay)
        };
        let (first, second) = (copy(), copy());
        let twice = random.chance(self.twice);
        [(!lost).then_some(first), (!lost && twice).then_some(second)]
    }

    /// How long a piece of work takes.
    pub(super) fn work(&self, random: &mut Random) -> Duration {
        let mut takes = random.time(0, 1 + self.work);
        if random.chance(self.stuck) {
            takes += random.time(500, 5_000);
        }
        takes
    }
}

impl Partition {
    fn parts(&self, now: Duration, from: usize, to: usize) -> bool {
        let inside = |node: usize| self.side >> node & 1 == 1;
        let across = inside(from) != inside(to);
        let during = self.from <= now && now < self.until;
        during && across && (!self.one_way || inside(from))
    }
}

impl Lies {
    fn new(random: &mut Random) -> Self {
        let mut lie = |permille| random.chance(permille);
        let votes = lie(500);
        Self {
            votes,
            proposals: !votes || lie(500),
            roots: lie(300),
            silence: lie(200),
            garbage: lie(300),
            history: lie(400),
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
