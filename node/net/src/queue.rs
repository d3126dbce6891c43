//! Work of many peers, taken in turns: who sends much waits for itself.

use std::collections::{BTreeMap, VecDeque};

/// Work that waits, by whom it is of. The next is of whoever has waited longest for a
/// turn.
#[derive(Debug)]
pub(crate) struct FairQueue<K, T> {
    limits: QueueLimits,
    lines: BTreeMap<K, Line<T>>,
    /// Those with work, in the order of their turns.
    turns: VecDeque<K>,
    size: QueueSize,
}

/// How much of one waits at most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct QueueLimits {
    pub(crate) items: usize,
    pub(crate) bytes: usize,
}

/// How much waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct QueueSize {
    pub(crate) items: usize,
    pub(crate) bytes: usize,
}

#[derive(Debug)]
struct Line<T> {
    items: VecDeque<(usize, T)>,
    bytes: usize,
}

impl<K: Ord + Copy, T> FairQueue<K, T> {
    pub(crate) fn new(limits: QueueLimits) -> Self {
        Self {
            limits,
            lines: BTreeMap::new(),
            turns: VecDeque::new(),
            size: QueueSize::default(),
        }
    }

    /// Adds work of so many bytes at the end of its line, or gives it back if the line
    /// is full.
    pub(crate) fn push(&mut self, whose: K, bytes: usize, item: T) -> Result<(), T> {
        let line = self.lines.entry(whose).or_insert_with(|| Line {
            items: VecDeque::new(),
            bytes: 0,
        });
        let is_full = line.items.len() >= self.limits.items
            || line.bytes.saturating_add(bytes) > self.limits.bytes;
        // The largest there is goes into an empty line, whatever the limit.
        if is_full && !line.items.is_empty() {
            return Err(item);
        }
        if line.items.is_empty() {
            self.turns.push_back(whose);
        }
        line.bytes += bytes;
        line.items.push_back((bytes, item));
        self.size.items += 1;
        self.size.bytes += bytes;
        Ok(())
    }

    /// Takes the next.
    pub(crate) fn pop(&mut self) -> Option<(K, T)> {
        let whose = self.turns.pop_front()?;
        let line = self.lines.get_mut(&whose)?;
        let (bytes, item) = line.items.pop_front()?;
        line.bytes -= bytes;
        self.size.items -= 1;
        self.size.bytes -= bytes;
        match line.items.is_empty() {
            true => drop(self.lines.remove(&whose)),
            false => self.turns.push_back(whose),
        }
        Some((whose, item))
    }

    /// Takes out all that is of one.
    pub(crate) fn remove(&mut self, whose: &K) -> impl Iterator<Item = T> {
        self.turns.retain(|turn| turn != whose);
        let items = match self.lines.remove(whose) {
            Some(line) => {
                self.size.items -= line.items.len();
                self.size.bytes -= line.bytes;
                line.items
            }
            None => VecDeque::new(),
        };
        items.into_iter().map(|(_, item)| item)
    }

    pub(crate) fn size(&self) -> QueueSize {
        self.size
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn queue() -> FairQueue<u8, u32> {
        FairQueue::new(QueueLimits {
            items: 4,
            bytes: 100,
        })
    }

    #[test]
    fn turns_go_round() {
        let mut queue = queue();
        for item in 0..4 {
            queue.push(1, 1, item).unwrap();
        }
        queue.push(2, 1, 20).unwrap();
        let order: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
        assert_eq!(order, [(1, 0), (2, 20), (1, 1), (1, 2), (1, 3)]);
        assert_eq!(queue.size(), QueueSize::default());
    }

    #[test]
    fn a_full_line_is_full_for_its_own_alone() {
        let mut queue = queue();
        for item in 0..4 {
            queue.push(1, 1, item).unwrap();
        }
        assert_eq!(queue.push(1, 1, 9), Err(9));
        queue.push(2, 60, 1).unwrap();
        assert_eq!(queue.push(2, 41, 2), Err(2));
        queue.push(2, 40, 3).unwrap();
        // Larger than the limit, and alone.
        queue.push(3, 101, 4).unwrap();
        assert_eq!(queue.push(3, 0, 5), Err(5));
    }

    proptest! {
        #[test]
        fn nothing_is_lost_or_counted_wrong(steps in prop::collection::vec((0_u8..5, 0_u8..4, 0_usize..60), 0..200)) {
            let mut queue = queue();
            let mut held: BTreeMap<u8, VecDeque<(usize, u32)>> = BTreeMap::new();
            for (item, (step, whose, bytes)) in (0_u32..).zip(steps) {
                match step {
                    0 => {
                        let removed: Vec<u32> = queue.remove(&whose).collect();
                        let expected = held.remove(&whose).unwrap_or_default();
                        prop_assert_eq!(removed, expected.into_iter().map(|it| it.1).collect::<Vec<_>>());
                    }
                    1 | 2 => match queue.pop() {
                        Some((whose, item)) => {
                            let first = held.get_mut(&whose).and_then(VecDeque::pop_front);
                            prop_assert_eq!(first.map(|it| it.1), Some(item));
                        }
                        None => prop_assert!(held.values().all(VecDeque::is_empty)),
                    },
                    _ => {
                        if queue.push(whose, bytes, item).is_ok() {
                            held.entry(whose).or_default().push_back((bytes, item));
                        }
                    }
                }
                let items = held.values().map(VecDeque::len).sum();
                let bytes = held.values().flatten().map(|it| it.0).sum();
                prop_assert_eq!(queue.size(), QueueSize { items, bytes });
            }
        }
    }
}
