//! The bytes make a module and its calls; every engine has to agree on them.
#![no_main]

use hull_differential::{Case, compare};
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Some(case) = Case::from_bytes(bytes) else {
        return Corpus::Reject;
    };
    if let Err(fault) = compare(&case) {
        panic!("{fault}");
    }
    Corpus::Keep
});
