use hull_differential::*;
use std::time::{Duration, Instant};
fn main() {
    let mut t = [Duration::ZERO; 6];
    let n = 500;
    for seed in 0..n {
        let s = Instant::now();
        let case = Case::from_seed(seed);
        t[0] += s.elapsed();
        let s = Instant::now();
        let Ok(metered) = case.metered(&hull_gas_meter::Schedule::V1) else { continue };
        t[1] += s.elapsed();
        for (i, e) in Engine::ALL.into_iter().enumerate() {
            let s = Instant::now();
            let _ = e.run(&metered, &case.calls);
            t[2 + i] += s.elapsed();
        }
    }
    println!("generate {:?} meter {:?} base {:?} opt {:?} interp {:?}", t[0] / n as u32, t[1] / n as u32, t[2] / n as u32, t[3] / n as u32, t[4] / n as u32);
}
