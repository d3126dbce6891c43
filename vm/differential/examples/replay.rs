//! Shows the case of a seed: writes its module, plain and instrumented, and
//! runs it engine by engine.
//!
//! ```text
//! cargo run -p hull-differential --example replay -- 42
//! ```
//!
//! Each engine is announced before it runs, so that one that brings the process
//! down is known.

use std::error::Error;

use hull_differential::{Case, Engine};
use hull_gas_meter::Schedule;

fn main() -> Result<(), Box<dyn Error>> {
    let seed: u64 = std::env::args().nth(1).ok_or("give a seed")?.parse()?;
    let case = Case::from_seed(seed);
    let file =
        |kind: &str| std::env::temp_dir().join(format!("hull-differential-{seed}{kind}.wasm"));
    std::fs::write(file(""), &case.module)?;
    println!("module        {}", file("").display());
    let metered = case.metered(&Schedule::V1)?;
    std::fs::write(file("-metered"), &metered.wasm)?;
    println!("instrumented  {}", file("-metered").display());
    for engine in Engine::ALL {
        println!("\n{engine}");
        let seen = engine.run(&metered, &case.calls)?;
        if let Some(halt) = seen.refused {
            println!("  not instantiated: {halt:?}");
        }
        for (call, called) in case.calls.iter().zip(&seen.calls) {
            println!("  {:?}{:?} with {} gas", call.function, call.args, call.gas);
            println!("    {:?}, {:?}", called.how(), called.end);
            println!("    gas {}, frames {}", called.gas, called.frames);
            println!("    globals {:?}", called.globals);
        }
        println!("  memory {:?}", seen.memory);
    }
    Ok(())
}
