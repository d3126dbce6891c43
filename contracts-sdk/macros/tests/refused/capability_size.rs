#[hull_sdk::contract(capabilities(storage = "64 KB"))]
mod contract {
    use hull_sdk::prelude::*;

    #[hull_sdk::storage]
    pub struct Contract {}

    impl Contract {
        #[hull_sdk::constructor]
        pub fn new(&mut self) {}

    }
}

fn main() {}
