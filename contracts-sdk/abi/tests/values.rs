//! Values as JSON, both ways.

mod support;

use hull_abi::limits::{MAX_TYPE_NAME_LEN, MAX_VALUE_DEPTH};
use hull_abi::scale_info::{PortableRegistry, TypeInfo};
use hull_abi::{Abi, AbiBuilder, DecodedOutput, LangError, MessageSpec, ValueErrorKind};
use hull_host_api::{Address, Hash};
use parity_scale_codec::{Compact, Encode};
use proptest::prelude::*;
use serde_json::{Value, json};
use support::{Error, Level, Order, Tree, order, token};

/// An ABI with one message that takes and returns a `T`.
fn abi_of<T: TypeInfo + 'static>() -> Abi {
    let message = MessageSpec::new("m").arg::<T>("it").returns::<T>();
    AbiBuilder::new("a", "1").message(message).build()
}

/// Holds that a value and its JSON are each other's.
fn pair<T: TypeInfo + Encode + 'static>(value: &T, json: Value) {
    let abi = abi_of::<T>();
    let ty = abi.messages[0].returns;
    let read = abi
        .codec()
        .decode(ty, &value.encode())
        .expect("the bytes are a value");
    assert_eq!(read, json);
    let written = abi.codec().encode(ty, &json).expect("the JSON is a value");
    assert_eq!(written, value.encode(), "{json}");
}

/// What is told about a JSON value that is no `T`.
fn refusal<T: TypeInfo + 'static>(json: Value) -> String {
    let abi = abi_of::<T>();
    let input = abi
        .codec()
        .encode_call(&abi.messages[0], &json!({ "it": json }));
    input.expect_err("it is no value").to_string()
}

#[test]
fn numbers() {
    pair(&((1u64 << 53) - 1), json!(9007199254740991u64));
    pair(&(1u64 << 53), json!("9007199254740992"));
    pair(&u128::MAX, json!("340282366920938463463374607431768211455"));
    pair(
        &i128::MIN,
        json!("-170141183460469231731687303715884105728"),
    );
    pair(&-((1i64 << 53) - 1), json!(-9007199254740991i64));
    pair(&i64::MIN, json!("-9223372036854775808"));
    pair(
        &(-5i8, 250u8, -300i16, 70_000u32),
        json!([-5, 250, -300, 70000]),
    );
    pair(&Compact(1u64 << 40), json!(1u64 << 40));
    pair(
        &Compact(u128::MAX),
        json!("340282366920938463463374607431768211455"),
    );

    assert_eq!(
        refusal::<u8>(json!(256)),
        "`it`: expected u8, found 256, which is out of range"
    );
    assert_eq!(
        refusal::<i8>(json!("-129")),
        "`it`: expected i8, found \"-129\", which is out of range"
    );
    assert!(
        refusal::<u128>(json!("340282366920938463463374607431768211456")).contains("out of range")
    );
    assert!(refusal::<u128>(json!(1e30)).contains("numbers beyond 64 bits are written as text"));
    assert!(refusal::<u8>(json!("+1")).contains("no decimal number"));
    assert!(refusal::<u8>(json!("")).contains("no decimal number"));
    assert!(refusal::<u8>(json!("-")).contains("no decimal number"));
    assert_eq!(refusal::<u8>(json!(null)), "`it`: expected u8, found null");
    assert!(
        refusal::<Compact<u8>>(json!(256)).contains("expected Compact<u8>, found 256, which is")
    );
}

