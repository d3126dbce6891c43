//! Nodes that are killed and come back.

use std::ops::Range;
use std::thread;

use hull_types::dev;
use serde_json::json;

use crate::audit::{self, Told};
use crate::client::Client;
use crate::load::{Load, text};
use crate::random::Random;
use crate::support::{HULLD, Homes, Running, command};

/// Settings of all: blocks come also when nothing waits, and nobody is refused for
/// asking much.
const SETTINGS: [&str; 3] = [
    "consensus.heartbeat_ms=500",
    "rpc.rate=1000000",
    "rpc.burst=1000000",
];

/// A network in which each node runs or does not.
pub(crate) struct Cluster {
    pub(crate) homes: Homes,
    /// Where each answers, when it does: the validators, then the others.
    pub(crate) clients: Vec<Client>,
    nodes: Vec<Node>,
}

struct Node {
    name: String,
    /// What its command begins with, if that is not the program.
    inside: Vec<String>,
    settings: Vec<String>,
    running: Option<Running>,
}

impl Cluster {
    /// On this machine; none of them runs yet.
    pub(crate) fn new(validators: u16, full_nodes: u16) -> Self {
        Self::of(Homes::new(validators, full_nodes))
    }

    /// Of homes that were made.
    pub(crate) fn of(homes: Homes) -> Self {
        let mut cluster = Self {
            clients: Vec::new(),
            nodes: Vec::new(),
            homes,
        };
        let made = cluster.homes.made["nodes"].as_array().unwrap().clone();
        for node in made {
            cluster.add(node["name"].as_str().unwrap(), &[]);
        }
        cluster
    }

    /// Takes in a node that was made later.
    pub(crate) fn add(&mut self, name: &str, settings: &[String]) {
        self.clients.push(self.homes.client(name));
        self.nodes.push(Node {
            name: name.into(),
            inside: Vec::new(),
            settings: settings.to_vec(),
            running: None,
        });
    }

    /// A node runs elsewhere: under another command, with its RPC there.
    #[allow(dead_code, reason = "for tests that cut links")]
    pub(crate) fn place(&mut self, node: usize, inside: Vec<String>, rpc: &str) {
        self.nodes[node].inside = inside;
        self.nodes[node].settings.push(format!("rpc.listen={rpc}"));
        self.clients[node] = Client::new(rpc.parse().unwrap());
    }

    /// Starts nodes one after another.
    pub(crate) fn start_all(&mut self, nodes: Range<usize>) {
        for node in nodes {
            self.start(node);
        }
    }

    /// Starts a node, and waits until it answers. Says at which height it begins.
    pub(crate) fn start(&mut self, node: usize) -> u64 {
        let Node {
            name,
            inside,
            settings,
            running,
        } = &mut self.nodes[node];
        let mut program = command(inside.first().map_or(HULLD, String::as_str));
        if let [_, rest @ ..] = &inside[..] {
            program.args(rest).arg(HULLD);
        }
        let own = settings.iter().map(String::as_str);
        let settings: Vec<_> = SETTINGS.into_iter().chain(own).collect();
        let node = running.insert(self.homes.launch(program, name, &settings));
        node.began_at
    }

    /// Ends a node as a power cut does.
    pub(crate) fn kill(&mut self, node: usize) {
        assert!(self.nodes[node].running.take().is_some(), "it runs");
    }

    /// Ends a node as an operator does.
    pub(crate) fn stop(&mut self, node: usize) {
        self.nodes[node].running.take().unwrap().stop();
    }

    /// The end of what a node told, for when something is wrong.
    pub(crate) fn log(&self, node: usize) -> String {
        let running = self.nodes[node].running.as_ref();
        running.map_or_else(|| "it does not run".into(), Running::log)
    }

    /// The highest height of those that run.
    pub(crate) fn head(&self) -> u64 {
        self.running().map(Client::height).max().unwrap()
    }

    /// Waits until all that run are where the first of them was.
    pub(crate) fn meet(&self) -> u64 {
        let head = self.head();
        self.running().for_each(|client| client.reaches(head));
        head
    }

    fn running(&self) -> impl Iterator<Item = &Client> {
        let pairs = self.clients.iter().zip(&self.nodes);
        pairs.filter_map(|(client, node)| node.running.is_some().then_some(client))
    }

    /// Runs something while clients send transactions. Gives what it gives, and what the
    /// clients were told.
    pub(crate) fn under_load<R>(&mut self, work: impl FnOnce(&mut Self) -> R) -> (R, Vec<Told>) {
        let load = Load::prepare(&self.clients, self.homes.chain_id());
        let done = thread::scope(|scope| {
            for account in Load::ACCOUNTS {
                let load = &load;
                scope.spawn(move || load.run(account));
            }
            // Also when the work panics.
            let _ends = load.end_with();
            work(self)
        });
        (done, load.told())
    }

    /// Nothing that clients were told is lost, no node has another chain, and each of
    /// them goes on. Says how high the chain is.
    pub(crate) fn audit(&self, told: &[Told]) -> u64 {
        let height = self.meet();
        let clients: Vec<_> = self.running().collect();
        let mut histories = Vec::new();
        for client in &clients {
            assert_eq!(audit::lost(client, told), [""; 0]);
            histories.push(audit::history(client, height));
        }
        assert_eq!(audit::fork(&histories), None, "two chains");
        notices_what_is_planted(clients[0], told, &histories);
        let alice = text(&dev::accounts()[0].address);
        for client in &clients {
            let account = client.ask("hull_account", json!([alice]));
            let nonce = account["nonce"].as_str().unwrap().parse().unwrap();
            let receipt = client.settle(&self.homes.transfer(0, nonce, 1, 1));
            let height = receipt["height"].as_u64().unwrap();
            clients.iter().for_each(|client| client.reaches(height));
        }
        height
    }
}

/// The audit is one: a transaction that is nowhere, a receipt of another kind and a block
/// of another chain are seen.
fn notices_what_is_planted(client: &Client, told: &[Told], histories: &[audit::History]) {
    let mut planted = told[..2].to_vec();
    planted[0].id = format!("0x{}", "5a".repeat(32)).into();
    planted[1].receipt["gas"] = "1".into();
    assert_eq!(audit::lost(client, &planted).len(), 2);
    let mut other = histories[0].clone();
    let middle = other.len() / 2;
    other[middle].root = "0x00".into();
    let two = [histories[0].clone(), other];
    assert_eq!(audit::fork(&two), Some(middle as u64 + 1));
}

/// One of the nodes, by chance.
pub(crate) fn any_of(count: usize, random: &mut Random) -> usize {
    random.below(count as u64) as usize
}
