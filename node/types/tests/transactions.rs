//! Signatures, bounds, encodings.

use hull_host_api::{Address, Hash};
use hull_types::{
    Activation, DecodeError, Genesis, GenesisAccount, GenesisError, MAX_TRANSACTION_BYTES,
    Parameters, ParametersError, ParametersHistory, Payload, Signature, SignatureError,
    SignedTransaction, SigningKey, Transaction, Validator, VerifiedTransaction, sender_of,
};
use parity_scale_codec::{Decode, Encode};
use proptest::prelude::*;

const CHAIN: Hash = Hash([0xC1; 32]);

fn key() -> SigningKey {
    SigningKey::from_slice(&[7; 32]).unwrap()
}

fn body(payload: Payload) -> Transaction {
    Transaction {
        sender: sender_of(&key()),
        nonce: 3,
        gas_limit: 1_000,
        gas_price: 2,
        tip: 1,
        deposit_limit: 9,
        payload,
    }
}

fn transfer() -> Transaction {
    body(Payload::Transfer {
        to: Address([2; 32]),
        value: 5,
    })
}

#[test]
fn a_signature_counts_for_one_body_on_one_chain() {
    let signed = transfer().sign(&CHAIN, &key());
    assert!(signed.clone().verify(&CHAIN).is_ok());
    let elsewhere = signed.clone().verify(&Hash([0xC2; 32]));
    assert!(matches!(
        elsewhere,
        Err(SignatureError::NotTheSender { .. })
    ));
    let mut other = signed.clone();
    other.transaction.tip += 1;
    assert!(other.verify(&CHAIN).is_err());
    let mut stranger = signed;
    stranger.transaction.sender = Address([9; 32]);
    assert!(stranger.verify(&CHAIN).is_err());
}

/// n - s verifies as well, with the other recovery id; only one of them counts.
#[test]
fn a_high_s_is_refused() {
    let mut signed = transfer().sign(&CHAIN, &key());
    let Signature::Secp256k1(bytes) = &mut signed.signature;
    let order = k256_order();
    let (s, mut borrow) = (bytes[32..64].to_vec(), 0i16);
    for place in (0..32).rev() {
        let digit = i16::from(order[place]) - i16::from(s[place]) - borrow;
        borrow = i16::from(digit < 0);
        bytes[32 + place] = digit.rem_euclid(256) as u8;
    }
    bytes[64] ^= 1;
    assert_eq!(signed.verify(&CHAIN), Err(SignatureError::HighS));
}

fn k256_order() -> [u8; 32] {
    let text = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
    hex::decode(text).unwrap().try_into().unwrap()
}

#[test]
fn what_no_key_signed_is_refused() {
    let mut signed = transfer().sign(&CHAIN, &key());
    for recovery in [2, 3, 27, 255] {
        let Signature::Secp256k1(bytes) = &mut signed.signature;
        bytes[64] = recovery;
        let verified = signed.clone().verify(&CHAIN);
        assert_eq!(verified, Err(SignatureError::Malformed), "{recovery}");
    }
    signed.signature = Signature::Secp256k1([0; 65]);
    assert_eq!(signed.verify(&CHAIN), Err(SignatureError::Malformed));
}

#[test]
fn an_assumed_transaction_is_as_long_as_a_signed_one() {
    let signed = transfer().sign(&CHAIN, &key()).verify(&CHAIN).unwrap();
    let assumed = VerifiedTransaction::assume(transfer());
    assert_eq!(signed.bytes(), assumed.bytes());
    assert_ne!(signed.id(), assumed.id());
}

#[test]
fn decoding_is_bounded_and_takes_everything() {
    let bytes = transfer().sign(&CHAIN, &key()).encode_bytes();
    assert!(SignedTransaction::decode_bytes(&bytes).is_ok());
    let more = [bytes.as_slice(), &[0]].concat();
    let error = SignedTransaction::decode_bytes(&more).unwrap_err();
    assert!(matches!(error, DecodeError::Malformed { .. }), "{error}");
    let long = vec![0; MAX_TRANSACTION_BYTES + 1];
    let error = SignedTransaction::decode_bytes(&long).unwrap_err();
    assert!(matches!(error, DecodeError::TooLong { .. }), "{error}");
    // A length of a gigabyte in front of nothing must not be believed.
    let mut lie = body(Payload::Upload { code: vec![] }).encode();
    lie.pop();
    lie.extend([0x02, 0, 0, 0xFF]);
    assert!(SignedTransaction::decode_bytes(&lie).is_err());
}