#[test]
fn text_bytes_and_addresses() {
    let address = Address([7; 32]);
    let text = address.to_text("hull").unwrap();
    pair(&address, json!(text));
    pair(&Hash([0xAB; 32]), json!(format!("0x{}", "ab".repeat(32))));
    pair(&vec![1u8, 255], json!("0x01ff"));
    pair(&[1u8, 255], json!("0x01ff"));
    pair(&"".to_owned(), json!(""));
    pair(&("ß".to_owned(), true, false), json!(["ß", true, false]));

    let abi = abi_of::<Address>();
    let ty = abi.messages[0].returns;
    let hex = json!(format!("0x{}", "07".repeat(32)));
    assert_eq!(abi.codec().encode(ty, &hex).unwrap(), [7; 32]);
    let elsewhere = address.to_text("other").unwrap();
    let codec = abi.codec().with_prefix("other");
    assert_eq!(codec.decode(ty, &[7; 32]).unwrap(), json!(elsewhere));
    assert_eq!(
        refusal::<Address>(json!(elsewhere)),
        "`it`: the address is of network `other`, expected `hull`"
    );
    assert!(refusal::<Address>(json!("0x07")).contains("64 digits"));
    assert!(refusal::<Address>(json!(7)).contains("expected Address, found 7, addresses are text"));
    assert!(
        refusal::<Vec<u8>>(json!("0x1")).contains("expected Vec<u8>, found \"0x1\", bytes are 0x")
    );
    assert_eq!(
        refusal::<[u8; 2]>(json!("0x010203")),
        "`it`: expected 2 elements, found 3"
    );
    assert!(refusal::<[u8; 2]>(json!([1, 256])).starts_with("`it.1`: expected u8, found 256"));
    assert!(refusal::<char>(json!("ab")).contains("one character"));
}

#[test]
fn options_and_enums() {
    pair(&None::<u8>, json!(null));
    pair(&Some(3u8), json!(3));
    pair(&None::<Option<u8>>, json!(null));
    pair(&Some(None::<u8>), json!({ "Some": null }));
    pair(&Some(Some(3u8)), json!({ "Some": 3 }));
    pair(&Some(()), json!({ "Some": null }));
    pair(
        &Some(Some(Some(()))),
        json!({ "Some": { "Some": { "Some": null } } }),
    );
    pair(&Ok::<(), Error>(()), json!({ "Ok": null }));
    pair(&Err::<(), _>(Error::Paused), json!({ "Err": "Paused" }));
    let have = Error::InsufficientBalance {
        have: 1,
        need: 1 << 60,
    };
    pair(
        &have,
        json!({ "InsufficientBalance": { "have": 1, "need": "1152921504606846976" } }),
    );
    pair(&Level::High(1, 2), json!({ "High": [1, 2] }));
    pair(&Level::Low, json!("Low"));

    assert_eq!(
        refusal::<Level>(json!("Middle")),
        "`it`: `Middle` is no variant of Level; there are `Low`, `High`"
    );
    assert_eq!(
        refusal::<Level>(json!({ "High": [1] })),
        "`it.High`: expected 2 elements, found 1"
    );
    assert!(refusal::<Level>(json!({ "Low": 1 })).contains("no fields"));
    assert!(refusal::<Level>(json!({ "Low": null, "High": [1, 2] })).contains("one variant"));
    assert!(refusal::<Option<()>>(json!(3)).contains("Some"));
    assert_eq!(
        refusal::<Error>(json!({ "InsufficientBalance": { "have": 1 } })),
        "`it.InsufficientBalance.need` is missing; expected u128"
    );
    assert_eq!(
        refusal::<Error>(json!({ "InsufficientBalance": { "have": 1, "need": 2, "x": 3 } })),
        "`it.InsufficientBalance.x` is unknown; there are `have`, `need`"
    );
}

#[test]
fn a_large_struct() {
    let address = Address([9; 32]).to_text("hull").unwrap();
    pair(
        &order(),
        json!({
            "to": address,
            "parts": [[1, -2], ["18446744073709551615", "-170141183460469231731687303715884105728"]],
            "note": "null",
            "deep": { "Some": null },
            "digest": format!("0x{}", "ab".repeat(32)),
            "mark": true,
            "small": [1, 65535],
            "raw": "0x00ff",
            "level": { "High": [1, 2] },
            "book": [[3, true], [4, false]],
            "short": 1u64 << 40,
            "signed": [-1, -300, -70000, "-9223372036854775808"],
        }),
    );
}

