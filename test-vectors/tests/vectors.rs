//! Holds the engine to the committed vectors.

use hull_test_vectors::{chain, check, encodings, programs, run};

#[test]
fn every_vector_holds_on_both_tiers() {
    let files = run::files().unwrap();
    assert!(files.len() >= 10, "vectors are missing: {files:?}");
    for file in files {
        check(&file).unwrap();
    }
}

#[test]
fn every_chain_holds_on_both_tiers() {
    let files = chain::files().unwrap();
    assert!(!files.is_empty(), "chains are missing");
    for file in files {
        chain::check(&file).unwrap();
    }
}

#[test]
fn every_encoding_holds() {
    encodings::check().unwrap();
}

#[test]
fn the_committed_programs_are_what_their_texts_assemble_to() {
    for name in programs::names().unwrap() {
        assert_eq!(
            programs::load(&name).unwrap(),
            programs::assemble(&name).unwrap(),
            "{name}: bless, if this was meant"
        );
    }
}
