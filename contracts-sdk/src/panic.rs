//! A panic ends the frame: the host gets message and location.

use core::panic::{Location, PanicInfo};

use crate::{sink, sys};

/// Begins a text with a place in the source: `file:line:column: `.
#[inline(never)]
fn begin(location: Option<&Location<'_>>) {
    sink::open();
    if let Some(location) = location {
        sink::write(location.file().as_bytes());
        sink::push(b':');
        number(location.line());
        sink::push(b':');
        number(location.column());
        sink::write(b": ");
    }
}

/// Appends a number in decimal.
#[inline(never)]
fn number(number: u32) {
    if number >= 10 {
        self::number(number / 10);
    }
    sink::push(b'0'.wrapping_add((number % 10) as u8));
}

/// Ends the call with a message.
#[inline(never)]
pub(crate) fn stop(location: Option<&Location<'_>>, message: &str) -> ! {
    begin(location);
    sink::write(message.as_bytes());
    sys::abort(sink::whole())
}

#[panic_handler]
#[cfg(not(feature = "fmt"))]
fn panic(info: &PanicInfo<'_>) -> ! {
    let message = info.message().as_str().unwrap_or("panicked");
    stop(info.location(), message)
}

#[panic_handler]
#[cfg(feature = "fmt")]
fn panic(info: &PanicInfo<'_>) -> ! {
    begin(info.location());
    // A message that fails to format is cut off there.
    let _ = core::fmt::write(&mut sink::Sink, format_args!("{}", info.message()));
    sys::abort(sink::whole())
}