#[test]
fn calls() {
    let abi = token();
    let codec = abi.codec();
    let transfer = abi.message("transfer").unwrap();
    let to = Address([7; 32]).to_text("hull").unwrap();
    let expected = [&transfer.selector[..], &[7; 32], &5u128.to_le_bytes()].concat();
    let by_name = codec.encode_call(transfer, &json!({ "value": 5, "to": to }));
    assert_eq!(by_name.unwrap(), expected);
    assert_eq!(
        codec.encode_call(transfer, &json!([to, "5"])).unwrap(),
        expected
    );
    let to_arg = format!("to={to}");
    let by_text = codec.encode_call_text(transfer, ["value=5", &to_arg]);
    assert_eq!(by_text.unwrap(), expected);
    let call = codec.decode_call(&expected).unwrap();
    assert_eq!(call.message.name, "transfer");
    assert_eq!(call.args, [("to", json!(to)), ("value", json!(5))]);

    let refused = |args: &[&str]| {
        let input = codec.encode_call_text(transfer, args.iter().copied());
        input.unwrap_err().to_string()
    };
    assert_eq!(refused(&["value=5"]), "`to` is missing; expected Address");
    assert_eq!(
        refused(&["from=5"]),
        "`from` is unknown; there are `to`, `value`"
    );
    assert_eq!(refused(&["value=5", "value=6"]), "`value` is given twice");
    assert_eq!(refused(&["5"]), "`5` is not of the form name=value");
    let short = codec.encode_call(transfer, &json!([1])).unwrap_err();
    assert_eq!(short.to_string(), "expected 2 arguments, found 1");
    assert!(codec.encode_call(transfer, &json!(1)).is_err());

    let unknown = codec.decode_call(&[1, 2, 3, 4, 5]).unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "no message has the selector 0x01020304"
    );
    assert!(codec.decode_call(&[1]).is_err());
    let cut = codec.decode_call(&expected[..20]).unwrap_err();
    assert_eq!(cut.to_string(), "`to`: the data ends within Address");
    let more = [&expected[..], &[0]].concat();
    let more = codec.decode_call(&more).unwrap_err();
    assert_eq!(more.to_string(), "1 bytes are left after the value");
    assert!(codec.decode_constructor(&expected).is_err());
    let new = abi.constructor("new").unwrap();
    let input = codec
        .encode_call_text(new, ["supply=18446744073709551616"])
        .unwrap();
    let call = codec.decode_constructor(&input).unwrap();
    assert_eq!(call.args, [("supply", json!("18446744073709551616"))]);
}

