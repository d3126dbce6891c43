//! The RPC of a node.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use hull_rpc_types::{
    Account, AccountParams, Address, Block, BlockId, BlockParams, GetAccount, GetBlock, GetStatus,
    Method, NoParams, SendParams, SendTransaction, Sent, Status,
};
use serde_json::{Value, json};

/// How long a node may take to answer.
const ANSWER: Duration = Duration::from_secs(10);
/// How long a connection may take; the nodes are near.
const CONNECT: Duration = Duration::from_secs(1);

/// One node.
#[derive(Clone)]
pub(crate) struct Client {
    url: String,
    agent: ureq::Agent,
}

impl Client {
    pub(crate) fn new(url: &str) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(ANSWER))
            .timeout_connect(Some(CONNECT))
            .http_status_as_error(false)
            .build();
        Self {
            url: url.into(),
            agent: config.into(),
        }
    }

    pub(crate) fn status(&self) -> Result<Status> {
        self.call::<GetStatus>(&NoParams {})
    }

    pub(crate) fn account(&self, address: Address) -> Result<Account> {
        let block = BlockId::Latest;
        self.call::<GetAccount>(&AccountParams { address, block })
    }

    /// A block with the hashes of its transactions; `None` if it is not there yet.
    pub(crate) fn block(&self, height: u64) -> Result<Option<Block>> {
        let params = BlockParams {
            block: BlockId::Height(height),
            ..BlockParams::default()
        };
        if self.status()?.height < height {
            return Ok(None);
        }
        self.call::<GetBlock>(&params).map(Some)
    }

    /// Sends transactions. Inside: for each, that it was taken, or why not.
    pub(crate) fn send(&self, transactions: &[&[u8]]) -> Result<Vec<Result<Sent, String>>> {
        let calls = transactions.iter().enumerate().map(|(id, bytes)| {
            let transaction = bytes.to_vec().into();
            request(
                SendTransaction::NAME,
                &json!(SendParams { transaction }),
                id,
            )
        });
        let answers = self.post(&Value::from_iter(calls))?;
        let Value::Array(answers) = answers else {
            bail!("{} answers a batch with {answers}", self.url);
        };
        ensure!(
            answers.len() == transactions.len(),
            "{} answers {} calls with {}",
            self.url,
            transactions.len(),
            answers.len()
        );
        let mut sorted = vec![Err("it was not answered".into()); transactions.len()];
        for answer in answers {
            let place = answer["id"]
                .as_u64()
                .and_then(|id| usize::try_from(id).ok());
            let place = place.and_then(|id| sorted.get_mut(id));
            *place.context("an answer to nothing")? =
                match serde_json::from_value(answer["result"].clone()) {
                    Ok(sent) => Ok(sent),
                    Err(_) => Err(answer["error"].to_string()),
                };
        }
        Ok(sorted)
    }

    fn call<M: Method>(&self, params: &M::Params) -> Result<M::Answer> {
        let answer = self.ask(M::NAME, &json!(params))?;
        serde_json::from_value(answer)
            .with_context(|| format!("{} answers {} strangely", self.url, M::NAME))
    }

    /// Calls a method by its name.
    pub(crate) fn ask(&self, method: &str, params: &Value) -> Result<Value> {
        let mut answer = self.post(&request(method, params, 0))?;
        ensure!(
            answer["error"].is_null(),
            "{} refuses {method}: {}",
            self.url,
            answer["error"]
        );
        Ok(answer["result"].take())
    }

    fn post(&self, body: &Value) -> Result<Value> {
        let request = self.agent.post(&self.url);
        let request = request.header("content-type", "application/json");
        let response = request.send(body.to_string());
        let mut response = response.with_context(|| format!("ask {}", self.url))?;
        let text = response.body_mut().read_to_string()?;
        serde_json::from_str(&text).with_context(|| format!("{} answers `{text:.80}`", self.url))
    }
}

fn request(method: &str, params: &Value, id: usize) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
}
