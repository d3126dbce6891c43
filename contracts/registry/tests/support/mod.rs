//! Devices that sign.

use hull::codec::Encode;
use hull_testing::Address;
use k256::ecdsa::signature::Signer as _;
use k256::ecdsa::signature::hazmat::PrehashSigner as _;
use registry::registry::DeviceKey;
use sha2::{Digest, Sha256};

/// A device and its secret key.
#[derive(Clone)]
pub enum Device {
    Ed25519(Box<ed25519_dalek::SigningKey>),
    Secp256r1(p256::ecdsa::SigningKey),
    Secp256k1(k256::ecdsa::SigningKey),
}

/// One of each kind, with keys that follow from the seed.
pub fn devices(seed: u8) -> [Device; 3] {
    let secret = [seed; 32];
    [
        Device::Ed25519(Box::new(ed25519_dalek::SigningKey::from_bytes(&secret))),
        Device::Secp256r1(p256::ecdsa::SigningKey::from_slice(&secret).expect("a key")),
        Device::Secp256k1(k256::ecdsa::SigningKey::from_slice(&secret).expect("a key")),
    ]
}

impl Device {
    pub fn key(&self) -> DeviceKey {
        match self {
            Self::Ed25519(key) => DeviceKey::Ed25519(key.verifying_key().to_bytes()),
            Self::Secp256r1(key) => {
                let point = key.verifying_key().to_sec1_point(true);
                DeviceKey::Secp256r1(point.as_bytes().try_into().expect("33 bytes"))
            }
            Self::Secp256k1(key) => {
                let point = key.verifying_key().to_sec1_point(true);
                DeviceKey::Secp256k1(point.as_bytes().try_into().expect("33 bytes"))
            }
        }
    }

    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        let hash: [u8; 32] = Sha256::digest(message).into();
        match self {
            Self::Ed25519(key) => key.sign(message).to_bytes(),
            Self::Secp256r1(key) => {
                let signature: p256::ecdsa::Signature = key.sign_prehash(&hash).expect("a hash");
                signature.normalize_s().to_bytes().into()
            }
            Self::Secp256k1(key) => {
                let signature: k256::ecdsa::Signature = key.sign_prehash(&hash).expect("a hash");
                signature.normalize_s().to_bytes().into()
            }
        }
    }
}

/// What is signed, put together by hand as a device's firmware would.
pub fn message(purpose: &str, chain: [u8; 32], registry: Address, content: &[u8]) -> Vec<u8> {
    let mut message = vec![(purpose.len() as u8) << 2];
    message.extend(purpose.as_bytes());
    message.extend(chain);
    message.extend(registry.encode());
    message.extend(content);
    message
}
