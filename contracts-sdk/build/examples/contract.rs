//! Builds a contract and tells what came out:
//! `cargo run -p hull-build --example contract -- path/to/Cargo.toml`.

use std::process::ExitCode;

use hull_build::{BuildError, Request, build};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), BuildError> {
    let mut arguments = std::env::args_os().skip(1);
    let manifest = arguments.next().unwrap_or_else(|| "Cargo.toml".into());
    let mut request = Request::new(manifest);
    request.target_folder = arguments.next().map(Into::into);
    let built = build(&request, &mut |progress| eprintln!("{progress}"))?;
    println!("{}  sha256:{}", built.wasm.display(), built.record.digest);
    for (section, bytes) in &built.report.sections {
        println!("{bytes:>8}  {section}");
    }
    println!(
        "{:>8}  without custom sections",
        built.report.without_custom
    );
    println!("{:>8}  together", built.report.total);
    Ok(())
}
