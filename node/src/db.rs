//! `hulld db`: looks after a store.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use hull_state::{ChainStore, Options, Redb};
use serde_json::json;

use crate::args::DbCommand;
use crate::dev::STORE_FILE;
use crate::home::Home;

pub(crate) fn run(command: &DbCommand) -> Result<()> {
    match command {
        DbCommand::Check { data, home, json } => {
            let data = data.clone();
            let data = data.or_else(|| Some(Home::new(home.as_ref()?).data()));
            check(
                &data.context("say which: `--home DIR` or `--data DIR`")?,
                *json,
            )
        }
    }
}

fn check(folder: &Path, as_json: bool) -> Result<()> {
    let file = folder.join(STORE_FILE);
    // Opening would make an empty one.
    if !file.is_file() {
        bail!(
            "there is no store in {}: {STORE_FILE} is missing",
            folder.display()
        );
    }
    let store = Redb::open(&file).with_context(|| format!("open {}", file.display()))?;
    let chain = ChainStore::open(Arc::new(store), Options::default())?;
    let checked = chain
        .check()
        .with_context(|| format!("check {}", file.display()))?;
    if as_json {
        let found = json!({
            "file": file.display().to_string(),
            "oldest": checked.oldest,
            "latest": checked.latest,
            "transactions": checked.transactions,
            "records": checked.records,
            "nodes": checked.nodes,
            "codes": checked.codes,
        });
        crate::banner::print(&format!("{found}\n"));
        return Ok(());
    }
    crate::banner::print(&format!(
        "{}: everything holds\n\
         heights with a state  {} to {}\n\
         transactions          {}\n\
         records of the state  {}\n\
         nodes of the trees    {}\n\
         codes                 {}\n",
        file.display(),
        checked.oldest,
        checked.latest,
        checked.transactions,
        checked.records,
        checked.nodes,
        checked.codes,
    ));
    Ok(())
}
