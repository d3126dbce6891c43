//! Builds contracts with the real compiler.

mod support;

use std::fs;
use std::path::Path;

use hull_build::{
    Abi, AbiSource, BuildError, BuildRecord, Built, Progress, SizeReport, Step, Symbols, build,
};
use sha2::{Digest, Sha256};
use support::{ABI, LIBRARY, MARK, Project, write};

/// Everything that a user's manifest could do to the code.
const CONTRARY: &str = r#"
[profile.release]
opt-level = 3
lto = false
codegen-units = 16
overflow-checks = false
debug-assertions = true
debug = 2
strip = true
panic = "unwind"
"#;

fn built(project: &Project, abi: AbiSource) -> Built {
    build(&project.request(abi), &mut |_| {}).expect("it builds")
}

/// A project whose library knows its ABI.
fn with_abi(below: &str) -> Project {
    let hull_abi = Path::new(env!("CARGO_MANIFEST_DIR")).join("../abi");
    let hull_abi = hull_abi.canonicalize().expect("it is beside this crate");
    let manifest = format!(
        "[lib]\ncrate-type = [\"cdylib\"]\n[features]\nmore = []\n\
         [target.'cfg(not(target_arch = \"wasm32\"))'.dependencies]\n\
         hull-abi = {{ path = {hull_abi:?} }}\n"
    );
    let project = Project::new(below, &format!("{LIBRARY}{ABI}"), &manifest);
    // The versions that this workspace has are at hand without network.
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock");
    fs::copy(lock, project.folder.join("Cargo.lock")).expect("the workspace has one");
    project
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).expect("it was written")
}

/// Two terminals, or a test and an editor: each gets the whole contract.
#[test]
fn builds_of_one_contract_at_once_do_not_meet() {
    let project = with_abi("shared");
    let digests: Vec<_> = std::thread::scope(|scope| {
        let builds = [(); 3].map(|()| scope.spawn(|| built(&project, AbiSource::Library)));
        let digests = builds.map(|one| one.join().expect("it builds").record.digest);
        digests.to_vec()
    });
    assert_eq!(digests, vec![digests[0].clone(); 3]);
}

#[test]
fn folders_and_profiles_do_not_change_the_bytes() {
    let ann = Project::new("home/ann", LIBRARY, "");
    let bob = Project::new("srv/builds/of/bob/7", LIBRARY, CONTRARY);
    write(
        &bob.folder.join(".cargo/config.toml"),
        "[build]\nrustflags = [\"-Copt-level=1\", \"-Cdebug-assertions=yes\"]\n\
         [profile.release]\nopt-level = 0\n",
    );
    let (of_ann, of_bob) = (built(&ann, AbiSource::None), built(&bob, AbiSource::None));
    let wasm = read(&of_ann.wasm);
    assert_eq!(of_ann.record.digest, hex::encode(Sha256::digest(&wasm)));
    assert_eq!(of_ann.record, of_bob.record);
    assert!(wasm == read(&of_bob.wasm), "the record has the same digest");

    for (project, built) in [(&ann, &of_ann), (&bob, &of_bob)] {
        for file in [&built.wasm, &built.debug_wasm, &built.record_json] {
            let text = String::from_utf8_lossy(&read(file)).into_owned();
            let outer = project.folder.parent().expect("it is in a folder");
            assert!(
                !text.contains(&*outer.to_string_lossy()),
                "{}",
                file.display()
            );
        }
    }
    // Where a panic tells its place, and that both of them are there at all:
    // the sum is checked although one profile says that it is not.
    let text = String::from_utf8_lossy(&wasm);
    assert!(text.contains("src/lib.rs"), "the contract's own file");
    assert!(
        text.contains("/dependencies/helper/src/lib.rs"),
        "the helper's file"
    );

    let report = &of_ann.report;
    assert_eq!(report.exports, ["memory", "call", "instantiate"]);
    let imports: Vec<_> = report
        .imports
        .iter()
        .map(|it| (&*it.module, &*it.name))
        .collect();
    assert_eq!(imports.len(), 4, "{imports:?}");
    assert!(
        imports.iter().all(|(module, _)| *module == "hull"),
        "{imports:?}"
    );
    assert_eq!(
        report.total, report.without_custom,
        "no custom section is left"
    );
    assert!(report.total < 1500, "{report:?}");

    symbols_match(&of_ann);
}

