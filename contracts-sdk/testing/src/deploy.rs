//! Bringing contracts onto the chain, and changing their code.

use hull_executor::HaltKind;
use hull_host_api::{Address, Balance};
use hull_sdk::{Constructor, Message};
use hull_types::Payload;
use parity_scale_codec::Decode;

use crate::call::{Terms, endings, terms};
use crate::chain::Chain;
use crate::code::Code;
use crate::receipt::Receipt;

/// Code and the constructor to run; see [`Chain::deploy`].
///
/// ```
/// # use counter::constructors;
/// # use hull_testing::*;
/// let of_its_crate: Deployment<()> = constructors::new(1).into();
/// let of_other_code = contract!("../../contracts/counter").with(constructors::new(1));
/// let mut chain = Chain::new();
/// chain.deploy(of_its_crate).address();
/// chain.deploy(of_other_code).address();
/// ```
#[derive(Clone, Debug)]
pub struct Deployment<R> {
    code: Code,
    constructor: Constructor<R>,
}

/// Builds the contract's crate, once per process.
///
/// # Panics
/// If it does not build, with the reason; if the constructor was not made by the
/// SDK's macros. [`Code::with`] is for those.
impl<R> From<Constructor<R>> for Deployment<R> {
    #[track_caller]
    fn from(constructor: Constructor<R>) -> Self {
        let folder = constructor.crate_folder;
        let folder = folder.expect("a constructor that knows its crate; else use `Code::with`");
        let code = Code::of_crate(folder).unwrap_or_else(|error| panic!("{error}"));
        code.with(constructor)
    }
}

impl Code {
    /// This code, created with this constructor.
    pub fn with<R>(&self, constructor: Constructor<R>) -> Deployment<R> {
        Deployment {
            code: self.clone(),
            constructor,
        }
    }
}

/// A contract about to be created; see [`Chain::deploy`].
///
/// ```
/// # use counter::constructors;
/// # use hull_testing::*;
/// # let mut chain = Chain::new();
/// let receipt = chain
///     .deploy(constructors::new(40))
///     .by(bob())
///     .salt([7; 32])
///     .deposit_limit(1)
///     .run();
/// // What it stores costs more than that.
/// assert!(receipt.result.is_err() && receipt.contract().is_none());
/// ```
#[must_use = "nothing is created before `address`, `run`, or another ending"]
pub struct Deploy<'c, R> {
    chain: &'c mut Chain,
    deployment: Deployment<R>,
    value: Balance,
    salt: Option<[u8; 32]>,
    grants: Vec<Address>,
    terms: Terms,
}

impl<'c, R: Decode> Deploy<'c, R> {
    pub(crate) fn new(chain: &'c mut Chain, deployment: Deployment<R>) -> Self {
        Self {
            chain,
            deployment,
            value: 0,
            salt: None,
            grants: Vec::new(),
            terms: Terms::default(),
        }
    }

    terms!();

    /// Sends tokens along, in the smallest unit.
    pub fn value(mut self, value: Balance) -> Self {
        self.value = value;
        self
    }

    /// Tells contracts of one sender and code apart; the next number of the
    /// chain unless said otherwise.
    pub fn salt(mut self, salt: [u8; 32]) -> Self {
        self.salt = Some(salt);
        self
    }

    /// The contracts that this one may call, under the capability `granted`.
    pub fn grants(mut self, contracts: &[Address]) -> Self {
        self.grants = contracts.to_vec();
        self
    }

    /// Creates it, and says how it went. If the code has to be uploaded first
    /// and that fails, it is the upload that is told of.
    pub fn run(self) -> Receipt<R> {
        let Deployment { code, constructor } = self.deployment;
        if !self.chain.has_code(&code) {
            let terms = Terms {
                sender: self.terms.sender,
                ..Terms::default()
            };
            let uploaded = self.chain.put(&terms, &code);
            if uploaded.result.is_err() {
                return uploaded.retyped();
            }
        }
        let payload = Payload::Instantiate {
            code_hash: code.hash(),
            salt: self.salt.unwrap_or_else(|| self.chain.next_salt()),
            grants: self.grants,
            value: self.value,
            input: constructor.input,
        };
        let record = self.chain.transact(&self.terms, payload);
        let receipt = Receipt::new(record, constructor.fallible);
        self.chain.finish(receipt)
    }

    /// Creates it, expects that to go well, and returns the contract's address.
    ///
    /// # Panics
    /// If there is no contract afterwards, with the reason.
    #[track_caller]
    pub fn address(self) -> Address {
        self.run().address()
    }
}

endings!(Deploy);

/// Code about to be uploaded; see [`Chain::upload`].
#[must_use = "nothing is uploaded before `run`"]
pub struct Upload<'c> {
    chain: &'c mut Chain,
    code: Code,
    terms: Terms,
}

impl<'c> Upload<'c> {
    pub(crate) fn new(chain: &'c mut Chain, code: Code) -> Self {
        Self {
            chain,
            code,
            terms: Terms::default(),
        }
    }

    terms!();

    /// Uploads it, and says how it went.
    pub fn run(self) -> Receipt<()> {
        self.chain.put(&self.terms, &self.code)
    }
}

impl Chain {
    fn put(&mut self, terms: &Terms, code: &Code) -> Receipt<()> {
        self.learn(code);
        let payload = Payload::Upload {
            code: code.wasm().to_vec(),
        };
        let record = self.transact(terms, payload);
        self.finish(Receipt::new(record, false))
    }
}

/// A change of code about to be made; see [`Chain::set_code`] and
/// [`Chain::migrate`]. The code is uploaded first where the chain does not
/// have it.
#[must_use = "nothing is changed before `run`, `returns`, or another ending"]
pub struct SetCode<'c, R> {
    chain: &'c mut Chain,
    contract: Address,
    code: Code,
    migration: Option<Message<R>>,
    terms: Terms,
}

impl<'c, R: Decode> SetCode<'c, R> {
    pub(crate) fn new(
        chain: &'c mut Chain,
        contract: Address,
        code: Code,
        migration: Option<Message<R>>,
    ) -> Self {
        Self {
            chain,
            contract,
            code,
            migration,
            terms: Terms::default(),
        }
    }

    terms!();

    /// Makes it, and says how it went.
    pub fn run(self) -> Receipt<R> {
        if !self.chain.has_code(&self.code) {
            let terms = Terms {
                sender: self.terms.sender,
                ..Terms::default()
            };
            let uploaded = self.chain.put(&terms, &self.code);
            if uploaded.result.is_err() {
                return uploaded.retyped();
            }
        }
        let fallible = self.migration.as_ref().is_some_and(|it| it.fallible);
        let payload = Payload::SetCode {
            contract: self.contract,
            code_hash: self.code.hash(),
            input: self.migration.map(|it| it.input).unwrap_or_default(),
        };
        let record = self.chain.transact(&self.terms, payload);
        self.chain.finish(Receipt::new(record, fallible))
    }
}

endings!(SetCode);
