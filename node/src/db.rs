//! `hulld db`: looks after a store.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use hull_state::{ChainStore, Options, Redb};

use crate::args::DbCommand;
use crate::dev::STORE_FILE;

pub(crate) fn run(command: &DbCommand) -> Result<()> {
    match command {
        DbCommand::Check { data } => check(data),
    }
}

fn check(folder: &Path) -> Result<()> {
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
