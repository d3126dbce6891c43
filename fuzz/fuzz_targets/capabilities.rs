//! Any bytes as a declaration of capabilities: decoder and admission agree, and
//! rights are only ever narrowed.
#![no_main]

use std::sync::LazyLock;

use hull_differential::admission::declares;
use hull_host_api::Capabilities;
use hull_vm::{Config, Vm};
use libfuzzer_sys::fuzz_target;

static VM: LazyLock<Vm> = LazyLock::new(|| Vm::new(Config::default()).expect("the engine starts"));

fuzz_target!(|bytes: &[u8]| {
    declares(&VM, bytes).unwrap();
    let half = bytes.len().min(Capabilities::ENCODED_LEN);
    let (one, other) = bytes.split_at(half);
    if let (Ok(one), Ok(other)) = (Capabilities::decode(one), Capabilities::decode(other)) {
        let both = one.intersection(&other);
        assert_eq!(both, other.intersection(&one));
        assert_eq!(both.intersection(&one), both);
        assert_eq!(one.intersection(&one), one);
        assert!(both.storage_quota <= one.storage_quota && both.callees <= one.callees);
        assert!(both.upgrade <= one.upgrade);
        assert!(both.groups.iter().all(|group| one.groups.contains(group)));
    }
});
