//! The VM of CosmWasm with `cw20-base`, as a validator runs it: the module
//! pinned in memory, an instance for every call, messages as bytes.

use anyhow::{Context, Error, Result, ensure};
use cosmwasm_std::{Addr, Checksum, Empty, MessageInfo};
use cosmwasm_vm::testing::{MockApi, MockQuerier, MockStorage, mock_backend, mock_env};
use cosmwasm_vm::{
    CacheOptions, InstanceOptions, Size, call_execute_raw, call_instantiate, capabilities_from_csv,
    to_vec,
};
use tempfile::TempDir;

use crate::{Compiler, Instances, PLENTY};

type Backend = cosmwasm_vm::Backend<MockApi, MockStorage, MockQuerier>;
type Cache = cosmwasm_vm::Cache<MockApi, MockStorage, MockQuerier>;
type Instance = cosmwasm_vm::Instance<MockApi, MockStorage, MockQuerier>;

/// The defaults of wasmd; nothing here comes near them.
const MEMORY_CACHE: Size = Size::mebi(100);
const INSTANCE_MEMORY: Size = Size::mebi(32);

/// `cw20-base` on `cosmwasm-vm`.
#[derive(Clone, Copy, Debug)]
pub struct CosmWasm;

/// Makes one transfer.
pub type Transfer = Box<dyn FnMut() -> Result<()>>;

impl CosmWasm {
    /// The name under which figures are reported.
    pub const NAME: &str = "cosmwasm-vm";

    /// Creates a token of `module` and returns a function that makes one transfer.
    pub fn transfer(self, module: &[u8], instances: Instances) -> Result<Transfer> {
        let token = Token::new(module)?;
        let mut backend = Some(token.create()?);
        Ok(match instances {
            Instances::Fresh => Box::new(move || {
                let state = backend.take().context("a failed call kept the state")?;
                let mut instance = token.instance(state)?;
                token.transfer(&mut instance)?;
                backend = instance.recycle();
                Ok(())
            }),
            Instances::Reused => {
                let mut instance = token.instance(backend.take().context("just made")?)?;
                Box::new(move || token.transfer(&mut instance))
            }
        })
    }

    /// Sets up a cache and returns the function that checks and compiles an
    /// uploaded module.
    pub fn compiler(self) -> Result<Compiler> {
        let (cache, folder) = new_cache()?;
        Ok(Box::new(move |module| {
            cache.store_code(module, true, false)?;
            Ok(Box::new((cache, folder)))
        }))
    }
}

/// A token with two holders, and the bytes of a transfer between them.
struct Token {
    cache: Cache,
    checksum: Checksum,
    holder: MessageInfo,
    env: Vec<u8>,
    info: Vec<u8>,
    message: Vec<u8>,
    // Goes after the cache that works in it.
    _folder: TempDir,
}

impl Token {
    fn new(module: &[u8]) -> Result<Self> {
        let (cache, folder) = new_cache()?;
        let checksum = cache.store_code(module, true, true)?;
        cache.pin(&checksum)?;
        let api = MockApi::default();
        let receiver = api.addr_make("receiver");
        let message = format!(r#"{{"transfer":{{"recipient":"{receiver}","amount":"1"}}}}"#);
        let holder = Addr::unchecked(api.addr_make("holder"));
        let holder = MessageInfo {
            sender: holder,
            funds: Vec::new(),
        };
        Ok(Self {
            cache,
            checksum,
            env: to_vec(&mock_env())?,
            info: to_vec(&holder)?,
            holder,
            message: message.into_bytes(),
            _folder: folder,
        })
    }

    fn instance(&self, backend: Backend) -> Result<Instance> {
        let options = InstanceOptions { gas_limit: PLENTY };
        Ok(self.cache.get_instance(&self.checksum, backend, options)?)
    }

    /// Runs the constructor and returns the state it leaves.
    fn create(&self) -> Result<Backend> {
        let mut instance = self.instance(mock_backend(&[]))?;
        let holder = &self.holder.sender;
        let message = format!(
            r#"{{"name":"Token","symbol":"TOKEN","decimals":6,
                "initial_balances":[{{"address":"{holder}","amount":"{PLENTY}"}}]}}"#
        );
        call_instantiate::<_, _, _, Empty>(
            &mut instance,
            &mock_env(),
            &self.holder,
            message.as_bytes(),
        )?
        .into_result()
        .map_err(Error::msg)?;
        instance
            .recycle()
            .context("an instance gives its state back")
    }

    fn transfer(&self, instance: &mut Instance) -> Result<()> {
        let answer = call_execute_raw(instance, &self.env, &self.info, &self.message)?;
        ensure!(
            answer.starts_with(br#"{"ok":"#),
            "{}",
            String::from_utf8_lossy(&answer)
        );
        Ok(())
    }
}

#[allow(unsafe_code, reason = "the cache trusts its folder")]
fn new_cache() -> Result<(Cache, TempDir)> {
    let folder = TempDir::new()?;
    let capabilities = capabilities_from_csv("iterator,staking");
    let options = CacheOptions::new(folder.path(), capabilities, MEMORY_CACHE, INSTANCE_MEMORY);
    // SAFETY: the folder is new, and nobody else knows of it.
    let cache = unsafe { Cache::new(options) }?;
    Ok((cache, folder))
}
