#[hull_sdk::contract]
mod contract {
    use hull_sdk::prelude::*;

    #[hull_sdk::storage]
    pub struct Contract {}

    impl Contract {
        #[hull_sdk::constructor]
        pub fn new(&mut self) {}

        #[hull_sdk::message]
        pub fn name(&mut self, name: &str) {}

        #[hull_sdk::message]
        pub fn many(&mut self, many: &[u8]) {}

        #[hull_sdk::message]
        pub fn owner(&mut self, owner: &Address) {}
    }
}

fn main() {}
