//! Small codes that cross the boundary as integers.

/// How a nested call, delegate call or instantiation ended, as the caller sees it.
///
/// Everything but [`CallStatus::Success`] means that the callee's changes were
/// rolled back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
#[non_exhaustive]
pub enum CallStatus {
    /// The callee returned; its data is available.
    Success = 0,
    /// The callee reverted; its data is available, its remaining gas came back.
    Reverted = 1,
    /// The callee halted (trap, gas, limit) and took all the gas it was given.
    Halted = 2,
    /// There is no contract at the address, or no code of that hash.
    NotFound = 3,
    /// The balance does not cover the value.
    InsufficientBalance = 4,
    /// The call would nest deeper than [`MAX_CALL_DEPTH`](crate::limits::MAX_CALL_DEPTH).
    DepthExceeded = 5,
    /// The callee is already running and did not allow to be entered again.
    ReentrancyDenied = 6,
    /// The caller's capabilities do not cover this callee.
    NotPermitted = 7,
    /// The storage deposit would exceed the limit of the call or the balance of the origin.
    DepositExceeded = 8,
    /// There is, or was, a contract at the address that an instantiation leads to.
    AddressTaken = 9,
    /// The code does not offer the entry point that was asked for.
    NoEntryPoint = 10,
}

impl CallStatus {
    /// Every status, in the order of its code.
    pub const ALL: [Self; 11] = [
        Self::Success,
        Self::Reverted,
        Self::Halted,
        Self::NotFound,
        Self::InsufficientBalance,
        Self::DepthExceeded,
        Self::ReentrancyDenied,
        Self::NotPermitted,
        Self::DepositExceeded,
        Self::AddressTaken,
        Self::NoEntryPoint,
    ];

    /// The status of a code, or `None` if this version does not know it.
    pub fn from_code(code: u32) -> Option<Self> {
        Self::ALL.get(code as usize).copied()
    }
}

/// Flags of a nested call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallFlags(u32);

impl CallFlags {
    /// The callee and everything below it may not change state.
    pub const READ_ONLY: Self = Self(1);
    /// While this call runs, the calling contract may be entered again.
    pub const ALLOW_REENTRY: Self = Self(2);
    const KNOWN: u32 = 3;

    /// No flag set.
    pub const fn empty() -> Self {
        Self(0)
    }

    /// Flags from their bits; `None` if an unknown one is set.
    pub const fn from_bits(bits: u32) -> Option<Self> {
        if bits & !Self::KNOWN == 0 {
            Some(Self(bits))
        } else {
            None
        }
    }

    /// The bits.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Both sets of flags.
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` is set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// The direction of a storage scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum ScanOrder {
    /// From smaller to greater keys, compared byte by byte.
    Ascending = 0,
    /// From greater to smaller keys.
    Descending = 1,
}

impl ScanOrder {
    /// The order of a code, or `None`.
    pub const fn from_code(code: u32) -> Option<Self> {
        match code {
            0 => Some(Self::Ascending),
            1 => Some(Self::Descending),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_round_trip() {
        for (index, status) in CallStatus::ALL.into_iter().enumerate() {
            assert_eq!(status as usize, index);
            assert_eq!(CallStatus::from_code(index as u32), Some(status));
        }
        assert_eq!(CallStatus::from_code(CallStatus::ALL.len() as u32), None);
        assert_eq!(ScanOrder::from_code(2), None);
        assert_eq!(CallFlags::from_bits(4), None);
        let both = CallFlags::READ_ONLY.union(CallFlags::ALLOW_REENTRY);
        assert_eq!(CallFlags::from_bits(both.bits()), Some(both));
    }
}
