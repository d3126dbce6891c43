mod token {
    hull_sdk::import_abi!("abi/token.abi.json");
}

fn main() {}
