//! What the macros refuse, and what they say.

#[test]
fn mistakes_are_explained_where_they_are() {
    trybuild::TestCases::new().compile_fail("tests/refused/*.rs");
}
