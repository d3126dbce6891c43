//! What every command says that needs no compiler: to people and to programs,
//! to good input and to bad.

mod support;

use insta::assert_snapshot;
use support::{Place, abi, declaring, module};

const CONTRACT: &str = r#"
    (import "hull" "storage_write" (func (param i32 i32 i32 i32)))
    (memory (export "memory") 1)
    (func $add (export "call") (call 0 (i32.const 0) (i32.const 1) (i32.const 8) (i32.const 8)))
    (func (export "instantiate"))"#;

/// A place with a contract, its ABI, and one that is not admitted.
fn place() -> Place {
    let place = Place::new();
    place.write("purse.abi.json", abi().to_json());
    place.write("plain.wasm", declaring(module(CONTRACT)));
    let threads = r#"(memory (export "memory") 1 1 shared) (func $spin (export "call")
        (drop (i32.atomic.load (i32.const 0))))"#;
    place.write("threads.wasm", module(threads));
    place.write("notes.txt", "some text");
    place
}

/// Two runs of the same command: for people, and for programs.
fn both(place: &Place, arguments: &[&str]) -> String {
    let text = place.run(arguments);
    let json = place.run(&[arguments, &["--json"]].concat());
    assert_eq!(text.exit, json.exit);
    json.json();
    format!("{}\n=== --json\n{}", text.shown(), json.out)
}

