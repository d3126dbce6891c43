//! A panic ends the frame: the host gets message and location.

use core::panic::PanicInfo;

/// Longest message; the host keeps no more.
const CAPACITY: usize = 256;

/// Text in a fixed buffer; what does not fit is cut off.
struct Text {
    bytes: [u8; CAPACITY],
    len: usize,
}

impl Text {
    fn push(&mut self, text: &[u8]) {
        for byte in text {
            if let Some(place) = self.bytes.get_mut(self.len) {
                *place = *byte;
                self.len += 1;
            }
        }
    }

    fn push_number(&mut self, number: u32) {
        if number >= 10 {
            self.push_number(number / 10);
        }
        self.push(&[b'0' + (number % 10) as u8]);
    }
}

#[cfg(feature = "fmt")]
impl core::fmt::Write for Text {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        self.push(text.as_bytes());
        Ok(())
    }
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let mut text = Text {
        bytes: [0; CAPACITY],
        len: 0,
    };
    if let Some(location) = info.location() {
        text.push(location.file().as_bytes());
        text.push(b":");
        text.push_number(location.line());
        text.push(b":");
        text.push_number(location.column());
        text.push(b": ");
    }
    #[cfg(feature = "fmt")]
    let _ = core::fmt::write(&mut text, format_args!("{}", info.message()));
    #[cfg(not(feature = "fmt"))]
    text.push(info.message().as_str().unwrap_or("panicked").as_bytes());
    crate::sys::abort(text.bytes.get(..text.len).unwrap_or_default())
}
