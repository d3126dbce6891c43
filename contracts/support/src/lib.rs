//! What the tests of the example contracts share.
//!
//! - [`weaker`]: the same contract with one capability less.
//! - [`cases`] and [`amount`]: how many cases a property is tried on, and amounts
//!   of all magnitudes.
//! - [`token`]: the code of the example token, and [`deploy_token`].

use std::fmt;
use std::path::Path;

use hull_host_api::{CAPABILITIES_SECTION, Callees, Capabilities, Group, Groups};
use hull_testing::{Address, Balance, Chain, Code};
use proptest::prelude::*;
use token::token::About;

/// Cases of a property in a test run.
const CASES: u32 = 1_000;

/// How many cases a property is tried on: as many as the environment variable
/// `PROPTEST_CASES` says, which the long runs set, or 1,000.
pub fn cases() -> ProptestConfig {
    let given = std::env::var("PROPTEST_CASES").ok();
    ProptestConfig {
        cases: given.and_then(|text| text.parse().ok()).unwrap_or(CASES),
        // A failing case says itself what it did.
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Numbers up to so many bits, small ones as often as large ones.
pub fn amount(bits: u32) -> impl Strategy<Value = Balance> {
    (any::<u128>(), 1..=bits).prop_map(|(number, bits)| number >> (u128::BITS - bits))
}

/// The contract of a folder of this workspace.
///
/// # Panics
/// If it does not build.
pub fn code(folder: &str) -> Code {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder);
    Code::of_crate(path).unwrap_or_else(|error| panic!("{error}"))
}

/// The example token.
pub fn token() -> Code {
    code("token")
}

/// Creates a token whose whole supply Alice has.
pub fn deploy_token(chain: &mut Chain, symbol: &str, supply: Balance) -> Address {
    let about = About {
        name: symbol.into(),
        symbol: symbol.into(),
        decimals: 6,
    };
    let new = token::constructors::new(about, supply);
    chain.deploy(token().with(new)).address()
}

/// A contract with less than it declares.
pub struct Weaker {
    /// What it lacks.
    pub lacks: String,
    /// The code.
    pub code: Code,
}

impl fmt::Debug for Weaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "without {}", self.lacks)
    }
}

/// The contract once for every capability that it declares, without that one;
/// and with granted callees if it may call any.
///
/// # Panics
/// If the code declares nothing.
pub fn weaker(code: &Code) -> Vec<Weaker> {
    let name = CAPABILITIES_SECTION.as_bytes();
    let at = code.wasm().windows(name.len()).position(|it| it == name);
    let at = at.expect("the code declares capabilities") + name.len();
    let declared = &code.wasm()[at..at + Capabilities::ENCODED_LEN];
    let declared = Capabilities::decode(declared).expect("a valid declaration");

    let with = |lacks: &str, capabilities: Capabilities| {
        let mut wasm = code.wasm().to_vec();
        wasm[at..at + Capabilities::ENCODED_LEN].copy_from_slice(&capabilities.encode());
        let code = Code::from_wasm(code.name(), &wasm).expect("the ABI is as it was");
        let lacks = lacks.to_owned();
        Weaker { lacks, code }
    };
    let groups = declared.groups.iter().filter(|group| *group != Group::Base);
    let mut all: Vec<_> = groups
        .map(|lacking| with(lacking.name(), without(declared, lacking)))
        .collect();
    if declared.callees == Callees::Any {
        let callees = Callees::Granted;
        all.push(with("any callee", Capabilities { callees, ..declared }));
    }
    all
}

fn without(declared: Capabilities, lacking: Group) -> Capabilities {
    let groups = declared.groups.iter().filter(|group| *group != lacking);
    let mut left = Capabilities {
        groups: groups.fold(Groups::BASE, Groups::with),
        ..declared
    };
    if lacking == Group::Storage {
        left.storage_quota = 0;
    }
    if lacking == Group::Call {
        left.callees = Callees::None;
    }
    left
}