#[test]
fn encode() {
    let place = place();
    let encode = |rest: &[&str]| {
        both(
            &place,
            &[&["encode", "-c", "purse.abi.json"], rest].concat(),
        )
    };
    assert_snapshot!("encode", encode(&["save", "5", r#"["a"]"#]));
    assert_snapshot!(
        "encode_constructor",
        encode(&["--constructor", "new", "least=7"])
    );
    assert_snapshot!("encode_wrong_type", encode(&["save", "amount=x", "why=[]"]));
    assert_snapshot!("encode_missing_argument", encode(&["save", "amount=1"]));
    assert_snapshot!("encode_unknown_message", encode(&["svae"]));
    assert_snapshot!(
        "encode_unknown_constructor",
        encode(&["--constructor", "zzz"])
    );
}

#[test]
fn decode() {
    let place = place();
    let decode = |rest: &[&str]| {
        both(
            &place,
            &[&["decode", "-c", "purse.abi.json"], rest].concat(),
        )
    };
    let input = place.run(&["encode", "-c", "purse.abi.json", "save", "5", r#"["a"]"#]);
    assert_snapshot!("decode_input", decode(&["input", input.out.trim()]));
    assert_snapshot!(
        "decode_output",
        decode(&["output", "saved", "0x000700000000000000"])
    );
    assert_snapshot!(
        "decode_error",
        decode(&["output", "save", "0x00010c6e6f21"])
    );
    assert_snapshot!("decode_lang_error", decode(&["output", "save", "0x0101"]));
    let topic = format!("0x{}", "07".repeat(32));
    assert_snapshot!(
        "decode_event",
        decode(&["event", &topic, "0500000000000000"])
    );
    assert_snapshot!(
        "decode_storage",
        decode(&["storage", "0x00", "0x0500000000000000"])
    );
    assert_snapshot!("decode_bad_hex", decode(&["input", "0xzz"]));
    assert_snapshot!("decode_unknown_selector", decode(&["input", "0x00000000"]));
    assert_snapshot!("decode_short_topic", decode(&["event", "0x07", "0x"]));
}

#[test]
fn abi_as_text_and_metadata() {
    let place = place();
    assert_snapshot!("abi", place.run(&["abi", "purse.abi.json"]).shown());
    let json = place.run(&["abi", "purse.abi.json", "--json"]);
    assert_eq!(json.out, abi().to_json());
    assert_snapshot!("abi_missing", both(&place, &["abi", "plain.wasm"]));
    place.write("broken.abi.json", "{}");
    assert_eq!(place.run(&["abi", "broken.abi.json"]).exit, 3);
}

#[test]
fn info_and_check() {
    let place = place();
    assert_snapshot!("info", both(&place, &["info", "plain.wasm"]));
    assert_snapshot!("check", both(&place, &["check", "plain.wasm"]));
    assert_snapshot!("check_refused", both(&place, &["check", "threads.wasm"]));
    assert_snapshot!("check_text_file", both(&place, &["check", "notes.txt"]));
    assert_snapshot!("info_no_file", both(&place, &["info", "nothing.wasm"]));
}

#[test]
fn new_and_what_it_refuses() {
    let place = place();
    let run = place.run(&["new", "my-token", "-t", "token"]);
    let json = place.run(&["new", "other", "--json"]).json();
    assert_eq!(
        (&json["name"], &json["template"]),
        (&"other".into(), &"minimal".into())
    );
    // The number of Hull's own files is no business of this test.
    let count = format!("({} files", json["sources"]);
    assert_snapshot!("new", run.shown().replace(&count, "([COUNT] files"));
    assert_snapshot!("new_exists", both(&place, &["new", "my-token"]));
    assert_snapshot!("new_bad_name", both(&place, &["new", "My Token"]));
    assert_snapshot!("new_keyword", both(&place, &["new", "fn"]));
    assert_snapshot!(
        "new_unknown_template",
        place.run(&["new", "x", "-t", "tokn"]).shown()
    );
    // The file of another version is replaced, one that is no more is removed.
    place.write("other/.hull/vm/src/lib.rs", "old");
    place.write("other/.hull/gone.rs", "old");
    assert_eq!(place.run(&["new", "--refresh", "other"]).exit, 0);
    let read = |path: &str| std::fs::read_to_string(place.path().join(path));
    assert_ne!(read("other/.hull/vm/src/lib.rs").unwrap(), "old");
    assert!(read("other/.hull/gone.rs").is_err());
    assert_eq!(place.run(&["new", "--refresh", "nowhere"]).exit, 3);
}

#[test]
fn new_projects_name_no_folder_of_this_machine() {
    let place = place();
    assert_eq!(place.run(&["new", "plain"]).exit, 0);
    let repository = env!("CARGO_MANIFEST_DIR").trim_end_matches("/cli");
    let mut open = vec![place.path().join("plain")];
    while let Some(folder) = open.pop() {
        for entry in folder.read_dir().unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let text = std::fs::read_to_string(&path).unwrap();
                assert!(!text.contains(repository), "{}", path.display());
            }
        }
    }
}

#[test]
fn commands_of_a_project_outside_one() {
    let place = place();
    assert_snapshot!("no_project", both(&place, &["build"]));
    for command in [
        &["test"][..],
        &["gas"],
        &["profile", "add"],
        &["info"],
        &["check"],
    ] {
        let run = place.run(command);
        assert_eq!(run.exit, 3, "{command:?}");
        assert!(run.err.contains("no Cargo.toml"), "{}", run.err);
    }
}

#[test]
fn a_contract_without_a_tool_chain() {
    let place = place();
    place.write(
        "lone/Cargo.toml",
        "[package]\nname = \"lone\"\nversion = \"0.1.0\"\n",
    );
    place.write("lone/src/lib.rs", "");
    // Neither in the path, nor where the operating system has one.
    let rustc = place.path().join("rustc");
    place.write("rustc", "#!/bin/sh\nexit 1\n");
    let mut mode = std::fs::metadata(&rustc).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut mode, 0o755);
    std::fs::set_permissions(&rustc, mode).unwrap();
    if std::path::Path::new("/usr/bin/rustc").exists() {
        // This machine has a second tool chain, which would be taken.
        let skips = std::env::var_os("HULL_SKIPS");
        if let Some(file) = skips {
            let mut file = std::fs::File::options()
                .append(true)
                .create(true)
                .open(file)
                .unwrap();
            let line = "a_contract_without_a_tool_chain: the system has a tool chain of its own\n";
            std::io::Write::write_all(&mut file, line.as_bytes()).unwrap();
        }
        return;
    }
    let mut command = place.command("lone", &["build"]);
    command.env("PATH", place.path());
    let run = support::Run::of(&place, &mut command);
    assert_eq!(run.exit, 5);
    assert!(
        run.err.contains("rustup target add wasm32-unknown-unknown"),
        "{}",
        run.err
    );
}

#[test]
fn doctor_tells_of_a_missing_compiler() {
    let place = place();
    let mut command = place.command("", &["doctor", "--json"]);
    command.env("PATH", place.path());
    let run = support::Run::of(&place, &mut command);
    assert_eq!(run.exit, 1);
    let compiler = &run.json()["checks"][0];
    assert_eq!(compiler["state"], "missing");
    assert!(compiler["remedy"].as_str().unwrap().contains("rustup.rs"));
}

#[test]
fn completions_and_help() {
    let place = place();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = place.run(&["completions", shell]);
        assert_eq!(run.exit, 0);
        assert!(
            run.out.contains("cargo-hull") && run.out.contains("profile"),
            "{shell}"
        );
    }
    let help = place.run(&["check", "--help"]);
    assert_eq!(help.exit, 0);
    assert!(help.out.contains("Examples:") && help.out.contains("JSON:"));
    assert_eq!(place.run(&["chekc"]).exit, 2);
    assert_eq!(place.run(&["--version"]).exit, 0);
}

/// Bash reads its script without complaint, and offers what fits.
#[test]
fn completions_complete() {
    let place = place();
    place.write("complete.sh", place.run(&["completions", "bash"]).out);
    let script = "source complete.sh; COMP_WORDS=(cargo-hull pro); COMP_CWORD=1;
        _cargo__hull cargo-hull pro cargo-hull; echo ${COMPREPLY[@]}";
    let bash = std::process::Command::new("bash")
        .args(["-euc", script])
        .current_dir(place.path())
        .output()
        .unwrap();
    let offered = String::from_utf8_lossy(&bash.stdout);
    assert_eq!(offered.trim(), "profile", "{bash:?}");
}

#[test]
fn a_terminal_is_coloured_unless_it_is_asked_not_to_be() {
    let place = place();
    for arguments in [&["check", "threads.wasm"][..], &["abi", "plain.wasm"]] {
        let plain = place.on_terminal(arguments, &[("NO_COLOR", "1")]);
        let coloured = place.on_terminal(arguments, &[]);
        assert!(!plain.is_empty() && !plain.contains('\x1b'), "{plain:?}");
        assert!(coloured.contains("\x1b["), "{coloured:?}");
    }
}

#[test]
fn nothing_is_coloured_without_a_terminal() {
    let place = place();
    for arguments in [
        &["check", "threads.wasm"][..],
        &["abi", "plain.wasm"],
        &["doctor"],
    ] {
        let run = place.run(arguments);
        assert!(
            !run.out.contains('\x1b') && !run.err.contains('\x1b'),
            "{arguments:?}"
        );
    }
}
