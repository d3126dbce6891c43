//! Sockets.

use std::convert::Infallible;
use std::net::SocketAddr;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use jsonrpsee::server::{ServerHandle, StopHandle, stop_channel};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_io_timeout::TimeoutStream;

use crate::api::Api;
use crate::http::{Connection, Front};
use crate::peers::{Peers, Refused};

/// An RPC server that listens.
pub struct Server {
    address: SocketAddr,
    handle: ServerHandle,
    accepting: tokio::task::JoinHandle<()>,
}

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {source}; choose another address, or stop what listens there")]
pub struct StartError {
    address: SocketAddr,
    source: std::io::Error,
}

impl Server {
    /// Listens, and answers from then on. Port 0 takes a free one.
    ///
    /// # Errors
    /// If the address cannot be had.
    pub async fn start(address: SocketAddr, api: Api) -> Result<Self, StartError> {
        let failed = |source| StartError { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (stop, handle) = stop_channel();
        let listening = Listening {
            peers: Peers::new(api.settings()),
            front: Front::new(api.clone(), stop.clone()),
            api,
            stop,
        };
        let accepting = tokio::spawn(listening.accept(listener));
        Ok(Self {
            address,
            handle,
            accepting,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no more connections, lets calls that are under way end, and closes.
    pub async fn stop(self) {
        // Fails if it has stopped already.
        let _ = self.handle.stop();
        let _ = self.accepting.await;
    }
}

struct Listening {
    api: Api,
    front: Front,
    peers: Peers,
    stop: StopHandle,
}

impl Listening {
    async fn accept(self, listener: TcpListener) {
        let mut connections = JoinSet::new();
        let stopped = self.stop.clone().shutdown();
        tokio::pin!(stopped);
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = &mut stopped => break,
            };
            match accepted {
                Ok((socket, from)) => self.take(&mut connections, socket, from),
                Err(error) => {
                    // No descriptor is free, or the client was gone again.
                    tracing::debug!(%error, "a connection could not be taken");
                    tokio::task::yield_now().await;
                }
            }
            while connections.try_join_next().is_some() {}
        }
        drop(listener);
        while connections.join_next().await.is_some() {}
    }

    fn take(&self, connections: &mut JoinSet<()>, socket: TcpStream, from: SocketAddr) {
        let connected = match self.peers.connect(from.ip()) {
            Ok(connected) => connected,
            Err(refused) => {
                self.api.metrics().refused(match refused {
                    Refused::Full => "connections",
                    Refused::Address => "connections of an address",
                });
                return;
            }
        };
        let connection = self.front.connection(&self.peers, connected);
        let (settings, stop) = (self.api.settings().clone(), self.stop.clone());
        connections.spawn(async move { serve(socket, connection, &settings, stop).await });
    }
}

/// Serves one connection until it ends or becomes a WebSocket.
async fn serve(
    socket: TcpStream,
    connection: Connection,
    settings: &crate::Settings,
    stop: StopHandle,
) {
    // An answer goes out at once; if that cannot be set it is only slower.
    let _ = socket.set_nodelay(true);
    let mut socket = TimeoutStream::new(socket);
    socket.set_write_timeout(Some(settings.write_time));
    let service = service_fn(move |request| {
        let connection = connection.clone();
        async move { Ok::<_, Infallible>(connection.handle(request).await) }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(settings.head_time)
        .serve_connection(TokioIo::new(Box::pin(socket)), service)
        .with_upgrades();
    tokio::pin!(serving);
    let served = tokio::select! {
        served = &mut serving => served,
        () = stop.shutdown() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, "a connection ended early");
    }
}
