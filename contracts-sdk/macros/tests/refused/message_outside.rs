struct Contract;

impl Contract {
    #[hull_sdk::message]
    pub fn get(&self) {}
}

fn main() {}
