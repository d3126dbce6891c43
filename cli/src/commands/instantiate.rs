//! `cargo hull instantiate`.

use std::path::PathBuf;

use clap::Args;
use hull_abi::Abi;
use hull_host_api::{Address, Hash};
use hull_rpc_types::{self as rpc_types, AccountParams, BlockId, GetAccount};
use hull_types::Payload;

use crate::Exit;
use crate::contract::{Kind, hash_from_text, input};
use crate::error::Error;
use crate::remote::{NetworkOptions, Remote, RemoteError, Submitted, TransactionOptions};
use crate::ui::Ui;

/// Make a contract of code that is on the chain
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  cargo hull instantiate 0x6b1f… new 40 --name tally
  cargo hull instantiate 0x6b1f… new 'about={\"name\":\"Gold\",\"symbol\":\"AU\",\"decimals\":12}'

JSON: as of cargo hull call, with \"contract\".")]
pub(crate) struct Options {
    /// The code: its hash
    #[arg(value_name = "CODE")]
    code: String,
    #[command(flatten)]
    creation: CreationOptions,
    /// A Wasm module or an ABI as JSON; else the ABI that the code carries
    #[arg(long, value_name = "FILE")]
    abi: Option<PathBuf>,
    #[command(flatten)]
    transaction: TransactionOptions,
    #[command(flatten)]
    network: NetworkOptions,
}

/// What a new contract is made of besides its code.
#[derive(Args, Clone, Debug)]
pub(crate) struct CreationOptions {
    /// The constructor and its arguments; the first one, without any, unless given
    #[arg(value_name = "CALL", allow_negative_numbers = true)]
    call: Vec<String>,
    /// What to call the contract here: later it is @NAME
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Tokens that the contract gets, in the smallest unit
    #[arg(long, value_name = "AMOUNT", default_value_t = 0)]
    value: u128,
    /// 32 bytes that tell contracts of one creator and code apart; else the creator's nonce
    #[arg(long, value_name = "HEX")]
    salt: Option<String>,
    /// A contract that the new one may call; may be given several times
    #[arg(long, value_name = "CONTRACT")]
    grant: Vec<String>,
}

pub(crate) fn run(options: &Options, ui: Ui) -> Result<Exit, Error> {
    let remote = options.network.connect()?;
    let code_hash = hash_from_text(&options.code)?;
    let code_hash = code_hash.into();
    let abi = match &options.abi {
        Some(file) => std::rc::Rc::new(crate::contract::abi_of_file(file)?),
        None => remote
            .abi_of_code(&code_hash)?
            .ok_or_else(|| RemoteError::NoAbi {
                contract: options.code.clone(),
            })?,
    };
    let creation = &options.creation;
    let done = creation.create(&remote, code_hash, &abi, &options.transaction, ui)?;
    Ok(ui.answer(&done))
}

impl CreationOptions {
    /// Makes a contract of uploaded code, and gives it its name.
    pub(crate) fn create(
        &self,
        remote: &Remote,
        code_hash: Hash,
        abi: &Abi,
        transaction: &TransactionOptions,
        ui: Ui,
    ) -> Result<Submitted, Error> {
        let first = abi.constructors.first().map_or("new", |it| &it.name);
        let (name, args) = match self.call.split_first() {
            Some((name, args)) => (name.as_str(), args),
            None => (first, [].as_slice()),
        };
        let constructor = Kind::Constructor.named(abi, name)?;
        let args: Result<Vec<_>, _> = args.iter().map(|it| remote.argument(it)).collect();
        let grants: Result<Vec<Address>, _> =
            self.grant.iter().map(|it| remote.address(it)).collect();
        let payload = Payload::Instantiate {
            code_hash,
            salt: self.salt(remote, transaction)?,
            grants: grants?,
            value: self.value,
            input: input(abi, constructor, &args?)?,
        };
        if let Some(name) = &self.name {
            crate::wallet::require_name("address", name)?;
        }
        let what = format!("{}.{}", abi.name, constructor.name);
        let called = Some((abi, constructor));
        let mut done = remote.submit(&what, payload, called, transaction, ui)?;
        let created = done.height.and(done.contract.as_deref());
        if let (Some(name), Some(contract)) = (&self.name, created) {
            remote.save(name, &remote.address(contract)?)?;
            done.name = Some(name.clone());
        }
        Ok(done)
    }

    fn salt(&self, remote: &Remote, transaction: &TransactionOptions) -> Result<[u8; 32], Error> {
        if let Some(text) = &self.salt {
            return Ok(hash_from_text(text)?.0);
        }
        let sender = remote.sender(transaction.from())?;
        let account = remote.ask::<GetAccount>(&AccountParams {
            address: rpc_types::Address(remote.text(&sender.address)),
            block: BlockId::Latest,
        })?;
        let mut salt = [0; 32];
        let nonce = account.next_nonce.unwrap_or(account.nonce).0;
        salt[..8].copy_from_slice(&nonce.to_le_bytes());
        Ok(salt)
    }
}
