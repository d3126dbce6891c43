//! `hulld init`: makes the homes of nodes.

mod place;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use hull_consensus::SigningGuard;
use hull_types::host_api::DEFAULT_PREFIX;
use hull_types::{Genesis, Parameters, Validator, dev};
use serde_json::{Value, json};

use crate::banner::print;
use crate::home::{Home, genesis_to_json};
use crate::keys::{new_secret, validator_of};
use crate::network::peer_id;
use place::Place;

/// Most nodes of a test network: their ports fit.
pub(crate) const MOST_NODES: u16 = 100;

/// What is to be made.
pub(crate) enum Plan {
    /// One home.
    One {
        home: PathBuf,
        /// The file of the chain's genesis; else a new chain with this node as its only
        /// validator.
        genesis: Option<PathBuf>,
        /// Whether it gets the key of a validator.
        is_validator: bool,
    },
    /// The homes of a test network, side by side.
    Network {
        out: PathBuf,
        validators: u16,
        full_nodes: u16,
        /// Where each will run, the validators first; none if all do on this machine.
        hosts: Vec<String>,
    },
}

/// How it is made.
pub(crate) struct Choices {
    /// The name of a new chain.
    pub(crate) name: String,
    /// The first port; 0 takes those that are free now.
    pub(crate) port: u16,
    /// The time of a new genesis.
    pub(crate) now: u64,
    pub(crate) json: bool,
}

/// Makes it, and tells of it.
pub(crate) fn run(plan: &Plan, choices: &Choices) -> Result<()> {
    let made = match plan {
        Plan::One {
            home,
            genesis,
            is_validator,
        } => one(home, genesis.as_deref(), *is_validator, choices)?,
        Plan::Network {
            out,
            validators,
            full_nodes,
            hosts,
        } => network(out, [*validators, *full_nodes], hosts, choices)?,
    };
    print(&match choices.json {
        true => format!("{}\n", made.json()),
        false => made.text(),
    });
    Ok(())
}

fn one(
    folder: &Path,
    genesis: Option<&Path>,
    is_validator: bool,
    choices: &Choices,
) -> Result<Made> {
    let given = genesis.map(read_genesis).transpose()?;
    let is_validator = is_validator || given.is_none();
    let node = NewNode::new(
        "node".into(),
        folder.into(),
        is_validator,
        Place::here(choices.port, 0)?,
    )?;
    let nodes = vec![node];
    let is_new = given.is_none();
    let genesis = match given {
        Some(genesis) => genesis,
        None => new_genesis(&nodes, choices)?,
    };
    write_all(nodes, genesis, is_new)
}

fn network(
    out: &Path,
    [validators, full_nodes]: [u16; 2],
    hosts: &[String],
    choices: &Choices,
) -> Result<Made> {
    let count = validators.saturating_add(full_nodes);
    ensure!(
        validators > 0 && count <= MOST_NODES,
        "{validators} validators and {full_nodes} full nodes; a test network has at least one \
         validator, and at most {MOST_NODES} nodes"
    );
    let places: Vec<Place> = match hosts {
        [] => (0..count)
            .map(|index| Place::here(choices.port, index))
            .collect::<Result<_>>()?,
        hosts => Place::on(hosts, choices.port)?,
    };
    ensure!(
        places.len() == usize::from(count),
        "{count} nodes and {} hosts; name a host for each node, those of the validators first",
        places.len()
    );
    let mut nodes = Vec::new();
    for (index, place) in (0..count).zip(places) {
        let (is_validator, name) = match index.checked_sub(validators) {
            None => (true, format!("validator-{index}")),
            Some(index) => (false, format!("full-{index}")),
        };
        let folder = out.join(&name);
        nodes.push(NewNode::new(name, folder, is_validator, place)?);
    }
    let genesis = new_genesis(&nodes, choices)?;
    write_all(nodes, genesis, true)
}

/// A node that is about to be made.
struct NewNode {
    name: String,
    home: Home,
    node_key: [u8; 32],
    validator_key: Option<[u8; 32]>,
    place: Place,
}

impl NewNode {
    fn new(name: String, folder: PathBuf, is_validator: bool, place: Place) -> Result<Self> {
        let home = Home::new(folder);
        for file in [
            home.config(),
            home.genesis_file(),
            home.node_file(),
            home.validator_file(),
        ] {
            ensure!(
                !file.exists(),
                "there is a node in {} already ({} exists); take another folder, or remove that one",
                home.folder().display(),
                file.display()
            );
        }
        Ok(Self {
            name,
            home,
            node_key: new_secret()?,
            validator_key: is_validator.then(new_secret).transpose()?,
            place,
        })
    }

    /// Where the others find it for consensus.
    fn consensus_address(&self) -> String {
        self.place.consensus()
    }

    /// Where the others find it for transactions.
    fn network_address(&self) -> Result<String> {
        let (place, peer) = (self.place.network(), peer_id(&self.node_key)?);
        Ok(format!("{place}/p2p/{peer}"))
    }

