//! What of a node is gone when it crashes.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hull_types::Statement;
use malachitebft_app::engine::network::NetworkMsg;
use malachitebft_app::types::PeerId;
use malachitebft_app::types::sync::{Request, Response, Status};
use malachitebft_core_consensus::{LivenessMsg, SignedConsensusMsg};
use malachitebft_core_types::{Timeout, ValueOrigin};
use malachitebft_sync::ValueResponse as Values;

use super::questions::Pending;
use super::words::{Word, Words};
use super::{Start, peer, secret};
use crate::application::{Application, Failure};
use crate::assembly::Assembly;
use crate::context::{Address, Height, Hull};
use crate::engine::last_position;
use crate::guard::SigningGuard;
use crate::host::{Host, Shared, decided_values, next_validators};
use crate::outbox::outgoing;
use crate::settings::Settings;
use crate::signer::{Examiner, Signatory};
use crate::simulation::disk::Disk;
use crate::simulation::engine::{Act, Engine, Hands, Msg, Stop};
use crate::simulation::options::Plant;
use crate::simulation::parcel::{Content, Parcel};
use crate::simulation::sync::Sync;
use crate::simulation::witness::Witness;
use crate::undecided::Shelf;
use crate::worker::{Desk, Pacing, Work, Worker};

/// A node that runs.
pub(in crate::simulation) struct Running<A> {
    index: usize,
    pub(in crate::simulation) chain: Arc<A>,
    pub(in crate::simulation) witness: Arc<Witness<A>>,
    pub(in crate::simulation) signatory: Signatory,
    /// After how many deeds it crashes.
    pub(in crate::simulation) doom: Option<u32>,
    /// Blocks that came by synchronisation, not counted yet.
    pub(in crate::simulation) synced: u64,
    examiner: Examiner,
    plant: Option<Plant>,
    engine: Engine,
    pub(super) inbox: VecDeque<Msg>,
    pub(super) sync: Sync,
    shared: Arc<Shared>,
    host: Host,
    worker: Worker,
    /// What the host passes on to the worker.
    arriving: Receiver<Work>,
    /// What the worker has to do.
    pub(super) work: VecDeque<Work>,
    busy: bool,
    /// When the height that is held back is due, if that was said.
    paced: Option<Duration>,
    words: Words,
    pub(super) pending: Vec<Pending>,
}

/// Where and when something happens to a node.
pub(in crate::simulation) struct Here<'a> {
    pub(in crate::simulation) now: Duration,
    pub(in crate::simulation) disk: &'a mut Disk,
    /// What others are to hear of.
    pub(in crate::simulation) out: &'a mut Vec<Out>,
}

/// What a node wants of the world around it.
pub(in crate::simulation) enum Out {
    /// To be told at a time that one of its timers has run out.
    Timer {
        at: Duration,
        timeout: Timeout,
        generation: u64,
    },
    /// Its worker has something to do.
    Work,
    /// To be woken at a time.
    Pace(Duration),
    /// A message to all.
    Send(Parcel),
    /// A message to one.
    Answer(PeerId, Parcel),
    /// It signed and said something.
    Said(Statement),
}

impl<A: Application> Running<A> {
    /// Puts a node together, as the product does.
    pub(super) fn start(start: Start<A>, disk: &mut Disk) -> Result<Self, Failure> {
        let guard = SigningGuard::in_memory(&disk.slots, &start.chain_id, &secret(start.index))?;
        let signatory = Signatory::new(guard);
        let log = last_position(disk.log.read()?, &signatory.address());
        signatory.with(|guard| guard.check_log(log))?;
        let (chain, chain_id) = (start.chain, start.chain_id);
        let witness = Arc::new(Witness::new(Arc::clone(&chain), start.lies_about_roots));
        let head = chain.head()?;
        let shelf = Shelf::open_at(Box::new(disk.files.clone()), head)?;
        let mut assembly = Assembly::new(chain_id);
        assembly.move_to(head, next_validators(&*chain, head)?);
        let shared = Arc::new(Shared {
            app: Arc::clone(&witness) as Arc<dyn Application>,
            assembly: Mutex::new(assembly),
            recovered: Mutex::default(),
        });
        let (words, (sender, arriving)) = (Words::default(), channel());
        let (block_time, clock) = (Settings::BLOCK_TIME, start.now.clock());
        let worker = Worker::new(Desk {
            shared: Arc::clone(&shared),
            outlet: Box::new(words.clone()),
            signatory: Some(signatory.clone()),
            shelf,
            timeouts: start.timeouts,
            pacing: Pacing::new(clock, block_time, start.heartbeat),
            chain_id,
        });
        let mut node = Self {
            index: start.index,
            chain,
            witness,
            doom: None,
            synced: 0,
            examiner: Examiner { chain_id },
            plant: start.plant,
            engine: Engine::new(signatory.address(), start.plant),
            signatory,
            inbox: VecDeque::new(),
            sync: Sync::default(),
            host: Host {
                shared: Arc::clone(&shared),
                work: sender,
            },
            shared,
            worker,
            arriving,
            work: VecDeque::new(),
            busy: false,
            paced: None,
            words,
            pending: Vec::new(),
        };
        node.ask_where_to_begin();
        Ok(node)
    }

