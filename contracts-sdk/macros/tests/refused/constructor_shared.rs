#[hull_sdk::contract]
mod contract {
    use hull_sdk::prelude::*;

    #[hull_sdk::storage]
    pub struct Contract {}

    impl Contract {
        #[hull_sdk::constructor]
        pub fn new(&self) {}
    }
}

fn main() {}
