//! What the engine proves, in the chain's own terms.

use hull_types::host_api::Hash;
use hull_types::{Certificate, CommitSignature, Evidence, Statement};
use malachitebft_app::consensus::MisbehaviorEvidence;
use malachitebft_core_types::{CommitCertificate, SignedProposal, SignedVote};

use crate::application::Failure;
use crate::context::{Address, Hull, ValidatorSet};

/// A statement and its signature.
type Signed = (Statement, [u8; 64]);

/// Who said two things about one step, with the proof.
pub(super) fn conflicts(evidence: &MisbehaviorEvidence<Hull>, chain_id: &Hash) -> Vec<Evidence> {
    let votes = evidence.votes.iter().flat_map(|(address, pairs)| {
        let pair = |(one, other): &(_, _)| {
            let sign = |it: &SignedVote<Hull>| Some((it.message.statement()?, it.signature.0));
            Some(conflict(address, sign(one)?, sign(other)?))
        };
        pairs.iter().filter_map(pair).collect::<Vec<_>>()
    });
    let proposals = evidence.proposals.iter().flat_map(|(address, pairs)| {
        let pair = |(one, other): &(_, _)| {
            let sign = |it: &SignedProposal<Hull>| Some((it.message.statement()?, it.signature.0));
            Some(conflict(address, sign(one)?, sign(other)?))
        };
        pairs.iter().filter_map(pair).collect::<Vec<_>>()
    });
    let all = votes.chain(proposals);
    all.filter(|one| one.verify(chain_id).is_ok()).collect()
}

fn conflict(validator: &Address, first: Signed, second: Signed) -> Evidence {
    Evidence {
        validator: validator.0,
        first,
        second,
    }
}

/// The engine's certificate, as it is stored.
pub(super) fn certificate(
    decided: &CommitCertificate<Hull>,
    validators: &ValidatorSet,
) -> Result<Certificate, Failure> {
    let round = decided.round.as_u32().ok_or("a decision in no round")?;
    let signatures = decided.commit_signatures.iter();
    let signatures = signatures.filter_map(|one| {
        Some(CommitSignature {
            validator: validators.index_of(&one.address)?,
            signature: one.signature.0,
        })
    });
    let mut signatures: Vec<_> = signatures.collect();
    signatures.sort_by_key(|one| one.validator);
    signatures.dedup_by_key(|one| one.validator);
    Ok(Certificate { round, signatures })
}
