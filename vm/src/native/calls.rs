//! Calls between contracts.

use hull_host_api::{
    Address, CallFlags, CallStatus, Callees, Capabilities, ContractInfo, Gas, Group, Hash,
    NewContract, Upgrade, contract_address, limits,
};

use crate::context::{Context, Exit};
use crate::dialect::Entry;
use crate::failure::FrameKind;
use crate::frame::{Ended, Frame, Request};
use crate::observe::Step;
use crate::outcome::HaltKind;
use crate::vm::Load;

/// Gas, input and limits that every nested call has.
struct Terms {
    gas: Gas,
    flags: CallFlags,
    input: Vec<u8>,
}

impl Terms {
    /// Reads and charges them. `gas` of 0 asks for all that may be given.
    fn read(
        ctx: &mut Context<'_>,
        gas: u64,
        flags: u32,
        (input, len): (u32, u32),
    ) -> Result<Self, Exit> {
        ctx.limit("bytes of input", len, limits::MAX_INPUT_LEN)?;
        ctx.charge_bytes(len)?;
        let flags = CallFlags::from_bits(flags).ok_or(HaltKind::UnknownCode {
            what: "the flags of a call",
        })?;
        let input = ctx.read(input, len)?.to_vec();
        // The reserve is rounded up, so that a caller always keeps something.
        let left = ctx.gas_left();
        let reserve = (left >> limits::CALL_GAS_RESERVE_SHIFT)
            .saturating_add(1)
            .min(left);
        let most = left - reserve;
        let gas = if gas == 0 { most } else { gas.min(most) };
        Ok(Self { gas, flags, input })
    }
}

/// Runs a nested frame and settles gas and data with the caller.
fn nest(ctx: &mut Context<'_>, flags: CallFlags, request: Request<'_>) -> Result<CallStatus, Exit> {
    ctx.frame_mut().reentry_allowed = flags.contains(CallFlags::ALLOW_REENTRY);
    let ended = ctx.session.run(request);
    let Ended {
        status, used, data, ..
    } = match ended {
        Ok(ended) => ended,
        Err(fatal) => return Err(ctx.fail(fatal)),
    };
    let frame = ctx.frame_mut();
    frame.reentry_allowed = false;
    frame.returned = data;
    ctx.charge(used)?;
    Ok(status)
}

/// A nested call that did not come about: no data, nothing used.
fn refuse(
    ctx: &mut Context<'_>,
    (kind, contract, code_hash): (FrameKind, Address, Option<Hash>),
    status: CallStatus,
) -> u32 {
    ctx.frame_mut().returned.clear();
    ctx.session.refuse(kind, contract, code_hash, status);
    status as u32
}

/// The deposit limit of a nested call: its own, but never above the frame's.
fn deposit_limit(ctx: &Context<'_>, ptr: u32) -> Result<u128, Exit> {
    let own = ctx.frame().deposit_limit;
    if ptr == 0 {
        return Ok(own);
    }
    Ok(own.min(u128::from_le_bytes(ctx.read_array(ptr)?)))
}

/// A value that moves needs the right to send and a frame that may change state.
fn check_value(ctx: &Context<'_>, value: u128, read_only: bool) -> Result<(), Exit> {
    if value == 0 {
        return Ok(());
    }
    ctx.permit(Group::Transfer)?;
    if read_only {
        Err(HaltKind::ReadOnly.into())
    } else {
        Ok(())
    }
}

