//! Counts.
#![no_std]

/// A number that anybody may add to.
#[hull::contract(capabilities(storage = "100 B"))]
pub mod {{library}} {
    use hull::prelude::*;

    /// What the contract stores.
    #[hull::storage]
    pub struct Contract {
        count: Value<u64>,
    }

    impl Contract {
        /// Starts at a number.
        #[hull::constructor]
        pub fn new(&mut self, start: u64) {
            self.count.set(&start);
        }

        /// Adds to the count, and returns what it is then.
        #[hull::message]
        pub fn add(&mut self, amount: u64) -> u64 {
            let count = self.count.get() + amount;
            self.count.set(&count);
            count
        }

        /// The count.
        #[hull::message]
        pub fn get(&self) -> u64 {
            self.count.get()
        }
    }
}
