mod token {
    hull_sdk::import_abi!("Cargo.toml");
}

fn main() {}
