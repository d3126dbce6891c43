//! Watching a call from inside.

use hull_host_api::{Address, Balance, CallStatus, Event, Gas, Hash, HostFunction, ScanOrder};

use crate::failure::{Failure, FrameKind};
use crate::outcome::CallResult;

/// Watches a call: for traces, debuggers and profilers.
///
/// Handed to [`Vm::call_observed`](crate::Vm::call_observed). It sees every step
/// and changes none: results and gas are those of a call without it. A call
/// without one pays a branch per host function for the possibility.
///
/// ```
/// use hull_vm::{Observer, Step};
///
/// /// Adds up the bytes that a call writes, undone ones included.
/// #[derive(Default)]
/// struct Written(usize);
///
/// impl Observer for Written {
///     fn observe(&mut self, step: &Step<'_>) {
///         if let Step::Write { key, value } = step {
///             self.0 += key.len() + value.len();
///         }
///     }
/// }
/// ```
pub trait Observer {
    /// Something happened in the innermost frame, or a frame began or ended.
    fn observe(&mut self, step: &Step<'_>);
}

/// What an [`Observer`] sees.
///
/// [`Entered`](Self::Entered) and [`Left`](Self::Left) pair up and nest, and so do
/// [`HostCalled`](Self::HostCalled) and [`HostReturned`](Self::HostReturned)
/// unless the node fails; a nested frame lies between the two steps of the host
/// function that called it. Everything else belongs to the innermost frame and
/// was done; whether it was undone later, the results of the frames around say.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Step<'a> {
    /// A frame began.
    Entered(&'a Entered<'a>),
    /// The innermost frame ended.
    Left(&'a Left<'a>),
    /// A nested call did not come about; there was no frame.
    Refused {
        /// Why.
        status: CallStatus,
        /// Whom the call was for; a new contract's address is its creator's here.
        contract: Address,
    },
    /// The contract called a host function of the native table.
    HostCalled {
        /// Which.
        function: HostFunction,
        /// Gas left to the frame, before anything is charged.
        gas_left: Gas,
    },
    /// That host function returned, or ended the frame.
    HostReturned {
        /// Which.
        function: HostFunction,
        /// Gas left to the frame. After a nested call its gas is gone as well.
        gas_left: Gas,
    },
    /// A function of the contract began. Only with
    /// [`Config::tells_functions`](crate::Config::tells_functions).
    FunctionEntered {
        /// Its index, imports counted.
        function: u32,
        /// Gas left to the frame; `None` if the function never charges, so that
        /// it does not know.
        gas_left: Option<Gas>,
        /// What its caller has charged for it. It belongs to the function: take
        /// it off what the caller used.
        prepaid: Gas,
    },
    /// That function returned. One that is on the way when the frame halts does
    /// not.
    FunctionLeft {
        /// Its index, imports counted.
        function: u32,
        /// Gas left to the frame, as for [`FunctionEntered`](Self::FunctionEntered).
        gas_left: Option<Gas>,
    },
    /// A storage item was read, or asked for.
    Read {
        /// Its key.
        key: &'a [u8],
        /// Its value; `None` if there is none.
        value: Option<&'a [u8]>,
    },
    /// A storage item was written.
    Write {
        /// Its key.
        key: &'a [u8],
        /// Its new value.
        value: &'a [u8],
    },
    /// A storage item was removed.
    Remove {
        /// Its key.
        key: &'a [u8],
        /// Whether there was one.
        found: bool,
    },
    /// The next key of a scan was looked for.
    Scanned {
        /// The direction.
        order: ScanOrder,
        /// Where it started.
        after: Option<&'a [u8]>,
        /// The key found.
        found: Option<&'a [u8]>,
    },
    /// An event was emitted.
    Event(&'a Event),
    /// Tokens were sent without a call. The value of a call is in its frame.
    Transfer {
        /// From whom.
        from: Address,
        /// To whom.
        to: Address,
        /// How many, in the smallest unit.
        amount: Balance,
    },
    /// The contract's code was replaced.
    CodeSet {
        /// The new code.
        code_hash: Hash,
    },
    /// The contract removed itself.
    Terminated {
        /// Who got its balance.
        beneficiary: Address,
    },
    /// The code of the innermost frame stopped before its entry point returned: at a
    /// trap, or in a host function that does not return.
    Stopped {
        /// Where it was, the innermost function first.
        stack: &'a [CodePlace],
    },
    /// A message of the debug log.
    Debug {
        /// The message, UTF-8 if the contract keeps to it.
        message: &'a [u8],
    },
}

/// A place in running code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodePlace {
    /// The index of the function in the contract's module, imports counted.
    pub function: u32,
    /// The offset in the function's body, in bytes, as the meter's pass wrote it;
    /// it is not an offset in the module that was uploaded, and may depend on the
    /// tier.
    pub offset: u32,
}

/// A frame that begins.
#[derive(Clone, Copy, Debug)]
pub struct Entered<'a> {
    /// How it came about.
    pub kind: FrameKind,
    /// The owner of storage and balance.
    pub contract: Address,
    /// The code that runs.
    pub code_hash: Hash,
    /// Who called.
    pub caller: Address,
    /// The value that came with the call.
    pub value: Balance,
    /// The input.
    pub input: &'a [u8],
    /// The gas that it was given.
    pub gas: Gas,
    /// The most deposit that it may cause.
    pub deposit_limit: Balance,
    /// Whether it may not change state.
    pub read_only: bool,
}

/// A frame that ended.
#[derive(Clone, Copy, Debug)]
pub struct Left<'a> {
    /// How it ended.
    pub result: CallResult,
    /// The same as its caller sees it.
    pub status: CallStatus,
    /// What it returned, or reverted with.
    pub data: &'a [u8],
    /// Gas used, that of nested calls included.
    pub gas: Gas,
    /// Why it did not succeed; `None` if it did.
    pub failure: Option<&'a Failure>,
}
