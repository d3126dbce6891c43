//! From a place in running code to a line of the source.

use hull_build::{Location, Symbols};
use hull_gas_meter::{Config, Schedule, SourceMap};
use hull_vm::CodePlace;

use crate::code::Code;

/// Most places that are shown of one stack.
const MOST_PLACES: usize = 8;

/// Where the build puts folders in the place of those of this machine.
const OWN: &str = "/contract/";
const FOREIGN: [&str; 3] = ["/dependencies/", "/rustc/", "library/"];

/// The lines of a stack, the innermost function first; empty if there are no
/// symbols.
///
/// Lines of libraries are left out where one of the contract's own follows: what
/// panics and what counts gas says nothing that the reason does not.
pub(crate) fn lines(code: &Code, schedule: &Schedule, stack: &[CodePlace]) -> Vec<String> {
    let found = locations(code, schedule, stack).unwrap_or_default();
    let own: Vec<_> = found.iter().filter(|it| is_own(it)).cloned().collect();
    let chosen = if own.is_empty() { found } else { own };
    let mut lines: Vec<String> = chosen.iter().map(line).collect();
    lines.dedup();
    lines.truncate(MOST_PLACES);
    lines
}

fn locations(code: &Code, schedule: &Schedule, stack: &[CodePlace]) -> Option<Vec<Location>> {
    let symbols = Symbols::read(code.debug_wasm()?).ok()?;
    let map = SourceMap::new(code.wasm(), &Config::new(schedule)).ok()?;
    let start = code_start(code.wasm())?;
    let places = stack.iter().filter_map(|place| {
        let offset = map.original(place.function, place.offset)?;
        Some(symbols.locate_in_code(offset.checked_sub(start)?))
    });
    Some(places.flatten().collect())
}

fn is_own(location: &Location) -> bool {
    let file = location.file.as_deref();
    file.is_some_and(|file| !FOREIGN.iter().any(|it| file.starts_with(it)))
}

fn line(location: &Location) -> String {
    let file = location
        .file
        .as_deref()
        .map(|it| it.strip_prefix(OWN).unwrap_or(it));
    let location = Location {
        file: file.map(str::to_owned),
        ..location.clone()
    };
    location.to_string()
}

/// The identifier of the code section.
const CODE_SECTION: u8 = 10;

/// Where the content of the code section begins, which is where debug
/// information counts from.
fn code_start(wasm: &[u8]) -> Option<u64> {
    let mut at = 8;
    loop {
        let id = *wasm.get(at)?;
        let (len, header) = leb(wasm.get(at + 1..)?)?;
        at = at.checked_add(1 + header)?;
        if id == CODE_SECTION {
            return u64::try_from(at).ok();
        }
        at = at.checked_add(len)?;
    }
}

/// A length as Wasm writes it, and how many bytes it took.
fn leb(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = 0_usize;
    for (index, byte) in bytes.iter().enumerate().take(5) {
        value |= usize::from(byte & 0x7F).checked_shl(u32::try_from(7 * index).ok()?)?;
        if byte & 0x80 == 0 {
            return Some((value, index + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_section_is_found() {
        // A custom section of 130 bytes, whose length takes two.
        let mut wasm = b"\0asm\x01\0\0\0\0\x82\x01".to_vec();
        wasm.extend([0; 130]);
        wasm.extend([CODE_SECTION, 1, 0]);
        assert_eq!(code_start(&wasm), Some(8 + 3 + 130 + 2));
        assert_eq!(code_start(&wasm[..20]), None);
    }
}
