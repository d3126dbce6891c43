//! The folder of a node.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use hull_types::host_api::DEFAULT_PREFIX;
use hull_types::{Genesis, Parameters, Validator, dev};
use hulld::home::{Home, genesis_from_json, genesis_to_json};

#[test]
fn a_key_is_its_owners_and_is_never_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::new(folder.path());
    assert_eq!(home.validator_key().unwrap(), None);
    Home::write_key(&home.validator_file(), &[7; 32]).unwrap();
    assert_eq!(home.validator_key().unwrap(), Some([7; 32]));
    let mode = fs::metadata(home.validator_file())
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(Home::write_key(&home.validator_file(), &[8; 32]).is_err());
    let text = fs::read_to_string(home.validator_file()).unwrap();
    assert!(text.starts_with("-----BEGIN PRIVATE KEY-----"), "{text}");
    let open = fs::Permissions::from_mode(0o644);
    fs::set_permissions(home.validator_file(), open).unwrap();
    let error = home.validator_key().unwrap_err().to_string();
    assert!(error.contains("chmod 600"), "{error}");
}

#[test]
fn a_key_that_is_none_is_not_told() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::new(folder.path());
    fs::write(home.node_file(), "secret?").unwrap();
    let closed = fs::Permissions::from_mode(0o600);
    fs::set_permissions(home.node_file(), closed).unwrap();
    let error = format!("{:#}", home.node_key().unwrap_err());
    assert!(
        error.contains("PKCS #8") && !error.contains("secret?"),
        "{error}"
    );
}

#[test]
fn a_genesis_returns() {
    let mut key = [0; 32];
    let text = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    hex::decode_to_slice(text, &mut key).unwrap();
    let genesis = Genesis {
        validators: vec![Validator {
            public_key: key,
            power: 3,
        }],
        ..dev::genesis("a network")
    };
    let read = genesis_from_json(&genesis_to_json(&genesis)).unwrap();
    assert_eq!(read, genesis);
    assert_eq!(read.chain_id(), genesis.chain_id());
}

#[test]
fn what_is_left_out_is_as_by_default_and_order_is_made() {
    let [alice, bob] = [&dev::accounts()[0], &dev::accounts()[1]];
    let account = |one: &dev::Account| {
        format!(
            r#"{{"address":"{}","balance":"5"}}"#,
            one.address.to_text(DEFAULT_PREFIX).unwrap()
        )
    };
    let text = |one, other| {
        format!(
            r#"{{"name":"n","time":1,"accounts":[{},{}],"validators":[]}}"#,
            account(one),
            account(other)
        )
    };
    let one = genesis_from_json(&text(alice, bob)).unwrap();
    let other = genesis_from_json(&text(bob, alice)).unwrap();
    assert_eq!(one.chain_id(), other.chain_id());
    assert_eq!(one.parameters, Parameters::default());
    let twice = genesis_from_json(&text(alice, alice));
    assert!(twice.is_err());
}

#[test]
fn mistakes_are_named() {
    let wrong =
        r#"{"name":"n","time":1,"accounts":[],"validators":[],"parameters":{"blockGas":"-1"}}"#;
    let error = format!("{:#}", genesis_from_json(wrong).unwrap_err());
    assert!(error.contains("blockGas is `-1`"), "{error}");
    let wrong =
        r#"{"name":"n","time":1,"accounts":[],"validators":[{"publicKey":"00","power":1}]}"#;
    let error = format!("{:#}", genesis_from_json(wrong).unwrap_err());
    assert!(error.contains("no Ed25519 key"), "{error}");
}
