use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;

use hull_types::Says;
use tempfile::TempDir;

use super::*;

/// Bytes of a slot.
const SLOTS: usize = 4096;
const CHAIN: Hash = Hash([1; 32]);
const SECRET: [u8; 32] = [7; 32];

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    SigningGuard::create(folder.path(), &CHAIN, &SECRET).unwrap();
    folder
}

fn open(folder: &TempDir) -> SigningGuard {
    SigningGuard::open(folder.path(), &CHAIN, &SECRET).unwrap()
}

fn says(height: u64, round: u32, says: Says) -> Statement {
    Statement {
        height,
        round,
        says,
    }
}

fn prevote(height: u64, round: u32, block: u8) -> Statement {
    says(height, round, Says::Prevote(Some(Hash([block; 32]))))
}

#[test]
fn a_step_is_signed_once_also_after_a_restart() {
    let folder = folder();
    let signature = open(&folder).sign(&prevote(3, 1, 9)).unwrap();
    let mut guard = open(&folder);
    assert_eq!(guard.sign(&prevote(3, 1, 9)).unwrap(), signature);
    let nil = says(3, 1, Says::Prevote(None));
    let before = [
        nil,
        prevote(3, 1, 8),
        prevote(3, 0, 9),
        prevote(2, 7, 9),
        says(
            3,
            1,
            Says::Propose {
                block: Hash([9; 32]),
                valid_round: None,
            },
        ),
    ];
    for statement in before {
        let refused = guard.sign(&statement);
        assert!(
            matches!(refused, Err(GuardError::Refused { .. })),
            "{statement:?}"
        );
    }
    guard.sign(&says(3, 1, Says::Precommit(None))).unwrap();
    guard.sign(&prevote(3, 2, 8)).unwrap();
    guard.sign(&prevote(4, 0, 8)).unwrap();
    assert_eq!(guard.position(), Position::of(&prevote(4, 0, 8)));
}

#[test]
fn two_cannot_hold_a_key() {
    let folder = folder();
    let first = open(&folder);
    let second = SigningGuard::open(folder.path(), &CHAIN, &SECRET);
    assert!(matches!(second, Err(GuardError::Locked { .. })));
    assert!(matches!(
        SigningGuard::export(folder.path()),
        Err(GuardError::Locked { .. })
    ));
    drop(first);
    open(&folder);
}

#[test]
fn without_a_record_of_this_key_and_chain_nothing_is_signed() {
    let empty = tempfile::tempdir().unwrap();
    let missing = SigningGuard::open(empty.path(), &CHAIN, &SECRET);
    assert!(matches!(missing, Err(GuardError::Missing { .. })));
    let folder = folder();
    let key = SigningGuard::open(folder.path(), &CHAIN, &[8; 32]);
    assert!(matches!(key, Err(GuardError::Foreign { what: "key", .. })));
    let chain = SigningGuard::open(folder.path(), &Hash([2; 32]), &SECRET);
    assert!(matches!(
        chain,
        Err(GuardError::Foreign { what: "chain", .. })
    ));
    let again = SigningGuard::create(folder.path(), &CHAIN, &SECRET);
    assert!(matches!(again, Err(GuardError::Exists { .. })));
}

/// The write of the next statement is cut off at every byte: the one before it holds.
#[test]
fn a_write_that_is_cut_off_takes_nothing_back() {
    let folder = folder();
    let path = folder.path().join("record");
    open(&folder).sign(&prevote(1, 0, 9)).unwrap();
    let before = fs::read(&path).unwrap();
    open(&folder).sign(&prevote(2, 0, 9)).unwrap();
    let after = fs::read(&path).unwrap();
    let changed: Vec<usize> = (0..before.len())
        .filter(|at| before[*at] != after[*at])
        .collect();
    let (first, last) = (changed[0], changed[changed.len() - 1]);
    for cut in first..last {
        let mut torn = before.clone();
        torn[..=cut].copy_from_slice(&after[..=cut]);
        fs::write(&path, &torn).unwrap();
        assert_eq!(
            open(&folder).position(),
            Position::of(&prevote(1, 0, 9)),
            "cut at {cut}"
        );
    }
    fs::write(&path, &after).unwrap();
    assert_eq!(open(&folder).position(), Position::of(&prevote(2, 0, 9)));
}

/// A file that was written beside and not yet named is none.
#[test]
fn a_crash_before_the_rename_leaves_what_was_there() {
    let folder = folder();
    open(&folder).sign(&prevote(5, 0, 9)).unwrap();
    fs::write(folder.path().join("record.new"), [0; 10]).unwrap();
    assert_eq!(open(&folder).position(), Position::of(&prevote(5, 0, 9)));
    let text = SigningGuard::export(folder.path()).unwrap();
    SigningGuard::import(folder.path(), &CHAIN, &SECRET, &text).unwrap();
    assert_eq!(open(&folder).position(), Position::of(&prevote(5, 0, 9)));
}

#[test]
fn damage_to_both_slots_is_noticed() {
    let folder = folder();
    open(&folder).sign(&prevote(5, 0, 9)).unwrap();
    let file = OpenOptions::new();
    let file = { file }
        .write(true)
        .open(folder.path().join("record"))
        .unwrap();
    for slot in [0, SLOTS as u64] {
        file.write_all_at(&[0xFF], slot + 50).unwrap();
    }
    let damaged = SigningGuard::open(folder.path(), &CHAIN, &SECRET);
    assert!(matches!(damaged, Err(GuardError::Damaged { .. })));
}

#[test]
fn a_record_moves_to_another_machine_and_never_back() {
    let (here, there) = (folder(), tempfile::tempdir().unwrap());
    open(&here).sign(&prevote(5, 0, 9)).unwrap();
    let old = SigningGuard::export(here.path()).unwrap();
    open(&here).sign(&prevote(6, 0, 9)).unwrap();
    let new = SigningGuard::export(here.path()).unwrap();
    SigningGuard::import(there.path(), &CHAIN, &SECRET, &new).unwrap();
    // Where both are right, it is once too often.
    let split = tempfile::tempdir().unwrap();
    SigningGuard::create(split.path(), &CHAIN, &SECRET).unwrap();
    open(&split).sign(&prevote(6, 0, 8)).unwrap();
    let twice = SigningGuard::import(split.path(), &CHAIN, &SECRET, &new);
    assert!(matches!(twice, Err(GuardError::Backwards { .. })));
    let mut guard = open(&there);
    assert!(guard.sign(&prevote(6, 0, 8)).is_err());
    guard.sign(&prevote(6, 0, 9)).unwrap();
    drop(guard);
    let back = SigningGuard::import(there.path(), &CHAIN, &SECRET, &old);
    assert!(matches!(back, Err(GuardError::Backwards { .. })));
    let other = SigningGuard::import(here.path(), &CHAIN, &[8; 32], &new);
    assert!(matches!(
        other,
        Err(GuardError::Foreign { what: "key", .. })
    ));
    let no_text = SigningGuard::import(there.path(), &CHAIN, &SECRET, "{}");
    assert!(matches!(no_text, Err(GuardError::Text(_))));
}

#[test]
fn a_record_behind_the_log_is_noticed() {
    let folder = folder();
    let mut guard = open(&folder);
    guard.sign(&prevote(5, 0, 9)).unwrap();
    guard.check_log(Position::default()).unwrap();
    guard.check_log(Position::of(&prevote(5, 0, 9))).unwrap();
    let behind = guard.check_log(Position::of(&prevote(5, 1, 9)));
    assert!(matches!(behind, Err(GuardError::Behind { .. })));
}
