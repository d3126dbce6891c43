//! Hosts that are no machines: network namespaces on a bridge.
//!
//! A test runs itself again in namespaces of its own, for network, mounts and processes.
//! Bridge, hosts and rules are made in there, so nothing of them is seen outside, and all
//! of it ends with the test, however that ends: the system takes it away with its last
//! process.
//!
//! ```text
//! outside │ the test again, at 10.77.0.254
//!         │      └─ bridge ─┬─ host0, 10.77.0.1: hulld
//!         │                 ├─ host1, 10.77.0.2: hulld
//!         │                 └─ …
//! ```

use std::env;
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

/// Names the file that says that the test inside has run to its end.
const INSIDE: &str = "HULL_INSIDE";
/// What the hosts' addresses begin with. Nobody else is in their network.
const NETWORK: &str = "10.77.0";
/// The test's own address.
const TEST: &str = "10.77.0.254";

/// Runs a test in namespaces of its own, or says why that cannot be and leaves.
pub(crate) fn alone(test: &str, body: impl FnOnce()) {
    if let Some(file) = env::var_os(INSIDE) {
        body();
        return fs::write(file, "done").unwrap();
    }
    if let Err(reason) = possible() {
        return skip(test, &reason);
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    let again = unshare()
        .arg(env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture", "--test-threads=2"])
        .env(INSIDE, file.path())
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&again.stdout);
    // What the harness says inside would be counted outside as well.
    let is_ours = |line: &&str| !["test ", "running "].iter().any(|it| line.starts_with(it));
    said.lines()
        .filter(is_ours)
        .for_each(|line| println!("{line}"));
    assert!(again.status.success(), "{test} failed: {}", again.status);
    // A name that is none would run nothing, and end well.
    assert_eq!(fs::read_to_string(file).unwrap(), "done");
}

/// A command in new namespaces; it is killed with its parent.
fn unshare() -> Command {
    let mut command = Command::new("unshare");
    command.args(["--net", "--mount", "--pid", "--fork", "--kill-child"]);
    command.args(["--mount-proc", "--propagation=private", "--"]);
    command
}

/// Whether this machine can, else what it lacks.
fn possible() -> Result<(), String> {
    let ends_well = |command: &mut Command| {
        let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
        quiet.status().is_ok_and(|status| status.success())
    };
    for (program, version) in [
        ("unshare", "--version"),
        ("ip", "-V"),
        ("iptables", "--version"),
    ] {
        if !ends_well(Command::new(program).arg(version)) {
            return Err(format!("{program} is not installed"));
        }
    }
    if !ends_well(unshare().args(["iptables", "--list"])) {
        return Err("namespaces and rules of a network need root on Linux".into());
    }
    Ok(())
}

fn skip(test: &str, reason: &str) {
    println!("{test}: {reason}");
    if let Some(file) = env::var_os("HULL_SKIPS") {
        let file = fs::File::options().append(true).create(true).open(file);
        writeln!(file.unwrap(), "{test}: {reason}").unwrap();
    }
}

/// The hosts of a test, by their numbers. Made inside.
pub(crate) struct Hosts {
    count: usize,
}

impl Hosts {
    pub(crate) fn new(count: usize) -> Self {
        let hosts = Self { count };
        // `ip` keeps the names of namespaces here.
        run("mount -t tmpfs hull /run");
        run("ip link set lo up");
        run("ip link add hull type bridge");
        run(&format!("ip address add {TEST}/24 dev hull"));
        run("ip link set hull up");
        for host in 0..count {
            let (name, address) = (format!("host{host}"), hosts.address(host));
            run(&format!("ip netns add {name}"));
            let peer = format!("peer name eth0 netns {name}");
            run(&format!("ip link add to-{name} type veth {peer}"));
            run(&format!("ip link set to-{name} master hull up"));
            run(&format!("ip -n {name} address add {address}/24 dev eth0"));
            run(&format!("ip -n {name} link set eth0 up"));
            run(&format!("ip -n {name} link set lo up"));
        }
        hosts
    }

    /// Where a host is.
    pub(crate) fn address(&self, host: usize) -> String {
        format!("{NETWORK}.{}", host + 1)
    }

    /// What a command on a host begins with.
    pub(crate) fn inside(&self, host: usize) -> Vec<String> {
        let name = format!("host{host}");
        ["ip", "netns", "exec", &name].map(String::from).into()
    }

    /// What some send does not arrive at others any more.
    pub(crate) fn cut(&self, from: &[usize], to: &[usize]) {
        for to in to {
            for from in from {
                let from = self.address(*from);
                self.rule(*to, &format!("--append INPUT --source {from} --jump DROP"));
            }
        }
    }

    /// Of a hundred packets between hosts so many get lost.
    pub(crate) fn lose(&self, percent: u32) {
        let by_chance = format!(
            "--match statistic --mode random --probability {:.2}",
            f64::from(percent) / 100.0
        );
        for host in 0..self.count {
            self.rule(
                host,
                &format!("--append INPUT --source {TEST} --jump ACCEPT"),
            );
            let rule = format!("--append INPUT --in-interface eth0 {by_chance} --jump DROP");
            self.rule(host, &rule);
        }
    }

    /// Everything arrives again. Says how many packets did not.
    pub(crate) fn heal(&self) -> u64 {
        let hosts = 0..self.count;
        let lost = hosts.map(|host| {
            let rules = self.rule(host, "--list INPUT --verbose --exact --numeric");
            self.rule(host, "--flush INPUT");
            let drops = rules.lines().filter(|line| line.contains(" DROP "));
            let counts = drops.map(|line| line.split_whitespace().next().unwrap());
            counts
                .map(|count| count.parse::<u64>().unwrap())
                .sum::<u64>()
        });
        lost.sum()
    }

    fn rule(&self, host: usize, rule: &str) -> String {
        run(&format!("ip netns exec host{host} iptables {rule}"))
    }
}

/// What a command prints, which has to end well.
fn run(line: &str) -> String {
    let mut words = line.split(' ');
    let mut command = Command::new(words.next().unwrap());
    let output = command.args(words).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{line}: {said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
