//! The way of somebody who has never seen Hull, for each template: in an empty
//! folder outside the repository, with an empty home.

mod support;

use std::path::{Path, PathBuf};

use support::{Place, Run};

/// One for all templates, and kept: dependencies are compiled once.
fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("walk")
}

struct Project {
    place: Place,
    name: &'static str,
}

impl Project {
    fn new(template: &str, name: &'static str) -> Self {
        let place = Place::new();
        let run = place.run(&["new", name, "--template", template]);
        assert_eq!(run.exit, 0, "{}", run.shown());
        Self { place, name }
    }

    fn run(&self, arguments: &[&str]) -> Run {
        let mut command = self.place.command(self.name, arguments);
        command.env("CARGO_TARGET_DIR", target());
        Run::of(&self.place, &mut command)
    }

    fn done(&self, arguments: &[&str]) -> Run {
        let run = self.run(arguments);
        assert_eq!(run.exit, 0, "{arguments:?} {}", run.shown());
        run
    }

    /// What every template has to go through.
    fn walk(&self, profile: &[&str], function: &str) {
        let built = self.done(&["build", "--json"]).json();
        let digest = built["record"]["digest"].as_str().unwrap().to_owned();
        let checked = self.done(&["check", "--json"]).json();
        assert_eq!(checked["admitted"], true);
        assert_eq!(checked["unused"], serde_json::json!([]));
        let tested = self.done(&["test", "--json"]).json();
        assert_eq!(tested["failed"], 0);
        assert!(tested["passed"].as_u64().unwrap() >= 2, "{tested}");
        let info = self.done(&["info", "--json"]).json();
        assert_eq!(info["codeHash"], format!("0x{digest}"));
        self.gas();
        let svg = self.place.path().join("graph.svg");
        let output = svg.display().to_string();
        let profiled = self.done(&[profile, &["--json", "--output", &output]].concat());
        let profiled = profiled.json();
        assert_eq!(profiled["result"], "success");
        // Every unit of gas is somewhere.
        let places = profiled["places"].as_array().unwrap();
        let sum: u64 = places.iter().map(|it| it["gas"].as_u64().unwrap()).sum();
        assert_eq!(profiled["gas"], sum);
        let svg = std::fs::read_to_string(svg).unwrap();
        assert!(
            svg.contains("host: storage_write") && svg.contains(function),
            "{profiled:#}"
        );
        let formatted = std::process::Command::new("cargo")
            .args(["fmt", "--check"])
            .current_dir(self.place.path().join(self.name))
            .output()
            .unwrap();
        assert!(formatted.status.success(), "{formatted:?}");
    }

    fn gas(&self) {
        assert_eq!(
            self.run(&["gas", "--check"]).exit,
            1,
            "there is no snapshot yet"
        );
        self.done(&["gas", "--save"]);
        let checked = self.done(&["gas", "--check", "--json"]).json();
        assert_eq!(checked["snapshot"]["verdict"], "unchanged");
        // A number that is off by one is told.
        let file = self.place.path().join(self.name).join("gas.snapshot");
        let text = std::fs::read_to_string(&file).unwrap();
        let mut document: serde_json::Value = serde_json::from_str(&text).unwrap();
        let messages = document["scenarios"]["all tests"]["messages"].as_object_mut();
        let first = messages.unwrap().values_mut().next().unwrap();
        first["max"] = (first["max"].as_u64().unwrap() + 1).into();
        std::fs::write(&file, document.to_string()).unwrap();
        let checked = self.run(&["gas", "--check"]);
        assert_eq!(checked.exit, 1, "{}", checked.shown());
        assert!(
            checked.out.contains("cargo hull gas --save"),
            "{}",
            checked.out
        );
        self.done(&["gas", "--check", "--tolerance", "1"]);
    }
}

/// What the project's CI runs, as its file says it, but for the tool chain.
fn ci(project: &Project) {
    let folder = project.place.path().join(project.name);
    let file = std::fs::read_to_string(folder.join(".github/workflows/ci.yml")).unwrap();
    let commands: Vec<_> = file
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- run: cargo "))
        .collect();
    assert_eq!(commands.len(), 3, "{file}");
    for command in commands {
        let output = std::process::Command::new("cargo")
            .args(command.split_whitespace())
            .env("CARGO_TARGET_DIR", target())
            .current_dir(&folder)
            .output()
            .unwrap();
        assert!(output.status.success(), "cargo {command}: {output:?}");
    }
}

/// Somebody else, in another folder, with nothing compiled before.
fn digest_elsewhere(project: &Project) -> String {
    let elsewhere = Place::new();
    let run = elsewhere.run(&["new", "deep", "--json"]);
    assert_eq!(run.exit, 0, "{}", run.shown());
    let from = project.place.path().join(project.name).join("src/lib.rs");
    std::fs::copy(from, elsewhere.path().join("deep/src/lib.rs")).unwrap();
    let manifest = elsewhere.path().join("deep/Cargo.toml");
    let text = std::fs::read_to_string(&manifest).unwrap();
    let text = text.replace("\"deep\"", &format!("{:?}", project.name));
    std::fs::write(&manifest, text).unwrap();
    let mut command = elsewhere.command("deep", &["build", "--json"]);
    command
        .env("USER", "somebody")
        .env("CARGO_TARGET_DIR", elsewhere.path().join("else"));
    let run = Run::of(&elsewhere, &mut command);
    assert_eq!(run.exit, 0, "{}", run.shown());
    run.json()["record"]["digest"].as_str().unwrap().to_owned()
}

#[test]
fn minimal() {
    let project = Project::new("minimal", "tally");
    project.walk(&["profile", "add", "5", "--new", "new 40"], "call");
    let built = project.done(&["build", "--json"]).json();
    assert_eq!(built["record"]["digest"], digest_elsewhere(&project));
    ci(&project);
    let shown = project.done(&["test", "-vvv"]);
    let all = shown.out + &shown.err;
    assert!(all.contains("add"), "{all}");
    // What a mistake looks like.
    let source = project.place.path().join("tally/src/lib.rs");
    let text = std::fs::read_to_string(&source).unwrap();
    std::fs::write(&source, text.replace("+ amount", "+ amuont")).unwrap();
    let broken = project.run(&["build"]);
    assert_eq!(broken.exit, 4, "{}", broken.shown());
    assert!(broken.err.contains("amuont"), "{}", broken.err);
    std::fs::write(&source, text.replace("+ amount", "+ amount + 1")).unwrap();
    let failed = project.run(&["test", "--json"]);
    assert_eq!(failed.exit, 1, "{}", failed.shown());
    assert_eq!(failed.json()["failed"], 1);
}

#[test]
fn token() {
    let about = r#"new about={"name":"Gold","symbol":"AU","decimals":12}"#;
    let calls = ["profile", "transfer", "@bob", "5", "--new", about];
    let before = ["--before", "mint @alice 100"];
    Project::new("token", "my-coin").walk(&[&calls[..], &before].concat(), "call");
}

#[test]
fn device() {
    let key = format!("0x{}", "07".repeat(32));
    let profile = ["profile", "register", "7", &key, "80"];
    Project::new("device", "sensors").walk(&profile, "call");
}
