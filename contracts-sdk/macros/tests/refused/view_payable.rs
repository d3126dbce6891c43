#[hull_sdk::contract]
mod contract {
    use hull_sdk::prelude::*;

    #[hull_sdk::storage]
    pub struct Contract {}

    impl Contract {
        #[hull_sdk::constructor]
        pub fn new(&mut self) {}

        #[hull_sdk::message(payable)]
        pub fn get(&self) -> u8 {
            1
        }
    }
}

fn main() {}
