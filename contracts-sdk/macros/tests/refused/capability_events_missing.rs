#[hull_sdk::contract]
mod contract {
    use hull_sdk::prelude::*;

    #[hull_sdk::storage]
    pub struct Contract {}

    #[hull_sdk::event]
    pub struct Happened {}

    impl Contract {
        #[hull_sdk::constructor]
        pub fn new(&mut self) {}

    }
}

fn main() {}
