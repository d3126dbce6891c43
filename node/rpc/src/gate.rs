//! What every call passes before it reaches a method.

#![expect(
    clippy::disallowed_methods,
    reason = "how long calls take is measured; nothing of it enters a result"
)]

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use hull_rpc_types::{DEV_METHODS, ErrorCode, METHODS, SUBSCRIPTIONS};
use jsonrpsee::core::middleware::{Batch, BatchEntry, Notification, RpcServiceT};
use jsonrpsee::core::server::{BatchResponseBuilder, MethodResponse};
use jsonrpsee::types::Request;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::api::Api;
use crate::depth;
use crate::failed::Failed;
use crate::peers::{Connected, Peers};

/// The gate of one connection.
#[derive(Clone)]
pub(crate) struct Gate<S> {
    pub(crate) service: S,
    pub(crate) caller: Arc<Caller>,
}

/// Who calls over a connection.
pub(crate) struct Caller {
    api: Api,
    peers: Peers,
    address: IpAddr,
    calls: Arc<Semaphore>,
    /// Counts for as long as the connection or one of its calls lives, WebSocket
    /// sessions included.
    _connected: Connected,
}

impl Caller {
    pub(crate) fn new(api: Api, peers: Peers, connected: Connected) -> Self {
        let address = connected.address();
        let calls = api.settings().calls_at_once.max(1) as usize;
        Self {
            calls: Arc::new(Semaphore::new(calls)),
            api,
            peers,
            address,
            _connected: connected,
        }
    }

    /// Connections of everybody.
    pub(crate) fn connections(&self) -> u32 {
        self.peers.connections()
    }

    /// 1. Rate, 2. depth, 3. calls under way.
    fn admit(&self, request: &Request<'_>) -> Result<OwnedSemaphorePermit, Failed> {
        let settings = self.api.settings();
        if !self.peers.draw(self.address, weight(&request.method)) {
            return Err(self.refuse(
                "rate",
                ErrorCode::RateLimited,
                format!("more than {} a second from this address", settings.rate),
                "ask less often; executing counts more than reading",
            ));
        }
        let params = request.params.as_ref().map_or("", |params| params.get());
        if !depth::within(params, settings.depth) {
            return Err(self.refuse(
                "depth",
                ErrorCode::InvalidParams,
                format!("the parameters nest deeper than {}", settings.depth),
                "send what rpc.discover describes",
            ));
        }
        Arc::clone(&self.calls).try_acquire_owned().map_err(|_| {
            self.refuse(
                "calls",
                ErrorCode::Busy,
                format!(
                    "{} calls of this connection are under way",
                    settings.calls_at_once
                ),
                "wait for answers, or use more connections",
            )
        })
    }

    fn refuse(&self, reason: &'static str, code: ErrorCode, what: String, remedy: &str) -> Failed {
        self.api.metrics().refused(reason);
        Failed::new(code, what, "this connection", remedy)
    }
}

/// What a call counts against the rate: about how many reads it is worth.
fn weight(method: &str) -> u32 {
    match method {
        "hull_trace" | "hull_estimateGas" | "hull_simulate" => 20,
        "hull_call" | "hull_events" | "hull_storageList" | "rpc.discover" => 5,
        "hull_sendTransaction" => 2,
        _ => 1,
    }
}

/// The name of a method as a label, of which there are only so many.
fn label(method: &str) -> &'static str {
    let names = METHODS.iter().chain(SUBSCRIPTIONS).chain(DEV_METHODS);
    names
        .copied()
        .find(|name| *name == method)
        .unwrap_or("other")
}

impl<S> RpcServiceT for Gate<S>
where
    S: RpcServiceT<
            MethodResponse = MethodResponse,
            BatchResponse = MethodResponse,
            NotificationResponse = MethodResponse,
        > + Clone
        + Send
        + Sync
        + 'static,
{
    type MethodResponse = MethodResponse;
    type BatchResponse = MethodResponse;
    type NotificationResponse = MethodResponse;

    fn call<'a>(
        &self,
        request: Request<'a>,
    ) -> impl Future<Output = Self::MethodResponse> + Send + 'a {
        let (service, caller) = (self.service.clone(), Arc::clone(&self.caller));
        async move {
            let method = label(&request.method);
            let start = Instant::now();
            let answer = match caller.admit(&request) {
                Ok(_permit) => service.call(request).await,
                Err(failed) => {
                    let extensions = request.extensions;
                    MethodResponse::error(request.id, failed).with_extensions(extensions)
                }
            };
            let metrics = caller.api.metrics();
            metrics.called(method, answer.is_success(), start.elapsed());
            answer
        }
    }

    fn batch<'a>(&self, batch: Batch<'a>) -> impl Future<Output = Self::BatchResponse> + Send + 'a {
        let gate = self.clone();
        async move {
            let limit = gate.caller.api.settings().response_bytes as usize;
            let mut answers = BatchResponseBuilder::new_with_limit(limit);
            let mut notified = false;
            for entry in batch {
                let answer = match entry {
                    Ok(BatchEntry::Call(request)) => gate.call(request).await,
                    Ok(BatchEntry::Notification(_)) => {
                        notified = true;
                        continue;
                    }
                    Err(error) => {
                        let (error, id) = error.into_parts();
                        MethodResponse::error(id, error)
                    }
                };
                if let Err(too_large) = answers.append(answer) {
                    return too_large;
                }
            }
            match answers.is_empty() && notified {
                true => MethodResponse::notification(),
                false => MethodResponse::from_batch(answers.finish()),
            }
        }
    }

    fn notification<'a>(
        &self,
        notification: Notification<'a>,
    ) -> impl Future<Output = Self::NotificationResponse> + Send + 'a {
        self.service.notification(notification)
    }
}
