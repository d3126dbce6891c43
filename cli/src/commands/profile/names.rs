//! What the places of a profile are called.

use std::collections::BTreeMap;

use hull_build::Symbols;
use hull_vm::Place;

use super::host_name;
use crate::contract::Contract;
use crate::error::Error;

/// The names of one contract's functions.
pub(super) struct Names {
    contract: String,
    functions: BTreeMap<u32, String>,
}

impl Names {
    pub(super) fn new(contract: &Contract) -> Result<Self, Error> {
        let debug = contract.debug_wasm.as_deref().unwrap_or(&contract.wasm);
        let symbols = Symbols::read(debug).map_err(|error| Error::BadModule {
            path: contract.path.clone(),
            reason: error.to_string(),
        })?;
        // A module has fewer functions than this; most have some dozens.
        let named = (0..hull_vm::limits::MAX_FUNCTIONS + hull_vm::limits::MAX_IMPORTS)
            .filter_map(|index| Some((index, plain(&symbols.function_name(index)?))));
        Ok(Self {
            contract: contract.name.clone(),
            functions: named.collect(),
        })
    }

    pub(super) fn of(&self, place: &Place) -> String {
        match place {
            Place::Function { function, .. } => match self.functions.get(function) {
                Some(name) => name.clone(),
                None => format!("function {function}"),
            },
            Place::Host(function) => format!("host: {}", host_name(*function)),
            Place::Contract { kind, .. } => format!("{} ({kind})", self.contract),
            _ => "elsewhere".into(),
        }
    }
}

/// A name without what separates names in folded stacks.
fn plain(name: &str) -> String {
    name.replace(';', ",")
}
