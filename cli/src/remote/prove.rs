//! Proofs: what the node says, held against a state root.

use hull_host_api::{Address, Hash};
use hull_proof::Subject;
use hull_rpc_types::{self as rpc_types, GetProof, ProofParams, ProofSubject};
use hull_types::Header;
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
}

/// An account as the state has it.
#[derive(Clone, Copy, Debug, Default, Decode)]
pub(crate) struct ProvedAccount {
    pub(crate) nonce: u64,
    pub(crate) balance: u128,
}

impl Remote {
    /// Balance and nonce, verified here. Without validators' signatures of the header,
    /// as on a development chain, the root itself is the node's word.
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
        };
        Ok((account, proved))
    }
}