#[allow(
    clippy::too_many_arguments,
    reason = "the arguments of the host function"
)]
pub(crate) fn call(
    ctx: &mut Context<'_>,
    callee: u32,
    value: u32,
    gas: u64,
    deposit: u32,
    flags: u32,
    input: u32,
    input_len: u32,
) -> Result<u32, Exit> {
    let callee = Address(ctx.read_array(callee)?);
    let value = u128::from_le_bytes(ctx.read_array(value)?);
    let deposit_limit = deposit_limit(ctx, deposit)?;
    let terms = Terms::read(ctx, gas, flags, (input, input_len))?;
    let read_only = ctx.frame().read_only || terms.flags.contains(CallFlags::READ_ONLY);
    check_value(ctx, value, read_only)?;

    let owner = ctx.owner();
    let wanted = (FrameKind::Call, callee, None);
    let permitted = match ctx.capabilities().callees {
        Callees::Any => true,
        Callees::None => false,
        Callees::Granted => {
            let answer = ctx.host().is_granted(&owner, &callee);
            ctx.value(answer)?
        }
    };
    if !permitted {
        return Ok(refuse(ctx, wanted, CallStatus::NotPermitted));
    }
    ctx.frame_mut().reentry_allowed = terms.flags.contains(CallFlags::ALLOW_REENTRY);
    let locked = ctx.session.is_locked(&callee);
    ctx.frame_mut().reentry_allowed = false;
    if locked {
        return Ok(refuse(ctx, wanted, CallStatus::ReentrancyDenied));
    }
    let answer = ctx.host().contract(&callee);
    let Some(info) = ctx.value(answer)? else {
        return Ok(refuse(ctx, wanted, CallStatus::NotFound));
    };
    let frame = Frame {
        owner: callee,
        caller: owner,
        value,
        input: terms.input,
        output: Vec::new(),
        returned: Vec::new(),
        capabilities: info.capabilities,
        read_only,
        deposit_limit,
        reentry_allowed: false,
        message: None,
    };
    let request = Request {
        code_hash: info.code_hash,
        entry: Entry::Call,
        frame,
        gas: terms.gas,
        frames: ctx.handles.counters.frames(),
        moves_value: true,
        create: None,
    };
    nest(ctx, terms.flags, request).map(|status| status as u32)
}

pub(crate) fn delegate_call(
    ctx: &mut Context<'_>,
    code_hash: u32,
    gas: u64,
    flags: u32,
    input: u32,
    input_len: u32,
) -> Result<u32, Exit> {
    let code_hash = Hash(ctx.read_array(code_hash)?);
    let terms = Terms::read(ctx, gas, flags, (input, input_len))?;
    let wanted = (FrameKind::DelegateCall, ctx.owner(), Some(code_hash));
    let declared = match named(ctx, &code_hash, terms.gas)? {
        Named::Declares(declared, _) => declared,
        Named::Missing => return Ok(refuse(ctx, wanted, CallStatus::NotFound)),
        Named::Unaffordable => return unaffordable(ctx, wanted, terms.gas),
    };
    let own = ctx.frame();
    let frame = Frame {
        owner: own.owner,
        caller: own.caller,
        value: own.value,
        input: terms.input,
        output: Vec::new(),
        returned: Vec::new(),
        capabilities: own.capabilities.intersection(&declared),
        read_only: own.read_only || terms.flags.contains(CallFlags::READ_ONLY),
        deposit_limit: own.deposit_limit,
        reentry_allowed: false,
        message: None,
    };
    let request = Request {
        code_hash,
        entry: Entry::Call,
        frame,
        gas: terms.gas,
        frames: ctx.handles.counters.frames(),
        moves_value: false,
        create: None,
    };
    nest(ctx, terms.flags, request).map(|status| status as u32)
}

