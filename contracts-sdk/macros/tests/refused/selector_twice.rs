#[hull_sdk::contract]
mod contract {
    use hull_sdk::prelude::*;

    #[hull_sdk::storage]
    pub struct Contract {}

    impl Contract {
        #[hull_sdk::constructor]
        pub fn new(&mut self) {}

        #[hull_sdk::message]
        pub fn get(&self) {}

        #[hull_sdk::message(selector = 0x2f865bd9)]
        pub fn other(&self) {}
    }
}

fn main() {}
