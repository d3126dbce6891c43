//! How deep JSON nests.

/// Whether a JSON text nests no deeper than `limit`. The text may be malformed.
///
/// Cheap, and without recursion: it runs before anything is parsed.
pub(crate) fn within(json: &str, limit: u32) -> bool {
    let (mut depth, mut in_text, mut escaped) = (0_u32, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => (),
            b'[' | b'{' => {
                depth += 1;
                if depth > limit {
                    return false;
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => (),
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::within;

    #[test]
    fn brackets_count_and_those_in_text_do_not() {
        assert!(within("[[1],[2]]", 2));
        assert!(!within("[[1],[{}]]", 2));
        assert!(within(r#"["[[[[\"[[["]"#, 1));
        assert!(within(r#"["\\",[]]"#, 2));
        assert!(!within(r#"["\\",[]]"#, 1));
        assert!(!within(&"[".repeat(1_000_000), 32));
    }
}
