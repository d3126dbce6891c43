//! Set-up as data: what is needed, why, how to see that it is there, and the
//! commands that put it there.

use anyhow::{Context, Result, bail, ensure};

use crate::process;
use crate::ui::{self, Tone};
use crate::workspace::Workspace;

/// How far a step reaches. What reaches beyond the cache needs consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    /// Hull's own cache, which anybody may delete.
    Cache,
    /// The user's Rust tool chains.
    ToolChain,
    /// The operating system's packages.
    System,
}

/// One way to do a step: a command, with `{tools}` for our folder of tools.
#[derive(Debug)]
pub(crate) struct Way {
    pub(crate) command: &'static [&'static str],
    pub(crate) reach: Reach,
}

/// Something a task needs beyond the Rust tool chain.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) what: &'static str,
    pub(crate) why: &'static str,
    /// What it takes on a small machine.
    pub(crate) cost: &'static str,
    /// Whether the task does without it, with a skip or more slowly.
    pub(crate) optional: bool,
    pub(crate) check: fn(&Workspace) -> bool,
    /// Tried in order until the check holds.
    pub(crate) ways: &'static [Way],
}

/// What may be done without asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Consent {
    /// `--yes`.
    Given,
    /// Somebody sits at the terminal.
    Ask,
    /// Nobody to ask: only the cache may change.
    CacheOnly,
}

impl Consent {
    pub(crate) fn new(yes: bool) -> Self {
        match (yes, ui::attended()) {
            (true, _) => Self::Given,
            (false, true) => Self::Ask,
            (false, false) => Self::CacheOnly,
        }
    }
}

/// Shows the steps that are missing, asks if need be, and does them.
pub(crate) fn prepare(workspace: &Workspace, steps: &[&Step], consent: Consent) -> Result<()> {
    let missing: Vec<_> = steps
        .iter()
        .copied()
        .filter(|step| !(step.check)(workspace))
        .collect();
    if missing.is_empty() {
        println!("set-up: nothing to do");
        return Ok(());
    }
    println!("set-up:");
    print!(
        "{}",
        ui::table(
            &missing
                .iter()
                .map(|step| row(workspace, step))
                .collect::<Vec<_>>()
        )
    );
    let allowed = match consent {
        Consent::Given => Reach::System,
        Consent::CacheOnly => Reach::Cache,
        Consent::Ask if ui::ask("Do this?")? => Reach::System,
        Consent::Ask => bail!("set-up declined; nothing was changed"),
    };
    // Before anything is done: half a set-up helps nobody.
    for step in missing.iter().filter(|step| !step.optional) {
        let possible = usable(workspace, step, allowed).next().is_some();
        ensure!(
            possible,
            "{} is missing; {}",
            step.what,
            remedy(step, allowed)
        );
    }
    for step in missing {
        match install(workspace, step, allowed) {
            Ok(()) => println!("{} {}", ui::paint(Tone::Good, "set up:"), step.what),
            Err(error) if step.optional => {
                println!(
                    "{} {}: {error:#}",
                    ui::paint(Tone::Notice, "goes without"),
                    step.what
                );
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn row(workspace: &Workspace, step: &Step) -> Vec<String> {
    let command = usable(workspace, step, Reach::System)
        .next()
        .map_or_else(|| "by hand".into(), |way| expand(workspace, way).join(" "));
    vec![step.what.into(), step.why.into(), step.cost.into(), command]
}

/// The ways that are allowed and whose program is here.
fn usable<'a>(
    workspace: &'a Workspace,
    step: &'a Step,
    allowed: Reach,
) -> impl Iterator<Item = &'a Way> {
    step.ways.iter().filter(move |way| {
        way.reach <= allowed
            && way
                .command
                .first()
                .is_some_and(|p| workspace.program(p).is_some())
    })
}

fn install(workspace: &Workspace, step: &Step, allowed: Reach) -> Result<()> {
    ui::begin(step.what, step.why);
    for way in usable(workspace, step, allowed) {
        let command = expand(workspace, way);
        let (program, arguments) = command.split_first().context("a way without a command")?;
        let mut command = workspace.command(program.as_ref());
        // A tool is built in a folder that goes away, not among our builds.
        command.args(arguments).env_remove("CARGO_TARGET_DIR");
        let status = process::status(&mut command)?;
        if status.success() && (step.check)(workspace) {
            return Ok(());
        }
        println!("`{}` did not do it", process::line(&command));
    }
    bail!("{} is still missing; {}", step.what, remedy(step, allowed))
}

/// What somebody can do about a step that did not work.
fn remedy(step: &Step, allowed: Reach) -> String {
    if step.ways.iter().any(|way| way.reach > allowed) {
        return "installing it changes this machine: repeat with `--yes`".into();
    }
    let ways: Vec<_> = step
        .ways
        .iter()
        .map(|way| format!("`{}`", way.command.join(" ")))
        .collect();
    format!("install it by hand, as in {}", ways.join(" or "))
}

fn expand(workspace: &Workspace, way: &Way) -> Vec<String> {
    let tools = workspace.tools();
    way.command
        .iter()
        .map(|part| part.replace("{tools}", &tools.to_string_lossy()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HARMLESS: Way = Way {
        command: &["true"],
        reach: Reach::Cache,
    };
    const SYSTEM: Way = Way {
        command: &["false"],
        reach: Reach::System,
    };

    fn step(optional: bool, present: bool, ways: &'static [Way]) -> Step {
        let check: fn(&Workspace) -> bool = if present { |_| true } else { |_| false };
        Step {
            what: "a tool",
            why: "a reason",
            cost: "1 s",
            optional,
            check,
            ways,
        }
    }

    fn prepare_one(step: &Step, consent: Consent) -> Result<()> {
        prepare(&Workspace::find()?, &[step], consent)
    }

    #[test]
    fn what_is_there_is_left_alone() {
        let there = step(false, true, &[SYSTEM]);
        assert!(prepare_one(&there, Consent::CacheOnly).is_ok());
    }

    #[test]
    fn without_consent_the_machine_stays_as_it_is() {
        let error = prepare_one(&step(false, false, &[SYSTEM]), Consent::CacheOnly)
            .expect_err("must not run");
        assert!(error.to_string().contains("--yes"), "{error}");
    }

    #[test]
    fn a_way_that_changes_nothing_is_no_success() {
        assert!(prepare_one(&step(false, false, &[HARMLESS]), Consent::Given).is_err());
    }

    #[test]
    fn tasks_go_without_optional_tools() {
        let optional = step(true, false, &[HARMLESS, SYSTEM]);
        assert!(prepare_one(&optional, Consent::CacheOnly).is_ok());
        assert!(prepare_one(&optional, Consent::Given).is_ok());
    }
}
