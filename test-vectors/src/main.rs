//! `cargo run -p hull-test-vectors -- check | bless`

use anyhow::{Result, bail};

fn main() -> Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some("check") => {
            let files = hull_test_vectors::run::files()?;
            for file in &files {
                hull_test_vectors::check(file)?;
            }
            let chains = hull_test_vectors::chain::files()?;
            for file in &chains {
                hull_test_vectors::chain::check(file)?;
            }
            hull_test_vectors::encodings::check()?;
            println!("{} vectors hold", files.len() + chains.len() + 1);
        }
        Some("bless") => {
            let changed = hull_test_vectors::bless()?;
            for file in &changed {
                println!("wrote {}", file.display());
            }
            println!(
                "{} files changed; read the difference before you commit it",
                changed.len()
            );
        }
        _ => bail!("say `check` or `bless`"),
    }
    Ok(())
}
