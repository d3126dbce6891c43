//! A contract in a folder of its own, written by hand without the SDK.

use std::fs;
use std::path::{Path, PathBuf};

use hull_build::{AbiSource, Request};
use tempfile::TempDir;

/// A workspace with a contract, and beside it a crate that it depends on.
pub(crate) struct Project {
    /// Keeps the folder until the end of the test.
    _root: TempDir,
    pub(crate) folder: PathBuf,
}

/// The line of [`LIBRARY`] that can panic ends with this.
pub(crate) const MARK: &str = "// can panic";

pub(crate) const LIBRARY: &str = r#"#![cfg_attr(target_arch = "wasm32", no_std)]

#[cfg(target_arch = "wasm32")]
mod wasm {
    #[link(wasm_import_module = "hull")]
    unsafe extern "C" {
        safe fn input_len() -> u32;
        fn input(out: *mut u8, offset: u32, len: u32);
        fn return_data(data: *const u8, len: u32);
        fn abort(message: *const u8, len: u32) -> !;
    }

    #[panic_handler]
    fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
        let file = info.location().map_or("", |it| it.file());
        // SAFETY: the host reads exactly the bytes of `file`.
        unsafe { abort(file.as_ptr(), file.len() as u32) }
    }

    #[unsafe(no_mangle)]
    extern "C" fn instantiate() {}

    #[unsafe(no_mangle)]
    extern "C" fn call() {
        let mut n = [0u8; 8];
        // SAFETY: the host writes at most the eight bytes of `n`.
        unsafe { input(n.as_mut_ptr(), 0, input_len().min(8)) };
        let sum = checked_sum(n[0] as u32 * 0x0101_0101, n[1] as u32 * 0x0101_0101);
        let sum = helper::halve(sum, n[2] as u32).to_le_bytes();
        // SAFETY: the host reads exactly the four bytes of `sum`.
        unsafe { return_data(sum.as_ptr(), 4) };
    }

    #[inline(never)]
    fn checked_sum(a: u32, b: u32) -> u32 {
        a + b // can panic
    }
}
"#;

pub(crate) const ABI: &str = r#"
/// What the SDK's macros would generate.
#[cfg(not(target_arch = "wasm32"))]
pub fn abi() -> hull_abi::Abi {
    hull_abi::AbiBuilder::new("fixture", "0.3.0")
        .docs(&["Adds."])
        .message(hull_abi::MessageSpec::new("add").docs(&["Adds two."]).arg::<(u8, u8)>("both"))
        .build()
}
"#;

const HELPER: &str = r#"#![no_std]
#[inline(never)]
pub fn halve(a: u32, by: u32) -> u32 {
    a / by
}
"#;

impl Project {
    /// The project in a folder below a new one.
    pub(crate) fn new(below: &str, library: &str, manifest: &str) -> Self {
        let root = tempfile::tempdir().expect("there is room for temporary files");
        let outer = root.path().canonicalize().expect("it was made").join(below);
        let folder = outer.join("fixture");
        let helper = outer.join("helper");
        write(&helper.join("src/lib.rs"), HELPER);
        let package = |name: &str, rest: &str| {
            format!("[package]\nname = \"{name}\"\nversion = \"0.3.0\"\nedition = \"2024\"\n{rest}")
        };
        write(&helper.join("Cargo.toml"), &package("helper", ""));
        write(&folder.join("src/lib.rs"), library);
        let rest = format!(
            "{manifest}\n[workspace]\n[dependencies]\nhelper = {{ path = \"../helper\" }}\n"
        );
        write(&folder.join("Cargo.toml"), &package("fixture", &rest));
        Self {
            _root: root,
            folder,
        }
    }

    /// A build of the project without network, in a folder of its own.
    pub(crate) fn request(&self, abi: AbiSource) -> Request {
        let mut request = Request::new(self.folder.join("Cargo.toml"));
        request.target_folder = Some(self.folder.join("out"));
        request.offline = true;
        request.abi = abi;
        request
    }
}

pub(crate) fn write(path: &Path, content: &str) {
    fs::create_dir_all(path.parent().expect("it is in a folder")).expect("the folder is writable");
    fs::write(path, content).expect("the folder is writable");
}
