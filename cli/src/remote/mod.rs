//! A network, as seen through the RPC of one of its nodes.
//!
//! [`Remote`] is what commands work with: it asks ([`Remote::ask`]), turns what a
//! user writes into addresses ([`Remote::address`]), and sends transactions
//! ([`Remote::submit`]). It trusts the node with answers, never with keys: what is
//! signed is made here.

mod abi;
mod error;
mod names;
mod prove;
mod rpc;
mod submit;
mod trace;

use clap::Args;
use hull_rpc_types::{self as rpc_types, GetStatus, Method, NoParams, Status};

pub(crate) use error::RemoteError;
pub(crate) use prove::Proved;
pub(crate) use rpc::Rpc;
pub(crate) use submit::{Submitted, TransactionOptions};

use crate::error::Error;
use crate::wallet::{Network, Wallet, WalletError};
use abi::Abis;

/// The network that a development node of this machine makes.
pub(crate) const DEV: &str = "dev";
/// Where such a node listens unless told otherwise.
pub(crate) const DEV_URL: &str = "http://127.0.0.1:4855";

/// Which network.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Network")]
pub(crate) struct NetworkOptions {
    /// Name of a network, or URL of a node's RPC; `dev` is a node of this machine
    #[arg(long, short, value_name = "NETWORK", env = "HULL_NETWORK", default_value = DEV)]
    network: String,
}

/// A node that answered, and what the user calls things there.
pub(crate) struct Remote {
    rpc: Rpc,
    pub(crate) status: Status,
    wallet: Wallet,
    abis: Abis,
}

impl NetworkOptions {
    /// Asks the node who it is. A named network has to be the chain that it was
    /// when it got its name.
    pub(crate) fn connect(&self) -> Result<Remote, Error> {
        let wallet = Wallet::find()?;
        let known = self.network(&wallet)?;
        let rpc = Rpc::new(&known.url)?;
        let status = rpc.call::<GetStatus>(&NoParams {})?;
        let found = status.chain_id.to_string();
        if !known.chain_id.is_empty() && known.chain_id != found {
            return Err(RemoteError::OtherChain {
                network: self.network.clone(),
                expected: known.chain_id,
                found,
            }
            .into());
        }
        Ok(Remote {
            rpc,
            status,
            wallet,
            abis: Abis::default(),
        })
    }

    fn network(&self, wallet: &Wallet) -> Result<Network, Error> {
        let at = |url: &str| Network {
            url: url.into(),
            chain_id: String::new(),
        };
        if self.network.contains("://") {
            return Ok(at(&self.network));
        }
        let mut all = wallet.networks().all()?;
        if let Some(known) = all.remove(&self.network) {
            return Ok(known);
        }
        if self.network == DEV {
            return Ok(at(DEV_URL));
        }
        let mut known: Vec<_> = all.into_keys().collect();
        known.push(DEV.into());
        Err(WalletError::unknown("network", &self.network, known).into())
    }
}

impl Remote {
    /// Calls a method.
    pub(crate) fn ask<M: Method>(&self, params: &M::Params) -> Result<M::Answer, Error> {
        Ok(self.rpc.call::<M>(params)?)
    }

    /// The same, where "not found" is an answer.
    pub(crate) fn look<M: Method>(&self, params: &M::Params) -> Result<Option<M::Answer>, Error> {
        match self.rpc.call::<M>(params) {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.is(rpc_types::ErrorCode::NotFound) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
