//! Where the gas of a call went.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use hull_host_api::{Address, Gas, Hash, HostFunction};

use crate::failure::FrameKind;
use crate::observe::{Entered, Left, Observer, Step};

/// A tree of places, each with the gas that it used itself: an [`Observer`] that
/// turns calls into a flame graph.
///
/// On an engine with [`Config::tells_functions`](crate::Config::tells_functions)
/// the places are functions of the contract and host functions, on any other
/// host functions alone. Either way the gas of all places together is the gas of
/// the calls. Several calls may be collected in one profile.
///
/// ```
/// use hull_vm::Profile;
///
/// let profile = Profile::default();
/// assert_eq!(profile.total(), 0);
/// assert_eq!(profile.folded(|place| format!("{place:?}")), "");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Profile {
    nodes: Vec<Node>,
    /// The outermost places.
    roots: BTreeMap<Place, usize>,
    /// Where the call is, from the outermost place on.
    path: Vec<usize>,
    frames: Vec<Frame>,
}

/// What gas is used by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Place {
    /// A frame of a contract. Its own gas is that for loading the code, and what
    /// a halt took.
    Contract {
        /// The owner of storage and balance.
        contract: Address,
        /// The code.
        code_hash: Hash,
        /// How it came about.
        kind: FrameKind,
    },
    /// A function of a code.
    Function {
        /// The code.
        code_hash: Hash,
        /// The function's index, imports counted.
        function: u32,
    },
    /// A host function.
    Host(HostFunction),
}

#[derive(Clone, Debug)]
struct Node {
    place: Place,
    children: BTreeMap<Place, usize>,
    /// May fall below zero for a moment: a caller pays for its callees before
    /// they tell what they were paid.
    own: i128,
    entries: u64,
}

#[derive(Clone, Copy, Debug)]
struct Frame {
    code_hash: Hash,
    /// The length of the path without it.
    base: usize,
    gas: Gas,
    /// The counter when it was last heard of.
    left: Gas,
}

impl Profile {
    /// All gas that was used.
    pub fn total(&self) -> Gas {
        let sum: i128 = self.nodes.iter().map(|node| node.own).sum();
        u64::try_from(sum).unwrap_or(0)
    }

    /// The profile as folded stacks, a line each: places from the outermost
    /// inwards, with semicolons between them, and the gas of the last one alone.
    /// Flame graph tools read that. `name` says what a place is called.
    pub fn folded(&self, name: impl Fn(&Place) -> String) -> String {
        let mut out = String::new();
        self.visit(|path, node| {
            if node.own > 0 {
                let names: Vec<_> = path.iter().map(|&at| name(&self.nodes[at].place)).collect();
                let _ = writeln!(out, "{} {}", names.join(";"), node.own);
            }
        });
        out
    }

    /// How often each place was entered, and the gas it used itself, wherever it
    /// stands in the tree.
    pub fn by_place(&self) -> BTreeMap<Place, (u64, Gas)> {
        let mut places: BTreeMap<Place, (u64, i128)> = BTreeMap::new();
        for node in &self.nodes {
            let (entries, own) = places.entry(node.place).or_default();
            *entries += node.entries;
            *own += node.own;
        }
        let gas = |(place, (entries, own))| (place, (entries, u64::try_from(own).unwrap_or(0)));
        places.into_iter().map(gas).collect()
    }

    fn visit(&self, mut each: impl FnMut(&[usize], &Node)) {
        let mut path = Vec::new();
        let mut open: Vec<(usize, usize)> = self.roots.values().rev().map(|&at| (0, at)).collect();
        while let Some((depth, at)) = open.pop() {
            path.truncate(depth);
            path.push(at);
            each(&path, &self.nodes[at]);
            let children = self.nodes[at].children.values().rev();
            open.extend(children.map(|&child| (depth + 1, child)));
        }
    }

    fn push(&mut self, place: Place) {
        let next = self.nodes.len();
        let siblings = match self.path.last() {
            Some(&top) => &mut self.nodes[top].children,
            None => &mut self.roots,
        };
        let at = *siblings.entry(place).or_insert(next);
        if at == next {
            self.nodes.push(Node {
                place,
                children: BTreeMap::new(),
                own: 0,
                entries: 0,
            });
        }
        self.nodes[at].entries += 1;
        self.path.push(at);
    }

    fn add(&mut self, gas: i128) {
        if let Some(&top) = self.path.last() {
            self.nodes[top].own += gas;
        }
    }

    /// Gives the innermost place what was used since the counter was last heard of.
    fn spend(&mut self, left: Option<Gas>) {
        if let (Some(left), Some(frame)) = (left, self.frames.last_mut()) {
            let used = i128::from(frame.left) - i128::from(left);
            frame.left = left;
            self.add(used);
        }
    }

    fn enter_frame(&mut self, entered: &Entered<'_>) {
        self.frames.push(Frame {
            code_hash: entered.code_hash,
            base: self.path.len(),
            gas: entered.gas,
            left: entered.gas,
        });
        self.push(Place::Contract {
            contract: entered.contract,
            code_hash: entered.code_hash,
            kind: entered.kind,
        });
    }

    fn leave_frame(&mut self, left: &Left<'_>) {
        let Some(frame) = self.frames.pop() else {
            return;
        };
        // Functions that were on the way when the frame ended did not return.
        self.path.truncate(frame.base + 1);
        let heard = i128::from(frame.gas) - i128::from(frame.left);
        self.add(i128::from(left.gas) - heard);
        self.path.truncate(frame.base);
        // The host function that called sees the counter without it.
        if let Some(caller) = self.frames.last_mut() {
            caller.left = caller.left.saturating_sub(left.gas);
        }
    }
}

impl Observer for Profile {
    fn observe(&mut self, step: &Step<'_>) {
        match step {
            Step::Entered(entered) => self.enter_frame(entered),
            Step::Left(left) => self.leave_frame(left),
            Step::FunctionEntered {
                function,
                gas_left,
                prepaid,
            } => {
                self.spend(*gas_left);
                let Some(frame) = self.frames.last() else {
                    return;
                };
                let code_hash = frame.code_hash;
                self.add(-i128::from(*prepaid));
                self.push(Place::Function {
                    code_hash,
                    function: *function,
                });
                self.add(i128::from(*prepaid));
            }
            Step::FunctionLeft { gas_left, .. } => {
                self.spend(*gas_left);
                self.path.pop();
            }
            Step::HostCalled { function, gas_left } => {
                self.spend(Some(*gas_left));
                self.push(Place::Host(*function));
            }
            Step::HostReturned { gas_left, .. } => {
                self.spend(Some(*gas_left));
                self.path.pop();
            }
            _ => {}
        }
    }
}