    pub(in crate::simulation) fn address(&self) -> Address {
        self.signatory.address()
    }

    /// The height and round that it works on.
    pub(in crate::simulation) fn position(&self) -> Option<(u64, i64)> {
        self.engine.position()
    }

    /// It begins.
    pub(in crate::simulation) fn begin(&mut self, here: &mut Here<'_>) -> Result<(), Stop> {
        self.settle(here)
    }

    /// A timer has run out.
    pub(in crate::simulation) fn elapsed(
        &mut self,
        here: &mut Here<'_>,
        timeout: Timeout,
        generation: u64,
    ) -> Result<(), Stop> {
        self.inbox.push_back(Msg::Elapsed(timeout, generation));
        self.settle(here)
    }

    /// A message has come. What is not one is dropped, as the network does.
    pub(in crate::simulation) fn receive(
        &mut self,
        here: &mut Here<'_>,
        from: PeerId,
        content: Content,
    ) -> Result<(), Stop> {
        match content {
            Content::Engine(msg) => self.inbox.push_back(msg),
            Content::Status(status) => {
                let head = self.chain.head();
                let head = head.map_err(|error| Stop::Failed(error.to_string()))?;
                // A peer speaks for itself.
                if status.peer_id == from
                    && let Some(request) = self.sync.status(&status, head, here.now)
                {
                    let parcel = Parcel::request(&request).map_err(Stop::Failed)?;
                    here.out.push(Out::Answer(from, parcel));
                }
            }
            Content::Request(request) => {
                let parcel = self.serve(&request).map_err(Stop::Failed)?;
                here.out.push(Out::Answer(from, parcel));
            }
            Content::Response(response) => {
                let next = self.sync.answer(from, response);
                self.inbox.extend(next.map(Msg::Synced));
            }
            // Transactions are the world's matter.
            Content::Transaction(_) => (),
        }
        self.settle(here)
    }

    fn serve(&self, request: &Request<Hull>) -> Result<Parcel, String> {
        let Request::ValueRequest(request) = request;
        let values = decided_values(&*self.shared.app, &request.range);
        let response = Values::new(*request.range.start(), values);
        Parcel::response(&Response::ValueResponse(response))
    }

    /// What it says of itself.
    pub(in crate::simulation) fn status(&self) -> Result<Parcel, Stop> {
        let failed = |error: Failure| Stop::Failed(error.to_string());
        let status = Status {
            peer_id: peer(self.index),
            tip_height: Height(self.chain.head().map_err(failed)?),
            history_min_height: Height(self.chain.oldest().map_err(failed)?),
        };
        Parcel::status(&status).map_err(Stop::Failed)
    }

    /// Something waits to be decided.
    pub(in crate::simulation) fn wake(&mut self, here: &mut Here<'_>) -> Result<(), Stop> {
        self.work.push_back(Work::Nudge);
        self.settle(here)
    }

    /// It may be time for the height that is held back.
    pub(in crate::simulation) fn paced(&mut self, here: &mut Here<'_>) -> Result<(), Stop> {
        if self.worker.left() == Some(Duration::ZERO) {
            let gone_on = self.worker.go_on();
            gone_on.map_err(|error| Stop::Failed(error.to_string()))?;
        }
        self.after_work(here)
    }

