//! Codes on the wire: a hash goes, bytes come back.
//!
//! | question | answer |
//! |---|---|
//! | 32 bytes: the hash | one byte, [`FOUND`], [`MISSING`] or [`BUSY`]; after the first, the code up to the end |

use std::io;

use async_trait::async_trait;
use futures::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use hull_types::MAX_TRANSACTION_BYTES;
use hull_types::host_api::Hash;
use libp2p::StreamProtocol;
use libp2p::request_response::Codec;

const FOUND: u8 = 1;
const MISSING: u8 = 0;
const BUSY: u8 = 2;

/// Most bytes of a code on the wire: every code came to the chain in a transaction.
pub(crate) const MAX_CODE_BYTES: usize = MAX_TRANSACTION_BYTES;

/// What a node answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The code, says the peer.
    Found(Vec<u8>),
    /// It does not have it.
    Missing,
    /// It was asked too often.
    Busy,
}

/// Reads and writes both.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CodeCodec;

#[async_trait]
impl Codec for CodeCodec {
    type Protocol = StreamProtocol;
    type Request = Hash;
    type Response = Answer;

    async fn read_request<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Hash>
    where
        T: AsyncRead + Unpin + Send,
    {
        let mut hash = [0; 32];
        io.read_exact(&mut hash).await?;
        Ok(Hash(hash))
    }

    async fn read_response<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Answer>
    where
        T: AsyncRead + Unpin + Send,
    {
        let mut kind = [0];
        io.read_exact(&mut kind).await?;
        match kind {
            [MISSING] => return Ok(Answer::Missing),
            [BUSY] => return Ok(Answer::Busy),
            [FOUND] => (),
            [other] => return Err(invalid(format!("an answer of the kind {other}"))),
        }
        // Grows with what arrives, not with what is announced.
        let mut code = Vec::new();
        let limit = MAX_CODE_BYTES as u64 + 1;
        io.take(limit).read_to_end(&mut code).await?;
        if code.len() > MAX_CODE_BYTES {
            return Err(invalid(format!(
                "a code of more than {MAX_CODE_BYTES} bytes"
            )));
        }
        Ok(Answer::Found(code))
    }

    async fn write_request<T>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        hash: Hash,
    ) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        io.write_all(&hash.0).await
    }

    async fn write_response<T>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        answer: Answer,
    ) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        match answer {
            Answer::Missing => io.write_all(&[MISSING]).await,
            Answer::Busy => io.write_all(&[BUSY]).await,
            Answer::Found(code) => {
                io.write_all(&[FOUND]).await?;
                io.write_all(&code).await
            }
        }
    }
}

fn invalid(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use futures::io::Cursor;

    use super::*;

    fn protocol() -> StreamProtocol {
        StreamProtocol::new("/test")
    }

    fn read(bytes: &[u8]) -> io::Result<Answer> {
        let mut io = Cursor::new(bytes);
        block_on(CodeCodec.read_response(&protocol(), &mut io))
    }

    #[test]
    fn what_is_written_is_read() {
        let largest = Answer::Found(vec![7; MAX_CODE_BYTES]);
        for answer in [
            Answer::Missing,
            Answer::Busy,
            Answer::Found(vec![]),
            largest,
        ] {
            let mut io = Cursor::new(Vec::new());
            block_on(CodeCodec.write_response(&protocol(), &mut io, answer.clone())).unwrap();
            assert_eq!(read(io.get_ref()).unwrap(), answer);
        }
        let hash = Hash([5; 32]);
        let mut io = Cursor::new(Vec::new());
        block_on(CodeCodec.write_request(&protocol(), &mut io, hash)).unwrap();
        io.set_position(0);
        let read = block_on(CodeCodec.read_request(&protocol(), &mut io)).unwrap();
        assert_eq!(read, hash);
    }

    #[test]
    fn answers_are_bounded() {
        let mut long = vec![FOUND];
        long.resize(MAX_CODE_BYTES + 2, 0);
        assert!(read(&long).is_err());
        assert!(read(&[]).is_err());
        assert!(read(&[9]).is_err());
    }
}
