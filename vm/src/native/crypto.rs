//! Hashes and signatures.

use hull_host_api::limits;
use sha2::Digest;

use crate::context::{Context, Exit};

const VALID: u32 = 1;
const INVALID: u32 = 0;

/// Hashes a range of memory; the digest is whole before it is written, so the
/// ranges may overlap.
fn hash(
    ctx: &mut Context<'_>,
    (ptr, len, out): (u32, u32, u32),
    digest: impl FnOnce(&[u8]) -> [u8; 32],
) -> Result<(), Exit> {
    ctx.limit("bytes to hash", len, limits::MAX_HASH_INPUT)?;
    ctx.charge_bytes(len)?;
    let digest = digest(ctx.read(ptr, len)?);
    ctx.write(out, &digest)
}

pub(crate) fn sha2_256(ctx: &mut Context<'_>, ptr: u32, len: u32, out: u32) -> Result<(), Exit> {
    hash(ctx, (ptr, len, out), |bytes| {
        sha2::Sha256::digest(bytes).into()
    })
}

pub(crate) fn keccak_256(ctx: &mut Context<'_>, ptr: u32, len: u32, out: u32) -> Result<(), Exit> {
    hash(ctx, (ptr, len, out), |bytes| {
        sha3::Keccak256::digest(bytes).into()
    })
}

pub(crate) fn sha3_256(ctx: &mut Context<'_>, ptr: u32, len: u32, out: u32) -> Result<(), Exit> {
    hash(ctx, (ptr, len, out), |bytes| {
        sha3::Sha3_256::digest(bytes).into()
    })
}

pub(crate) fn blake2b_256(ctx: &mut Context<'_>, ptr: u32, len: u32, out: u32) -> Result<(), Exit> {
    hash(ctx, (ptr, len, out), |bytes| {
        blake2::Blake2b256::digest(bytes).into()
    })
}

pub(crate) fn blake3(ctx: &mut Context<'_>, ptr: u32, len: u32, out: u32) -> Result<(), Exit> {
    hash(ctx, (ptr, len, out), |bytes| {
        *blake3::hash(bytes).as_bytes()
    })
}

pub(crate) fn secp256k1_recover(
    ctx: &mut Context<'_>,
    hash: u32,
    signature: u32,
    out: u32,
) -> Result<u32, Exit> {
    let hash = ctx.read_array::<32>(hash)?;
    let signature = ctx.read_array::<65>(signature)?;
    ctx.read(out, 33)?;
    let Some(key) = recover(&hash, &signature) else {
        return Ok(INVALID);
    };
    ctx.write(out, &key)?;
    Ok(VALID)
}

fn recover(hash: &[u8; 32], signature: &[u8; 65]) -> Option<[u8; 33]> {
    use k256::ecdsa::{RecoveryId, Signature, VerifyingKey};

    let (signature, recovery) = (&signature[..64], signature[64]);
    // Ids 2 and 3 stand for an r above the group's order, which nobody signs.
    let recovery = RecoveryId::from_byte(recovery).filter(|id| !id.is_x_reduced())?;
    let signature = Signature::from_slice(signature).ok().filter(is_low_k256)?;
    let key = VerifyingKey::recover_from_prehash(hash, &signature, recovery).ok()?;
    key.to_sec1_point(true).as_bytes().try_into().ok()
}

/// Both s and -s verify; accepting only the low one leaves one signature per
/// message and nonce.
fn is_low_k256(signature: &k256::ecdsa::Signature) -> bool {
    signature.normalize_s() == *signature
}

pub(crate) fn secp256k1_verify(
    ctx: &mut Context<'_>,
    hash: u32,
    signature: u32,
    key: u32,
) -> Result<u32, Exit> {
    use k256::ecdsa::signature::hazmat::PrehashVerifier;
    use k256::ecdsa::{Signature, VerifyingKey};

    let hash = ctx.read_array::<32>(hash)?;
    let signature = ctx.read_array::<64>(signature)?;
    let key = ctx.read_array::<33>(key)?;
    let verify = || -> Option<()> {
        let signature = Signature::from_slice(&signature).ok().filter(is_low_k256)?;
        VerifyingKey::from_sec1_bytes(&key)
            .ok()?
            .verify_prehash(&hash, &signature)
            .ok()
    };
    Ok(verify().map_or(INVALID, |()| VALID))
}

pub(crate) fn secp256r1_verify(
    ctx: &mut Context<'_>,
    hash: u32,
    signature: u32,
    key: u32,
) -> Result<u32, Exit> {
    use p256::ecdsa::signature::hazmat::PrehashVerifier;
    use p256::ecdsa::{Signature, VerifyingKey};

    let hash = ctx.read_array::<32>(hash)?;
    let signature = ctx.read_array::<64>(signature)?;
    let key = ctx.read_array::<33>(key)?;
    let verify = || -> Option<()> {
        let signature = Signature::from_slice(&signature).ok()?;
        let low = signature.normalize_s() == signature;
        let key = VerifyingKey::from_sec1_bytes(&key).ok().filter(|_| low)?;
        key.verify_prehash(&hash, &signature).ok()
    };
    Ok(verify().map_or(INVALID, |()| VALID))
}

pub(crate) fn ed25519_verify(
    ctx: &mut Context<'_>,
    ptr: u32,
    len: u32,
    signature: u32,
    key: u32,
) -> Result<u32, Exit> {
    ctx.limit("bytes to verify", len, limits::MAX_HASH_INPUT)?;
    ctx.charge_bytes(len)?;
    let signature = ctx.read_array::<64>(signature)?;
    let key = ctx.read_array::<32>(key)?;
    let message = ctx.read(ptr, len)?;
    let valid = ed25519_dalek::VerifyingKey::from_bytes(&key).is_ok_and(|key| {
        key.verify_strict(message, &ed25519_dalek::Signature::from_bytes(&signature))
            .is_ok()
    });
    Ok(if valid { VALID } else { INVALID })
}
