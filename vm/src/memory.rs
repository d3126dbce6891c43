//! The memory of instances, owned by the engine so that it can be reset.
//!
//! wasmer's own memories cannot be brought back to their initial state through
//! its public interface: `Memory::reset` zeroes nothing and leaves grown pages
//! accessible. Here the engine hands wasmer its own [`LinearMemory`] through
//! [`ContractTunables`] and keeps a [`GuestMemory`] handle beside it.
//!
//! This is the one room where guest memory and the meter's counters are
//! touched through pointers; every other module works with the safe methods of
//! [`GuestMemory`] and [`Counters`].
#![allow(unsafe_code, reason = "owns the mappings of guest memories")]

use std::cell::RefCell;
use std::io;
use std::ptr::NonNull;
use std::sync::Arc;

use wasmer::sys::vm::{
    LinearMemory, MemoryError, VMConfig, VMGlobal, VMGlobalDefinition, VMMemory,
    VMMemoryDefinition, VMTable, VMTableDefinition,
};
use wasmer::sys::{BaseTunables, Tunables};
use wasmer::{GlobalType, MemoryStyle, MemoryType, Pages, TableStyle, TableType, WASM_PAGE_SIZE};

use crate::prepare::PAGES_KEPT;

/// So much of a memory is reset by writing it, the rest by giving its pages back
/// to the system: a page that is touched again costs a fault of some 3 µs,
/// writing 64 KiB costs less. The price of loading a contract knows it.
const RESET_BY_WRITING: usize = PAGES_KEPT as usize * WASM_PAGE_SIZE;

/// Native stack of one guest entry in bytes: eight times the frame limit of the
/// meter's model, the bound that the model proves for both tiers, and a margin
/// for the entry trampoline and the signal frame.
const WASM_STACK_SIZE: usize = 8 * hull_gas_meter::FRAME_LIMIT as usize + 512 * 1024;

/// A reserved range of address space: the whole 32-bit index range and wasmer's
/// guard behind it, so that compiled code needs no bounds checks.
#[derive(Debug)]
struct Mapping {
    base: NonNull<u8>,
    reserved: usize,
}

// SAFETY: a mapping is plain memory owned by this value; the guest that writes
// to it runs only while its instance is borrowed by one thread.
unsafe impl Send for Mapping {}
// SAFETY: as above; shared references offer no access to the bytes.
unsafe impl Sync for Mapping {}

impl Mapping {
    fn reserve() -> io::Result<Self> {
        let guard = MemoryStyle::static_offset_guard_size() as usize;
        let reserved = MemoryStyle::static_bound().bytes().0 + guard;
        // SAFETY: a new anonymous mapping at an address of the kernel's choice
        // touches no existing memory.
        let base = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                reserved,
                libc::PROT_NONE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        if base == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let base = NonNull::new(base.cast()).ok_or_else(io::Error::last_os_error)?;
        Ok(Self { base, reserved })
    }

    fn protect(&self, from: usize, len: usize, protection: libc::c_int) -> io::Result<()> {
        if len == 0 {
            return Ok(());
        }
        assert!(
            from.checked_add(len)
                .is_some_and(|end| end <= self.reserved)
        );
        // SAFETY: the range lies inside this mapping (checked above), and whole
        // Wasm pages are whole system pages.
        let result =
            unsafe { libc::mprotect(self.base.as_ptr().add(from).cast(), len, protection) };
        if result == 0 {
            Ok(())
        } else {
            Err(io::Error::last_os_error())
        }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the mapping was made by `reserve` and is unmapped once; wasmer
        // drops its memory only after the instance that used it.
        unsafe { libc::munmap(self.base.as_ptr().cast(), self.reserved) };
    }
}

/// A contract's linear memory, as wasmer sees it. Its length is kept only in the
/// definition that compiled code reads.
#[derive(Debug)]
struct ContractMemory {
    mapping: Arc<Mapping>,
    definition: NonNull<VMMemoryDefinition>,
    ty: MemoryType,
}

// SAFETY: the definition lives in the instance that owns this memory and moves
// between threads with it.
unsafe impl Send for ContractMemory {}
// SAFETY: shared references only read the definition, which changes only while
// the instance is borrowed mutably.
unsafe impl Sync for ContractMemory {}

impl ContractMemory {
    /// # Safety
    /// `definition` must stay valid for as long as the memory is used.
    unsafe fn new(
        ty: &MemoryType,
        definition: NonNull<VMMemoryDefinition>,
    ) -> Result<Self, MemoryError> {
        let mapping = Mapping::reserve().map_err(|error| MemoryError::Region(error.to_string()))?;
        let len = ty.minimum.bytes().0;
        mapping
            .protect(0, len, libc::PROT_READ | libc::PROT_WRITE)
            .map_err(|error| MemoryError::Region(error.to_string()))?;
        // SAFETY: the caller vouches for the location.
        unsafe {
            definition.write(VMMemoryDefinition {
                base: mapping.base.as_ptr(),
                current_length: len,
            });
        }
        Ok(Self {
            mapping: Arc::new(mapping),
            definition,
            ty: *ty,
        })
    }
}

