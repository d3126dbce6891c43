//! What goes from node to node.

use malachitebft_app::types::PeerId;

use super::{Event, Run, STATUS};
use crate::simulation::checks::{Check, Found};
use crate::simulation::liar::ALL;
use crate::simulation::node::{Node, Out};
use crate::simulation::parcel::{Content, Parcel};
use crate::simulation::world::World;

impl<W: World> Run<W> {
    /// What a node wants of the world around it.
    pub(super) fn emit(&mut self, node: usize, out: Vec<Out>) -> Result<(), Found> {
        let (now, run) = (self.now.get(), self.nodes[node].run);
        for one in out {
            match one {
                Out::Timer {
                    at,
                    timeout,
                    generation,
                } => self.queue.push(
                    at,
                    Event::Timer {
                        node,
                        run,
                        timeout,
                        generation,
                    },
                ),
                Out::Work => {
                    let takes = self.faults.work(&mut self.work);
                    self.queue.push(now + takes, Event::Work(node, run));
                }
                Out::Pace(at) => self.queue.push(at, Event::Pace(node, run)),
                Out::Send(parcel) => self.say(node, parcel),
                Out::Answer(to, parcel) => self.answer(node, &to, parcel),
                Out::Said(statement) => {
                    if !self.is_liar(node) {
                        self.checks.said(node, statement)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// A message to all; a liar's is another.
    pub(super) fn say(&mut self, from: usize, parcel: Parcel) {
        let lies = match (&mut self.liar, &self.nodes[from]) {
            (
                Some((node, liar)),
                Node {
                    disk,
                    running: Some(running),
                    ..
                },
            ) if *node == from => liar.say(parcel, &running.signatory, disk),
            _ => vec![(ALL, parcel)],
        };
        for (to, parcel) in lies {
            for node in (0..self.town.nodes).filter(|node| to >> node & 1 == 1) {
                self.send(from, node, parcel.clone());
            }
        }
    }

    /// A message to one.
    fn answer(&mut self, from: usize, to: &PeerId, parcel: Parcel) {
        let parcel = match &mut self.liar {
            Some((node, liar)) if *node == from => liar.answer(parcel),
            _ => Some(parcel),
        };
        let to = self.peers.iter().position(|peer| peer == to);
        if let (Some(to), Some(parcel)) = (to, parcel) {
            self.send(from, to, parcel);
        }
    }

    fn send(&mut self, from: usize, to: usize, parcel: Parcel) {
        if from == to {
            return;
        }
        let now = self.now.get();
        let copies = self.faults.route(&mut self.network, now, from, to);
        self.outcome.lost += u64::from(copies == [None, None]);
        for at in copies.into_iter().flatten() {
            let parcel = parcel.clone();
            self.queue.push(at, Event::Deliver { from, to, parcel });
        }
    }

    pub(super) fn deliver(&mut self, from: usize, to: usize, parcel: Parcel) -> Result<(), Found> {
        if self.nodes[to].running.is_none() {
            return Ok(());
        }
        let what = parcel.name();
        self.history.note(
            self.now.get(),
            to,
            format_args!("{what} of {from}"),
            parcel.bytes(),
        );
        let peer = self.peers[from];
        match parcel.open(peer) {
            Ok(Content::Transaction(envelope)) => {
                self.submit(to, &envelope)?;
                Ok(())
            }
            Ok(content) => self.with(to, |it, here| it.receive(here, peer, content)),
            // The network drops what is none.
            Err(_) => Ok(()),
        }
    }

    pub(super) fn status(&mut self, node: usize, run: u64) -> Result<(), Found> {
        if self.nodes[node].run != run {
            return Ok(());
        }
        if let Some(running) = &self.nodes[node].running {
            match running.status() {
                Ok(parcel) => self.say(node, parcel),
                Err(stop) => self.checks.find(Check::Health, format!("{stop:?}"))?,
            }
            let next = self.now.get() + STATUS;
            self.queue.push(next, Event::Status(node, run));
        }
        Ok(())
    }
}
