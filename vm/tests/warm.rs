//! A warm call asks nothing of the system: no mapping is made or removed.
//!
//! The kernel is the judge. A child process warms an engine up, has the kernel
//! kill it on the first `mmap`, `munmap`, `mremap` or `madvise`, and calls on.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]
#![allow(unsafe_code, reason = "installs a system call filter")]

mod support;

use std::process::Command;

use support::Chain;

/// Tells the test binary that it is the child.
const CHILD: &str = "HULL_WARM_CHILD";
const CALLS: usize = 1_000;

/// A transfer: input, two reads, two writes, an event, a result, a nested call.
const TRANSFER: &str = r#"(module
  (import "hull" "storage_read" (func $read (param i32 i32 i32 i32) (result i64)))
  (import "hull" "storage_write" (func $write (param i32 i32 i32 i32)))
  (import "hull" "event" (func $event (param i32 i32 i32 i32)))
  (import "hull" "callee" (func $callee (param i32)))
  (import "hull" "input_len" (func $input_len (result i32)))
  (import "hull" "call" (func $call (param i32 i32 i64 i32 i32 i32 i32) (result i32)))
  (memory 1)
  (func (export "call")
    (drop (call $read (i32.const 0) (i32.const 1) (i32.const 8) (i32.const 8)))
    (drop (call $read (i32.const 1) (i32.const 1) (i32.const 8) (i32.const 8)))
    (call $write (i32.const 0) (i32.const 1) (i32.const 8) (i32.const 8))
    (call $write (i32.const 1) (i32.const 2) (i32.const 8) (i32.const 8))
    (call $event (i32.const 0) (i32.const 1) (i32.const 8) (i32.const 8))
    (if (i32.eqz (call $input_len)) (then
      (call $callee (i32.const 100))
      (drop (call $call (i32.const 100) (i32.const 200) (i64.const 0) (i32.const 0) (i32.const 2)
        (i32.const 0) (i32.const 1)))))))"#;

#[test]
fn warm_calls_map_nothing() {
    if std::env::var_os(CHILD).is_some() {
        return child();
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "warm_calls_map_nothing",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains("calling under the filter"),
        "the child did not get that far: {text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        text.contains("warm calls made"),
        "a warm call mapped or unmapped memory ({}): {text}",
        output.status
    );
}

/// The filter works: without it the test above would pass for nothing.
#[test]
fn the_filter_kills_on_a_mapping() {
    const MAPS: &str = "HULL_WARM_MAPS";
    if std::env::var_os(MAPS).is_some() {
        forbid_mappings();
        // Larger than malloc's threshold, so it is mapped.
        let block = vec![1u8; 64 << 20];
        println!("survived with {} bytes", std::hint::black_box(block).len());
        return;
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "the_filter_kills_on_a_mapping",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(MAPS, "1")
        .output()
        .unwrap();
    assert!(!String::from_utf8_lossy(&output.stdout).contains("survived"));
    assert!(!output.status.success());
}

fn child() {
    for tiering in support::TIERS {
        let mut chain = Chain::on(tiering);
        let contract = chain.deploy(TRANSFER);
        for _ in 0..100 {
            assert!(chain.call(contract, &[]).result.is_success());
        }
        if tiering == support::TIERS[0] {
            continue;
        }
        println!("calling under the filter");
        forbid_mappings();
        for _ in 0..CALLS {
            assert!(chain.call(contract, &[]).result.is_success());
        }
        println!("warm calls made");
        // Nothing after this may map either, and dropping the engine would.
        // SAFETY: ends the process without running anything else.
        unsafe { libc::_exit(0) };
    }
}

/// From here on a mapping kills the process.
fn forbid_mappings() {
    let allow = libc::SECCOMP_RET_ALLOW;
    let kill = libc::SECCOMP_RET_KILL_PROCESS;
    let jump_if = |number: libc::c_long, skip: u8| libc::sock_filter {
        code: (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16,
        jt: skip,
        jf: 0,
        k: number as u32,
    };
    let give = |what: u32| libc::sock_filter {
        code: (libc::BPF_RET | libc::BPF_K) as u16,
        jt: 0,
        jf: 0,
        k: what,
    };
    let load_number = libc::sock_filter {
        code: (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16,
        jt: 0,
        jf: 0,
        k: 0,
    };
    let mut program = [
        load_number,
        jump_if(libc::SYS_mmap, 4),
        jump_if(libc::SYS_munmap, 3),
        jump_if(libc::SYS_mremap, 2),
        jump_if(libc::SYS_madvise, 1),
        give(allow),
        give(kill),
    ];
    let filter = libc::sock_fprog {
        len: program.len() as u16,
        filter: program.as_mut_ptr(),
    };
    // SAFETY: plain system calls with a valid program that outlives them.
    let installed = unsafe {
        libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
            && libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, 0, &filter) == 0
    };
    assert!(installed, "{}", std::io::Error::last_os_error());
}
