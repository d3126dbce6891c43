//! HTTP: which path is what, web pages of other origins, and how long it may take.

use std::sync::Arc;

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, CONTENT_TYPE, HeaderValue, ORIGIN, VARY,
};
use http::{Method, Request, Response, StatusCode};
use jsonrpsee::core::BoxError;
use jsonrpsee::core::middleware::RpcServiceBuilder;
use jsonrpsee::server::{
    BatchRequestConfig, HttpBody, Methods, PingConfig, ServerConfig, StopHandle,
    TowerServiceBuilder, ws,
};
use tokio::time::timeout;
use tower::Service as _;
use tower::layer::util::Identity;

use crate::api::Api;
use crate::gate::{Caller, Gate};
use crate::peers::{Connected, Peers};
use crate::settings::Settings;

/// The content type of metrics.
const METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Answers requests of any connection.
#[derive(Clone)]
pub(crate) struct Front {
    api: Api,
    methods: Methods,
    builder: TowerServiceBuilder<Identity, Identity>,
    stop: StopHandle,
}

/// Answers the requests of one connection.
#[derive(Clone)]
pub(crate) struct Connection {
    front: Front,
    caller: Arc<Caller>,
}

impl Front {
    pub(crate) fn new(api: Api, stop: StopHandle) -> Self {
        let config = config(api.settings());
        let builder = jsonrpsee::server::Server::builder()
            .set_config(config)
            .to_service_builder();
        Self {
            methods: crate::module(api.clone()).into(),
            api,
            builder,
            stop,
        }
    }

    pub(crate) fn connection(&self, peers: &Peers, connected: Connected) -> Connection {
        let caller = Caller::new(self.api.clone(), peers.clone(), connected);
        Connection {
            front: self.clone(),
            caller: Arc::new(caller),
        }
    }
}

impl Connection {
    /// Answers one request.
    pub(crate) async fn handle<B>(&self, request: Request<B>) -> Response<HttpBody>
    where
        B: http_body::Body<Data = hyper::body::Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let settings = self.front.api.settings();
        let origin = request.headers().get(ORIGIN).cloned();
        if let Some(origin) = &origin
            && !allows(settings, origin)
        {
            let text = "this origin may not call; the operator sets rpc.cors";
            return plain(StatusCode::FORBIDDEN, text);
        }
        let mut answer = match (request.method(), request.uri().path()) {
            (&Method::OPTIONS, _) => preflight(),
            (&Method::GET, "/healthz") => plain(StatusCode::OK, "ok\n"),
            (&Method::GET, "/readyz") => self.ready(),
            (&Method::GET, "/metrics") => self.metrics(),
            _ => self.rpc(request).await,
        };
        if let Some(origin) = origin {
            let headers = answer.headers_mut();
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(VARY, HeaderValue::from_static("origin"));
        }
        answer
    }

    async fn rpc<B>(&self, request: Request<B>) -> Response<HttpBody>
    where
        B: http_body::Body<Data = hyper::body::Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let caller = Arc::clone(&self.caller);
        let gate = RpcServiceBuilder::new().layer_fn(move |service| Gate {
            service,
            caller: Arc::clone(&caller),
        });
        let builder = self.front.builder.clone().set_rpc_middleware(gate);
        let mut service = builder.build(self.front.methods.clone(), self.front.stop.clone());
        let is_socket = ws::is_upgrade_request(&request);
        let answer = service.call(request);
        let answer = match is_socket {
            true => Ok(answer.await),
            false => timeout(self.front.api.settings().request_time, answer).await,
        };
        match answer {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => plain(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
            Err(_) => {
                self.front.api.metrics().refused("time");
                plain(StatusCode::REQUEST_TIMEOUT, "the request took too long\n")
            }
        }
    }

    fn ready(&self) -> Response<HttpBody> {
        match (self.front.api.node().ready)() {
            Ok(()) => plain(StatusCode::OK, "ready\n"),
            Err(why) => plain(StatusCode::SERVICE_UNAVAILABLE, &format!("{why}\n")),
        }
    }

    fn metrics(&self) -> Response<HttpBody> {
        let metrics = self.front.api.metrics();
        metrics.connections(self.caller.connections());
        let text = metrics.text(self.front.api.node());
        let mut answer = plain(StatusCode::OK, &text);
        let kind = HeaderValue::from_static(METRICS);
        answer.headers_mut().insert(CONTENT_TYPE, kind);
        answer
    }
}

fn config(settings: &Settings) -> ServerConfig {
    ServerConfig::builder()
        .max_request_body_size(settings.request_bytes)
        .max_response_body_size(settings.response_bytes)
        // Counted before, by address too.
        .max_connections(u32::MAX >> 4)
        .max_subscriptions_per_connection(settings.subscriptions)
        .set_batch_request_config(BatchRequestConfig::Limit(settings.batch))
        .set_message_buffer_capacity(settings.messages.max(1))
        .enable_ws_ping(
            PingConfig::new()
                .ping_interval(settings.write_time)
                .inactive_limit(settings.write_time.saturating_mul(2)),
        )
        .build()
}

fn allows(settings: &Settings, origin: &HeaderValue) -> bool {
    let mut allowed = settings.cors.iter();
    allowed.any(|one| one == "*" || one.as_bytes() == origin.as_bytes())
}

fn preflight() -> Response<HttpBody> {
    let mut answer = plain(StatusCode::NO_CONTENT, "");
    let headers = answer.headers_mut();
    let methods = HeaderValue::from_static("GET, POST");
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
    let allowed = HeaderValue::from_static("content-type");
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, allowed);
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    answer
}

pub(crate) fn plain(status: StatusCode, text: &str) -> Response<HttpBody> {
    let mut answer = Response::new(HttpBody::from(text.to_string()));
    *answer.status_mut() = status;
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    answer.headers_mut().insert(CONTENT_TYPE, kind);
    answer
}
