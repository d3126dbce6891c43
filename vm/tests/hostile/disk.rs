//! Case 57: compiled code on disk that is not what the engine wrote.

use std::fs;
use std::path::{Path, PathBuf};

use hull_vm::{CallResult, Config, DiskCacheConfig, Outcome, Tiering};

use crate::support::{Chain, TIERS};

/// What the files of the cache begin with, and the length of their header.
const MAGIC: &[u8] = b"hullart1";
const HEADER_LEN: usize = 40;

/// A contract that returns a number.
fn answering(number: u32) -> String {
    format!(
        r#"(module
          (import "hull" "return_data" (func $return (param i32 i32)))
          (memory 1)
          (func (export "call")
            (i32.store (i32.const 0) (i32.const {number}))
            (call $return (i32.const 0) (i32.const 4))))"#
    )
}

fn chain(directory: &Path, secret: Option<[u8; 32]>, tiering: Tiering) -> Chain {
    Chain::with(Config {
        disk_cache: Some(DiskCacheConfig {
            directory: directory.to_owned(),
            max_bytes: 1 << 30,
            secret,
        }),
        tiering,
        ..Config::default()
    })
}

/// What a contract answers on an engine that has only the disk.
fn answer(directory: &Path, secret: Option<[u8; 32]>, tiering: Tiering, number: u32) -> Outcome {
    let mut chain = chain(directory, secret, tiering);
    let contract = chain.deploy(&answering(number));
    let outcome = chain.call(contract, &[]);
    assert_eq!(outcome.result, CallResult::Success);
    assert_eq!(outcome.data, number.to_le_bytes());
    chain.assert_alive();
    outcome
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("it is there");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    files
}

/// The file of the contract that answers with a number: what appears when it is
/// compiled, beside that of the contract that shows that the engine lives.
fn file_of(directory: &Path, secret: Option<[u8; 32]>, tiering: Tiering, number: u32) -> PathBuf {
    chain(directory, secret, tiering).assert_alive();
    let before = files(directory);
    answer(directory, secret, tiering, number);
    let mut new = files(directory);
    new.retain(|file| !before.contains(file));
    assert_eq!(new.len(), 1, "one file for one code");
    new.remove(0)
}

fn read(file: &Path) -> Vec<u8> {
    fs::read(file).expect("it is there")
}

fn write(file: &Path, bytes: &[u8]) {
    fs::write(file, bytes).expect("it can be written");
}

/// Asserts that a damaged file is compiled again and written again, whole.
fn rebuilt(file: &Path, damaged: &[u8], sound: &[u8], run: impl Fn()) {
    write(file, damaged);
    run();
    let again = read(file);
    assert_ne!(again, damaged, "the damaged file was kept");
    assert_eq!(again.len(), sound.len(), "the file is whole again");
}

#[test]
fn case_57_tampered_artifact() {
    for (secret, tiering) in [
        (None, TIERS[0]),
        (None, TIERS[1]),
        (Some([7; 32]), TIERS[0]),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let file = file_of(folder.path(), secret, tiering, 1);
        let sound = read(&file);
        assert!(sound.starts_with(MAGIC));
        let run = || drop(answer(folder.path(), secret, tiering, 1));

        // Every byte of the header, and many of the rest: one bit, and all of them.
        let rest = (HEADER_LEN..sound.len()).step_by(sound.len() / 60);
        for at in (0..HEADER_LEN).chain(rest).chain([sound.len() - 1]) {
            let mut damaged = sound.clone();
            damaged[at] ^= if at % 2 == 0 { 1 } else { 0xff };
            rebuilt(&file, &damaged, &sound, run);
        }
        for len in [
            0,
            1,
            8,
            HEADER_LEN - 1,
            HEADER_LEN,
            HEADER_LEN + 1,
            sound.len() / 2,
            sound.len() - 1,
        ] {
            rebuilt(&file, &sound[..len], &sound, run);
        }
        rebuilt(&file, &[&sound[..], &[0]].concat(), &sound, run);
        rebuilt(&file, &vec![0; sound.len()], &sound, run);

        // A sound file is taken as it is.
        let sound = read(&file);
        run();
        assert_eq!(read(&file), sound);
    }
}

