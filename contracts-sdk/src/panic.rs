//! A panic ends the frame: the host gets message and location.

use core::panic::{Location, PanicInfo};

use crate::sys;

/// Longest message in bytes; the host keeps up to 1,024.
const CAPACITY: usize = 256;

/// Text in a fixed buffer; what does not fit is cut off.
struct Text {
    bytes: [u8; CAPACITY],
    len: usize,
}

impl Text {
    /// Text that begins with a place in the source: `file:line:column: `.
    fn at(location: Option<&Location<'_>>) -> Self {
        let mut text = Self {
            bytes: [0; CAPACITY],
            len: 0,
        };
        if let Some(location) = location {
            text.push(location.file());
            text.push(":");
            text.push_number(location.line());
            text.push(":");
            text.push_number(location.column());
            text.push(": ");
        }
        text
    }

    #[inline(never)]
    fn push(&mut self, text: &str) {
        for byte in text.as_bytes() {
            if let Some(place) = self.bytes.get_mut(self.len) {
                *place = *byte;
                self.len = self.len.wrapping_add(1);
            }
        }
    }

    #[inline(never)]
    fn push_number(&mut self, number: u32) {
        if number >= 10 {
            self.push_number(number / 10);
        }
        const DIGITS: &str = "0123456789";
        let digit = (number % 10) as usize;
        self.push(DIGITS.get(digit..=digit).unwrap_or_default());
    }

    fn abort(&self) -> ! {
        sys::abort(self.bytes.get(..self.len).unwrap_or_default())
    }
}

#[cfg(feature = "fmt")]
impl core::fmt::Write for Text {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        self.push(text);
        Ok(())
    }
}

/// Ends the call with a message.
#[inline(never)]
pub(crate) fn stop(location: Option<&Location<'_>>, message: &str) -> ! {
    let mut text = Text::at(location);
    text.push(message);
    text.abort()
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
    let mut text = Text::at(info.location());
    // A message that fails to format is cut off there.
    let _ = core::fmt::write(&mut text, format_args!("{}", info.message()));
    text.abort()
}
