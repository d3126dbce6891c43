//! Proofs: what the node says, held against a state root.

use hull_host_api::{Address, Hash};
use hull_proof::Subject;
use hull_rpc_types::{
    self as rpc_types, AtParams, BlockId, GetGenesis, GetProof, GetValidators, NoParams,
    ProofParams, ProofSubject,
};
use hull_types::{Genesis, Header, Validator, verify_header};
use parity_scale_codec::{Decode, DecodeAll};
use serde::Serialize;

use super::{Remote, RemoteError};
use crate::error::Error;

/// What a proof was held against.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Proved {
    /// The height after which it holds.
    pub(crate) height: u64,
    /// The root of the state.
    pub(crate) state_root: String,
    /// The hash of the next header, which has the root.
    pub(crate) header: String,
    /// Whether validators signed that header: those of the genesis, or those who
    /// followed them. On a development chain nobody does.
    pub(crate) decided: bool,
}

/// An account as the state has it.
#[derive(Clone, Copy, Debug, Default, Decode)]
pub(crate) struct ProvedAccount {
    pub(crate) nonce: u64,
    pub(crate) balance: u128,
}

impl Remote {
    /// Balance and nonce, verified here: against a root, in a header, which the
    /// validators signed. On a development chain the header is the node's word.
    pub(crate) fn prove_account(
        &self,
        address: &Address,
    ) -> Result<(ProvedAccount, Proved), Error> {
        let proof = self.ask::<GetProof>(&ProofParams {
            subject: ProofSubject::Account {
                address: rpc_types::Address(self.text(address)),
            },
            height: None,
        })?;
        let bad = |reason: String| RemoteError::BadProof { reason };
        let header = Header::decode_all(&mut proof.header_bytes.0.as_slice())
            .map_err(|_| bad("its header is none".into()))?;
        let root = header.state_root;
        if root != Hash::from(proof.state_root) || header.height != proof.height + 1 {
            return Err(bad("its header belongs to another height or root".into()).into());
        }
        let value = proof.value.as_ref().map(|it| it.0.as_slice());
        hull_proof::verify(&root, &Subject::Account(*address), value, &proof.proof.0)
            .map_err(|error| bad(error.to_string()))?;
        let account = match value {
            Some(mut value) => ProvedAccount::decode_all(&mut value)
                .map_err(|_| bad("the proved value is no account".into()))?,
            None => ProvedAccount::default(),
        };
        let proved = Proved {
            height: proof.height,
            state_root: format!("0x{root}"),
            header: format!("0x{}", header.hash()),
            decided: self.decided(&header, &proof.certificate.0)?,
        };
        Ok((account, proved))
    }

    /// Whether validators decided a header; an error if there are some and they did not.
    /// The chain id says which genesis, and the genesis who validates.
    fn decided(&self, header: &Header, certificate: &[u8]) -> Result<bool, Error> {
        let bad = |reason: String| RemoteError::BadProof { reason };
        let genesis = self.ask::<GetGenesis>(&NoParams {})?;
        let genesis =
            Genesis::decode_bytes(&genesis.bytes.0).map_err(|error| bad(error.to_string()))?;
        if rpc_types::Hash::from(genesis.chain_id()) != self.status.chain_id {
            return Err(bad("its genesis is that of another chain".into()).into());
        }
        if genesis.validators.is_empty() {
            return Ok(false);
        }
        let mut validators = genesis.validators.clone();
        if header.validators_hash != Validator::set_hash(&validators) {
            let block = BlockId::Height(header.height.saturating_sub(1));
            let told = self.ask::<GetValidators>(&AtParams { block })?;
            validators = told.validators.into_iter().map(Into::into).collect();
        }
        verify_header(&genesis, header, &validators, certificate)
            .map_err(|error| bad(error.to_string()))?;
        Ok(true)
    }
}
