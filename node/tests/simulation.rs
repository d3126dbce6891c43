//! Networks of whole chains in one thread, under faults that a seed decides.
//!
//! `HULL_SIMULATION_SEED` and `HULL_SIMULATION_CASES` choose the runs.

use std::sync::Arc;

use hull_chain::{Chain, Settings};
use hull_consensus::Failure;
use hull_consensus::simulation::{Campaign, Check, Options, Plant, Town, World, run};
use hull_state::{Redb, Store};
use hull_types::host_api::{Hash, Height, Timestamp};
use hull_types::{Genesis, dev};
use hull_vm::Tiering;
use hulld::agreement::Agreement;
use hulld::clock::Clock;

/// The chains of a network, each in a store in memory that outlives its crashes.
struct Chains {
    genesis: Genesis,
    stores: Vec<Arc<dyn Store>>,
    clocks: Vec<Clock>,
}

impl Chains {
    fn new(town: &Town) -> Self {
        let mut genesis = dev::genesis("simulation");
        genesis.validators.clone_from(&town.validators);
        genesis.parameters.authority = Some(town.authority);
        let store = |_| Arc::new(Redb::in_memory().unwrap()) as Arc<dyn Store>;
        let clock = |_| Clock::standing(genesis.time);
        Self {
            stores: (0..town.nodes).map(store).collect(),
            clocks: (0..town.nodes).map(clock).collect(),
            genesis,
        }
    }
}

impl World for Chains {
    type Chain = Agreement;

    fn chain_id(&self) -> Hash {
        self.genesis.chain_id()
    }

    fn begins(&self) -> Timestamp {
        self.genesis.time
    }

    fn open(&mut self, node: usize) -> Result<Arc<Agreement>, Failure> {
        let store = Arc::clone(&self.stores[node]);
        let mut settings = Settings::new(self.genesis.clone(), store);
        // No thread that compiles beside.
        settings.engine.tiering = Tiering::BaselineOnly;
        let chain = Chain::open(settings)?;
        Ok(Arc::new(Agreement::new(chain, self.clocks[node].clone())))
    }

    fn set_time(&mut self, node: usize, time: Timestamp) {
        self.clocks[node].set(time);
    }

    fn submit(&self, chain: &Agreement, envelope: &[u8], time: Timestamp) -> bool {
        chain.chain().submit(envelope, time).is_ok()
    }

    fn receipt(&self, chain: &Agreement, id: &Hash) -> Result<Option<Height>, Failure> {
        let place = chain.chain().place_of(id)?;
        Ok(place.map(|(height, _)| height))
    }

    fn state_root(&self, chain: &Agreement, height: Height) -> Result<Hash, Failure> {
        let root = chain.chain().store().root(height)?;
        Ok(root.ok_or("a height without a root")?)
    }
}

/// Runs of a test; `cargo xtask soak` makes more.
const CASES: u64 = 20;

#[test]
fn validators_agree_whatever_the_network_and_one_of_them_do() {
    let tally = Campaign::from_environment(CASES).run(Options::default(), Chains::new);
    println!(
        "{}",
        tally.unwrap_or_else(|violation| panic!("{violation}"))
    );
}

#[test]
fn the_same_seed_is_the_same_history_of_chains() {
    for seed in [4, 8] {
        let [one, other] = [(); 2].map(|()| run(seed, Options::default(), Chains::new).unwrap());
        assert_eq!(one, other);
    }
}

#[test]
fn two_chains_from_one_genesis_are_found() {
    let options = Options {
        plant: Some(Plant::LowQuorum),
        only: Some(Check::Agreement),
        ..Options::default()
    };
    let mut runs = (0..60).map(|seed| run(seed, options, Chains::new));
    let violation = runs.find_map(Result::err).unwrap();
    assert_eq!(violation.check, Check::Agreement);
}
