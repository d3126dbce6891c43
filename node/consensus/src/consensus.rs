//! The room's main type: a node of a network.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use malachitebft_app::metrics;

use crate::application::{Application, Failure};
use crate::assembly::Assembly;
use crate::engine::{self, Actors, Listeners};
use crate::host::{Shared, next_validators};
use crate::settings::Settings;
use crate::signer::Signatory;
use crate::undecided::Shelf;
use crate::worker::{self, Desk, Outlet, Pacing, Work, Worker};

/// A node that takes part in the consensus of its chain, or follows it.
///
/// Dropping it leaves it running; [`stop`](Self::stop) ends it.
pub struct Consensus {
    actors: Actors,
    thread: std::thread::JoinHandle<()>,
    work: Sender<Work>,
    failure: Arc<Mutex<Option<String>>>,
    folder: PathBuf,
}

/// Tells a node that something waits to be decided. Clones tell the same node.
#[derive(Clone)]
pub struct Waker(Sender<Work>);

impl Waker {
    /// Something waits.
    pub fn wake(&self) {
        // Fails if the node is stopping.
        let _ = self.0.send(Work::Nudge);
    }
}

/// How long the actors may take to end.
const PATIENCE: Duration = Duration::from_secs(5);

impl Consensus {
    /// Starts a node. It has to be called on a tokio runtime with more than one thread.
    ///
    /// # Errors
    /// If the key is not to be used here (see [`GuardError`](crate::GuardError)), an
    /// address does not parse or is taken, or the folder cannot be written.
    pub async fn start(mut settings: Settings, app: Arc<dyn Application>) -> Result<Self, Failure> {
        std::fs::create_dir_all(&settings.folder)?;
        let signatory = settings.validator.take().map(Signatory::new);
        if let Some(signatory) = &signatory {
            let log = engine::log_position(&settings.folder, &signatory.address())?;
            signatory.with(|guard| guard.check_log(log))?;
        }
        let head = app.head()?;
        let shelf = Shelf::open(&settings.folder.join("undecided"), head)?;
        let mut assembly = Assembly::new(settings.chain_id);
        assembly.move_to(head, next_validators(&*app, head)?);
        let shared = Arc::new(Shared {
            app,
            assembly: Mutex::new(assembly),
            recovered: Mutex::default(),
        });
        let (work, incoming) = channel();
        let (for_host, for_engine) = (work.clone(), Arc::clone(&shared));
        let actors = engine::start(&settings, signatory.as_ref(), for_engine, for_host).await?;
        let outlet = Listeners {
            network: actors.network.clone(),
            consensus: actors.consensus.clone(),
        };
        let outlet: Box<dyn Outlet> = Box::new(outlet);
        #[cfg(test)]
        let outlet = crate::tests::garble(&settings, outlet);
        let clock = worker::machine();
        let worker = Worker::new(Desk {
            shared,
            outlet,
            signatory,
            shelf,
            timeouts: settings.timeouts,
            pacing: Pacing::new(clock, settings.block_time, settings.heartbeat),
            chain_id: settings.chain_id,
        });
        let failure = Arc::default();
        let thread = spawn_worker(worker, incoming, &actors, Arc::clone(&failure))?;
        Ok(Self {
            actors,
            thread,
            work,
            failure,
            folder: settings.folder,
        })
    }

    /// Tells this node that something waits.
    pub fn waker(&self) -> Waker {
        Waker(self.work.clone())
    }

    /// Waits until the node has failed, and says why. It signs nothing any more then.
    /// The process should end; a supervisor may start it again.
    ///
    /// While [`is_held`](Self::is_held), this does not return.
    pub async fn failed(&mut self) -> String {
        // That the actor panicked, is no more than that it ended.
        let _ = (&mut self.actors.ended).await;
        let failure = self.failure.lock();
        let failure = failure.unwrap_or_else(PoisonError::into_inner);
        let unknown = || "the consensus engine ended; its log has the cause".into();
        failure.clone().unwrap_or_else(unknown)
    }

    /// Whether the node holds still because its write-ahead log failed. It must not be
    /// started again before somebody has looked: what it said last may not be on the
    /// disk.
    pub fn is_held(&self) -> bool {
        self.actors.metrics.node_safety_failure.get() != 0
    }

    /// Ends the node: no more votes, then the block that is under way, then the rest.
    ///
    /// # Errors
    /// If it had failed before.
    pub async fn stop(self) -> Result<(), Failure> {
        let reason = || Some("the node stops".to_string());
        let node = self.actors.node.get_cell();
        node.stop_children_and_wait(reason(), Some(PATIENCE)).await;
        // Both fail if it has ended already.
        let _ = node.stop_and_wait(reason(), Some(PATIENCE)).await;
        let _ = self.work.send(Work::Stop);
        let joined = tokio::task::spawn_blocking(move || self.thread.join());
        let _ = joined.await?;
        // A disk that hangs does not keep the process.
        let _ = tokio::time::timeout(PATIENCE, engine::log_is_free(&self.folder)).await;
        let failure = self.failure.lock();
        let failure = failure.unwrap_or_else(PoisonError::into_inner);
        failure.clone().map_or(Ok(()), |why| Err(why.into()))
    }
}

/// The figures of all nodes of this process, each under its name, in the text format of
/// OpenMetrics without its end mark, so that others can stand before or after them.
pub fn metrics() -> String {
    let mut text = String::new();
    metrics::export(&mut text);
    text.trim_end().trim_end_matches("# EOF").into()
}

fn spawn_worker(
    worker: Worker,
    incoming: Receiver<Work>,
    actors: &Actors,
    failure: Arc<Mutex<Option<String>>>,
) -> Result<std::thread::JoinHandle<()>, Failure> {
    let node = actors.node.clone();
    let thread = std::thread::Builder::new().name("consensus".into());
    let run = move || {
        let ended = catch_unwind(AssertUnwindSafe(|| worker.run(&incoming)));
        let why = match ended {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(_) => "the thread of the chain panicked".into(),
        };
        tracing::error!(why, "this node stops: it must not sign on");
        *failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(why.clone());
        node.get_cell().stop_children(Some(why.clone()));
        node.stop(Some(why));
    };
    Ok(thread.spawn(run)?)
}
