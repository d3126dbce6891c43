#[hull_sdk::contract]
mod contract {
    use hull_sdk::prelude::*;

    #[hull_sdk::storage]
    pub struct Contract {}

    impl Contract {
        #[hull_sdk::constructor]
        pub fn new(&mut self) {}

        #[hull_sdk::fallback]
        pub fn one(&mut self, input: Vec<u8>) {}

        #[hull_sdk::fallback]
        pub fn two(&mut self, input: Vec<u8>) {}
    }
}

fn main() {}
