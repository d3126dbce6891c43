//! Proofs of what is in the state.

use hull_proof::Subject;
use hull_rpc_types as rpc;
use parity_scale_codec::Encode;

use crate::api::Api;
use crate::failed::Failed;

impl Api {
    /// `hull_proof`.
    ///
    /// # Errors
    /// If no block follows that one yet, or its state is not kept.
    pub fn proof(&self, params: rpc::ProofParams) -> Result<rpc::Proof, Failed> {
        let subject = self.subject(&params.subject)?;
        let latest = self.chain().head().height;
        // The root of the last block is in no header yet.
        let provable = latest.checked_sub(1);
        let height = match (params.height, provable) {
            (None, Some(provable)) => provable,
            (Some(height), Some(provable)) if height <= provable => height,
            (height, _) => {
                let height = height.unwrap_or(latest);
                let what = format!("no block follows {height} yet, and its header has the root");
                let remedy = "wait for the next block";
                return Err(Failed::new(
                    rpc::ErrorCode::NotProvable,
                    what,
                    "height",
                    remedy,
                ));
            }
        };
        let store = self.chain().store();
        let proof = store.prove(height, &subject)?;
        let next = self.chain().committed(height.saturating_add(1))?;
        let header = &next.block.header;
        Ok(rpc::Proof {
            height,
            state_root: header.state_root.into(),
            key: subject.key().into(),
            value: proof.value.map(Into::into),
            proof: proof.proof.into(),
            header: self.convert().header(header),
            header_bytes: header.encode().into(),
            certificate: next.certificate.clone().into(),
        })
    }

    fn subject(&self, subject: &rpc::ProofSubject) -> Result<Subject, Failed> {
        Ok(match subject {
            rpc::ProofSubject::Account { address } => {
                Subject::Account(self.address(address, "subject.address")?)
            }
            rpc::ProofSubject::Contract { contract } => {
                Subject::Contract(self.address(contract, "subject.contract")?)
            }
            rpc::ProofSubject::Code { code_hash } => Subject::Code((*code_hash).into()),
            rpc::ProofSubject::Item { contract, key } => Subject::Item {
                owner: self.address(contract, "subject.contract")?,
                key: key.0.clone(),
            },
        })
    }
}
