//! `cargo xtask setup`, and the tools that the tasks need.

use anyhow::Result;
use clap::ValueEnum;

use crate::process;
use crate::step::{self, Consent, Reach, Step, Way};
use crate::workspace::Workspace;
use crate::{nextest, ui};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The tasks to prepare; all of them by default
    #[arg(value_enum)]
    tasks: Vec<Task>,
}

/// A task that has a set-up. `demo` needs the Rust tool chain alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Task {
    Test,
    Ci,
    Bench,
    Soak,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments, yes: bool) -> Result<bool> {
    let tasks = match arguments.tasks.as_slice() {
        [] => Task::value_variants(),
        tasks => tasks,
    };
    let steps: Vec<_> = tasks.iter().flat_map(|task| steps(*task)).collect();
    step::prepare(workspace, &steps, Consent::new(yes))?;
    ui::next("`cargo xtask demo`, then `cargo xtask test`");
    Ok(true)
}

/// Sets up what a task needs.
pub(crate) fn prepare(workspace: &Workspace, task: Task, yes: bool) -> Result<()> {
    step::prepare(workspace, &steps(task), Consent::new(yes))
}

/// Sets up what a first test run needs, and nothing that it can go without.
pub(crate) fn for_contracts(workspace: &Workspace, yes: bool) -> Result<()> {
    step::prepare(workspace, &[&WASM_TARGET], Consent::new(yes))
}

fn steps(task: Task) -> Vec<&'static Step> {
    match task {
        Task::Test => vec![&WASM_TARGET, &NEXTEST, &IPTABLES],
        Task::Ci => vec![&DENY, &WASM_TARGET, &IPTABLES],
        Task::Bench => vec![&RUST_SRC],
        Task::Soak => vec![&NIGHTLY, &FUZZ, &IPTABLES],
    }
}

/// Only `setup` installs it: nobody's first test run shall wait for it.
const NEXTEST: Step = Step {
    what: "cargo-nextest",
    why: "a process per test: a crash or a hang fails one test alone",
    cost: "5 min",
    optional: true,
    check: nextest::is_installed,
    ways: &[Way {
        command: &[
            "cargo",
            "install",
            "--locked",
            "cargo-nextest@0.9.143",
            "--root",
            "{tools}",
        ],
        reach: Reach::Cache,
    }],
};

const DENY: Step = Step {
    what: "cargo-deny",
    why: "checks licences, sources and advisories of every dependency",
    cost: "4 min",
    optional: false,
    check: |workspace| workspace.program("cargo-deny").is_some(),
    ways: &[Way {
        command: &[
            "cargo",
            "install",
            "--locked",
            "cargo-deny@0.20.2",
            "--root",
            "{tools}",
        ],
        reach: Reach::Cache,
    }],
};

const WASM_TARGET: Step = Step {
    what: "wasm32 target",
    why: "contracts are built for it",
    cost: "10 s",
    optional: true,
    check: has_wasm_target,
    ways: &[Way {
        command: &["rustup", "target", "add", "wasm32-unknown-unknown"],
        reach: Reach::ToolChain,
    }],
};

const RUST_SRC: Step = Step {
    what: "Rust's standard library as source",
    why: "builds the measured contracts for plain WebAssembly, which all peers accept",
    cost: "20 s",
    optional: false,
    check: has_standard_library_source,
    ways: &[
        Way {
            command: &["rustup", "component", "add", "rust-src"],
            reach: Reach::ToolChain,
        },
        Way {
            command: &[
                "apt-get",
                "install",
                "--yes",
                "--no-install-recommends",
                "rustc-web",
                "cargo-web",
                "rust-web-src",
                "rust-web-llvm",
                "lld-22",
            ],
            reach: Reach::System,
        },
    ],
};

const NIGHTLY: Step = Step {
    what: "nightly Rust",
    why: "cargo-fuzz instruments code with switches that only nightly has",
    cost: "1 min",
    optional: true,
    check: |workspace| {
        let mut command = workspace.command("rustup".as_ref());
        process::succeeds(command.args(["run", "nightly", "rustc", "--version"]))
    },
    ways: &[Way {
        command: &[
            "rustup",
            "toolchain",
            "install",
            "nightly",
            "--profile",
            "minimal",
        ],
        reach: Reach::ToolChain,
    }],
};

const FUZZ: Step = Step {
    what: "cargo-fuzz",
    why: "searches for modules on which the tiers disagree",
    cost: "3 min",
    optional: true,
    check: |workspace| workspace.program("cargo-fuzz").is_some(),
    ways: &[Way {
        command: &[
            "cargo",
            "install",
            "--locked",
            "cargo-fuzz@0.13.2",
            "--root",
            "{tools}",
        ],
        reach: Reach::Cache,
    }],
};

const IPTABLES: Step = Step {
    what: "iptables",
    why: "cuts the links between nodes, in namespaces of their own",
    cost: "10 s",
    optional: true,
    check: |workspace| {
        ["ip", "iptables"]
            .iter()
            .all(|it| workspace.program(it).is_some())
    },
    ways: &[Way {
        command: &[
            "apt-get",
            "install",
            "--yes",
            "--no-install-recommends",
            "iproute2",
            "iptables",
        ],
        reach: Reach::System,
    }],
};

pub(crate) fn has_wasm_target(workspace: &Workspace) -> bool {
    has_in_sysroot(workspace, "rustc", "wasm32-unknown-unknown/lib")
}

/// In the workspace's tool chain or in the operating system's.
fn has_standard_library_source(workspace: &Workspace) -> bool {
    ["rustc", "/usr/bin/rustc"]
        .iter()
        .any(|rustc| has_in_sysroot(workspace, rustc, "src/rust/library/core/Cargo.toml"))
}

fn has_in_sysroot(workspace: &Workspace, rustc: &str, path: &str) -> bool {
    let mut command = workspace.command(rustc.as_ref());
    let Ok(sysroot) = process::output(command.args(["--print", "sysroot"])) else {
        return false;
    };
    std::path::Path::new(sysroot.trim())
        .join("lib/rustlib")
        .join(path)
        .exists()
}