    /// The worker is done with the next thing.
    pub(in crate::simulation) fn worked(&mut self, here: &mut Here<'_>) -> Result<(), Stop> {
        self.busy = false;
        if let Some(work) = self.work.pop_front()
            && let Err(error) = self.worker.handle(work)
        {
            self.say(here)?;
            return Err(match self.witness.crashed() {
                true => Stop::Crashed,
                false => Stop::Failed(error.to_string()),
            });
        }
        self.after_work(here)
    }

    fn after_work(&mut self, here: &mut Here<'_>) -> Result<(), Stop> {
        self.say(here)?;
        let pending = std::mem::take(&mut self.pending);
        for one in pending {
            self.collect(one);
        }
        let due = self.worker.left().map(|left| here.now.saturating_add(left));
        if let Some(at) = due
            && self.paced != due
        {
            here.out.push(Out::Pace(at));
        }
        self.paced = due;
        self.settle(here)
    }

    /// What the worker said goes where it belongs.
    fn say(&mut self, here: &mut Here<'_>) -> Result<(), Stop> {
        for word in self.words.take() {
            match word {
                Word::Piece(piece) => {
                    let parcel = Parcel::piece(&piece).map_err(Stop::Failed)?;
                    here.out.push(Out::Send(parcel));
                }
                Word::Judged(value) => {
                    let told = Msg::Judged(value, ValueOrigin::Consensus);
                    self.inbox.push_back(told);
                }
            }
        }
        Ok(())
    }

    /// Works until nothing is left that takes no time.
    fn settle(&mut self, here: &mut Here<'_>) -> Result<(), Stop> {
        while let Some(msg) = self.inbox.pop_front() {
            let mut acts = Vec::new();
            let done = self.engine.handle(
                &mut Hands {
                    now: here.now,
                    disk: here.disk,
                    shared: &self.shared,
                    signatory: Some(&self.signatory),
                    examiner: self.examiner,
                    acts: &mut acts,
                    doom: &mut self.doom,
                    plant: self.plant,
                },
                msg,
            );
            for act in acts {
                // What was said before a crash was said.
                if done.is_ok() || matches!(act, Act::Publish(_)) {
                    self.act(here, act)?;
                }
            }
            done?;
        }
        self.work.extend(self.arriving.try_iter());
        if !self.busy && !self.work.is_empty() {
            self.busy = true;
            here.out.push(Out::Work);
        }
        Ok(())
    }

    fn act(&mut self, here: &mut Here<'_>, act: Act) -> Result<(), Stop> {
        match act {
            Act::Timer {
                at,
                timeout,
                generation,
            } => here.out.push(Out::Timer {
                at,
                timeout,
                generation,
            }),
            Act::Publish(message) => self.publish(here, message)?,
            Act::Part(from, piece) => {
                let received = self.host.receive(from, piece);
                received.map_err(|error| Stop::Failed(error.to_string()))?;
            }
            Act::Ask(question) => self.ask(question),
            Act::Tell(msg) => self.inbox.push_back(msg),
            Act::Begun(height) => {
                let next = self.sync.begun(height.0);
                self.inbox.extend(next.map(Msg::Synced));
            }
            Act::Refused(peer) => self.sync.refused(peer),
        }
        Ok(())
    }

    fn publish(&self, here: &mut Here<'_>, message: NetworkMsg<Hull>) -> Result<(), Stop> {
        let Some(message) = outgoing(message, Some(&self.signatory)) else {
            return Ok(());
        };
        here.out
            .extend(own_statement(&message, &self.address()).map(Out::Said));
        let parcel = Parcel::of(&message).map_err(Stop::Failed)?;
        here.out.extend(parcel.map(Out::Send));
        Ok(())
    }
}

/// What a message says in the name of the node that sends it.
fn own_statement(message: &NetworkMsg<Hull>, own: &Address) -> Option<Statement> {
    let vote = match message {
        NetworkMsg::PublishConsensusMsg(SignedConsensusMsg::Proposal(one)) => {
            let statement = one.message.statement();
            return statement.filter(|_| one.message.proposer == *own);
        }
        NetworkMsg::PublishConsensusMsg(SignedConsensusMsg::Vote(vote))
        | NetworkMsg::PublishLivenessMsg(LivenessMsg::Vote(vote)) => vote,
        _ => return None,
    };
    let statement = vote.message.statement();
    statement.filter(|_| vote.message.validator == *own)
}
