//! When a development chain gets blocks.
//!
//! What a block is and does, [`hull_chain`] knows; here is only the loop that asks for
//! one. In a network the consensus takes its place.
//!
//! ```
//! use hull_chain::{Chain, Settings};
//! use hull_rpc::DevControl;
//! use hull_types::dev;
//! use hulld::clock::Clock;
//! use hulld::seal::{Policy, Sealer};
//!
//! let chain = Chain::open(Settings::in_memory(dev::genesis("example"))).unwrap();
//! let sealer = Sealer::start(chain.clone(), Clock::default(), Policy::Request, |_| ()).unwrap();
//! assert_eq!(sealer.handle().seal(3).unwrap().height, 3);
//! sealer.stop().unwrap();
//! assert_eq!(chain.head().height, 3);
//! ```

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use hull_chain::{Chain, ChainError};
use hull_rpc::DevControl;
use hull_rpc_types::Sealed;
use hull_types::host_api::Fatal;

use crate::clock::Clock;

/// When blocks come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// As soon as a transaction waits; and an empty one after a change, so that it can
    /// be proved.
    Transaction,
    /// So often, empty ones too.
    Interval(Duration),
    /// When they are asked for.
    Request,
}

/// The loop that seals, on a thread of its own.
pub struct Sealer {
    handle: SealHandle,
    thread: JoinHandle<Result<(), ChainError>>,
}

/// Asks the loop for something. Clones ask the same loop.
#[derive(Clone)]
pub struct SealHandle {
    commands: Sender<Command>,
    chain: Chain,
    clock: Clock,
}

enum Command {
    /// A transaction waits.
    Submitted,
    /// Blocks are asked for.
    Seal {
        blocks: u32,
        reply: SyncSender<Result<Sealed, ChainError>>,
    },
    Stop,
}

impl Sealer {
    /// Starts the loop. `failed` is called if it has to end because the node failed.
    ///
    /// # Errors
    /// If no thread can be had.
    pub fn start(
        chain: Chain,
        clock: Clock,
        policy: Policy,
        failed: impl Fn(&ChainError) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (commands, incoming) = channel();
        let handle = SealHandle {
            commands,
            chain: chain.clone(),
            clock: clock.clone(),
        };
        let sealing = Sealing {
            chain,
            clock,
            policy,
            incoming,
        };
        let thread = std::thread::Builder::new().name("seal".into());
        let thread = thread.spawn(move || sealing.run().inspect_err(failed))?;
        Ok(Self { handle, thread })
    }

    /// What asks the loop.
    pub fn handle(&self) -> SealHandle {
        self.handle.clone()
    }

    /// Lets the block that is under way end, and ends the loop.
    ///
    /// # Errors
    /// If the node failed before.
    pub fn stop(self) -> Result<(), ChainError> {
        // Fails if the loop has ended already.
        let _ = self.handle.commands.send(Command::Stop);
        let ended = self.thread.join();
        ended.unwrap_or_else(|_| Err(Fatal::new("the sealing thread panicked").into()))
    }
}

impl SealHandle {
    /// Tells that a transaction waits.
    pub fn submitted(&self) {
        // Fails if the loop has ended: then the node is stopping.
        let _ = self.commands.send(Command::Submitted);
    }
}

impl DevControl for SealHandle {
    fn seal(&self, blocks: u32) -> Result<Sealed, ChainError> {
        let stopping = || ChainError::from(Fatal::new("the node is stopping"));
        let (reply, answer) = sync_channel(1);
        let command = Command::Seal { blocks, reply };
        self.commands.send(command).map_err(|_| stopping())?;
        answer.recv().map_err(|_| stopping())?
    }

    fn increase_time(&self, milliseconds: u64) -> u64 {
        // Blocks that came within a millisecond are ahead of the clock.
        let head = self.chain.head().time;
        if self.clock.now() < head {
            self.clock.set(head);
        }
        self.clock.advance(milliseconds)
    }

    fn set_time(&self, time: u64) -> Result<u64, ChainError> {
        let parent = self.chain.head().time;
        if time <= parent {
            return Err(ChainError::Time {
                found: time,
                parent,
            });
        }
        self.clock.set(time);
        Ok(self.clock.now())
    }
}

struct Sealing {
    chain: Chain,
    clock: Clock,
    policy: Policy,
    incoming: Receiver<Command>,
}

impl Sealing {
    fn run(self) -> Result<(), ChainError> {
        loop {
            let next = match self.policy {
                Policy::Interval(every) => self.incoming.recv_timeout(every),
                _ => self.incoming.recv().map_err(Into::into),
            };
            match next {
                Ok(Command::Submitted) if self.policy == Policy::Transaction => {
                    self.seal_waiting()?
                }
                Ok(Command::Submitted) => (),
                Ok(Command::Seal { blocks, reply }) => {
                    let sealed = self.seal_some(blocks);
                    let fatal = sealed.as_ref().is_err_and(ChainError::is_fatal);
                    // Fails if the caller has gone away.
                    let _ = reply.send(sealed);
                    if fatal {
                        return Err(Fatal::new("sealing on request failed").into());
                    }
                }
                Err(RecvTimeoutError::Timeout) => drop(self.seal()?),
                Ok(Command::Stop) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
        }
    }

    /// Seals what waits, and at last an empty block.
    fn seal_waiting(&self) -> Result<(), ChainError> {
        let mut owed = false;
        loop {
            let candidate = self.chain.propose(self.next_time())?;
            let tally = candidate.tally();
            if tally.transactions == 0 && !owed {
                return Ok(());
            }
            self.chain.commit(candidate, &[])?;
            owed = tally.changes;
        }
    }

    fn seal_some(&self, blocks: u32) -> Result<Sealed, ChainError> {
        let mut transactions = 0;
        for _ in 0..blocks {
            transactions += self.seal()?;
        }
        let head = self.chain.head();
        Ok(Sealed {
            height: head.height,
            block: head.hash.into(),
            transactions,
        })
    }

    /// Seals one block, and says how many transactions are in it.
    fn seal(&self) -> Result<u64, ChainError> {
        let candidate = self.chain.propose(self.next_time())?;
        let committed = self.chain.commit(candidate, &[])?;
        Ok(committed.ids.len() as u64)
    }

    fn next_time(&self) -> u64 {
        let parent = self.chain.head().time;
        self.clock.now().max(parent.saturating_add(1))
    }
}