impl LinearMemory for ContractMemory {
    fn ty(&self) -> MemoryType {
        let mut ty = self.ty;
        ty.minimum = self.size();
        ty
    }

    fn size(&self) -> Pages {
        // SAFETY: the definition is valid while the memory is used (see `new`).
        let len = unsafe { self.definition.as_ref().current_length };
        Pages((len / WASM_PAGE_SIZE) as u32)
    }

    fn style(&self) -> MemoryStyle {
        MemoryStyle::Static
    }

    fn grow(&mut self, delta: Pages) -> Result<Pages, MemoryError> {
        let current = self.size();
        let refused = MemoryError::CouldNotGrow {
            current,
            attempted_delta: delta,
        };
        let maximum = self.ty.maximum.unwrap_or(Pages::max_value());
        let grown = match current.checked_add(delta) {
            Some(grown) if grown <= maximum => grown,
            _ => return Err(refused),
        };
        self.mapping
            .protect(
                current.bytes().0,
                delta.bytes().0,
                libc::PROT_READ | libc::PROT_WRITE,
            )
            .map_err(|error| MemoryError::Region(error.to_string()))?;
        // SAFETY: the definition is valid while the memory is used (see `new`).
        unsafe { self.definition.as_mut().current_length = grown.bytes().0 };
        Ok(current)
    }

    fn vmmemory(&self) -> NonNull<VMMemoryDefinition> {
        self.definition
    }

    fn try_clone(&self) -> Result<Box<dyn LinearMemory + Send + Sync>, MemoryError> {
        Err(MemoryError::MemoryNotShared)
    }

    fn copy(&self) -> Result<Box<dyn LinearMemory + Send + Sync>, MemoryError> {
        Err(MemoryError::MemoryNotShared)
    }
}

/// What a fresh memory of a module holds: everything outside the runs is zero.
///
/// It is about as large as the module's data, wherever that lies: two bytes at
/// either end of the memory must not make an image of all of it.
#[derive(Debug, Default)]
pub(crate) struct Image {
    pages: usize,
    runs: Vec<Run>,
}

/// Bytes that are not zero, or between such.
#[derive(Debug)]
struct Run {
    start: usize,
    bytes: Box<[u8]>,
}

/// So many zeros end a run: fewer cost less to keep than another run.
const GAP: usize = 64;

/// The engine's handle on the memory of one instance; `None` inside if the
/// module has no memory.
#[derive(Debug)]
pub(crate) struct GuestMemory(Option<Region>);

#[derive(Debug)]
struct Region {
    mapping: Arc<Mapping>,
    definition: NonNull<VMMemoryDefinition>,
}

/// A range that is not inside the memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OutOfRange;

impl GuestMemory {
    fn parts(&self) -> (*mut u8, usize) {
        match &self.0 {
            // SAFETY: the definition lives as long as the instance, which the
            // owner of this handle keeps beside it (see `pool::Instance`).
            Some(region) => unsafe {
                (
                    region.mapping.base.as_ptr(),
                    region.definition.as_ref().current_length,
                )
            },
            None => (NonNull::dangling().as_ptr(), 0),
        }
    }

    /// The current length in bytes.
    pub(crate) fn len(&self) -> usize {
        self.parts().1
    }

    fn range(&self, ptr: u32, len: u32) -> Result<*mut u8, OutOfRange> {
        let (base, size) = self.parts();
        // Two 32-bit numbers cannot overflow 64 bits.
        if u64::from(ptr) + u64::from(len) > size as u64 {
            return Err(OutOfRange);
        }
        // SAFETY: the offset is inside the accessible part of the mapping.
        Ok(unsafe { base.add(ptr as usize) })
    }

    /// The bytes of a range. A range of length zero may end where the memory ends.
    pub(crate) fn read(&self, ptr: u32, len: u32) -> Result<&[u8], OutOfRange> {
        let start = self.range(ptr, len)?;
        // SAFETY: `range` checked the bounds; the guest does not run while the
        // slice lives, because it borrows the handle that a run needs mutably.
        Ok(unsafe { std::slice::from_raw_parts(start, len as usize) })
    }