    fn config(&self, others: &[&Self]) -> Result<String> {
        let consensus: Vec<String> = others
            .iter()
            .map(|other| other.consensus_address())
            .collect();
        let network = others.iter().map(|other| other.network_address());
        let network = network.collect::<Result<Vec<String>>>()?;
        Ok(format!(
            "# The settings of this node. `hulld config --home` lists all there are, and\n\
             # where each value comes from.\n\
             \n\
             [rpc]\n\
             listen = \"{}\"\n\
             \n\
             [consensus]\n\
             name = \"{}\"\n\
             listen = \"{}\"\n\
             peers = {}\n\
             \n\
             [network]\n\
             listen = \"{}\"\n\
             external = {}\n\
             peers = {}\n",
            self.place.rpc(),
            self.name,
            self.place.consensus_listen(),
            list(&consensus),
            self.place.network_listen(),
            list(&self.place.external()),
            list(&network),
        ))
    }

    fn write(&self, others: &[&Self], genesis: &Genesis) -> Result<()> {
        let folder = self.home.folder();
        make_folder(folder).with_context(|| format!("make the folder {}", folder.display()))?;
        write_new(&self.home.config(), &self.config(others)?)?;
        write_new(
            &self.home.genesis_file(),
            &(genesis_to_json(genesis) + "\n"),
        )?;
        Home::write_key(&self.home.node_file(), &self.node_key)?;
        if let Some(secret) = &self.validator_key {
            Home::write_key(&self.home.validator_file(), secret)?;
            SigningGuard::create(&self.home.signing(), &genesis.chain_id(), secret)?;
        }
        Ok(())
    }
}

/// What was made.
struct Made {
    nodes: Vec<NewNode>,
    genesis: Genesis,
    /// Whether the chain is new, so that everybody knows who has its tokens.
    is_new: bool,
}

fn write_all(nodes: Vec<NewNode>, genesis: Genesis, is_new: bool) -> Result<Made> {
    for node in &nodes {
        let others = nodes.iter().filter(|other| other.name != node.name);
        node.write(&others.collect::<Vec<_>>(), &genesis)?;
    }
    Ok(Made {
        nodes,
        genesis,
        is_new,
    })
}

impl Made {
    fn json(&self) -> Value {
        let nodes = self.nodes.iter().map(|node| {
            let peer = peer_id(&node.node_key).map(|peer| peer.to_string());
            let validator = node.validator_key.as_ref().map(validator_of);
            json!({
                "name": node.name,
                "home": node.home.folder().display().to_string(),
                "rpc": node.place.rpc().to_string(),
                "consensus": node.consensus_address(),
                "network": node.network_address().unwrap_or_default(),
                "peer": peer.unwrap_or_default(),
                "validator": validator.map(hex::encode),
            })
        });
        let authority = self.genesis.parameters.authority;
        let authority = authority.and_then(|it| it.to_text(DEFAULT_PREFIX).ok());
        json!({
            "chain": self.genesis.name,
            "chainId": format!("0x{}", self.genesis.chain_id()),
            "authority": authority,
            "nodes": nodes.collect::<Vec<_>>(),
        })
    }

    fn text(&self) -> String {
        let mut text = format!(
            "chain {} 0x{}\n",
            self.genesis.name,
            self.genesis.chain_id()
        );
        for node in &self.nodes {
            let role = match node.validator_key {
                Some(_) => "validator",
                None => "full node",
            };
            let (home, rpc) = (node.home.folder().display(), node.place.rpc());
            text += &format!("{role}  {home}  rpc {rpc}\n");
        }
        if self.is_new {
            text += "The tokens belong to the accounts of development chains, whose keys everybody knows: \
                     for tests, not for value. Validators are changed by alice.\n";
        }
        let first = self
            .nodes
            .first()
            .map(|node| node.home.folder().display().to_string());
        text += &format!("Next: hulld run --home {}\n", first.unwrap_or_default());
        text
    }
}

/// A chain of these validators, with the accounts of development chains, the first of
/// which is the authority.
fn new_genesis(nodes: &[NewNode], choices: &Choices) -> Result<Genesis> {
    let keys = nodes.iter().filter_map(|node| node.validator_key.as_ref());
    let mut validators: Vec<Validator> = keys
        .map(|secret| Validator {
            public_key: validator_of(secret),
            power: 1,
        })
        .collect();
    validators.sort_by_key(|validator| validator.public_key);
    let dev = dev::genesis(&choices.name);
    let [alice, ..] = dev::accounts();
    let genesis = Genesis {
        time: choices.now,
        validators,
        parameters: Parameters {
            // Without one validators could never change.
            authority: Some(alice.address),
            ..dev.parameters
        },
        ..dev
    };
    genesis.check()?;
    Ok(genesis)
}

fn read_genesis(path: &Path) -> Result<Genesis> {
    let text = fs::read_to_string(path);
    let text = text.with_context(|| format!("read the genesis {}", path.display()))?;
    let genesis = crate::home::genesis_from_json(&text);
    genesis.with_context(|| format!("in the genesis {}", path.display()))
}

fn list(items: &[String]) -> String {
    let lines: String = items
        .iter()
        .map(|item| format!("    \"{item}\",\n"))
        .collect();
    match lines.is_empty() {
        true => "[]".into(),
        false => format!("[\n{lines}]"),
    }
}

/// For its owner alone: there are keys in it.
fn make_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

fn write_new(path: &Path, text: &str) -> Result<()> {
    use std::io::Write;
    let file = fs::File::create_new(path);
    let written = file.and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.with_context(|| format!("write {}", path.display()))
}
