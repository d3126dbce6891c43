//! The forms of an ABI: JSON, section, ink! metadata.

mod support;

use std::path::Path;

use hull_abi::limits::{MAX_JSON_LEN, MAX_NAME_LEN, MAX_SECTION_LEN};
use hull_abi::{ABI_SECTION, Abi, AbiBuilder, AbiError, InkSource, Layout, MessageSpec};
use hull_host_api::{CAPABILITIES_SECTION, Capabilities};
use proptest::prelude::*;
use support::token;

/// Compares with a file under `tests/golden`; `BLESS=1` writes it instead.
fn golden(name: &str, found: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&file, found).expect("the folder is writable");
    }
    let expected = std::fs::read_to_string(&file).expect("the file is there");
    assert!(
        expected == found,
        "{name} changed; BLESS=1 writes it anew:\n{found}"
    );
}

fn ink_metadata(abi: &Abi) -> String {
    let source = InkSource {
        code_hash: [0x11; 32],
        compiler: "rustc 1.95.0".into(),
    };
    serde_json::to_string_pretty(&abi.to_ink_metadata(&source)).expect("it is JSON") + "\n"
}

#[test]
fn the_forms_stay_as_they_are() {
    let abi = token();
    abi.check().expect("it is in order");
    golden("token.abi.json", &abi.to_json());
    golden("token.ink.json", &ink_metadata(&abi));
    golden("token.section.hex", &(hex::encode(abi.to_section()) + "\n"));
}

#[test]
fn json_round_trips_with_docs() {
    let abi = token();
    assert_eq!(Abi::from_json(&abi.to_json()).unwrap(), abi);
    assert!(
        abi.to_json().contains("Who gets it."),
        "docs of types are kept"
    );
}

#[test]
fn the_section_has_no_docs_and_all_the_rest() {
    let abi = token();
    let section = abi.to_section();
    let read = Abi::from_section(&section, abi.capabilities).unwrap();
    assert_eq!(read, abi.without_docs());
    assert_ne!(read, abi);
    let text = String::from_utf8_lossy(&section).into_owned();
    for docs in [
        "A token",
        "Tokens moved",
        "Moves",
        "Who gets",
        "minted",
        "All there",
        "gifts",
        "Not enough",
    ] {
        assert!(!text.contains(docs), "{docs}");
    }
}

#[test]
fn a_module_carries_it() {
    let abi = token();
    let mut wasm = b"\0asm\x01\0\0\0".to_vec();
    assert_eq!(Abi::from_wasm(&wasm).unwrap(), None);
    append(&mut wasm, ABI_SECTION, &abi.to_section());
    let bare = Abi::from_wasm(&wasm).unwrap().unwrap();
    assert_eq!(bare.capabilities, Capabilities::LEAST);
    append(&mut wasm, CAPABILITIES_SECTION, &abi.capabilities.encode());
    assert_eq!(Abi::from_wasm(&wasm).unwrap(), Some(abi.without_docs()));
    append(&mut wasm, "x", b"");
    wasm.pop();
    wasm.pop();
    assert!(
        Abi::from_wasm(&wasm).is_ok(),
        "what comes after is not read"
    );
}

fn append(wasm: &mut Vec<u8>, name: &str, content: &[u8]) {
    let len = 1 + name.len() + content.len();
    wasm.push(0);
    wasm.extend([len as u8 & 0x7f | 0x80, (len >> 7) as u8]);
    wasm.push(name.len() as u8);
    wasm.extend(name.as_bytes());
    wasm.extend(content);
}

#[test]
fn every_cut_of_a_section_is_refused() {
    let abi = token();
    let section = abi.to_section();
    for len in 0..section.len() {
        assert!(
            Abi::from_section(&section[..len], abi.capabilities).is_err(),
            "{len}"
        );
    }
    let mut longer = section.clone();
    longer.push(0);
    assert!(Abi::from_section(&longer, abi.capabilities).is_err());
    longer.resize(MAX_SECTION_LEN + 1, 0);
    let refused = Abi::from_section(&longer, abi.capabilities);
    assert!(matches!(refused, Err(AbiError::TooLong { .. })));
    let refused = Abi::from_section(&[2], abi.capabilities);
    assert!(matches!(
        refused,
        Err(AbiError::Version { found: 2, known: 1 })
    ));
}

#[test]
fn lengths_and_nesting_are_bounded() {
    // A name of 4 GB, a list of 2^30 types, a layout of thousands of lists.
    for hostile in [
        vec![1, 0xff, 0xff, 0xff, 0xff, 0xff],
        vec![1, 0, 0, 0xfe, 0xff, 0xff, 0xff, 0, 0],
    ] {
        assert!(Abi::from_section(&hostile, Capabilities::LEAST).is_err());
    }
    let mut section = AbiBuilder::new("a", "1").build().to_section();
    // The last byte is the length of the storage: one field, without name and key.
    *section.last_mut().unwrap() = 4;
    section.extend([0, 0]);
    section.extend(vec![2; 60_000]);
    let refused = Abi::from_section(&section, Capabilities::LEAST);
    assert!(
        matches!(refused, Err(AbiError::Section { .. })),
        "{refused:?}"
    );

    let long = " ".repeat(MAX_JSON_LEN + 1);
    assert!(matches!(
        Abi::from_json(&long),
        Err(AbiError::TooLong { .. })
    ));
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep = token()
        .to_json()
        .replacen("\"docs\": [", &format!("\"docs\": [{deep},"), 1);
    assert!(matches!(Abi::from_json(&deep), Err(AbiError::Json(_))));
}

