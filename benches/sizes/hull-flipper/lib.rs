//! A bit that is turned over.
#![no_std]

#[hull::contract(capabilities(storage = "100 B"))]
pub mod flipper {
    use hull::prelude::*;

    #[hull::storage]
    pub struct Flipper {
        value: Value<bool>,
    }

    impl Flipper {
        #[hull::constructor]
        pub fn new(&mut self, value: bool) {
            self.value.set(&value);
        }

        #[hull::message]
        pub fn flip(&mut self) {
            self.value.set(&!self.value.get());
        }

        #[hull::message]
        pub fn get(&self) -> bool {
            self.value.get()
        }
    }
}
