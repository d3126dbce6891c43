#[hull_sdk::contract]
mod contract {
    use hull_sdk::prelude::*;

    #[hull_sdk::storage]
    pub struct Contract {}

    trait Gets {
        fn get(&self);
    }

    impl Gets for Contract {
        #[hull_sdk::message]
        fn get(&self) {}
    }

    impl Contract {
        #[hull_sdk::constructor]
        pub fn new(&mut self) {}

    }
}

fn main() {}
