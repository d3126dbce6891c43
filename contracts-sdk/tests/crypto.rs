//! The hashes and signatures that contracts can ask for, against the crates of
//! RustCrypto and dalek.

mod support;

use ed25519_dalek::Signer as _;
use hull_sdk::Address;
use k256::ecdsa::signature::hazmat::PrehashSigner as _;
use kinds::kinds::{constructors, messages};
use sha2::Digest as _;
use support::{Chain, build};

const MESSAGE: &[u8] = b"The reading of the meter is 4711.";
/// Which scheme `verify` of the fixture takes.
const SECP256K1: u8 = 0;
const SECP256R1: u8 = 1;
const ED25519: u8 = 2;

fn world() -> (Chain, Address) {
    let mut chain = Chain::new();
    let wasm = build("hull-fixture-kinds", "kinds");
    let contract = chain.deploy(&wasm, constructors::new(1));
    (chain, contract)
}

#[test]
fn hashes_are_those_of_the_crates() {
    let (mut chain, contract) = world();
    for len in [0, 1, 63, 64, 65, 135, 136, 137, 1_000] {
        let data: Vec<u8> = (0..len).map(|at| (at % 251) as u8).collect();
        let expected = [
            sha2::Sha256::digest(&data).into(),
            sha3::Keccak256::digest(&data).into(),
            sha3::Sha3_256::digest(&data).into(),
            blake2::Blake2b256::digest(&data).into(),
            *blake3::hash(&data).as_bytes(),
        ];
        assert_eq!(chain.call(contract, messages::hashes(data)), expected);
    }
}

/// Whether the contract takes a signature, after it has refused it for another
/// message, another key and with another bit.
fn accepts(scheme: u8, message: &[u8], signature: [u8; 64], key: &[u8], other: &[u8]) -> bool {
    let (mut chain, contract) = world();
    let mut verify = |message: &[u8], signature: [u8; 64], key: &[u8]| -> bool {
        chain.call(
            contract,
            messages::verify(scheme, message.to_vec(), signature, key.to_vec()),
        )
    };
    let mut another = message.to_vec();
    another[3] ^= 1;
    assert!(!verify(&another, signature, key), "another message");
    assert!(!verify(message, signature, other), "another key");
    let mut broken = signature;
    broken[40] ^= 0x10;
    assert!(!verify(message, broken, key), "another signature");
    verify(message, signature, key)
}

#[test]
fn secp256k1_signatures_are_verified_and_recovered() {
    let hash: [u8; 32] = sha2::Sha256::digest(MESSAGE).into();
    let key = k256::ecdsa::SigningKey::from_slice(&[7; 32]).expect("a key");
    let other = k256::ecdsa::SigningKey::from_slice(&[8; 32]).expect("a key");
    let public = |key: &k256::ecdsa::SigningKey| -> [u8; 33] {
        let point = key.verifying_key().to_sec1_point(true);
        point.as_bytes().try_into().expect("it is compressed")
    };
    let (signature, recovery) = key.sign_prehash_recoverable(&hash);
    let signature: [u8; 64] = signature.to_bytes().into();
    let (own, another) = (public(&key), public(&other));
    assert!(accepts(SECP256K1, &hash, signature, &own, &another));

    let (mut chain, contract) = world();
    let mut whole = [0; 65];
    whole[..64].copy_from_slice(&signature);
    whole[64] = recovery.to_byte();
    let found = chain.call(contract, messages::recover(hash, whole));
    assert_eq!(found, Some(own));
    whole[64] ^= 1;
    assert_ne!(
        chain.call(contract, messages::recover(hash, whole)),
        Some(own)
    );
    whole[64] = 9;
    assert_eq!(chain.call(contract, messages::recover(hash, whole)), None);
}

#[test]
fn secp256r1_signatures_are_verified() {
    let hash: [u8; 32] = sha2::Sha256::digest(MESSAGE).into();
    let key = p256::ecdsa::SigningKey::from_slice(&[7; 32]).expect("a key");
    let other = p256::ecdsa::SigningKey::from_slice(&[8; 32]).expect("a key");
    let public = |key: &p256::ecdsa::SigningKey| -> Vec<u8> {
        key.verifying_key().to_sec1_point(true).as_bytes().to_vec()
    };
    let signature: p256::ecdsa::Signature = key.sign_prehash(&hash).expect("a signature");
    let signature = signature.normalize_s().to_bytes().into();
    assert!(accepts(
        SECP256R1,
        &hash,
        signature,
        &public(&key),
        &public(&other)
    ));
}

#[test]
fn ed25519_signatures_are_verified() {
    let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    let other = ed25519_dalek::SigningKey::from_bytes(&[8; 32]);
    let signature = key.sign(MESSAGE).to_bytes();
    let (own, another) = (key.verifying_key(), other.verifying_key());
    assert!(accepts(
        ED25519,
        MESSAGE,
        signature,
        own.as_bytes(),
        another.as_bytes()
    ));
}
