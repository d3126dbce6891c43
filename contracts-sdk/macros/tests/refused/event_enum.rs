#[hull_sdk::contract(capabilities(events))]
mod contract {
    use hull_sdk::prelude::*;

    #[hull_sdk::storage]
    pub struct Contract {}

    #[hull_sdk::event]
    pub enum Happened {
        Here,
    }

    impl Contract {
        #[hull_sdk::constructor]
        pub fn new(&mut self) {}

    }
}

fn main() {}
