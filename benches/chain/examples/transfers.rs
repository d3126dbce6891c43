//! Runs transfers for a profiler: `transfers <blocks>`.

use anyhow::Result;
use bench_chain::{BLOCK, Tokens};
use bench_workloads::modules;
use hull_vm::Tiering;

fn main() -> Result<()> {
    let blocks = std::env::args()
        .nth(1)
        .map_or(Ok(100), |text| text.parse())?;
    let mut chain = Tokens::new(&modules::load("token")?, Tiering::OptimizedOnly)?;
    for _ in 0..blocks {
        let block = chain.next_block(BLOCK);
        chain.execute(&block)?;
    }
    chain.check()
}
