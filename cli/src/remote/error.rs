//! What goes wrong between here and a node, and what a node refuses.

use hull_rpc_types::{ErrorCode, ErrorData};
use miette::Diagnostic;
use thiserror::Error;

use crate::Exit;

/// Why a node did not do what it was asked to.
#[derive(Debug, Error, Diagnostic)]
pub(crate) enum RemoteError {
    #[error("{url} is not the URL of a node")]
    #[diagnostic(code(bad_url), help("it begins with http:// or https://"))]
    BadUrl { url: String },
    #[error("no node answers at {url}")]
    #[diagnostic(
        code(unreachable),
        help("start one: cargo hull node dev; or name another: --network NETWORK")
    )]
    Unreachable {
        url: String,
        #[source]
        source: Box<ureq::Error>,
    },
    #[error("what answers {method} at {url} is no node of Hull: `{begins}`")]
    #[diagnostic(
        code(strange_answer),
        help("check the URL; an older or newer node also answers otherwise")
    )]
    Strange {
        url: String,
        method: &'static str,
        begins: String,
    },
    #[error("the node refuses {method}: {}", refusal(message, data.as_deref()))]
    #[diagnostic(code(refused), help("{}", remedy(data.as_deref())))]
    Refused {
        method: &'static str,
        code: i32,
        message: String,
        data: Option<Box<ErrorData>>,
    },
    #[error("{network} is another chain than before: {found}, not {expected}")]
    #[diagnostic(
        code(other_chain),
        help(
            "if that is meant, give the name again: cargo hull network add {network} URL; else ask who runs the node"
        )
    )]
    OtherChain {
        network: String,
        expected: String,
        found: String,
    },
    #[error("it is not said who sends")]
    #[diagnostic(
        code(no_sender),
        help(
            "name a key: --from NAME, or HULL_FROM=NAME; a new one: cargo hull keys generate NAME"
        )
    )]
    NoSender,
    #[error("`{text}` is neither an address nor a name that is known here")]
    #[diagnostic(
        code(bad_address),
        help(
            "write {prefix}1…, or give the address a name: cargo hull address add NAME ADDRESS; there is {}",
            known.join(", ")
        )
    )]
    BadAddress {
        text: String,
        prefix: String,
        known: Vec<String>,
    },
    #[error("{contract} has no ABI on the chain")]
    #[diagnostic(code(no_abi), help("name its file: --abi FILE.abi.json"))]
    NoAbi { contract: String },
    #[error("{what} would not succeed: {reason}")]
    #[diagnostic(
        code(would_fail),
        help("nothing was sent and nothing paid; --force sends it all the same")
    )]
    WouldFail { what: String, reason: String },
    #[error("{transaction} is in no block after {seconds} s")]
    #[diagnostic(
        code(not_included),
        help("it may still be: cargo hull tx {transaction}")
    )]
    NotIncluded { transaction: String, seconds: u64 },
    #[error("the node's proof does not hold: {reason}")]
    #[diagnostic(
        code(bad_proof),
        help("do not trust this node's answers; ask another one")
    )]
    BadProof { reason: String },
    #[error("the answer of the node makes no sense: {reason}")]
    #[diagnostic(
        code(bad_answer),
        help("node and cargo hull may be of different versions")
    )]
    BadAnswer { reason: String },
}

impl RemoteError {
    /// How the process ends.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::BadUrl { .. } | Self::NoSender | Self::BadAddress { .. } => Exit::Usage,
            Self::NoAbi { .. } => Exit::Input,
            Self::WouldFail { .. } => Exit::No,
            Self::Unreachable { .. }
            | Self::Strange { .. }
            | Self::Refused { .. }
            | Self::OtherChain { .. }
            | Self::NotIncluded { .. }
            | Self::BadProof { .. }
            | Self::BadAnswer { .. } => Exit::Node,
        }
    }

    /// Whether the node refused with this code.
    pub(crate) fn is(&self, wanted: ErrorCode) -> bool {
        matches!(self, Self::Refused { code, .. } if *code == wanted.code())
    }
}

fn refusal(message: &str, data: Option<&ErrorData>) -> String {
    match data {
        Some(data) => format!("{}, in {}", data.what, data.place),
        None => message.into(),
    }
}

fn remedy(data: Option<&ErrorData>) -> &str {
    data.map_or("see the node's log", |data| &data.remedy)
}
