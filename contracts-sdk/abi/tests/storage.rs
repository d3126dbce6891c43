//! Keys and values of the storage.

mod support;

use hull_abi::{Abi, AbiBuilder, LayoutSpec};
use hull_host_api::Address;
use parity_scale_codec::Encode;
use serde_json::{Value, json};
use support::{order, token};

fn decode(abi: &Abi, key: &[u8], value: Option<&[u8]>) -> Result<(String, Value), String> {
    let found = abi.codec().decode_storage(key, value);
    let found = found.map_err(|error| error.to_string())?;
    Ok((found.place, found.value.unwrap_or_default()))
}

#[test]
fn every_kind_of_place_is_named() {
    let abi = token();
    let found = |key: &[u8], value: &[u8]| decode(&abi, key, Some(value)).expect("it is known");
    let address = Address([7; 32]);
    let text = address.to_text("hull").expect("the prefix is one");
    assert_eq!(found(&[0], &5u128.encode()), ("supply".into(), json!(5)));
    let key = [&[1][..], &[7; 32]].concat();
    assert_eq!(
        found(&key, &5u128.encode()),
        (format!("balances[{text}]"), json!(5))
    );
    let key = [&[2][..], &3u64.to_be_bytes()].concat();
    assert_eq!(
        found(&key, &9u32.encode()),
        ("orders[3].len".into(), json!(9))
    );
    let key = [&key[..], &6u32.to_be_bytes()].concat();
    let (place, value) = found(&key, &order().encode());
    assert_eq!((&*place, &value["raw"]), ("orders[3][6]", &json!("0x00ff")));
    assert_eq!(
        found(&[3, 0], &[7; 32]),
        ("roles.admin".into(), json!(text))
    );
    let removed = abi.codec().decode_storage(&[0], None).expect("it is known");
    assert_eq!(removed.value, None);
}

#[test]
fn what_does_not_fit_is_refused() {
    let abi = token();
    let refused = |key: &[u8], value: &[u8]| decode(&abi, key, Some(value)).expect_err("it is not");
    assert_eq!(refused(&[9, 1], &[]), "no storage field has the key 0x0901");
    refused(&[], &[]);
    refused(&[0, 0], &5u128.encode());
    refused(&[0], &[1]);
    refused(&[1, 7, 7], &5u128.encode());
    refused(&[2, 0, 0], &[]);
    refused(&[2, 0, 0, 0, 0, 0, 0, 0, 3, 1], &[]);
    refused(&[2, 0, 0, 0, 0, 0, 0, 0, 3], &[1, 2, 3]);
    refused(&[3, 1], &[]);
    refused(&[3], &[]);
}

#[test]
fn ordered_keys_are_read_back() {
    type Key = (i16, bool, String, Vec<u8>, [u8; 2], Address, u128);
    let abi = AbiBuilder::new("a", "1")
        .storage(
            "m",
            &[5],
            LayoutSpec::ordered_map::<Key>(LayoutSpec::value::<u8>()),
        )
        .storage(
            "n",
            &[6],
            LayoutSpec::ordered_map::<Option<u8>>(LayoutSpec::value::<u8>()),
        )
        .build();
    let key = [
        // The field, -2 with its sign bit turned, true, "a\0b", 0x00, and so on.
        &[5, 0x7F, 0xFE, 1][..],
        &[b'a', 0, 0xFF, b'b', 0, 0],
        &[0, 0xFF, 0, 0],
        &[8, 9],
        &[7; 32],
        &300u128.to_be_bytes(),
    ]
    .concat();
    let text = Address([7; 32]).to_text("hull").expect("the prefix is one");
    let expected = json!([-2, true, "a\0b", "0x00", "0x0809", text, 300]);
    let found = decode(&abi, &key, Some(&[1])).expect("it is known");
    assert_eq!(found, (format!("m[{expected}]"), json!(1)));
    for len in 0..key.len() {
        assert!(decode(&abi, &key[..len], Some(&[1])).is_err(), "{len}");
    }
    let mut wrong = key;
    wrong[6] = 1;
    assert!(decode(&abi, &wrong, Some(&[1])).is_err());
    let refused = decode(&abi, &[6, 1, 1], None).expect_err("no such keys");
    assert_eq!(refused, "values of Option<u8> are not supported");
}
