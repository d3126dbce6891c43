//! The node, its parameters, its blocks; and what a development node does besides.

use hull_host_api::Hash;
use hull_rpc_types as rpc;
use hull_types::{UPDATE_DELAY, Validator, dev};
use parity_scale_codec::Encode;

use crate::api::Api;
use crate::failed::Failed;

impl Api {
    /// `hull_status`.
    ///
    /// # Errors
    /// None.
    pub fn status(&self, _: rpc::NoParams) -> Result<rpc::Status, Failed> {
        let (chain, head) = (self.chain(), self.chain().head());
        let pool = chain.with_pool(|pool| pool.size());
        Ok(rpc::Status {
            chain_id: chain.chain_id().into(),
            chain_name: chain.genesis().name.clone(),
            address_prefix: self.settings().prefix.clone(),
            version: self.node().version.into(),
            dev: self.node().dev.is_some(),
            height: head.height,
            block: head.hash.into(),
            time: head.time,
            state_root: head.state_root.into(),
            pool: rpc::Pool {
                transactions: pool.transactions as u64,
                bytes: pool.bytes as u64,
            },
        })
    }

    /// `hull_peers`.
    ///
    /// # Errors
    /// None; a node without a network has no peers.
    pub fn peers(&self, _: rpc::NoParams) -> Result<Vec<rpc::Peer>, Failed> {
        let network = self.node().network.as_ref();
        Ok(network.map(|network| network.peers()).unwrap_or_default())
    }

    /// `hull_parameters`.
    ///
    /// # Errors
    /// If there is no such block.
    pub fn parameters(&self, params: rpc::AtParams) -> Result<rpc::Parameters, Failed> {
        let height = self.height(params.block)?;
        let parameters = self.chain().executor().parameters(height);
        Ok(self.convert().parameters(parameters))
    }

    /// `hull_genesis`.
    ///
    /// # Errors
    /// None.
    pub fn genesis(&self, _: rpc::NoParams) -> Result<rpc::Genesis, Failed> {
        let bytes = self.chain().genesis().encode().into();
        Ok(rpc::Genesis { bytes })
    }

    /// `hull_validators`.
    ///
    /// # Errors
    /// If there is no such block.
    pub fn validators(&self, params: rpc::AtParams) -> Result<rpc::Validators, Failed> {
        let height = self.height(params.block)?.saturating_add(1);
        // No block changes them later than this.
        let following = height.saturating_add(UPDATE_DELAY - 1);
        let now = self.chain().validators(height)?;
        let next = self.chain().validators(following)?;
        let changes = next != now;
        let told = |all: Vec<Validator>| all.into_iter().map(Into::into).collect();
        Ok(rpc::Validators {
            height,
            hash: Validator::set_hash(&now).into(),
            validators: told(now),
            next_from: changes.then_some(following),
            next: if changes { told(next) } else { Vec::new() },
        })
    }

    /// `hull_block`.
    ///
    /// # Errors
    /// If there is no such block.
    pub fn block(&self, params: rpc::BlockParams) -> Result<rpc::Block, Failed> {
        match self.height(params.block)? {
            0 => self.genesis_block(),
            height => {
                let committed = self.chain().committed(height)?;
                Ok(self.convert().block(&committed, params.full))
            }
        }
    }

    fn genesis_block(&self) -> Result<rpc::Block, Failed> {
        let store = self.chain().store();
        let header = store.header(0)?.unwrap_or_default();
        let root: Option<Hash> = store.root(0)?;
        Ok(rpc::Block {
            hash: self.chain().chain_id().into(),
            header: self.convert().header(&header),
            state_root_after: root.unwrap_or_default().into(),
            transactions: rpc::BlockTransactions::Hashes(Vec::new()),
            certificate: rpc::Bytes::default(),
            evidence: Vec::new(),
        })
    }

    /// `dev_seal`.
    ///
    /// # Errors
    /// If it is too many at once, or the node failed.
    pub fn dev_seal(&self, params: rpc::DevSealParams) -> Result<rpc::Sealed, Failed> {
        /// So that one call does not hold the node for minutes.
        const MOST: u32 = 1_000;
        if params.blocks == 0 || params.blocks > MOST {
            let what = format!("{} blocks", params.blocks);
            return Err(Failed::params(what, "blocks", format!("give 1 to {MOST}")));
        }
        Ok(self.dev()?.seal(params.blocks)?)
    }

    /// `dev_increaseTime`.
    ///
    /// # Errors
    /// None on a development node.
    pub fn dev_increase_time(
        &self,
        params: rpc::IncreaseTimeParams,
    ) -> Result<rpc::DevTime, Failed> {
        let time = self.dev()?.increase_time(params.milliseconds);
        Ok(rpc::DevTime { time })
    }

    /// `dev_setTime`.
    ///
    /// # Errors
    /// If that is not later than the last block.
    pub fn dev_set_time(&self, params: rpc::DevSetTimeParams) -> Result<rpc::DevTime, Failed> {
        let time = self.dev()?.set_time(params.time)?;
        Ok(rpc::DevTime { time })
    }

    /// `dev_accounts`.
    ///
    /// # Errors
    /// If the node failed.
    pub fn dev_accounts(&self, _: rpc::NoParams) -> Result<Vec<rpc::DevAccount>, Failed> {
        self.dev()?;
        let accounts = dev::accounts().iter();
        let accounts = accounts.map(|account| {
            Ok(rpc::DevAccount {
                name: account.name.into(),
                address: self.convert().address(&account.address),
                balance: self.balance(&account.address)?.into(),
                public_knowledge_key: account.key().to_bytes().to_vec().into(),
            })
        });
        accounts.collect()
    }

    fn dev(&self) -> Result<&dyn crate::DevControl, Failed> {
        self.node().dev.as_deref().ok_or_else(|| {
            let what = "this is no development node";
            Failed::new(
                rpc::ErrorCode::UnknownMethod,
                what,
                "method",
                "start `hulld dev`",
            )
        })
    }
}
