#[hull_sdk::contract(capabilities(events))]
mod contract {
    use hull_sdk::prelude::*;

    #[hull_sdk::storage]
    pub struct Contract {}

    #[hull_sdk::event]
    pub struct Happened {
        #[topic]
        pub a: (u8, u8),
    }

    impl Contract {
        #[hull_sdk::constructor]
        pub fn new(&mut self) {}

    }
}

fn main() {}