#[test]
fn case_57_artifact_of_another_code() {
    for secret in [None, Some([7; 32])] {
        let folder = tempfile::tempdir().expect("a folder");
        let files = [1, 2].map(|number| file_of(folder.path(), secret, TIERS[0], number));
        let sound = files.each_ref().map(|file| read(file));
        // Each under the name of the other.
        write(&files[0], &sound[1]);
        write(&files[1], &sound[0]);
        for number in [1, 2] {
            answer(folder.path(), secret, TIERS[0], number);
        }
        assert_ne!(read(&files[0]), sound[1]);
        assert_ne!(read(&files[1]), sound[0]);
        // The other tier's, and the same code's under another secret.
        let optimized = file_of(folder.path(), secret, TIERS[1], 1);
        let artifact = read(&optimized);
        rebuilt(&files[0], &artifact, &sound[0], || {
            drop(answer(folder.path(), secret, TIERS[0], 1))
        });
        let before = read(&files[0]);
        answer(folder.path(), Some([8; 32]), TIERS[0], 1);
        assert_ne!(read(&files[0]), before, "written under another secret");
    }
}

/// Whoever can write to the directory can compute a checksum, but without the
/// secret not the one that counts.
#[test]
fn case_57_artifact_with_a_checksum_of_its_own() {
    let secret = Some([7; 32]);
    let folder = tempfile::tempdir().expect("a folder");
    let file = file_of(folder.path(), secret, TIERS[0], 1);
    let evil = read(&file_of(folder.path(), secret, TIERS[0], 666));
    let name = file
        .file_stem()
        .and_then(|name| name.to_str())
        .expect("a name");
    let key = hex::decode(name).expect("the key");
    let forge = |mut hasher: blake3::Hasher| {
        hasher.update(&key).update(&evil[HEADER_LEN..]);
        [MAGIC, hasher.finalize().as_bytes(), &evil[HEADER_LEN..]].concat()
    };
    let run = |secret| answer(folder.path(), secret, TIERS[0], 1);
    for hasher in [
        blake3::Hasher::new(),
        blake3::Hasher::new_keyed(&[0; 32]),
        blake3::Hasher::new_keyed(&[8; 32]),
    ] {
        write(&file, &forge(hasher));
        run(secret);
        assert_ne!(
            read(&file)[HEADER_LEN..],
            evil[HEADER_LEN..],
            "it was rebuilt"
        );
    }
    // The forgery is a good one: under its own secret it would have been run.
    write(&file, &forge(blake3::Hasher::new_keyed(&[8; 32])));
    let mut chain = chain(folder.path(), Some([8; 32]), TIERS[0]);
    let contract = chain.deploy(&answering(1));
    assert_eq!(chain.call(contract, &[]).data, 666u32.to_le_bytes());
}

/// Things in the way of a file cost time and nothing else.
#[test]
fn case_57_what_is_not_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = file_of(folder.path(), None, TIERS[0], 1);
    fs::remove_file(&file).expect("it is there");
    fs::create_dir(&file).expect("a folder of that name");
    answer(folder.path(), None, TIERS[0], 1);
    fs::remove_dir(&file).expect("it is still there");
    std::os::unix::fs::symlink("/dev/zero", &file).expect("a link");
    answer(folder.path(), None, TIERS[0], 1);
    let outside = folder.path().join("outside");
    write(&outside, b"precious");
    fs::remove_file(&file).expect("a file or a link");
    std::os::unix::fs::symlink(&outside, &file).expect("a link");
    answer(folder.path(), None, TIERS[0], 1);
    assert_eq!(
        read(&outside),
        b"precious",
        "nothing is written through a link"
    );
    // Also not where the next file is going to be written.
    fs::remove_file(&file).expect("a file");
    for number in 0..5_000 {
        let next = format!("{}-{number}.tmp", std::process::id());
        std::os::unix::fs::symlink(&outside, folder.path().join(next)).expect("a link");
    }
    answer(folder.path(), None, TIERS[0], 1);
    assert!(read(&file).starts_with(MAGIC));
    assert_eq!(
        read(&outside),
        b"precious",
        "nothing is written through a link"
    );
    // The folder is gone while the engine runs.
    let mut chain = chain(folder.path(), None, TIERS[0]);
    drop(folder);
    let contract = chain.deploy(&answering(1));
    assert_eq!(chain.call(contract, &[]).result, CallResult::Success);
}
