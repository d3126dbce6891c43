//! Subscriptions.
//!
//! A feed reads blocks from the chain as fast as its reader takes them and holds none
//! of its own: one that is behind costs no memory, and its `from` begins anywhere.

use std::sync::Arc;

use hull_chain::Committed;
use hull_rpc_types as rpc;
use jsonrpsee::core::SubscriptionResult;
use jsonrpsee::core::server::PendingSubscriptionSink;
use jsonrpsee::server::{RpcModule, SubscriptionSink};
use serde::Serialize;

use crate::api::Api;
use crate::failed::Failed;
use crate::module::parse;

/// What of a block goes to a subscriber.
type Pick<T> = Box<dyn Fn(&Api, &Committed) -> Vec<T> + Send + Sync>;

pub(crate) fn register(module: &mut RpcModule<Api>) {
    feed::<rpc::BlockFeed>(module, |_, params| {
        let pick: Pick<rpc::Block> = Box::new(|api, block| vec![api.convert().block(block, false)]);
        Ok((params.from, pick))
    });
    feed::<rpc::ReceiptFeed>(module, |api, params| {
        let sender = params.sender;
        if let Some(sender) = &sender {
            api.address(sender, "sender")?;
        }
        let pick: Pick<rpc::Receipt> = Box::new(move |api, block| {
            let count = u32::try_from(block.receipts.len()).unwrap_or(u32::MAX);
            let receipts = (0..count).filter_map(|index| api.receipt_at(block, index));
            let wanted =
                |receipt: &rpc::Receipt| sender.as_ref().is_none_or(|it| *it == receipt.sender);
            receipts.filter(wanted).collect()
        });
        Ok((params.from, pick))
    });
    feed::<rpc::EventFeed>(module, |api, params| {
        let wanted = api.wanted(params.contract.as_ref(), params.topics)?;
        let pick: Pick<rpc::LocatedEvent> = Box::new(move |api, block| api.located(block, &wanted));
        Ok((params.from, pick))
    });
}

fn feed<S: rpc::Subscription>(
    module: &mut RpcModule<Api>,
    begin: impl Fn(&Api, S::Params) -> Result<(Option<u64>, Pick<S::Item>), Failed>
    + Copy
    + Send
    + Sync
    + 'static,
) where
    S::Item: Sync,
{
    let registered = module.register_subscription(
        S::NAME,
        S::NOTICE,
        S::END,
        move |params, pending, api, _| async move {
            let params = parse::<S::Params>(S::NAME, &params);
            match params.and_then(|params| begin(&api, params)) {
                Ok((from, pick)) => follow(&api, pending, from, pick).await,
                Err(failed) => {
                    pending.reject(failed).await;
                    Ok(())
                }
            }
        },
    );
    registered.expect("names of methods differ");
}

/// Sends what is picked of each block from a height on, until the reader goes away or
/// takes nothing for too long.
async fn follow<T: Serialize + Send + Sync + 'static>(
    api: &Api,
    pending: PendingSubscriptionSink,
    from: Option<u64>,
    pick: Pick<T>,
) -> SubscriptionResult {
    let mut heights = api.inner.heights.clone();
    let mut next = from
        .unwrap_or_else(|| heights.borrow().saturating_add(1))
        .max(1);
    let sink = pending.accept().await?;
    let _counted = api.metrics().subscribed();
    let pick = Arc::new(pick);
    loop {
        let latest = *heights.borrow_and_update();
        while next <= latest {
            let (reader, pick) = (api.clone(), Arc::clone(&pick));
            let items = tokio::task::spawn_blocking(move || {
                let block = reader.chain().committed(next).map_err(Failed::from)?;
                Ok::<_, Failed>(pick(&reader, &block))
            });
            let items = items.await?.map_err(|failed| failed.data.what)?;
            for item in &items {
                if !send(api, &sink, item).await? {
                    return Ok(());
                }
            }
            next = next.saturating_add(1);
        }
        tokio::select! {
            () = sink.closed() => return Ok(()),
            changed = heights.changed() => if changed.is_err() {
                return Ok(());
            },
        }
    }
}

/// Returns whether the reader is still there.
async fn send<T: Serialize>(
    api: &Api,
    sink: &SubscriptionSink,
    item: &T,
) -> Result<bool, serde_json::Error> {
    let message = serde_json::value::to_raw_value(item)?;
    let sent = sink.send_timeout(message, api.settings().feed_time).await;
    if sent.is_err() && !sink.is_closed() {
        api.metrics().refused("slow reader");
        tracing::debug!("a subscriber reads too slowly; its subscription ends");
    }
    Ok(sent.is_ok())
}