/// Holds that the file with the symbols is about the very same code.
fn symbols_match(built: &Built) {
    let debug = read(&built.debug_wasm);
    let code = SizeReport::read(&debug).expect("a module").code;
    assert_eq!(code, built.report.code);
    let symbols = Symbols::read(&debug).expect("it has symbols");
    let line = LIBRARY
        .lines()
        .position(|line| line.ends_with(MARK))
        .expect("it is there")
        + 1;
    let line = u32::try_from(line).ok();
    let place = (0..code as u64)
        .map(|offset| symbols.locate_in_code(offset))
        .find(|found| found.iter().any(|it| it.line == line))
        .expect("the line has code");
    let outermost = place.last().expect("not empty");
    assert_eq!(
        outermost.function.as_deref(),
        Some("fixture::wasm::checked_sum")
    );
    assert_eq!(outermost.file.as_deref(), Some("/contract/src/lib.rs"));
    let imported = u32::try_from(built.report.imports.len()).expect("few");
    let first = symbols.locate(imported, 0);
    assert!(!first.is_empty(), "{symbols:?}");
    let first_import = &built.report.imports.first().expect("there are four").name;
    let name = symbols.function_name(0).expect("it has one");
    assert!(name.contains(first_import), "{name}");
    assert!(symbols.locate(u32::MAX, 0).is_empty());
    assert!(symbols.locate_in_code(u64::MAX).is_empty());
    // The module that is deployed has no symbols, and says so.
    let wasm = read(&built.wasm);
    let none = Symbols::read(&wasm).expect("a module");
    assert!(none.locate(imported, 0).is_empty());
}

#[test]
fn the_abi_comes_from_the_library() {
    let project = with_abi("c");
    let mut request = project.request(AbiSource::Library);
    request.features = vec!["more".into()];
    let mut steps = Vec::new();
    let built = build(&request, &mut |progress| {
        if let Progress::Finished(step, _) = progress {
            steps.push(step);
        }
    })
    .expect("it builds");
    assert_eq!(
        steps,
        [Step::Prepare, Step::Compile, Step::Abi, Step::Finish]
    );

    let abi = built.abi.as_ref().expect("it was asked for");
    assert_eq!(abi.docs, ["Adds."]);
    let wasm = read(&built.wasm);
    assert_eq!(
        Abi::from_wasm(&wasm).expect("a module"),
        Some(abi.without_docs())
    );
    let json = fs::read_to_string(built.abi_json.as_ref().expect("there is an ABI"));
    assert_eq!(
        &Abi::from_json(&json.expect("it was written")).expect("an ABI"),
        abi
    );
    let custom: Vec<_> = built
        .report
        .sections
        .iter()
        .filter(|it| it.0.contains('.'))
        .collect();
    assert_eq!(custom.len(), 2, "{custom:?}");
    assert_eq!(built.report.capabilities, Some(abi.capabilities));

    let record: BuildRecord = serde_json::from_slice(&read(&built.record_json)).expect("a record");
    assert_eq!(record, built.record);
    assert_eq!((&*record.name, &*record.version), ("fixture", "0.3.0"));
    assert_eq!(record.features, ["more"]);
    assert_eq!(record.sizes.wasm, wasm.len());
    assert!(record.lock_digest.is_some());
}

#[test]
fn what_is_no_contract_is_told_apart() {
    let project = Project::new("c", LIBRARY, "");
    let refused = build(&project.request(AbiSource::Library), &mut |_| {});
    match refused {
        Err(BuildError::NoAbi { library, reason }) => {
            assert_eq!(library, "fixture");
            assert!(reason.contains("abi"), "{reason}");
        }
        other => panic!("{other:?}"),
    }

    // The same signature, of a group that is not the least one.
    let library = LIBRARY.replace("return_data(", "debug_log(");
    write(&project.folder.join("src/lib.rs"), &library);
    match build(&project.request(AbiSource::None), &mut |_| {}) {
        Err(BuildError::Undeclared { undeclared, .. }) => {
            assert_eq!(undeclared.len(), 1, "{undeclared:?}");
            assert_eq!(undeclared[0].functions, ["debug_log"]);
        }
        other => panic!("{other:?}"),
    }

    write(&project.folder.join("src/lib.rs"), "this is no Rust\n");
    let refused = build(&project.request(AbiSource::None), &mut |_| {});
    assert!(
        matches!(refused, Err(BuildError::Compile { .. })),
        "{refused:?}"
    );

    fs::rename(
        project.folder.join("src/lib.rs"),
        project.folder.join("src/main.rs"),
    )
    .expect("it is there");
    let refused = build(&project.request(AbiSource::None), &mut |_| {});
    assert!(
        matches!(refused, Err(BuildError::NoLibrary { .. })),
        "{refused:?}"
    );

    write(&project.folder.join("Cargo.toml"), "[nonsense");
    let refused = build(&project.request(AbiSource::None), &mut |_| {});
    assert!(
        matches!(refused, Err(BuildError::Manifest { .. })),
        "{refused:?}"
    );

    fs::remove_file(project.folder.join("Cargo.toml")).expect("it is there");
    let refused = build(&project.request(AbiSource::None), &mut |_| {});
    assert!(
        matches!(refused, Err(BuildError::File { .. })),
        "{refused:?}"
    );
}
