//! A contract that has one of everything.
#![allow(dead_code, reason = "each test uses a part")]

use std::collections::BTreeMap;

use hull_abi::{Abi, AbiBuilder, EventSpec, LayoutSpec, MessageSpec, scale_info, signature_topic};
use hull_host_api::{Address, Callees, Capabilities, Group, Hash};
use parity_scale_codec::{Compact, Decode, Encode};
use scale_info::TypeInfo;

/// Why the token refuses.
#[derive(Clone, Debug, PartialEq, Encode, Decode, TypeInfo)]
pub(crate) enum Error {
    /// Not enough.
    InsufficientBalance {
        have: u128,
        need: u128,
    },
    /// Not allowed.
    Forbidden(Address),
    Paused,
}

#[derive(Clone, Debug, PartialEq, Encode, Decode, TypeInfo)]
pub(crate) struct Order {
    /// Who gets it.
    pub(crate) to: Address,
    pub(crate) parts: Vec<(u64, i128)>,
    pub(crate) note: Option<String>,
    pub(crate) deep: Option<Option<()>>,
    pub(crate) digest: Hash,
    pub(crate) mark: bool,
    pub(crate) small: [u16; 2],
    pub(crate) raw: Vec<u8>,
    pub(crate) level: Level,
    pub(crate) book: BTreeMap<u32, bool>,
    pub(crate) short: Compact<u64>,
    pub(crate) signed: (i8, i16, i32, i64),
}

#[derive(Clone, Debug, PartialEq, Encode, Decode, TypeInfo)]
pub(crate) enum Level {
    Low,
    #[codec(index = 7)]
    High(u8, u8),
}

/// A type that contains itself.
#[derive(Clone, Debug, PartialEq, Encode, Decode, TypeInfo)]
pub(crate) struct Tree {
    pub(crate) name: String,
    pub(crate) children: Vec<Tree>,
}

pub(crate) fn token() -> Abi {
    let mut capabilities = Capabilities::LEAST;
    capabilities.groups = capabilities.groups.with(Group::Storage).with(Group::Events);
    capabilities.callees = Callees::Granted;
    capabilities.storage_quota = 1 << 60;
    AbiBuilder::new("token", "1.2.3")
        .docs(&["A token.", "", "With everything."])
        .capabilities(capabilities)
        .constructor(
            MessageSpec::new("new")
                .docs(&["Creates it."])
                .arg::<u128>("supply"),
        )
        .constructor(
            MessageSpec::new("try_new")
                .returns::<Result<(), Error>>()
                .payable(),
        )
        .message(
            MessageSpec::new("transfer")
                .docs(&["Moves tokens."])
                .arg::<Address>("to")
                .arg::<u128>("value")
                .returns::<Result<(), Error>>()
                .mutates(),
        )
        .message(
            MessageSpec::new("balance_of")
                .arg::<Address>("owner")
                .returns::<u128>(),
        )
        .message(
            MessageSpec::new("place")
                .arg::<Order>("order")
                .returns::<Result<Order, Error>>()
                .mutates()
                .payable(),
        )
        .message(
            MessageSpec::new("plant")
                .arg::<Tree>("tree")
                .returns::<Option<Tree>>(),
        )
        .message(
            MessageSpec::new("flip")
                .selector([0xCA, 0xFE, 0xBA, 0xBE])
                .mutates(),
        )
        .fallback(true, &["Takes gifts."])
        .migration(&["Moves balances."])
        .event(
            EventSpec::new(
                "Transferred",
                signature_topic("Transferred(Option<Address>,Address,u128)"),
            )
            .docs(&["Tokens moved."])
            .indexed::<Option<Address>>("from")
            .field_docs(&["None: minted."])
            .indexed::<Address>("to")
            .field::<u128>("value"),
        )
        .storage("supply", &[0], LayoutSpec::value::<u128>())
        .storage_docs(&["All there is."])
        .storage(
            "balances",
            &[1],
            LayoutSpec::map::<Address>(LayoutSpec::value::<u128>()),
        )
        .storage(
            "orders",
            &[2],
            LayoutSpec::ordered_map::<u64>(LayoutSpec::list(LayoutSpec::value::<Order>())),
        )
        .storage(
            "roles",
            &[3],
            LayoutSpec::Group(vec![("admin", vec![0], LayoutSpec::value::<Address>())]),
        )
        .error::<Level>()
        .build()
}

pub(crate) fn order() -> Order {
    Order {
        to: Address([9; 32]),
        parts: vec![(1, -2), (u64::MAX, i128::MIN)],
        note: Some("null".into()),
        deep: Some(None),
        digest: Hash([0xAB; 32]),
        mark: true,
        small: [1, 65535],
        raw: vec![0, 255],
        level: Level::High(1, 2),
        book: [(3, true), (4, false)].into(),
        short: Compact(1 << 40),
        signed: (-1, -300, -70_000, i64::MIN),
    }
}
