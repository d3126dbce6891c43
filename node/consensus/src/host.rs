//! Where the engine's questions arrive.
//!
//! The engine waits for the answer to some of them, so nothing here executes or reads a
//! block: what takes time goes to the [worker](crate::worker), whose answers come later.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};

use hull_types::{Certificate, Header, Validator};
use malachitebft_app::engine::host::HostMsg;
use malachitebft_app::streaming::{StreamContent, StreamMessage};
use malachitebft_app::types::PeerId;
use malachitebft_app::types::sync::RawDecidedValue;
use malachitebft_core_consensus::{ProposedValue, VoteExtensionError};
use malachitebft_core_types::{ExtendedCommitCertificate, ExtendedCommitSignature, Round};
use parity_scale_codec::Decode;
use ractor::{Actor, ActorProcessingErr, ActorRef};

use crate::application::{Application, Failure};
use crate::assembly::Assembly;
use crate::codec::{MAX_BLOCKS, MAX_RESPONSE};
use crate::context::{Address, BlockId, Height, Hull, ValidatorSet};
use crate::part::Part;
use crate::scheme::Signature;
use crate::worker::Work;

/// Judged blocks by height and round.
type Recovered = BTreeMap<(u64, u32), Vec<ProposedValue<Hull>>>;

/// What host and worker share.
pub(crate) struct Shared {
    pub(crate) app: Arc<dyn Application>,
    pub(crate) assembly: Mutex<Assembly>,
    /// Blocks that were judged before a restart, by height and round, to be told when
    /// the round begins.
    pub(crate) recovered: Mutex<Recovered>,
}

impl Shared {
    pub(crate) fn assembly<R>(&self, with: impl FnOnce(&mut Assembly) -> R) -> R {
        // Every change of it is whole, or forgets a block.
        with(&mut self.assembly.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes what was judged before a restart for a round.
    pub(crate) fn recovered(&self, height: Height, round: Round) -> Vec<ProposedValue<Hull>> {
        let recovered = self.recovered.lock();
        let mut recovered = recovered.unwrap_or_else(PoisonError::into_inner);
        let round = round.as_u32().unwrap_or_default();
        recovered.remove(&(height.0, round)).unwrap_or_default()
    }
}

/// The actor that the engine talks to.
pub(crate) struct Host {
    pub(crate) shared: Arc<Shared>,
    pub(crate) work: Sender<Work>,
}

#[ractor::async_trait]
impl Actor for Host {
    type Msg = HostMsg<Hull>;
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Self::Msg>, (): ()) -> Result<(), ActorProcessingErr> {
        Ok(())
    }

    async fn handle(
        &self,
        _: ActorRef<Self::Msg>,
        message: Self::Msg,
        (): &mut (),
    ) -> Result<(), ActorProcessingErr> {
        // An answer that nobody waits for any more is no error.
        match message {
            HostMsg::StartedRound {
                height,
                round,
                reply_to,
                ..
            } => drop(reply_to.send(self.shared.recovered(height, round))),
            HostMsg::ReceivedProposalPart {
                from,
                published_by,
                part,
                ..
            } => self.receive(published_by.unwrap_or(from), part)?,
            HostMsg::GetHistoryMinHeight { reply_to } => {
                let oldest = self.shared.app.oldest().map_err(boxed)?;
                drop(reply_to.send(Height(oldest)));
            }
            HostMsg::GetDecidedValues { range, reply_to } => {
                let shared = Arc::clone(&self.shared);
                tokio::task::spawn_blocking(move || {
                    drop(reply_to.send(decided_values(&*shared.app, &range)));
                });
            }
            HostMsg::ExtendVote { reply_to, .. } => drop(reply_to.send(None)),
            HostMsg::VerifyVoteExtensions {
                extensions,
                reply_to,
                ..
            } => {
                let refused = Err(VoteExtensionError::InvalidVoteExtension);
                let verdicts = extensions
                    .into_iter()
                    .map(|(one, ())| (one, refused.clone()));
                drop(reply_to.send(verdicts.collect()));
            }
            other => self.send(Work::Engine(other))?,
        }
        Ok(())
    }
}

impl Host {
    /// A piece of a block is here.
    pub(crate) fn receive(
        &self,
        publisher: PeerId,
        message: StreamMessage<Part>,
    ) -> Result<(), ActorProcessingErr> {
        let StreamContent::Data(part) = message.content else {
            return Ok(());
        };
        let stream = message.stream_id.to_bytes().to_vec();
        let key = (publisher.to_bytes(), stream);
        match self.shared.assembly(|assembly| assembly.add(key, part)) {
            Some(assembled) => self.send(Work::Judge(assembled)),
            None => Ok(()),
        }
    }

    fn send(&self, work: Work) -> Result<(), ActorProcessingErr> {
        let sent = self.work.send(work);
        sent.map_err(|_| "the thread of the chain has ended".into())
    }
}

fn boxed(error: Failure) -> ActorProcessingErr {
    error.to_string().into()
}

/// What a peer that is behind asks for: as many as an answer takes.
pub(crate) fn decided_values(
    app: &dyn Application,
    range: &RangeInclusive<Height>,
) -> Vec<RawDecidedValue<Hull>> {
    let (start, end) = (range.start().0, range.end().0);
    let (mut values, mut bytes) = (Vec::new(), 0_usize);
    for height in (start..=end).take(MAX_BLOCKS) {
        match decided_value(app, height) {
            Ok(Some(value)) => {
                bytes = bytes.saturating_add(value.value_bytes.len());
                if bytes > MAX_RESPONSE {
                    break;
                }
                values.push(value);
            }
            Ok(None) => break,
            Err(error) => {
                tracing::warn!(height, error, "a decided block cannot be read for a peer");
                break;
            }
        }
    }
    values
}

fn decided_value(
    app: &dyn Application,
    height: u64,
) -> Result<Option<RawDecidedValue<Hull>>, Failure> {
    let Some(decided) = app.decided(height)? else {
        return Ok(None);
    };
    let certificate = Certificate::decode_bytes(&decided.certificate)?;
    let validators = app.validators(height)?;
    let header = Header::decode(&mut decided.block.as_slice())?;
    let id = BlockId(header.hash());
    let certificate = extended(&certificate, &validators, Height(height), id);
    let certificate = certificate.ok_or("a certificate has a validator that is none")?;
    Ok(Some(RawDecidedValue::new(
        decided.block.into(),
        certificate,
    )))
}

/// A stored certificate, in the engine's form.
fn extended(
    certificate: &Certificate,
    validators: &[Validator],
    height: Height,
    value_id: BlockId,
) -> Option<ExtendedCommitCertificate<Hull>> {
    let signatures = certificate.signatures.iter().map(|one| {
        let validator = validators.get(usize::from(one.validator))?;
        let (address, signature) = (Address(validator.public_key), Signature(one.signature));
        Some(ExtendedCommitSignature::new(address, signature, None))
    });
    Some(ExtendedCommitCertificate {
        height,
        round: Round::new(certificate.round),
        value_id,
        commit_signatures: signatures.collect::<Option<_>>()?,
    })
}

/// The validators of the next two heights.
pub(crate) fn next_validators(
    app: &dyn Application,
    head: u64,
) -> Result<BTreeMap<u64, ValidatorSet>, Failure> {
    let heights = [head.saturating_add(1), head.saturating_add(2)];
    heights
        .into_iter()
        .map(|height| Ok((height, ValidatorSet::new(&app.validators(height)?)?)))
        .collect()
}
