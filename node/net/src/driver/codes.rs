//! Codes are asked for and served.

use hull_types::host_api::Hash;
use libp2p::PeerId;
use libp2p::request_response::{Event, Message, ResponseChannel};
use tokio::time::Instant;

use super::Driver;
use super::work::Job;
use crate::code::Answer;
use crate::fetch::Reply;
use crate::standing::Offence;

impl Driver {
    pub(super) fn fetch(&mut self, hash: Hash, reply: Reply) {
        if self.fetches.begin(hash, reply) {
            self.ask_next(&hash);
        }
    }

    pub(super) fn ask_next(&mut self, hash: &Hash) {
        // Different codes are asked for in different places.
        let mut peers: Vec<PeerId> = self.proven().collect();
        let len = peers.len().max(1);
        peers.rotate_left(usize::from(hash.0[0]) % len);
        let Some(peer) = self.fetches.next(hash, peers.into_iter()) else {
            return;
        };
        let codes = &mut self.swarm.behaviour_mut().codes;
        let request = codes.send_request(&peer, *hash);
        self.fetches.asked(hash, request);
    }

    pub(super) fn on_codes(&mut self, event: Event<Hash, Answer>) {
        match event {
            Event::Message { peer, message, .. } => match message {
                Message::Request {
                    request, channel, ..
                } => self.on_question(peer, request, channel),
                Message::Response {
                    request_id,
                    response,
                } => {
                    if let Some(hash) = self.fetches.of(request_id) {
                        self.on_answer(peer, hash, response);
                    }
                }
            },
            Event::OutboundFailure {
                peer,
                request_id,
                error,
                ..
            } => {
                if let Some(hash) = self.fetches.of(request_id) {
                    tracing::debug!(%peer, %hash, %error, "a question for a code failed");
                    self.count().fetched("failed");
                    self.ask_next(&hash);
                }
            }
            _ => (),
        }
    }

    fn on_question(&mut self, peer: PeerId, hash: Hash, channel: ResponseChannel<Answer>) {
        let may = self
            .peers
            .get_mut(&peer)
            .is_some_and(|peer| peer.codes.draw(1, Instant::now()));
        let job = Job::Serve { hash, channel };
        let refused = match may {
            true => self.queue.push(peer, size_of::<Hash>(), job).err(),
            false => Some(job),
        };
        if let Some(Job::Serve { channel, .. }) = refused {
            self.answer(channel, Answer::Busy);
        }
    }

    pub(super) fn answer(&mut self, channel: ResponseChannel<Answer>, answer: Answer) {
        self.count().served(match &answer {
            Answer::Found(_) => "found",
            Answer::Missing => "missing",
            Answer::Busy => "busy",
        });
        // Fails if the peer is gone or does not wait any more.
        let _ = self
            .swarm
            .behaviour_mut()
            .codes
            .send_response(channel, answer);
    }

    fn on_answer(&mut self, peer: PeerId, hash: Hash, answer: Answer) {
        let Answer::Found(code) = answer else {
            self.count().fetched("missing");
            return self.ask_next(&hash);
        };
        let job = Job::Check { hash, code };
        let Job::Check { code, .. } = &job else {
            return;
        };
        if self.queue.push(peer, code.len(), job).is_err() {
            self.count().fetched("failed");
            self.ask_next(&hash);
        }
    }

    pub(super) fn on_checked(&mut self, peer: PeerId, hash: Hash, code: Option<Vec<u8>>) {
        match code {
            Some(code) => {
                self.count().fetched("found");
                self.fetches.end(&hash, &Ok(code));
            }
            None => {
                self.count().fetched("wrong");
                self.offended(peer, Offence::WrongCode, || {
                    format!("it answered the question for code {hash} with other bytes")
                });
                self.ask_next(&hash);
            }
        }
    }
}
