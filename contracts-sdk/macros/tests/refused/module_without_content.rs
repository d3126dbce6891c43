#[hull_sdk::contract]
struct Contract;

fn main() {}