#[test]
fn another_form_is_told_apart_from_nonsense() {
    let newer = token()
        .to_json()
        .replacen("\"hullAbi\": 1", "\"hullAbi\": 2, \"new\": 3", 1);
    assert!(matches!(
        Abi::from_json(&newer),
        Err(AbiError::Version { found: 2, known: 1 })
    ));
    assert!(matches!(Abi::from_json("{}"), Err(AbiError::Json(_))));
    let more = token()
        .to_json()
        .replacen("\"hullAbi\": 1", "\"hullAbi\": 1, \"new\": 3", 1);
    assert!(matches!(Abi::from_json(&more), Err(AbiError::Json(_))));
}

/// Breaks an ABI and says what is told about it.
fn refusal(broken: impl FnOnce(&mut Abi)) -> String {
    let mut abi = token();
    broken(&mut abi);
    let told = abi.check().expect_err("it is broken").to_string();
    let section = Abi::from_section(&abi.to_section(), abi.capabilities);
    assert_eq!(section.expect_err("it is broken").to_string(), told);
    told
}

#[test]
fn broken_rules_are_named() {
    let missing = refusal(|abi| abi.messages[0].args[0].ty = 99);
    assert_eq!(
        missing,
        "`transfer` names type 99, which is not in the list of types"
    );
    let missing = refusal(|abi| abi.messages[0].returns = 99);
    assert!(missing.starts_with("`transfer` names"), "{missing}");
    let missing = refusal(|abi| abi.events[0].fields[0].ty = 99);
    assert!(
        missing.starts_with("event `Transferred` names"),
        "{missing}"
    );
    let missing = refusal(|abi| abi.storage[0].layout = Layout::Value(99));
    assert!(
        missing.starts_with("storage field `supply` names"),
        "{missing}"
    );
    let missing = refusal(|abi| abi.errors.push(99));
    assert!(missing.starts_with("an error names"), "{missing}");
    let missing = refusal(|abi| {
        abi.types.types.pop();
    });
    assert!(missing.contains("names type"), "{missing}");
    let order = refusal(|abi| abi.types.types.swap(0, 1));
    assert_eq!(order, "type 1 stands where type 0 belongs");

    let twice = refusal(|abi| abi.messages[1].selector = abi.messages[0].selector);
    assert!(
        twice.starts_with("two selectors are `0x84a15da1`"),
        "{twice}"
    );
    let twice = refusal(|abi| abi.messages[1].name = "transfer".into());
    assert_eq!(twice, "two messages are `transfer`");
    let twice = refusal(|abi| abi.storage[1].key = vec![0]);
    assert_eq!(twice, "two storage keys are `0x00`");
    let twice = refusal(|abi| {
        let event = abi.events[0].clone();
        abi.events.push(event);
    });
    assert!(twice.starts_with("two events' topics are"), "{twice}");

    let name = refusal(|abi| abi.messages[0].name = "\x1b[2J".into());
    assert!(
        name.contains(r#"a message has the name "\u{1b}[2J""#),
        "{name}"
    );
    refusal(|abi| abi.name = "../../etc".into());
    refusal(|abi| abi.name.clear());
    refusal(|abi| abi.name = "a".repeat(MAX_NAME_LEN + 1));
    let deep = refusal(|abi| {
        let layout = &mut abi.storage[0].layout;
        for _ in 0..17 {
            *layout = Layout::List(Box::new(layout.clone()));
        }
    });
    assert_eq!(deep, "storage field `supply` is nested deeper than 16");
}

#[test]
fn as_deep_a_layout_as_is_allowed_is_read() {
    let mut abi = token();
    let layout = &mut abi.storage[0].layout;
    for _ in 0..16 {
        *layout = Layout::List(Box::new(layout.clone()));
    }
    abi.check().unwrap();
    Abi::from_section(&abi.to_section(), abi.capabilities).unwrap();
    Abi::from_json(&abi.to_json()).unwrap();
}

#[test]
fn what_a_builder_does_not_say_is_the_least() {
    let abi = AbiBuilder::new("a", "1")
        .message(MessageSpec::new("m"))
        .build();
    let message = abi.message("m").unwrap();
    assert!(!message.mutates && !message.payable);
    assert_eq!(abi.capabilities, Capabilities::LEAST);
    assert!(abi.fallback.is_none() && abi.migration.is_none() && abi.errors.is_empty());
    assert!(token().constructor("new").unwrap().mutates);
}

proptest! {
    #[test]
    fn a_damaged_section_is_read_whole_or_refused(
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)
    ) {
        let abi = token();
        let mut section = abi.to_section();
        for (at, byte) in damage {
            let at = at.index(section.len());
            section[at] = byte;
        }
        if let Ok(read) = Abi::from_section(&section, abi.capabilities) {
            // Whatever was read is written and read again as the same.
            let again = Abi::from_section(&read.to_section(), abi.capabilities).unwrap();
            prop_assert_eq!(again, read);
        }
    }
}
