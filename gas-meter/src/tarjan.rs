//! Strongly connected components, callees first.

/// The strongly connected components of a graph in reverse topological order:
/// a component comes after every component it leads to.
///
/// The successors of node `n` are `edges[first[n]..first[n + 1]]`. Iterative,
/// because a module may nest its calls deeper than any native stack.
pub(crate) fn components(first: &[u32], edges: &[u32]) -> Components {
    let mut search = Search {
        first,
        edges,
        order: vec![UNSEEN; first.len() - 1],
        low: vec![0; first.len() - 1],
        next_order: 0,
        open: Vec::new(),
        found: Components::default(),
    };
    for node in 0..search.order.len() as u32 {
        if search.order[node as usize] == UNSEEN {
            search.explore(node);
        }
    }
    search.found
}

/// Strongly connected components, one after the other.
#[derive(Default)]
pub(crate) struct Components {
    nodes: Vec<u32>,
    /// Where each component ends in `nodes`.
    ends: Vec<usize>,
}

impl Components {
    /// The nodes of each component.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u32]> {
        let begins = [0].into_iter().chain(self.ends.iter().copied());
        begins
            .zip(&self.ends)
            .map(|(begin, &end)| &self.nodes[begin..end])
    }

    /// For each node, which component it is in.
    pub(crate) fn by_node(&self) -> Vec<u32> {
        let mut by_node = vec![0; self.nodes.len()];
        for (index, component) in self.iter().enumerate() {
            component
                .iter()
                .for_each(|&node| by_node[node as usize] = index as u32);
        }
        by_node
    }
}

const UNSEEN: u32 = u32::MAX;
/// The order of a node whose component has been found: no lower than any.
const CLOSED: u32 = u32::MAX - 1;

struct Search<'g> {
    first: &'g [u32],
    edges: &'g [u32],
    /// In which order nodes were first met.
    order: Vec<u32>,
    /// The earliest open node that a node is known to lead to.
    low: Vec<u32>,
    next_order: u32,
    /// Nodes that were met and are in no component yet.
    open: Vec<u32>,
    found: Components,
}

impl Search<'_> {
    fn explore(&mut self, root: u32) {
        // A node and the place of its next edge.
        let mut path = vec![(root, self.meet(root))];
        while let Some((node, edge)) = path.last_mut() {
            if *edge < self.first[*node as usize + 1] {
                let successor = self.edges[*edge as usize];
                *edge += 1;
                match self.order[successor as usize] {
                    UNSEEN => path.push((successor, self.meet(successor))),
                    order => self.lower(*node, order),
                }
            } else {
                let node = *node;
                path.pop();
                let low = self.low[node as usize];
                if low == self.order[node as usize] {
                    self.close(node);
                } else if let Some(&(caller, _)) = path.last() {
                    self.lower(caller, low);
                }
            }
        }
    }

    /// Opens a node and returns the place of its first edge.
    fn meet(&mut self, node: u32) -> u32 {
        self.order[node as usize] = self.next_order;
        self.low[node as usize] = self.next_order;
        self.next_order += 1;
        self.open.push(node);
        self.first[node as usize]
    }

    fn lower(&mut self, node: u32, low: u32) {
        let current = &mut self.low[node as usize];
        *current = (*current).min(low);
    }

    /// Everything opened since `root` is one component.
    fn close(&mut self, root: u32) {
        let from = self
            .open
            .iter()
            .rposition(|&node| node == root)
            .unwrap_or(0);
        for node in self.open.drain(from..) {
            self.order[node as usize] = CLOSED;
            self.found.nodes.push(node);
        }
        self.found.ends.push(self.found.nodes.len());
    }
}

#[cfg(test)]
mod tests {
    use super::components;

    /// Adjacency lists to the form the search takes.
    fn run(graph: &[&[u32]]) -> Vec<Vec<u32>> {
        let mut first = vec![0];
        let mut edges = Vec::new();
        for successors in graph {
            edges.extend_from_slice(successors);
            first.push(edges.len() as u32);
        }
        let found = components(&first, &edges);
        let sorted = found.iter().map(|component| {
            let mut component = component.to_vec();
            component.sort_unstable();
            component
        });
        sorted.collect()
    }

    #[test]
    fn components_come_after_what_they_lead_to() {
        assert_eq!(
            run(&[&[1], &[2], &[1, 3], &[]]),
            [vec![3], vec![1, 2], vec![0]]
        );
        assert_eq!(run(&[&[0], &[0]]), [vec![0], vec![1]]);
        assert_eq!(
            run(&[&[1, 2], &[3], &[3], &[1]]),
            [vec![1, 3], vec![2], vec![0]]
        );
        assert_eq!(run(&[]), Vec::<Vec<u32>>::new());
    }

    #[test]
    fn a_long_chain_needs_no_native_stack() {
        let length = 1_000_000;
        let first: Vec<u32> = (0..=length).chain([length]).collect();
        let edges: Vec<u32> = (1..=length).collect();
        assert_eq!(
            components(&first, &edges).iter().count(),
            length as usize + 1
        );
    }
}
