//! What the tests of the example contracts share.
//!
//! - [`weaker`]: the same contract with one capability less.
//! - [`cases`] and [`amount`]: how many cases a property is tried on, and amounts
//!   of all magnitudes.
//! - [`code`] of a contract here, and [`deploy_token`].
//! - [`hold_gas`]: the table of gas in a README.

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
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(folder);
    Code::of_crate(path).unwrap_or_else(|error| panic!("{error}"))
}

/// Creates a token whose whole supply Alice has.
pub fn deploy_token(chain: &mut Chain, symbol: &str, supply: Balance) -> Address {
    let about = About {
        name: symbol.into(),
        symbol: symbol.into(),
        decimals: 6,
    };
    let new = token::constructors::new(about, supply);
    chain.deploy(code("token").with(new)).address()
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
        all.push(with(
            "any callee",
            Capabilities {
                callees,
                ..declared
            },
        ));
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

/// Where a README has its table of gas.
const TABLE: (&str, &str) = ("<!-- gas -->\n", "<!-- end -->");
/// How far gas may be from the table, in parts of a hundred: compilers of one
/// version agree to the byte, this lets a patch release by.
const TOLERANCE: u64 = 2;

/// Holds what the messages of a contract cost on a chain against the table in
/// its README; `HULL_BLESS=1` writes the table.
///
/// # Panics
/// If a message is not in both, or costs more than 2 % more or less.
pub fn hold_gas(chain: &Chain, contract: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let path = folder.join(contract).join("README.md");
    let text = std::fs::read_to_string(&path).expect("there is a README");
    let (before, rest) = text
        .split_once(TABLE.0)
        .expect("it has a place for the table");
    let (table, after) = rest.split_once(TABLE.1).expect("the table has an end");
    let report = chain.gas_report();
    let measured = report
        .messages
        .get(contract)
        .expect("the contract was called");
    let rows: Vec<_> = measured
        .iter()
        .map(|(message, gas)| format!("| `{message}` | {} | {} |\n", gas.min, gas.max))
        .collect();
    if std::env::var_os("HULL_BLESS").is_some_and(|value| value == "1") {
        let header = "| message | least | most |\n|---|---:|---:|\n";
        let (start, end) = TABLE;
        let text = format!("{before}{start}{header}{}{end}{after}", rows.concat());
        return std::fs::write(&path, text).expect("the README can be written");
    }
    let known: Vec<_> = table.lines().skip(2).map(row).collect();
    let now: Vec<_> = rows.iter().map(|line| row(line)).collect();
    let close = known.len() == now.len()
        && known.iter().zip(&now).all(|((name, known), (other, now))| {
            name == other
                && known
                    .iter()
                    .zip(now)
                    .all(|(known, now)| is_close(*known, *now))
        });
    assert!(
        close,
        "{contract} costs something else; HULL_BLESS=1 writes it down:\n{}",
        rows.concat()
    );
}

fn is_close(known: u64, now: u64) -> bool {
    known.abs_diff(now) * 100 <= known * TOLERANCE
}

/// The name and the two numbers of a line of the table.
fn row(line: &str) -> (String, [u64; 2]) {
    let cells: Vec<_> = line.split('|').map(str::trim).collect();
    let number = |at: usize| cells.get(at).and_then(|cell| cell.parse().ok());
    let name = cells.get(1).copied().unwrap_or_default();
    (
        name.to_owned(),
        [number(2), number(3)].map(Option::unwrap_or_default),
    )
}
