#[hull_sdk::contract(capabilities(storage = "1 KiB"))]
mod contract {
    use hull_sdk::prelude::*;

    #[hull_sdk::storage]
    pub struct Contract {
        number: Value<u8>,
    }

    impl Contract {
        #[hull_sdk::constructor]
        pub fn new(&mut self) {}

        #[hull_sdk::message]
        pub fn get(&self) -> u8 {
            self.number.set(&1);
            1
        }
    }
}

fn main() {}
