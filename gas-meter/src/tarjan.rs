//! Strongly connected components, callees first.

/// The strongly connected components of a graph in reverse topological order:
/// a component comes after every component it leads to.
///
/// The successors of node `n` are `edges[first[n]..first[n + 1]]`. Iterative,
/// because a module may nest its calls deeper than any native stack.
pub(crate) fn components(first: &[u32], edges: &[u32]) -> Vec<Vec<u32>> {
    let mut search = Search {
        first,
        edges,
        order: vec![UNSEEN; first.len() - 1],
        low: vec![0; first.len() - 1],
        next_order: 0,
        open: Vec::new(),
        found: Vec::new(),
    };
    for node in 0..search.order.len() as u32 {
        if search.order[node as usize] == UNSEEN {
            search.explore(node);
        }
    }
    search.found
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
    found: Vec<Vec<u32>>,
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
        let from = self.open.iter().rposition(|&node| node == root).unwrap_or(0);
        let component = self.open.split_off(from);
        for &node in &component {
            self.order[node as usize] = CLOSED;
        }
        self.found.push(component);
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
        let mut found = components(&first, &edges);
        found.iter_mut().for_each(|component| component.sort_unstable());
        found
    }

    #[test]
    fn components_come_after_what_they_lead_to() {
        assert_eq!(run(&[&[1], &[2], &[1, 3], &[]]), [vec![3], vec![1, 2], vec![0]]);
        assert_eq!(run(&[&[0], &[0]]), [vec![0], vec![1]]);
        assert_eq!(run(&[&[1, 2], &[3], &[3], &[1]]), [vec![1, 3], vec![2], vec![0]]);
        assert_eq!(run(&[]), Vec::<Vec<u32>>::new());
    }

    #[test]
    fn a_long_chain_needs_no_native_stack() {
        let length = 1_000_000;
        let first: Vec<u32> = (0..=length).chain([length]).collect();
        let edges: Vec<u32> = (1..=length).collect();
        assert_eq!(components(&first, &edges).len(), length as usize + 1);
    }
}
