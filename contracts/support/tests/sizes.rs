//! How large the contracts are: bytes of the Wasm without custom sections.

use hull_contracts_support::code;

/// At most so many bytes. A contract that grows past its line has to be looked
/// at; one that shrinks gets a new line. The goals are 3,072 for the counter and
/// 12,288 for the token.
const MOST: [(&str, usize); 7] = [
    ("counter", 3_850),
    ("token", 14_200),
    ("collectible", 25_000),
    ("escrow", 11_500),
    ("exchange", 28_500),
    ("multisig", 26_500),
    ("registry", 26_500),
];

#[test]
fn contracts_are_small() {
    let mut table = String::new();
    let mut too_large = false;
    for (name, most) in MOST {
        let code = code(name);
        let size = code
            .record()
            .expect("it was built here")
            .sizes
            .without_custom;
        too_large |= size > most;
        table += &format!("{name:12} {size:6} of {most:6}\n");
    }
    println!("{table}");
    assert!(!too_large, "\n{table}");
}
