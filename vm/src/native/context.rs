//! Input, result, context, events.

use hull_host_api::{Address, CallStatus, Event, Hash, HostFunction, limits};

use crate::context::{Context, Exit};
use crate::observe::Step;
use crate::outcome::HaltKind;

pub(crate) fn input_len(ctx: &mut Context<'_>) -> Result<u32, Exit> {
    // Bounded by `limits::MAX_INPUT_LEN` where the frame was made.
    Ok(ctx.input().len() as u32)
}

pub(crate) fn input(ctx: &mut Context<'_>, out: u32, offset: u32, len: u32) -> Result<(), Exit> {
    ctx.charge_bytes(len)?;
    let frame = ctx
        .session
        .frames
        .last()
        .expect("host functions run inside a frame");
    let part = part(&frame.input, offset, len)?;
    ctx.handles.memory.write(out, len)?.copy_from_slice(part);
    Ok(())
}

pub(crate) fn returned_len(ctx: &mut Context<'_>) -> Result<u32, Exit> {
    Ok(ctx.frame().returned.len() as u32)
}

pub(crate) fn returned(ctx: &mut Context<'_>, out: u32, offset: u32, len: u32) -> Result<(), Exit> {
    ctx.charge_bytes(len)?;
    let frame = ctx
        .session
        .frames
        .last()
        .expect("host functions run inside a frame");
    let part = part(&frame.returned, offset, len)?;
    ctx.handles.memory.write(out, len)?.copy_from_slice(part);
    Ok(())
}

fn part(data: &[u8], offset: u32, len: u32) -> Result<&[u8], Exit> {
    let (start, len) = (offset as usize, len as usize);
    let end = start.checked_add(len).ok_or(HaltKind::HostRange)?;
    Ok(data.get(start..end).ok_or(HaltKind::HostRange)?)
}

pub(crate) fn return_data(ctx: &mut Context<'_>, ptr: u32, len: u32) -> Result<(), Exit> {
    ctx.limit("return data", len, limits::MAX_RETURN_LEN)?;
    ctx.charge_bytes(len)?;
    let data = ctx.read(ptr, len)?.to_vec();
    ctx.set_output(data);
    Ok(())
}

pub(crate) fn revert(ctx: &mut Context<'_>, ptr: u32, len: u32) -> Result<(), Exit> {
    return_data(ctx, ptr, len)?;
    Err(Exit::Revert)
}

pub(crate) fn abort(ctx: &mut Context<'_>, ptr: u32, len: u32) -> Result<(), Exit> {
    let len = len.min(limits::MAX_ABORT_LEN);
    ctx.charge_bytes(len)?;
    let message = String::from_utf8_lossy(ctx.read(ptr, len)?).into_owned();
    ctx.set_output(Vec::new());
    ctx.frame_mut().message = Some(message);
    Err(Exit::Revert)
}

pub(crate) fn caller(ctx: &mut Context<'_>, out: u32) -> Result<(), Exit> {
    let caller = ctx.caller();
    ctx.write(out, &caller.0)
}

pub(crate) fn callee(ctx: &mut Context<'_>, out: u32) -> Result<(), Exit> {
    let owner = ctx.owner();
    ctx.write(out, &owner.0)
}

pub(crate) fn origin(ctx: &mut Context<'_>, out: u32) -> Result<(), Exit> {
    let origin = ctx.session.origin;
    ctx.write(out, &origin.0)
}

pub(crate) fn value(ctx: &mut Context<'_>, out: u32) -> Result<(), Exit> {
    let value = ctx.frame().value;
    ctx.write(out, &value.to_le_bytes())
}

pub(crate) fn balance(ctx: &mut Context<'_>, address: u32, out: u32) -> Result<(), Exit> {
    let address = Address(ctx.read_array(address)?);
    let answer = ctx.host().balance(&address);
    let balance = ctx.value(answer)?;
    ctx.write(out, &balance.to_le_bytes())
}