#[test]
fn a_genesis_is_ordered_and_its_supply_fits() {
    let account = |byte, balance| GenesisAccount {
        address: Address([byte; 32]),
        balance,
    };
    let mut genesis = Genesis {
        name: "test".into(),
        time: 1,
        parameters: Parameters::default(),
        accounts: vec![account(1, 5), account(2, 6)],
        validators: vec![],
    };
    assert_eq!(genesis.check(), Ok(()));
    assert_eq!(genesis.supply(), Ok(11));
    let id = genesis.chain_id();
    genesis.accounts[1].balance = u128::MAX;
    assert_eq!(genesis.check(), Err(GenesisError::Supply));
    assert_ne!(genesis.chain_id(), id);
    genesis.accounts = vec![account(1, 5), account(1, 6)];
    assert!(matches!(
        genesis.check(),
        Err(GenesisError::Order { index: 1, .. })
    ));
    assert_eq!(Genesis::decode_bytes(&genesis.encode()), Ok(genesis));
}

#[test]
fn parameters_are_in_order_and_in_range() {
    let at = |height| Activation {
        height,
        parameters: Parameters::default(),
    };
    let order = |found, before| Err(ParametersError::Order { found, before });
    assert_eq!(ParametersHistory::new(vec![]), order(0, None));
    assert_eq!(ParametersHistory::new(vec![at(1)]), order(1, None));
    assert_eq!(
        ParametersHistory::new(vec![at(0), at(5), at(5)]),
        order(5, Some(5))
    );
    let huge = Parameters {
        block_gas: u64::MAX,
        ..Parameters::default()
    };
    assert!(matches!(
        ParametersHistory::constant(huge),
        Err(ParametersError::OverLimit {
            name: "block_gas",
            ..
        })
    ));
}

fn payload() -> impl Strategy<Value = Payload> {
    let address = any::<[u8; 32]>().prop_map(Address);
    let hash = any::<[u8; 32]>().prop_map(Hash);
    let bytes = || proptest::collection::vec(any::<u8>(), 0..100);
    let grants = proptest::collection::vec(any::<[u8; 32]>().prop_map(Address), 0..4);
    prop_oneof![
        (address.clone(), any::<u128>()).prop_map(|(to, value)| Payload::Transfer { to, value }),
        bytes().prop_map(|code| Payload::Upload { code }),
        (
            hash.clone(),
            any::<[u8; 32]>(),
            grants,
            any::<u128>(),
            bytes()
        )
            .prop_map(
                |(code_hash, salt, grants, value, input)| Payload::Instantiate {
                    code_hash,
                    salt,
                    grants,
                    value,
                    input
                }
            ),
        (address.clone(), any::<u128>(), bytes()).prop_map(|(contract, value, input)| {
            Payload::Call {
                contract,
                value,
                input,
            }
        }),
        (address, hash.clone(), bytes()).prop_map(|(contract, code_hash, input)| {
            Payload::SetCode {
                contract,
                code_hash,
                input,
            }
        }),
        hash.prop_map(|code_hash| Payload::RemoveCode { code_hash }),
        proptest::collection::vec(any::<([u8; 32], u64)>(), 0..4).prop_map(|update| {
            let update = update.into_iter();
            let update = update.map(|(public_key, power)| Validator { public_key, power });
            Payload::UpdateValidators {
                update: update.collect(),
            }
        }),
    ]
}

proptest! {
    #[test]
    fn bodies_survive_their_encoding(payload in payload()) {
        let envelope = SignedTransaction {
            transaction: body(payload),
            signature: Signature::Secp256k1([1; 65]),
        };
        let bytes = envelope.encode_bytes();
        prop_assert_eq!(SignedTransaction::decode_bytes(&bytes), Ok(envelope));
    }

    /// Whatever decodes is the encoding of what it decodes to: nothing has two names.
    #[test]
    fn an_envelope_has_one_encoding(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let mut input = bytes.as_slice();
        if let Ok(payload) = Payload::decode(&mut input) {
            let used = bytes.len() - input.len();
            prop_assert_eq!(payload.encode(), &bytes[..used]);
        }
    }
}
