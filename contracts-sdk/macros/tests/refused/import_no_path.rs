mod token {
    hull_sdk::import_abi!(token);
}

fn main() {}
