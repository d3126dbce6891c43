//! The contract's own storage.

use hull_host_api::{HostError, Scan, ScanOrder, limits};

use crate::context::{Context, Exit};
use crate::observe::Step;
use crate::outcome::HaltKind;

/// What stands for "nothing there" where a length is returned.
const ABSENT: i64 = -1;

fn check_key(ctx: &mut Context<'_>, len: u32) -> Result<(), Exit> {
    ctx.limit("bytes of a storage key", len, limits::MAX_KEY_LEN)?;
    ctx.charge_bytes(len)
}

/// Answers a read: `found` gets the value while the host still holds it.
fn lookup<T>(
    ctx: &mut Context<'_>,
    (ptr, len): (u32, u32),
    found: impl FnOnce(&[u8]) -> T,
) -> Result<Option<T>, Exit> {
    check_key(ctx, len)?;
    let owner = ctx.owner();
    let key = ctx.handles.memory.read(ptr, len)?;
    match ctx.session.host.storage_read(&owner, key) {
        Ok(value) => {
            if let Some(observer) = &mut ctx.session.observer {
                observer.observe(&Step::Read { key, value });
            }
            Ok(value.map(found))
        }
        Err(error) => Err(blame(ctx, error)),
    }
}

/// Storage has no failure that a contract may cause.
fn blame(ctx: &mut Context<'_>, error: HostError) -> Exit {
    match ctx.value::<()>(Err(error)) {
        Err(exit) => exit,
        Ok(()) => Exit::Fatal,
    }
}

pub(crate) fn storage_read(
    ctx: &mut Context<'_>,
    key: u32,
    key_len: u32,
    out: u32,
    cap: u32,
) -> Result<i64, Exit> {
    // The copy is charged before it is made, so the length comes first.
    let Some(len) = lookup(ctx, (key, key_len), |value| value.len() as u32)? else {
        return Ok(ABSENT);
    };
    ctx.charge_bytes(len)?;
    let copied = len.min(cap);
    ctx.handles.memory.read(out, copied)?;
    let owner = ctx.owner();
    let key = ctx.handles.memory.read(key, key_len)?;
    match ctx.session.host.storage_read(&owner, key) {
        Ok(Some(value)) => {
            let part = value.get(..copied as usize).unwrap_or(value);
            ctx.handles
                .memory
                .write(out, part.len() as u32)?
                .copy_from_slice(part);
            Ok(i64::from(len))
        }
        Ok(None) => Ok(ABSENT),
        Err(error) => Err(blame(ctx, error)),
    }
}

pub(crate) fn storage_contains(ctx: &mut Context<'_>, key: u32, len: u32) -> Result<i64, Exit> {
    Ok(lookup(ctx, (key, len), |value| value.len() as i64)?.unwrap_or(ABSENT))
}

pub(crate) fn storage_write(
    ctx: &mut Context<'_>,
    key: u32,
    key_len: u32,
    value: u32,
    value_len: u32,
) -> Result<(), Exit> {
    check_key(ctx, key_len)?;
    ctx.limit("bytes of a stored value", value_len, limits::MAX_VALUE_LEN)?;
    ctx.charge_bytes(value_len)?;
    let owner = ctx.owner();
    let key = ctx.handles.memory.read(key, key_len)?;
    let value = ctx.handles.memory.read(value, value_len)?;
    let answer = ctx.session.host.storage_write(&owner, key, value);
    if let (Some(observer), Ok(_)) = (&mut ctx.session.observer, &answer) {
        observer.observe(&Step::Write { key, value });
    }
    let held = ctx.value(answer)?;
    if held > ctx.capabilities().storage_quota {
        return Err(HaltKind::QuotaExceeded.into());
    }
    Ok(())
}

pub(crate) fn storage_remove(ctx: &mut Context<'_>, key: u32, len: u32) -> Result<u32, Exit> {
    check_key(ctx, len)?;
    let owner = ctx.owner();
    let key = ctx.handles.memory.read(key, len)?;
    let answer = ctx.session.host.storage_remove(&owner, key);
    if let (Some(observer), Ok(found)) = (&mut ctx.session.observer, &answer) {
        observer.observe(&Step::Remove { key, found: *found });
    }
    Ok(u32::from(ctx.value(answer)?))
}

#[allow(
    clippy::too_many_arguments,
    reason = "the arguments of the host function"
)]
pub(crate) fn storage_next(
    ctx: &mut Context<'_>,
    after: u32,
    after_len: u32,
    bound: u32,
    bound_len: u32,
    order: u32,
    out: u32,
    cap: u32,
) -> Result<i64, Exit> {
    check_key(ctx, after_len)?;
    check_key(ctx, bound_len)?;
    let order = ScanOrder::from_code(order).ok_or(HaltKind::UnknownCode {
        what: "the order of a scan",
    })?;
    let owner = ctx.owner();
    let edge = |bytes| {
        if <[u8]>::is_empty(bytes) {
            None
        } else {
            Some(bytes)
        }
    };
    let after = edge(ctx.handles.memory.read(after, after_len)?);
    let bound = edge(ctx.handles.memory.read(bound, bound_len)?);
    let answer = ctx.session.host.storage_next(
        &owner,
        Scan {
            after,
            bound,
            order,
        },
    );
    if let (Some(observer), Ok(found)) = (&mut ctx.session.observer, &answer) {
        observer.observe(&Step::Scanned {
            order,
            after,
            found: found.as_deref(),
        });
    }
    let Some(key) = ctx.value(answer)? else {
        return Ok(ABSENT);
    };
    let len = key.len() as u32;
    ctx.charge_bytes(len)?;
    ctx.write(out, &key[..len.min(cap) as usize])?;
    Ok(i64::from(len))
}
