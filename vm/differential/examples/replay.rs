//! Shows a case: writes its module, plain and instrumented, and runs it engine by
//! engine.
//!
//! ```text
//! cargo run -p hull-differential --example replay -- 42
//! cargo run -p hull-differential --example replay -- smaller.wat
//! ```
//!
//! The argument is a seed, or a file with a module in text or binary, which is then called with
//! the arguments of seed 0. Each engine is announced before it runs, so that one
//! that brings the process down is known. Fails if the engines disagree, as a
//! tool that makes a module smaller wants it.

use std::error::Error;

use hull_differential::{Case, Engine, compare};
use hull_gas_meter::Schedule;

fn main() -> Result<(), Box<dyn Error>> {
    let argument = std::env::args().nth(1).ok_or("give a seed or a file")?;
    let (name, case) = match argument.parse() {
        Ok(seed) => (argument, Case::from_seed(seed)),
        Err(_) => {
            let case = Case::of_module(wat::parse_file(argument)?, 0);
            (
                "file".to_owned(),
                case.ok_or("not a module of the profile")?,
            )
        }
    };
    let file =
        |kind: &str| std::env::temp_dir().join(format!("hull-differential-{name}{kind}.wasm"));
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
    compare(&case)?;
    Ok(())
}
