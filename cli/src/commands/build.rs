//! `cargo hull build`.

use std::path::PathBuf;

use clap::Args;
use hull_build::{BuildRecord, Built};
use serde::Serialize;

use crate::Exit;
use crate::error::Error;
use crate::project::ProjectOptions;
use crate::ui::{Answer, Paint, Ui, grouped};

/// Compile the contract: Wasm, ABI, symbols, build record
///
/// The Wasm is optimised for size and stripped; its symbols lie beside it. The
/// same sources, lock file and compiler give the same bytes everywhere.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  cargo hull build
  cargo hull build --locked --offline
  cargo hull build --json | jq -r .record.digest

JSON:
  {\"wasm\", \"debugWasm\", \"abi\", \"recordFile\": paths, \"record\": the build record:
   {\"name\", \"version\", \"digest\", \"compiler\", \"sizes\": {\"wasm\", \"code\", …}, …}}")]
pub(crate) struct Options {
    #[command(flatten)]
    project: ProjectOptions,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Output {
    wasm: PathBuf,
    debug_wasm: PathBuf,
    abi: Option<PathBuf>,
    record_file: PathBuf,
    record: BuildRecord,
}

pub(crate) fn run(options: &Options, ui: Ui) -> Result<Exit, Error> {
    let built = options.project.build_aloud(ui)?;
    Ok(ui.answer(&Output::from(built)))
}

impl From<Built> for Output {
    fn from(built: Built) -> Self {
        Self {
            wasm: built.wasm,
            debug_wasm: built.debug_wasm,
            abi: built.abi_json,
            record_file: built.record_json,
            record: built.record,
        }
    }
}

impl Answer for Output {
    fn text(&self, paint: Paint) -> String {
        let record = &self.record;
        let bytes = |count: usize| format!("{} bytes", grouped(count as u64));
        let mut lines = vec![
            paint.title(format!("{} {}", record.name, record.version)),
            format!("  wasm      {}", self.wasm.display()),
            format!(
                "  size      {}, {} without custom sections",
                bytes(record.sizes.wasm),
                bytes(record.sizes.without_custom)
            ),
            format!("  digest    sha256:{}", record.digest),
        ];
        if let Some(abi) = &self.abi {
            lines.push(format!("  abi       {}", abi.display()));
        }
        lines.push(format!("  symbols   {}", self.debug_wasm.display()));
        lines.push(format!(
            "  compiler  rustc {}, standard library {}",
            record.compiler.release, record.standard_library
        ));
        lines.join("\n") + "\n"
    }
}