#[test]
fn text_arguments_follow_their_types() {
    let abi = AbiBuilder::new("a", "1")
        .message(MessageSpec::new("text").arg::<String>("it"))
        .message(MessageSpec::new("level").arg::<Level>("it"))
        .message(MessageSpec::new("list").arg::<Vec<u8>>("it"))
        .message(MessageSpec::new("flag").arg::<Option<bool>>("it"))
        .message(MessageSpec::new("who").arg::<Option<Address>>("it"))
        .build();
    let input = |message: &str, it: &str| {
        let text = format!("it={it}");
        let message = abi.message(message).expect("it is there");
        abi.codec()
            .encode_call_text(message, [text.as_str()])
            .map(|input| input[4..].to_vec())
    };
    // JSON in a text argument is text, and so is an equals sign.
    assert_eq!(input("text", "[1]=\"2\"").unwrap(), "[1]=\"2\"".encode());
    assert_eq!(input("text", "").unwrap(), "".encode());
    assert_eq!(input("level", "Low").unwrap(), Level::Low.encode());
    assert_eq!(
        input("level", r#"{"High":[1,2]}"#).unwrap(),
        Level::High(1, 2).encode()
    );
    assert_eq!(input("list", "0x0102").unwrap(), vec![1u8, 2].encode());
    assert_eq!(input("list", "[1,2]").unwrap(), vec![1u8, 2].encode());
    assert_eq!(input("flag", "true").unwrap(), Some(true).encode());
    assert_eq!(input("flag", "null").unwrap(), None::<bool>.encode());
    assert!(input("flag", "maybe").is_err());
    let who = Address([3; 32]);
    assert_eq!(
        input("who", &who.to_text("hull").unwrap()).unwrap(),
        Some(who).encode()
    );
}

#[test]
fn outputs() {
    let abi = token();
    let codec = abi.codec();
    let output = |message: &str, data: Vec<u8>| {
        codec.decode_output(abi.message(message).expect("it is there"), &data)
    };
    type Wire<T> = Result<T, u8>;
    let balance = output("balance_of", Wire::Ok(7u128).encode());
    assert_eq!(balance.unwrap(), DecodedOutput::Value(json!(7)));
    let done = output("transfer", Wire::Ok(Ok::<(), Error>(())).encode());
    assert_eq!(done.unwrap(), DecodedOutput::Value(json!(null)));
    let refused = output("transfer", Wire::Ok(Err::<(), _>(Error::Paused)).encode());
    assert_eq!(refused.unwrap(), DecodedOutput::Error(json!("Paused")));
    let lang = output(
        "transfer",
        Err::<(), _>(LangError::CouldNotReadInput).encode(),
    );
    assert_eq!(
        lang.unwrap(),
        DecodedOutput::Lang(LangError::CouldNotReadInput)
    );
    for nonsense in [
        vec![],
        vec![0],
        vec![1],
        vec![1, 0],
        vec![2, 0],
        vec![0, 2],
        vec![1, 1, 0],
    ] {
        assert!(
            output("transfer", nonsense.clone()).is_err(),
            "{nonsense:?}"
        );
    }
    // A result whose first byte looks like an inner Ok.
    let zero = output("balance_of", Wire::Ok(0u128).encode());
    assert_eq!(zero.unwrap(), DecodedOutput::Value(json!(0)));
}

#[test]
fn events() {
    let abi = token();
    let topic = abi.events[0].signature_topic;
    let (from, to) = (Some(Address([1; 32])), Address([2; 32]));
    let event = abi
        .codec()
        .decode_event(&topic, &(from, to, 9u128).encode())
        .unwrap();
    assert_eq!(event.event.name, "Transferred");
    let text = |address: Address| json!(address.to_text("hull").unwrap());
    let expected = [
        ("from", text(Address([1; 32]))),
        ("to", text(to)),
        ("value", json!(9)),
    ];
    assert_eq!(event.fields, expected);
    assert!(abi.codec().decode_event(&[0; 32], &[]).is_err());
    let cut = abi.codec().decode_event(&topic, &[1, 2]).unwrap_err();
    assert_eq!(cut.to_string(), "`from`: the data ends within Address");
}

fn deep_tree(depth: usize) -> Tree {
    let leaf = Tree {
        name: String::new(),
        children: Vec::new(),
    };
    (0..depth).fold(leaf, |tree, _| Tree {
        name: "t".into(),
        children: vec![tree],
    })
}

#[test]
fn recursion_is_bounded_both_ways() {
    let abi = abi_of::<Tree>();
    let (codec, ty) = (abi.codec(), abi.messages[0].returns);
    // A tree and its list are a level each, its name one more.
    let most = MAX_VALUE_DEPTH / 2 - 1;
    let value = codec.decode(ty, &deep_tree(most).encode()).unwrap();
    assert_eq!(codec.encode(ty, &value).unwrap(), deep_tree(most).encode());
    let too_deep = codec.decode(ty, &deep_tree(most + 1).encode()).unwrap_err();
    assert_eq!(too_deep.kind, ValueErrorKind::Depth);
    let value = json!({ "name": "", "children": [value] });
    assert_eq!(
        codec.encode(ty, &value).unwrap_err().kind,
        ValueErrorKind::Depth
    );
}

/// An ABI whose message has type 0 of these.
fn with_types(types: Value) -> Abi {
    let mut abi = abi_of::<()>();
    let types: Vec<Value> = types
        .as_array()
        .expect("a list")
        .iter()
        .enumerate()
        .map(|(id, def)| json!({ "id": id, "type": { "def": def } }))
        .collect();
    let types = json!({ "types": types });
    let registry: PortableRegistry = serde_json::from_value(types).expect("a registry");
    abi.types = registry;
    abi.messages[0].args[0].ty = 0;
    abi.messages[0].returns = 0;
    abi.check().expect("cycles are allowed");
    abi
}

#[test]
fn types_that_only_contain_themselves_have_no_values() {
    for cyclic in [
        json!([{ "tuple": [0] }]),
        json!([{ "tuple": [0, 0] }]),
        json!([{ "composite": { "fields": [{ "type": 0 }] } }]),
        json!([{ "composite": { "fields": [{ "type": 1 }] } }, { "composite": { "fields": [{ "type": 0 }] } }]),
        json!([{ "compact": { "type": 1 } }, { "composite": { "fields": [{ "type": 1 }] } }]),
        json!([{ "array": { "len": 2, "type": 0 } }]),
    ] {
        let abi = with_types(cyclic.clone());
        assert!(abi.codec().decode(0, &[0; 64]).is_err(), "{cyclic}");
        let nested = (0..100).fold(json!(0), |inner, _| json!([inner, 0]));
        assert!(abi.codec().encode(0, &nested).is_err(), "{cyclic}");
        assert!(abi.codec().encode(0, &json!(0)).is_err(), "{cyclic}");
        assert!(
            abi.codec()
                .encode_call_text(&abi.messages[0], ["it=1"])
                .is_err(),
            "{cyclic}"
        );
        assert!(abi.codec().type_name(0).len() <= MAX_TYPE_NAME_LEN + 4);
    }
}

#[test]
fn parts_without_bytes_are_counted() {
    let units = json!([{ "array": { "len": u32::MAX, "type": 1 } }, { "tuple": [] }]);
    let abi = with_types(units);
    assert_eq!(
        abi.codec().decode(0, &[]).unwrap_err().kind,
        ValueErrorKind::Parts
    );
    let abi = abi_of::<Vec<()>>();
    let huge = Compact(u32::MAX).encode();
    let refused = abi.codec().decode(abi.messages[0].returns, &huge);
    assert_eq!(refused.unwrap_err().kind, ValueErrorKind::Parts);
    let abi = abi_of::<Vec<u8>>();
    let refused = abi
        .codec()
        .decode(abi.messages[0].returns, &huge)
        .unwrap_err();
    assert_eq!(refused.to_string(), "the data ends within Vec<u8>");
}

#[test]
fn names_of_types_do_not_explode() {
    let wide: Vec<Value> = (0..60)
        .map(|id| json!({ "tuple": [id + 1, id + 1, id + 1] }))
        .collect();
    let mut types = wide;
    types.push(json!({ "tuple": [] }));
    let abi = with_types(Value::Array(types));
    assert!(abi.codec().type_name(0).len() <= MAX_TYPE_NAME_LEN + 4);
    let abi = abi_of::<Result<Vec<(u8, [bool; 3])>, Option<Compact<u64>>>>();
    let name = abi.codec().type_name(abi.messages[0].returns);
    assert_eq!(name, "Result<Vec<(u8, [bool; 3])>, Option<Compact<u64>>>");
}

prop_compose! {
    fn any_order()(
        to: [u8; 32], parts in proptest::collection::vec(any::<(u64, i128)>(), 0..4),
        note: Option<String>, deep: Option<Option<()>>, digest: [u8; 32], mark: bool,
        small: [u16; 2], raw: Vec<u8>, high: Option<(u8, u8)>,
        book: std::collections::BTreeMap<u32, bool>, short: u64, signed: (i8, i16, i32, i64),
    ) -> Order {
        Order {
            to: Address(to), parts, note, deep, digest: Hash(digest), mark, small, raw,
            level: high.map_or(Level::Low, |(a, b)| Level::High(a, b)), book,
            short: Compact(short), signed,
        }
    }
}

proptest! {
    #[test]
    fn values_survive_json_and_its_text(order in any_order()) {
        let abi = abi_of::<Order>();
        let ty = abi.messages[0].returns;
        let bytes = order.encode();
        let json = abi.codec().decode(ty, &bytes).unwrap();
        let json: Value = serde_json::from_str(&json.to_string()).unwrap();
        prop_assert_eq!(abi.codec().encode(ty, &json).unwrap(), bytes);
    }

    #[test]
    fn whatever_bytes_are_read_are_written_again(bytes: Vec<u8>) {
        let abi = token();
        for ty in 0..abi.types.types.len() as u32 {
            if let Ok(json) = abi.codec().decode(ty, &bytes) {
                let written = abi.codec().encode(ty, &json).unwrap();
                prop_assert_eq!(&written, &bytes, "{}", abi.codec().type_name(ty));
            }
        }
    }
}
