//! `cw20-base`, the token that CosmWasm chains run, unchanged: this crate only
//! gives a module its entry points.
#![cfg(target_arch = "wasm32")]

use cosmwasm_std::{DepsMut, Env, MessageInfo, Response, entry_point};
use cw20_base::ContractError;
use cw20_base::contract;
use cw20_base::msg::{ExecuteMsg, InstantiateMsg};

/// Creates the token.
#[entry_point]
pub fn instantiate(
    deps: DepsMut<'_>,
    env: Env,
    info: MessageInfo,
    msg: InstantiateMsg,
) -> Result<Response, ContractError> {
    contract::instantiate(deps, env, info, msg)
}

/// Executes a message, a transfer among them.
#[entry_point]
pub fn execute(
    deps: DepsMut<'_>,
    env: Env,
    info: MessageInfo,
    msg: ExecuteMsg,
) -> Result<Response, ContractError> {
    contract::execute(deps, env, info, msg)
}
