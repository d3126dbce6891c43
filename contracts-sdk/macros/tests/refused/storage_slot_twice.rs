#[hull_sdk::contract(capabilities(storage = 100))]
mod contract {
    use hull_sdk::prelude::*;

    #[hull_sdk::storage]
    pub struct Contract {
        a: Value<u8>,
        #[slot(0)]
        b: Value<u8>,
    }

    impl Contract {
        #[hull_sdk::constructor]
        pub fn new(&mut self) {}

    }
}

fn main() {}