pub(crate) fn block_height(ctx: &mut Context<'_>) -> Result<u64, Exit> {
    Ok(ctx.block().height)
}

pub(crate) fn block_time(ctx: &mut Context<'_>) -> Result<u64, Exit> {
    Ok(ctx.block().time)
}

pub(crate) fn chain_id(ctx: &mut Context<'_>, out: u32) -> Result<(), Exit> {
    let chain_id = ctx.block().chain_id;
    ctx.write(out, &chain_id.0)
}

pub(crate) fn gas_left(ctx: &mut Context<'_>) -> Result<u64, Exit> {
    Ok(Context::gas_left(ctx))
}

pub(crate) fn code_hash(ctx: &mut Context<'_>, address: u32, out: u32) -> Result<u32, Exit> {
    let address = Address(ctx.read_array(address)?);
    let answer = ctx.host().contract(&address);
    match ctx.value(answer)? {
        Some(info) => ctx.write(out, &info.code_hash.0).map(|()| 1),
        None => Ok(0),
    }
}

pub(crate) fn event(
    ctx: &mut Context<'_>,
    topics: u32,
    count: u32,
    data: u32,
    len: u32,
) -> Result<(), Exit> {
    ctx.limit("topics of an event", count, limits::MAX_TOPICS)?;
    ctx.limit("bytes of an event", len, limits::MAX_EVENT_DATA)?;
    let topic_bytes = count * Hash::LEN as u32;
    ctx.charge_bytes(topic_bytes + len)?;
    let topics = ctx.read(topics, topic_bytes)?;
    let topics = topics
        .as_chunks::<{ Hash::LEN }>()
        .0
        .iter()
        .copied()
        .map(Hash)
        .collect();
    let data = ctx.read(data, len)?.to_vec();
    let contract = ctx.owner();
    ctx.emit(Event {
        contract,
        topics,
        data,
    })
}

pub(crate) fn debug_log(ctx: &mut Context<'_>, ptr: u32, len: u32) -> Result<(), Exit> {
    let len = len.min(limits::MAX_DEBUG_LEN);
    ctx.charge_bytes(len)?;
    let owner = ctx.owner();
    let message = ctx.handles.memory.read(ptr, len)?;
    ctx.session.host.debug(&owner, message);
    if let Some(observer) = &mut ctx.session.observer {
        observer.observe(&Step::Debug { message });
    }
    Ok(())
}

pub(crate) fn terminate(ctx: &mut Context<'_>, beneficiary: u32) -> Result<(), Exit> {
    let beneficiary = Address(ctx.read_array(beneficiary)?);
    let owner = ctx.owner();
    if ctx.session.running(&owner) > 1 {
        return Err(HaltKind::TerminatedWhileRunning.into());
    }
    // Whatever the contract holds is removed item by item.
    let answer = ctx.host().storage_items(&owner);
    let items = ctx.value(answer)?;
    let removal = HostFunction::storage_remove.cost(ctx.session.vm.schedule_version());
    ctx.charge(removal.base.saturating_mul(items))?;
    let answer = ctx.host().terminate(&owner, &beneficiary);
    ctx.value(answer)?;
    ctx.session.observe(&Step::Terminated { beneficiary });
    Err(Exit::Terminated)
}

pub(crate) fn transfer(ctx: &mut Context<'_>, to: u32, value: u32) -> Result<u32, Exit> {
    let to = Address(ctx.read_array(to)?);
    let value = u128::from_le_bytes(ctx.read_array(value)?);
    let owner = ctx.owner();
    let answer = ctx.host().transfer(&owner, &to, value);
    Ok(match ctx.guest(answer)? {
        Ok(()) => {
            ctx.session.observe(&Step::Transfer {
                from: owner,
                to,
                amount: value,
            });
            CallStatus::Success
        }
        Err(error) => crate::frame::status_of(error),
    } as u32)
}
