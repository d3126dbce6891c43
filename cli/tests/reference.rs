//! The reference says what the program says.

use std::path::Path;

#[test]
fn the_reference_is_up_to_date() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/book/src/cli.md");
    let expected = cargo_hull::reference();
    if std::env::var("HULL_BLESS").is_ok_and(|it| it == "1") {
        std::fs::write(&file, expected).unwrap();
        return;
    }
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        found == expected,
        "docs/book/src/cli.md is not what the program says; HULL_BLESS=1 writes it"
    );
}
