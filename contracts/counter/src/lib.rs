//! Counts. The smallest contract that does something.
#![no_std]

/// The contract.
#[hull::contract(capabilities(storage = "100 B"))]
pub mod counter {
    use hull::prelude::*;

    /// What the contract stores.
    #[hull::storage]
    pub struct Counter {
        count: Value<u64>,
    }

    impl Counter {
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
