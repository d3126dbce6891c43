//! What a host function works with: the running frame, its memory and its gas.

use std::fmt;

use hull_host_api::{
    Address, BlockInfo, Capabilities, Cost, Event, Fatal, Gas, Group, GuestError, Host, HostError,
    limits,
};
use parity_scale_codec::Encode;

use crate::frame::{Frame, Session};
use crate::memory::{Handles, OutOfRange};
use crate::observe::Step;
use crate::outcome::HaltKind;

/// Why a host function does not return to the contract.
#[derive(Debug)]
#[non_exhaustive]
pub enum Exit {
    /// The contract reverts; the data is in the frame.
    Revert,
    /// The contract removed itself.
    Terminated,
    /// The contract broke a rule.
    Halt(HaltKind),
    /// The node failed; the cause is in the session.
    Fatal,
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Revert => f.write_str("the contract reverted"),
            Self::Terminated => f.write_str("the contract removed itself"),
            Self::Halt(kind) => kind.fmt(f),
            Self::Fatal => f.write_str("the host failed"),
        }
    }
}

impl std::error::Error for Exit {}

impl From<OutOfRange> for Exit {
    fn from(_: OutOfRange) -> Self {
        Self::Halt(HaltKind::HostRange)
    }
}

impl From<HaltKind> for Exit {
    fn from(kind: HaltKind) -> Self {
        Self::Halt(kind)
    }
}

/// A running host function.
///
/// Every method that takes a pointer takes it from the contract and halts it if
/// the range is not inside its memory.
pub struct Context<'a> {
    pub(crate) session: &'a mut Session<'static>,
    pub(crate) handles: &'a mut Handles,
    pub(crate) cost: Cost,
}

impl Context<'_> {
    /// The chain around the engine.
    pub fn host(&mut self) -> &mut dyn Host {
        &mut *self.session.host
    }

    pub(crate) fn frame(&self) -> &Frame {
        self.session.frame()
    }

    pub(crate) fn frame_mut(&mut self) -> &mut Frame {
        self.session.frame_mut()
    }

    /// The owner of storage and balance.
    pub fn owner(&self) -> Address {
        self.frame().owner
    }

    /// Who called.
    pub fn caller(&self) -> Address {
        self.frame().caller
    }

    /// The input of the frame.
    pub fn input(&self) -> &[u8] {
        &self.frame().input
    }

    /// The block.
    pub fn block(&self) -> BlockInfo {
        self.session.block
    }

    /// What the frame may do.
    pub fn capabilities(&self) -> Capabilities {
        self.frame().capabilities
    }

    /// Gas left to the frame.
    pub fn gas_left(&self) -> Gas {
        u64::try_from(self.handles.counters.gas()).unwrap_or(0)
    }

    /// Takes gas from the frame.
    ///
    /// # Errors
    /// Halts if there is not enough.
    pub fn charge(&mut self, gas: Gas) -> Result<(), Exit> {
        let left = self
            .gas_left()
            .checked_sub(gas)
            .and_then(|left| i64::try_from(left).ok());
        self.handles.counters.set_gas(left.unwrap_or(-1));
        match left {
            Some(_) => Ok(()),
            None => Err(HaltKind::OutOfGas.into()),
        }
    }

    /// Takes the gas for bytes that cross the boundary in this host function.
    pub(crate) fn charge_bytes(&mut self, bytes: u32) -> Result<(), Exit> {
        self.charge(self.cost.per_byte.saturating_mul(u64::from(bytes)))
    }

    /// The bytes of a range of the contract's memory.
    pub fn read(&self, ptr: u32, len: u32) -> Result<&[u8], Exit> {
        Ok(self.handles.memory.read(ptr, len)?)
    }

    /// `N` bytes of the contract's memory.
    pub fn read_array<const N: usize>(&self, ptr: u32) -> Result<[u8; N], Exit> {
        let bytes = self.read(ptr, N as u32)?;
        bytes.try_into().map_err(|_| HaltKind::HostRange.into())
    }

    /// Writes to the contract's memory.
    pub fn write(&mut self, ptr: u32, bytes: &[u8]) -> Result<(), Exit> {
        let len = u32::try_from(bytes.len()).map_err(|_| HaltKind::HostRange)?;
        self.handles.memory.write(ptr, len)?.copy_from_slice(bytes);
        Ok(())
    }

    /// Halts unless `found` is at most `limit`.
    pub fn limit(&self, what: &'static str, found: u32, limit: u32) -> Result<(), Exit> {
        if found > limit {
            return Err(HaltKind::Limit {
                what,
                limit: u64::from(limit),
            }
            .into());
        }
        Ok(())
    }

    /// Halts unless the frame may use the group.
    pub fn permit(&self, group: Group) -> Result<(), Exit> {
        if self.frame().capabilities.groups.contains(group) {
            Ok(())
        } else {
            Err(HaltKind::NotPermitted(group).into())
        }
    }

    /// Halts in a read-only frame.
    pub fn permit_write(&self) -> Result<(), Exit> {
        if self.frame().read_only {
            Err(HaltKind::ReadOnly.into())
        } else {
            Ok(())
        }
    }

    /// Sets what the frame returns.
    pub fn set_output(&mut self, data: Vec<u8>) {
        self.frame_mut().output = data;
    }

    /// Records an event of the frame's owner.
    ///
    /// # Errors
    /// Halts when the outermost call has emitted too many bytes.
    pub fn emit(&mut self, event: Event) -> Result<(), Exit> {
        // As a receipt holds it, so that events of nothing count as well.
        let total = self.session.event_bytes + event.encoded_size() as u64;
        let limit = limits::MAX_EVENT_BYTES_PER_CALL;
        if total > limit {
            return Err(HaltKind::Limit {
                what: "bytes of events",
                limit,
            }
            .into());
        }
        self.session.event_bytes = total;
        self.session.observe(&Step::Event(&event));
        self.session.events.push(event);
        Ok(())
    }

    /// Remembers a failure of the node and ends the frame.
    pub(crate) fn fail(&mut self, fatal: Fatal) -> Exit {
        self.session.fatal = Some(fatal);
        Exit::Fatal
    }

    /// Splits what the host answered: its value, or what the contract did wrong.
    ///
    /// # Errors
    /// Ends the frame if the node failed.
    pub fn guest<T>(
        &mut self,
        answer: Result<T, HostError>,
    ) -> Result<Result<T, GuestError>, Exit> {
        match answer {
            Ok(value) => Ok(Ok(value)),
            Err(HostError::Guest(error)) => Ok(Err(error)),
            Err(HostError::Fatal(fatal)) => Err(self.fail(fatal)),
        }
    }

    /// The host's value, where a contract can do nothing wrong.
    ///
    /// # Errors
    /// Ends the frame if the node failed.
    pub fn value<T>(&mut self, answer: Result<T, HostError>) -> Result<T, Exit> {
        match self.guest(answer)? {
            Ok(value) => Ok(value),
            Err(error) => {
                let cause = format!("the host blamed the contract for a plain read: {error:?}");
                Err(self.fail(Fatal::new(cause)))
            }
        }
    }
}
