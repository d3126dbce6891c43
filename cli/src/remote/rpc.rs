//! JSON-RPC over HTTP.

use std::time::Duration;

use hull_rpc_types::{ErrorData, Method};
use serde::Deserialize;
use serde_json::{Value, json};

use super::RemoteError;

/// A node's RPC.
#[derive(Clone, Debug)]
pub(crate) struct Rpc {
    url: String,
    agent: ureq::Agent,
}

/// How long a node may take to answer; it may be asked to wait for a block.
const ANSWER: Duration = Duration::from_secs(60);
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// Longest answer that is read: traces are the longest ones.
const MAX_ANSWER: u64 = 256 << 20;

#[derive(Deserialize)]
struct Answer<T> {
    result: Option<T>,
    error: Option<Refusal>,
}

#[derive(Deserialize)]
struct Refusal {
    code: i32,
    message: String,
    #[serde(default)]
    data: Option<Value>,
}

impl Rpc {
    pub(crate) fn new(url: &str) -> Result<Self, RemoteError> {
        if !url.starts_with("http://") && !url.starts_with("https://") {
            return Err(RemoteError::BadUrl { url: url.into() });
        }
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(ANSWER))
            .timeout_connect(Some(CONNECT))
            .http_status_as_error(false)
            .build();
        Ok(Self {
            url: url.into(),
            agent: config.into(),
        })
    }

    /// Calls a method.
    pub(crate) fn call<M: Method>(&self, params: &M::Params) -> Result<M::Answer, RemoteError> {
        let request = json!({"jsonrpc": "2.0", "id": 1, "method": M::NAME, "params": params});
        let text = self.post(&request.to_string())?;
        let answer: Answer<Value> =
            serde_json::from_str(&text).map_err(|_| self.strange(M::NAME, &text))?;
        if let Some(refusal) = answer.error {
            return Err(self.refused(M::NAME, refusal));
        }
        let result = answer.result.unwrap_or(Value::Null);
        serde_json::from_value(result).map_err(|_| self.strange(M::NAME, &text))
    }

    fn post(&self, body: &str) -> Result<String, RemoteError> {
        let unreachable = |source| RemoteError::Unreachable {
            url: self.url.clone(),
            source: Box::new(source),
        };
        let request = self.agent.post(&self.url);
        let request = request.header("content-type", "application/json");
        let mut response = request.send(body).map_err(unreachable)?;
        let body = response.body_mut().with_config().limit(MAX_ANSWER);
        body.read_to_string().map_err(unreachable)
    }

    fn refused(&self, method: &'static str, refusal: Refusal) -> RemoteError {
        let data = refusal.data.map(serde_json::from_value::<ErrorData>);
        RemoteError::Refused {
            method,
            code: refusal.code,
            message: refusal.message,
            data: data.and_then(Result::ok).map(Box::new),
        }
    }

    fn strange(&self, method: &'static str, text: &str) -> RemoteError {
        /// Enough to see what it is: a page of a proxy, mostly.
        const SHOWN: usize = 120;
        RemoteError::Strange {
            url: self.url.clone(),
            method,
            begins: text.chars().take(SHOWN).collect(),
        }
    }
}