    /// The bytes of a range, to be written.
    pub(crate) fn write(&mut self, ptr: u32, len: u32) -> Result<&mut [u8], OutOfRange> {
        let start = self.range(ptr, len)?;
        // SAFETY: as in `read`, and the handle is borrowed mutably.
        Ok(unsafe { std::slice::from_raw_parts_mut(start, len as usize) })
    }

    /// Takes the picture of a memory in which nothing has run yet.
    pub(crate) fn image(&self) -> Image {
        let len = self.len();
        let all = self
            .read(0, u32::try_from(len).unwrap_or(u32::MAX))
            .unwrap_or(&[]);
        Image {
            pages: len / WASM_PAGE_SIZE,
            runs: runs(all),
        }
    }

    /// Makes the memory what it was when it was new.
    pub(crate) fn reset(&mut self, image: &Image) -> io::Result<()> {
        let initial = image.pages * WASM_PAGE_SIZE;
        let grown = self.len();
        let Some(region) = &mut self.0 else {
            return Ok(());
        };
        if grown > initial {
            discard(&region.mapping, initial, grown - initial)?;
            region
                .mapping
                .protect(initial, grown - initial, libc::PROT_NONE)?;
            // SAFETY: see `parts`; no guest runs, the handle is borrowed mutably.
            unsafe { region.definition.as_mut().current_length = initial };
        }
        let written = initial.min(RESET_BY_WRITING);
        if initial > written {
            discard(&region.mapping, written, initial - written)?;
        }
        let kept = self
            .write(0, written as u32)
            .expect("the initial length is accessible");
        kept.fill(0);
        for run in &image.runs {
            self.write(run.start as u32, run.bytes.len() as u32)
                .expect("the image is inside the initial length")
                .copy_from_slice(&run.bytes);
        }
        Ok(())
    }
}

/// The runs of a memory.
fn runs(all: &[u8]) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut from = 0;
    while let Some(offset) = all[from..].iter().position(|byte| *byte != 0) {
        let start = from + offset;
        let rest = &all[start..];
        let gap = rest.windows(GAP).position(|window| window == [0; GAP]);
        let end = rest[..gap.unwrap_or(rest.len())]
            .iter()
            .rposition(|byte| *byte != 0);
        let len = end.map_or(0, |last| last + 1);
        runs.push(Run {
            start,
            bytes: rest[..len].into(),
        });
        from = start + len;
    }
    runs
}

