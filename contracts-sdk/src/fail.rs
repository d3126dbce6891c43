//! Giving up with a message: a revert that says where.

/// Ends the call and undoes what it did. Tools show the message and the place
/// in the source; the caller gets no data.
///
/// Gas: 3,000,000 and 100 for every byte; what is left goes back.
///
/// ```no_run
/// # fn open() -> bool { false }
/// if !open() {
///     hull_sdk::fail("the market is closed");
/// }
/// ```
#[cold]
#[track_caller]
#[inline(never)]
pub fn fail(message: &'static str) -> ! {
    #[cfg(target_family = "wasm")]
    crate::panic::stop(Some(core::panic::Location::caller()), message);
    #[cfg(not(target_family = "wasm"))]
    panic!("{message}")
}

/// Ends the call with a message about something that has no line of its own.
#[cold]
#[inline(never)]
pub(crate) fn without_place(message: &'static str) -> ! {
    #[cfg(target_family = "wasm")]
    crate::panic::stop(None, message);
    #[cfg(not(target_family = "wasm"))]
    panic!("{message}")
}

/// Returns an error from the message unless a condition holds.
///
/// ```
/// # use hull_sdk::ensure;
/// # enum Error { NotOwner }
/// fn check(is_owner: bool) -> Result<(), Error> {
///     ensure!(is_owner, Error::NotOwner);
///     Ok(())
/// }
/// # assert!(check(true).is_ok() && check(false).is_err());
/// ```
#[macro_export]
macro_rules! ensure {
    ($condition:expr, $error:expr $(,)?) => {
        if !$condition {
            return ::core::result::Result::Err(::core::convert::From::from($error));
        }
    };
}
