//! The methods, by name.

use std::sync::Arc;
use std::time::Duration;

use hull_rpc_types as rpc;
use jsonrpsee::server::RpcModule;
use jsonrpsee::types::Params;
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout, timeout_at};

use crate::api::Api;
use crate::failed::Failed;
use crate::feeds;

/// The name under which the OpenRPC document is served.
const DISCOVER: &str = "rpc.discover";

/// What a call waits for before it gets a thread.
#[derive(Clone, Copy)]
enum Pool {
    /// Reading: short.
    Read,
    /// Executing contracts: as long as gas allows.
    Execute,
}

/// The methods of an API. Those of a development node are there if it is one.
///
/// # Panics
/// If two methods have the same name, which no setting brings about.
pub fn module(api: Api) -> RpcModule<Api> {
    let dev = api.node().dev.is_some();
    let document = rpc::openrpc(api.node().version, dev);
    let mut module = RpcModule::new(api);
    let (read, execute) = (Pool::Read, Pool::Execute);
    method::<rpc::GetStatus>(&mut module, read, Api::status);
    method::<rpc::GetParameters>(&mut module, read, Api::parameters);
    method::<rpc::GetGenesis>(&mut module, read, Api::genesis);
    method::<rpc::GetValidators>(&mut module, read, Api::validators);
    method::<rpc::GetBlock>(&mut module, read, Api::block);
    method::<rpc::GetTransaction>(&mut module, read, Api::transaction);
    method::<rpc::GetAccount>(&mut module, read, Api::account);
    method::<rpc::GetCode>(&mut module, read, Api::code);
    method::<rpc::GetContract>(&mut module, read, Api::contract);
    method::<rpc::GetItem>(&mut module, read, Api::item);
    method::<rpc::ListStorage>(&mut module, read, Api::list_storage);
    method::<rpc::GetProof>(&mut module, read, Api::proof);
    method::<rpc::ListEvents>(&mut module, read, Api::list_events);
    method::<rpc::SendTransaction>(&mut module, read, Api::send_transaction);
    method::<rpc::CallContract>(&mut module, execute, Api::call);
    method::<rpc::EstimateGas>(&mut module, execute, Api::estimate_gas);
    method::<rpc::Simulate>(&mut module, execute, Api::simulate);
    method::<rpc::TraceTransaction>(&mut module, execute, Api::trace);
    receipt(&mut module);
    if dev {
        method::<rpc::DevSeal>(&mut module, execute, Api::dev_seal);
        method::<rpc::DevIncreaseTime>(&mut module, read, Api::dev_increase_time);
        method::<rpc::DevSetTime>(&mut module, read, Api::dev_set_time);
        method::<rpc::DevAccounts>(&mut module, read, Api::dev_accounts);
    }
    feeds::register(&mut module);
    let registered = module.register_method(DISCOVER, move |_, _, _| document.clone());
    registered.expect("the name is free");
    module
}

fn method<M: rpc::Method>(
    module: &mut RpcModule<Api>,
    pool: Pool,
    work: impl Fn(&Api, M::Params) -> Result<M::Answer, Failed> + Copy + Send + Sync + 'static,
) where
    M::Answer: Clone,
{
    let registered = module.register_async_method(M::NAME, move |params, api, _| async move {
        let params: M::Params = parse(M::NAME, &params)?;
        run(&api, pool, move |api| work(api, params)).await
    });
    registered.expect("names of methods differ");
}

/// `hull_receipt` waits, without a thread.
fn receipt(module: &mut RpcModule<Api>) {
    let name = <rpc::GetReceipt as rpc::Method>::NAME;
    let registered = module.register_async_method(name, move |params, api, _| async move {
        let params: rpc::HashParams = parse(name, &params)?;
        let wait = Duration::from_millis(params.wait).min(api.settings().wait);
        let until = Instant::now() + wait;
        let mut heights = api.inner.heights.clone();
        loop {
            heights.mark_unchanged();
            let found = run(&api, Pool::Read, move |api| api.receipt(params)).await?;
            if found.is_some() || Instant::now() >= until {
                return Ok::<_, Failed>(found);
            }
            // After the wait it is looked once more.
            let _ = timeout_at(until, heights.changed()).await;
        }
    });
    registered.expect("names of methods differ");
}

/// Runs work on a thread that may block, when there is one for it.
async fn run<T: Send + 'static>(
    api: &Api,
    pool: Pool,
    work: impl FnOnce(&Api) -> Result<T, Failed> + Send + 'static,
) -> Result<T, Failed> {
    let places: &Arc<Semaphore> = match pool {
        Pool::Read => &api.inner.readers,
        Pool::Execute => &api.inner.executions,
    };
    let place = timeout(api.settings().queue, Arc::clone(places).acquire_owned()).await;
    let Ok(Ok(place)) = place else {
        api.metrics().refused("busy");
        return Err(Failed::new(
            rpc::ErrorCode::Busy,
            "all threads for such calls are taken",
            "this node",
            "ask again later, or ask another node",
        ));
    };
    let api = api.clone();
    let done = tokio::task::spawn_blocking(move || {
        let done = work(&api);
        drop(place);
        done
    });
    done.await.unwrap_or_else(|error| {
        tracing::error!(%error, "a method panicked; this is a bug");
        Err(Failed::node("a method panicked; this is a bug"))
    })
}

/// Reads the parameters of a call, by name or by position.
pub(crate) fn parse<P: DeserializeOwned>(method: &str, params: &Params<'_>) -> Result<P, Failed> {
    let text = params.as_str().map_or("{}", str::trim);
    let text = match text {
        "" | "null" => "{}",
        text => text,
    };
    serde_json::from_str(text).map_err(|error| {
        let remedy = format!("{DISCOVER} tells what {method} takes");
        Failed::params(error, method, remedy)
    })
}