/// Gives pages back; they read as zero when they are touched again.
fn discard(mapping: &Mapping, from: usize, len: usize) -> io::Result<()> {
    assert!(
        from.checked_add(len)
            .is_some_and(|end| end <= mapping.reserved)
    );
    // SAFETY: the range lies inside a private anonymous mapping of ours, and no
    // reference into it is alive: `reset` holds the only handle mutably.
    let result = unsafe {
        libc::madvise(
            mapping.base.as_ptr().add(from).cast(),
            len,
            libc::MADV_DONTNEED,
        )
    };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// The counters that the meter keeps in globals of the instance.
#[derive(Debug)]
pub(crate) struct Counters {
    gas: NonNull<VMGlobalDefinition>,
    frames: NonNull<VMGlobalDefinition>,
}

impl Counters {
    /// Gas left; negative if exhausted.
    pub(crate) fn gas(&self) -> i64 {
        // SAFETY: the definition lives in the instance that is kept beside this
        // handle, and the global is an i64 (the meter declares it).
        unsafe { self.gas.as_ref().val.i64 }
    }

    pub(crate) fn set_gas(&mut self, gas: i64) {
        // SAFETY: as in `gas`; the guest is suspended while the host runs.
        unsafe { self.gas.as_mut().val.i64 = gas };
    }

    /// Frame bytes left; negative if exhausted.
    pub(crate) fn frames(&self) -> i32 {
        // SAFETY: as in `gas`; the global is an i32.
        unsafe { self.frames.as_ref().val.i32 }
    }

    pub(crate) fn set_frames(&mut self, frames: i32) {
        // SAFETY: as in `set_gas`.
        unsafe { self.frames.as_mut().val.i32 = frames };
    }
}

/// What of an instance the engine keeps a handle on.
#[derive(Debug)]
pub(crate) struct Handles {
    pub(crate) memory: GuestMemory,
    pub(crate) counters: Counters,
}

// SAFETY: the pointers lead into the instance that is kept beside the handles
// (see `pool::Instance`) and moves between threads together with them.
unsafe impl Send for Handles {}

#[derive(Default)]
struct Capture {
    memory: Option<Region>,
    globals: Vec<NonNull<VMGlobalDefinition>>,
}

thread_local! {
    /// Filled by the tunables while wasmer builds an instance on this thread.
    static CAPTURE: RefCell<Option<Capture>> = const { RefCell::new(None) };
}

/// Runs `instantiate`, which must build exactly one instance on this thread, and
/// returns the handles on what it built. `None` for the handles if the module
/// was not instrumented.
pub(crate) fn capture<T, E>(
    instantiate: impl FnOnce() -> Result<T, E>,
) -> (Result<T, E>, Option<Handles>) {
    CAPTURE.with_borrow_mut(|slot| *slot = Some(Capture::default()));
    let built = instantiate();
    let captured = CAPTURE.with_borrow_mut(Option::take).unwrap_or_default();
    // The meter appends its two globals to those of the module: gas, frames.
    let handles = match captured.globals.as_slice() {
        [.., gas, frames] => Some(Handles {
            memory: GuestMemory(captured.memory),
            counters: Counters {
                gas: *gas,
                frames: *frames,
            },
        }),
        _ => None,
    };
    (built, handles)
}

/// Makes wasmer take its memories, and its stack size, from here.
pub(crate) struct ContractTunables {
    base: BaseTunables,
    config: VMConfig,
}

impl ContractTunables {
    pub(crate) fn new() -> Self {
        Self {
            base: BaseTunables::new(),
            config: VMConfig {
                wasm_stack_size: Some(WASM_STACK_SIZE),
            },
        }
    }
}

impl Tunables for ContractTunables {
    fn memory_style(&self, _memory: &MemoryType) -> MemoryStyle {
        MemoryStyle::Static
    }

    fn table_style(&self, table: &TableType) -> TableStyle {
        self.base.table_style(table)
    }

    fn create_host_memory(
        &self,
        ty: &MemoryType,
        style: &MemoryStyle,
    ) -> Result<VMMemory, MemoryError> {
        self.base.create_host_memory(ty, style)
    }

    unsafe fn create_vm_memory(
        &self,
        ty: &MemoryType,
        _style: &MemoryStyle,
        vm_definition_location: NonNull<VMMemoryDefinition>,
    ) -> Result<VMMemory, MemoryError> {
        // SAFETY: wasmer passes a location inside the instance that will own
        // this memory.
        let memory = unsafe { ContractMemory::new(ty, vm_definition_location)? };
        CAPTURE.with_borrow_mut(|slot| {
            if let Some(capture) = slot {
                capture.memory = Some(Region {
                    mapping: Arc::clone(&memory.mapping),
                    definition: vm_definition_location,
                });
            }
        });
        Ok(VMMemory::from_custom(
            Box::new(memory) as Box<dyn LinearMemory + Send + Sync>
        ))
    }

    fn create_host_table(&self, ty: &TableType, style: &TableStyle) -> Result<VMTable, String> {
        self.base.create_host_table(ty, style)
    }

    unsafe fn create_vm_table(
        &self,
        ty: &TableType,
        style: &TableStyle,
        vm_definition_location: NonNull<VMTableDefinition>,
    ) -> Result<VMTable, String> {
        // SAFETY: passed on under the same contract.
        unsafe { self.base.create_vm_table(ty, style, vm_definition_location) }
    }

    unsafe fn create_vm_global(
        &self,
        ty: GlobalType,
        vm_definition_location: NonNull<VMGlobalDefinition>,
    ) -> Result<VMGlobal, String> {
        CAPTURE.with_borrow_mut(|slot| {
            if let Some(capture) = slot {
                capture.globals.push(vm_definition_location);
            }
        });
        // SAFETY: passed on under the same contract.
        unsafe { self.base.create_vm_global(ty, vm_definition_location) }
    }

    fn vmconfig(&self) -> &VMConfig {
        &self.config
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn runs_hold_what_is_not_zero(
            data in proptest::collection::vec((0usize..5_000, any::<u8>(), 1usize..200), 0..20),
        ) {
            let mut memory = vec![0; 5_200];
            let written: usize = data.iter().map(|(_, _, len)| len).sum();
            for (at, byte, len) in data {
                memory[at..at + len].fill(byte);
            }
            let runs = runs(&memory);
            let mut rebuilt = vec![0; memory.len()];
            for run in &runs {
                rebuilt[run.start..run.start + run.bytes.len()].copy_from_slice(&run.bytes);
            }
            prop_assert_eq!(rebuilt, memory);
            let kept: usize = runs.iter().map(|run| run.bytes.len()).sum();
            prop_assert!(kept <= written + 20 * GAP, "{} for {}", kept, written);
        }
    }

    #[test]
    fn an_image_is_as_large_as_the_data() {
        let mut memory = vec![0; 1 << 20];
        (memory[0], memory[(1 << 20) - 1]) = (1, 1);
        let runs = runs(&memory);
        assert_eq!(
            runs.iter().map(|run| run.bytes.len()).collect::<Vec<_>>(),
            [1, 1]
        );
    }
}
