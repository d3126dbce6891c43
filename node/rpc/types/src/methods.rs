//! The methods, each declared once.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::*;

/// A method: its name, what it takes and what it answers.
pub trait Method {
    /// The name on the wire.
    const NAME: &'static str;
    /// What it does, in one or a few sentences.
    const DOC: &'static str;
    /// What it takes.
    type Params: Serialize + DeserializeOwned + Send + 'static;
    /// What it answers.
    type Answer: Serialize + DeserializeOwned + Send + 'static;
}

/// A subscription: what begins it, what ends it, and what it sends.
pub trait Subscription {
    /// The name of the method that begins it; it answers the subscription's id.
    const NAME: &'static str;
    /// The name of the method that ends it.
    const END: &'static str;
    /// The name of what is sent.
    const NOTICE: &'static str;
    /// What it does.
    const DOC: &'static str;
    /// What it takes.
    type Params: Serialize + DeserializeOwned + Send + 'static;
    /// What it sends.
    type Item: Serialize + DeserializeOwned + Send + 'static;
}

macro_rules! methods {
    (
        $(#[doc = $list_doc:literal])+
        $list:ident $each:ident;
        $($(#[doc = $doc:literal])+ $name:literal $type:ident ($params:ty) -> $answer:ty;)*
    ) => {
        $(
            $(#[doc = $doc])+
            #[derive(Clone, Copy, Debug)]
            pub enum $type {}

            impl Method for $type {
                const NAME: &'static str = $name;
                const DOC: &'static str = concat!($($doc,)+).trim_ascii();
                type Params = $params;
                type Answer = $answer;
            }
        )*

        $(#[doc = $list_doc])+
        pub const $list: &[&str] = &[$($name),*];

        #[cfg(feature = "schema")]
        pub(crate) fn $each(writer: &mut crate::openrpc::Writer) {
            $(writer.method::<$type>();)*
        }
    };
}

methods! {
    /// The names of the methods of every node.
    METHODS write_methods;

    /// What the node and its chain are.
    "hull_status" GetStatus(NoParams) -> Status;
    /// Limits and prices of the chain.
    "hull_parameters" GetParameters(AtParams) -> Parameters;
    /// Where the chain began, in SCALE. Its hash is the chain id.
    "hull_genesis" GetGenesis(NoParams) -> Genesis;
    /// Who decides the block after one, and who follows them.
    "hull_validators" GetValidators(AtParams) -> Validators;
    /// A block by height or hash, or the last one.
    "hull_block" GetBlock(BlockParams) -> Block;
    /// A transaction, in a block or in the pool of this node; null if it is in neither.
    "hull_transaction" GetTransaction(HashParams) -> Option<Transaction>;
    /// What became of a transaction; null if it is in no block. With `wait` the answer
    /// comes when it is, or after that time.
    "hull_receipt" GetReceipt(HashParams) -> Option<Receipt>;
    /// An account: nonce and balance.
    "hull_account" GetAccount(AccountParams) -> Account;
    /// A code: who uploaded it, what it may do, its bytes.
    "hull_code" GetCode(CodeParams) -> Code;
    /// A contract: code, creator, capabilities, deposits, ABI.
    "hull_contract" GetContract(ContractParams) -> Contract;
    /// An item of a contract's storage; null if there is none.
    "hull_storage" GetItem(ItemParams) -> Option<Item>;
    /// A contract's storage, page by page in the order of the keys.
    "hull_storageList" ListStorage(StorageParams) -> StoragePage;
    /// That an account, a code or an item of storage is in the state, or is not.
    "hull_proof" GetProof(ProofParams) -> Proof;
    /// Asks a contract something. Nothing changes.
    "hull_call" CallContract(CallParams) -> Outcome;
    /// The gas and deposit that a transaction needs.
    "hull_estimateGas" EstimateGas(SimulateParams) -> Estimate;
    /// What a transaction would come to, without signature, nonce and fee.
    "hull_simulate" Simulate(SimulateParams) -> Simulated;
    /// What happened inside a transaction that is in a block: it is executed again.
    "hull_trace" TraceTransaction(HashParams) -> Trace;
    /// Takes a signed transaction into the pool.
    "hull_sendTransaction" SendTransaction(SendParams) -> Sent;
    /// Past events by contract and topics, page by page.
    "hull_events" ListEvents(EventsParams) -> EventsPage;
}

methods! {
    /// The names of the methods of a development node.
    DEV_METHODS write_dev_methods;

    /// Seals blocks now, with what waits.
    "dev_seal" DevSeal(DevSealParams) -> Sealed;
    /// Moves the clock of the chain forward.
    "dev_increaseTime" DevIncreaseTime(IncreaseTimeParams) -> DevTime;
    /// Sets the clock of the chain.
    "dev_setTime" DevSetTime(DevSetTimeParams) -> DevTime;
    /// The accounts that have tokens from the beginning, with keys that everybody knows.
    "dev_accounts" DevAccounts(NoParams) -> Vec<DevAccount>;
}

macro_rules! subscriptions {
    ($($(#[doc = $doc:literal])+ $name:literal $end:literal $notice:literal $type:ident ($params:ty) -> $item:ty;)*) => {
        $(
            $(#[doc = $doc])+
            #[derive(Clone, Copy, Debug)]
            pub enum $type {}

            impl Subscription for $type {
                const NAME: &'static str = $name;
                const END: &'static str = $end;
                const NOTICE: &'static str = $notice;
                const DOC: &'static str = concat!($($doc,)+).trim_ascii();
                type Params = $params;
                type Item = $item;
            }
        )*

        /// The names of the methods that begin a subscription.
        pub const SUBSCRIPTIONS: &[&str] = &[$($name),*];

        #[cfg(feature = "schema")]
        pub(crate) fn write_subscriptions(writer: &mut crate::openrpc::Writer) {
            $(writer.subscription::<$type>();)*
        }
    };
}

subscriptions! {
    /// Blocks as they are committed.
    "hull_subscribeBlocks" "hull_unsubscribeBlocks" "hull_onBlock" BlockFeed(FromParams) -> Block;
    /// Receipts as blocks are committed.
    "hull_subscribeReceipts" "hull_unsubscribeReceipts" "hull_onReceipt" ReceiptFeed(ReceiptFilter) -> Receipt;
    /// Events as blocks are committed, by contract and topics.
    "hull_subscribeEvents" "hull_unsubscribeEvents" "hull_onEvent" EventFeed(EventFilter) -> LocatedEvent;
}