#[allow(
    clippy::too_many_arguments,
    reason = "the arguments of the host function"
)]
pub(crate) fn instantiate(
    ctx: &mut Context<'_>,
    code_hash: u32,
    value: u32,
    gas: u64,
    deposit: u32,
    salt: u32,
    grants: u32,
    grants_count: u32,
    input: u32,
    input_len: u32,
    out: u32,
) -> Result<u32, Exit> {
    let code_hash = Hash(ctx.read_array(code_hash)?);
    let value = u128::from_le_bytes(ctx.read_array(value)?);
    let salt = ctx.read_array(salt)?;
    ctx.limit("granted addresses", grants_count, limits::MAX_GRANTS)?;
    let grants = ctx.read(grants, grants_count * Address::LEN as u32)?;
    let grants: Vec<_> = grants
        .as_chunks::<{ Address::LEN }>()
        .0
        .iter()
        .copied()
        .map(Address)
        .collect();
    let deposit_limit = deposit_limit(ctx, deposit)?;
    let terms = Terms::read(ctx, gas, 0, (input, input_len))?;
    check_value(ctx, value, false)?;
    // Where the address goes is checked before anything is done.
    ctx.read(out, Address::LEN as u32)?;

    let wanted = (FrameKind::Instantiate, ctx.owner(), Some(code_hash));
    let capabilities = match named(ctx, &code_hash, terms.gas)? {
        Named::Declares(declared, _) => declared,
        Named::Missing => return Ok(refuse(ctx, wanted, CallStatus::NotFound)),
        Named::Unaffordable => return unaffordable(ctx, wanted, terms.gas),
    };
    let creator = ctx.owner();
    let address = contract_address(&creator, &code_hash, &salt);
    let info = ContractInfo {
        code_hash,
        capabilities,
    };
    let frame = Frame {
        owner: address,
        caller: creator,
        value,
        input: terms.input,
        output: Vec::new(),
        returned: Vec::new(),
        capabilities,
        read_only: false,
        deposit_limit,
        reentry_allowed: false,
        message: None,
    };
    let request = Request {
        code_hash,
        entry: Entry::Instantiate,
        frame,
        gas: terms.gas,
        frames: ctx.handles.counters.frames(),
        moves_value: true,
        create: Some(NewContract {
            info,
            creator,
            grants: &grants,
        }),
    };
    let status = nest(ctx, terms.flags, request)?;
    if status == CallStatus::Success {
        ctx.write(out, &address.0)?;
    }
    Ok(status as u32)
}

pub(crate) fn set_code(ctx: &mut Context<'_>, code_hash: u32) -> Result<u32, Exit> {
    let code_hash = Hash(ctx.read_array(code_hash)?);
    let gas = ctx.gas_left();
    let declared = match named(ctx, &code_hash, gas)? {
        Named::Declares(declared, gas) => {
            ctx.charge(gas)?;
            declared
        }
        Named::Missing => return Ok(CallStatus::NotFound as u32),
        Named::Unaffordable => return Err(HaltKind::OutOfGas.into()),
    };
    let owner = ctx.owner();
    // The contract's own rights decide, also under a delegate call.
    let answer = ctx.host().contract(&owner);
    let Some(today) = ctx.value(answer)? else {
        return Ok(CallStatus::NotFound as u32);
    };
    let capabilities = match ctx.capabilities().upgrade.min(today.capabilities.upgrade) {
        Upgrade::Never => return Ok(CallStatus::NotPermitted as u32),
        Upgrade::Narrowing => today.capabilities.intersection(&declared),
        Upgrade::Widening => declared,
    };
    let answer = ctx.host().set_contract(
        &owner,
        ContractInfo {
            code_hash,
            capabilities,
        },
    );
    ctx.value(answer)?;
    ctx.session.observe(&Step::CodeSet { code_hash });
    Ok(CallStatus::Success as u32)
}

/// What became of a code that a contract named.
enum Named {
    /// It is there and was loaded; what it declares, and the gas that this takes.
    Declares(Capabilities, Gas),
    /// There is none.
    Missing,
    /// The gas does not cover loading it.
    Unaffordable,
}

/// Looks up a code with the gas that is meant for it.
fn named(ctx: &mut Context<'_>, code_hash: &Hash, gas: Gas) -> Result<Named, Exit> {
    let vm = ctx.session.vm;
    match vm.load_known(&mut *ctx.session.host, code_hash, gas) {
        Ok(Load::Ready(loaded, left)) => Ok(Named::Declares(loaded.capabilities(), gas - left)),
        Ok(Load::Missing) => Ok(Named::Missing),
        Ok(Load::Unaffordable) => Ok(Named::Unaffordable),
        Err(fatal) => Err(ctx.fail(fatal)),
    }
}

/// A nested call whose gas does not cover loading its code: it halted.
fn unaffordable(
    ctx: &mut Context<'_>,
    wanted: (FrameKind, Address, Option<Hash>),
    gas: Gas,
) -> Result<u32, Exit> {
    ctx.charge(gas)?;
    Ok(refuse(ctx, wanted, CallStatus::Halted))
}
