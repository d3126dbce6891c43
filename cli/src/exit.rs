//! What the process tells its caller.

use std::process::ExitCode;

/// How a command ended. The numbers are a promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// It did what it was asked to.
    Done = 0,
    /// It did, and the answer is no: a test failed, the network would refuse the
    /// code, gas grew beyond the tolerance, something is missing.
    No = 1,
    /// The command line is wrong: an option, a name, a value.
    Usage = 2,
    /// A file or a project is not what it should be, or cannot be read.
    Input = 3,
    /// The contract does not compile.
    Build = 4,
    /// Something has to be installed first.
    Missing = 5,
    /// The node does not answer, or refuses.
    Node = 6,
}

impl Exit {
    /// Every code with its meaning, which the help has to name.
    #[cfg(test)]
    pub(crate) const ALL: [(Self, &'static str); 7] = [
        (Self::Done, "done"),
        (
            Self::No,
            "the answer is no: a test failed, the code is not admitted, gas grew, something is missing",
        ),
        (
            Self::Usage,
            "the command line is wrong: an option, a name, a value",
        ),
        (Self::Input, "a file or a project is not what it should be"),
        (Self::Build, "the contract does not compile"),
        (Self::Missing, "something has to be installed first"),
        (Self::Node, "the node does not answer, or refuses"),
    ];
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
