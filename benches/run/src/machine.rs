//! What to know about the machine that measured.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::Duration;

/// More than this share of the machine's time, and somebody else is at work.
const BUSY: f64 = 0.05;

/// A line for each fact that can be found out.
pub(crate) fn notes() -> Vec<String> {
    [processor(), compiler(), load()]
        .into_iter()
        .flatten()
        .collect()
}

fn processor() -> Option<String> {
    let info = fs::read_to_string("/proc/cpuinfo").ok()?;
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name"))?;
    let cores = info
        .lines()
        .filter(|line| line.starts_with("processor"))
        .count();
    Some(format!(
        "{}, {cores} cores",
        model.trim_start_matches([' ', '\t', ':'])
    ))
}

fn compiler() -> Option<String> {
    let output = Command::new("rustc").arg("--version").output().ok()?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}

/// Whether the machine was idle just before the clock started.
fn load() -> Option<String> {
    let before = Ticks::now()?;
    thread::sleep(Duration::from_secs(2));
    let share = Ticks::now()?.busy_since(&before)?;
    let percent = share * 100.0;
    Some(if share > BUSY {
        format!("NOT IDLE: {percent:.0} % busy before the start, so these figures are no result")
    } else {
        format!("idle before the start ({percent:.1} % busy)")
    })
}

/// The processors' clock, all cores together.
struct Ticks {
    all: u64,
    idle: u64,
}

impl Ticks {
    fn now() -> Option<Self> {
        let stat = fs::read_to_string("/proc/stat").ok()?;
        let ticks: Vec<u64> = stat
            .lines()
            .next()?
            .split_whitespace()
            .skip(1)
            .map(|ticks| ticks.parse().ok())
            .collect::<Option<_>>()?;
        // In this order: user, nice, system, idle, iowait.
        Some(Self {
            all: ticks.iter().sum(),
            idle: ticks.get(3)? + ticks.get(4)?,
        })
    }

    fn busy_since(&self, before: &Self) -> Option<f64> {
        let all = self.all.checked_sub(before.all)?;
        let idle = self.idle.checked_sub(before.idle)?;
        (all > 0).then(|| 1.0 - idle as f64 / all as f64)
    }
}
