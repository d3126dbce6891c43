//! Finding a custom section without reading the code.

use crate::AbiError;

const HEADER: &[u8; 8] = b"\0asm\x01\0\0\0";

/// The content of the first custom section of this name.
pub(crate) fn custom_section<'a>(wasm: &'a [u8], name: &str) -> Result<Option<&'a [u8]>, AbiError> {
    let mut at = Cursor { wasm, offset: 0 };
    if at.bytes(HEADER.len())? != HEADER {
        return Err(AbiError::Wasm { offset: 0 });
    }
    while at.offset < wasm.len() {
        let id = at.bytes(1)?;
        let len = at.number()?;
        let end = at.offset;
        let content = at.bytes(len)?;
        if id != [0] {
            continue;
        }
        let mut inside = Cursor {
            wasm: wasm.get(..end + content.len()).unwrap_or(wasm),
            offset: end,
        };
        let name_len = inside.number()?;
        if inside.bytes(name_len)? == name.as_bytes() {
            return Ok(Some(inside.rest()));
        }
    }
    Ok(None)
}

struct Cursor<'a> {
    wasm: &'a [u8],
    offset: usize,
}

impl<'a> Cursor<'a> {
    fn bytes(&mut self, len: usize) -> Result<&'a [u8], AbiError> {
        let malformed = AbiError::Wasm {
            offset: self.offset,
        };
        let Some(end) = self.offset.checked_add(len) else {
            return Err(malformed);
        };
        let bytes = self.wasm.get(self.offset..end).ok_or(malformed)?;
        self.offset = end;
        Ok(bytes)
    }

    fn rest(&self) -> &'a [u8] {
        self.wasm.get(self.offset..).unwrap_or_default()
    }

    /// An unsigned LEB128 of 32 bits.
    fn number(&mut self) -> Result<usize, AbiError> {
        let offset = self.offset;
        let mut value = 0u64;
        for shift in [0, 7, 14, 21, 28] {
            let &[byte] = self.bytes(1)? else { break };
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return u32::try_from(value)
                    .ok()
                    .and_then(|value| usize::try_from(value).ok())
                    .ok_or(AbiError::Wasm { offset });
            }
        }
        Err(AbiError::Wasm { offset })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(sections: &[(u8, &[u8])]) -> Vec<u8> {
        let mut wasm = HEADER.to_vec();
        for (id, content) in sections {
            wasm.extend([*id, content.len() as u8]);
            wasm.extend(*content);
        }
        wasm
    }

    #[test]
    fn the_first_of_the_name_is_found() {
        let wasm = module(&[
            (1, b"\x00"),
            (0, b"\x01bno"),
            (0, b"\x01ayes"),
            (0, b"\x01aold"),
        ]);
        assert_eq!(custom_section(&wasm, "a").unwrap(), Some(&b"yes"[..]));
        assert_eq!(custom_section(&wasm, "c").unwrap(), None);
    }

    #[test]
    fn a_cut_module_is_malformed_and_never_panics() {
        let wasm = module(&[(1, b"\x00\x01\x02"), (0, b"\x01ayes")]);
        for len in 0..wasm.len() {
            let found = custom_section(&wasm[..len], "a");
            // After the header or the first section a module may end.
            let whole = len == 8 || len == 13;
            assert_eq!(found.is_ok(), whole, "{len} bytes");
        }
    }

    #[test]
    fn a_name_longer_than_its_section_is_malformed() {
        let wasm = module(&[(0, b"\x09a"), (0, b"\x01ayes")]);
        assert!(matches!(
            custom_section(&wasm, "a"),
            Err(AbiError::Wasm { .. })
        ));
        let mut huge = HEADER.to_vec();
        huge.extend([0, 0xff, 0xff, 0xff, 0xff, 0x0f]);
        assert!(custom_section(&huge, "a").is_err());
        huge.extend([0xff; 9]);
        assert!(custom_section(&huge, "a").is_err());
    }
}
