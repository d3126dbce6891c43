//! The ABI as ink! 5 metadata, which explorers, wallets and `polkadot.js` read.

use scale_info::form::PortableForm;
use scale_info::{Path, PortableRegistry, PortableType, Type, TypeDef, TypeDefPrimitive};
use serde_json::{Value, json};

use crate::types::{self, Kind};
use crate::{Abi, Event, Message, TypeId, hex_text};

/// What the metadata says of the build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InkSource {
    /// The digest of the Wasm by which the chain knows the code.
    pub code_hash: [u8; 32],
    /// Name and version of the compiler, `rustc 1.95.0`.
    pub compiler: String,
}

impl Abi {
    /// The ABI in the schema of `ink_metadata` 5.
    ///
    /// Calls, results and events are the same bytes under both descriptions.
    /// Two things have no counterpart there: the layout of the storage, which
    /// is left empty, and the capabilities. Addresses appear as `AccountId`,
    /// so such tools show them in their own text form; the bytes are the same.
    pub fn to_ink_metadata(&self, source: &InkSource) -> Value {
        let mut export = Export::new(self);
        let constructors: Vec<_> = self
            .constructors
            .iter()
            .map(|it| export.constructor(it))
            .collect();
        let messages: Vec<_> = self.messages.iter().map(|it| export.message(it)).collect();
        let events: Vec<_> = self.events.iter().map(|it| export.event(it)).collect();
        let root = export.tuple();
        let lang_error = export.lang_error();
        let environment = export.environment();
        json!({
            "source": {
                "hash": hex_text::encode(&source.code_hash),
                "language": format!("hull {}", env!("CARGO_PKG_VERSION")),
                "compiler": source.compiler,
            },
            "contract": { "name": self.name, "version": self.version, "authors": [] },
            "image": null,
            "spec": {
                "constructors": constructors,
                "docs": self.docs,
                "environment": environment,
                "events": events,
                "lang_error": { "displayName": ["ink", "LangError"], "type": lang_error },
                "messages": messages,
            },
            "storage": { "root": {
                "layout": { "struct": { "fields": [], "name": "Storage" } },
                "root_key": "0x00000000",
                "ty": root,
            } },
            "types": export.types.types,
            "version": 5,
        })
    }
}

/// `polkadot.js` takes types that are displayed under these names for its own,
/// whatever their definition says.
const TAKEN_NAMES: [&str; 3] = ["AccountIndex", "Address", "Balance"];

/// The types of an ABI, and those that only ink! needs behind them.
struct Export {
    contract: String,
    types: PortableRegistry,
}

impl Export {
    fn new(abi: &Abi) -> Self {
        let mut types = abi.types.clone();
        for entry in &mut types.types {
            if types::kind(&entry.ty) == Kind::Address {
                entry.ty.path = path(&["ink_primitives", "types", "AccountId"]);
            } else if entry.ty.path.segments == ["hull_host_api", "types", "Hash"] {
                entry.ty.path = path(&["ink_primitives", "types", "Hash"]);
            }
        }
        let contract = abi.name.clone();
        Self { contract, types }
    }

    fn constructor(&mut self, it: &Message) -> Value {
        json!({
            "args": self.args(it),
            "default": false,
            "docs": it.docs,
            "label": it.name,
            "payable": it.payable,
            "returnType": self.output(it.returns),
            "selector": hex_text::encode(&it.selector),
        })
    }

    fn message(&mut self, it: &Message) -> Value {
        let mut message = self.constructor(it);
        message["mutates"] = it.mutates.into();
        message
    }

    fn args(&self, it: &Message) -> Value {
        let args = it.args.iter();
        args.map(|it| json!({ "label": it.name, "type": self.named(it.ty) }))
            .collect()
    }

    fn event(&mut self, it: &Event) -> Value {
        let fields = it.fields.iter().map(|it| {
            json!({
                "docs": it.docs,
                "indexed": it.indexed,
                "label": it.name,
                "type": self.named(it.ty),
            })
        });
        json!({
            "args": fields.collect::<Value>(),
            "docs": it.docs,
            "label": it.name,
            "module_path": self.contract,
            "signature_topic": hex_text::encode(&it.signature_topic),
        })
    }

    fn named(&self, ty: TypeId) -> Value {
        let found = self.types.resolve(ty);
        let segments = found.map(|it| it.path.segments.as_slice());
        let display: Vec<String> = match segments {
            Some([.., last]) if TAKEN_NAMES.contains(&&**last) => Vec::new(),
            Some([.., last]) => vec![last.clone()],
            _ => match found.map(|it| &it.type_def) {
                Some(TypeDef::Primitive(it)) => vec![types::primitive(it).into()],
                _ => Vec::new(),
            },
        };
        json!({ "displayName": display, "type": ty })
    }

    /// `Result<R, LangError>`, which is what is on the wire.
    fn output(&mut self, returns: TypeId) -> Value {
        let lang_error = self.lang_error();
        let ty = self.ty(json!({
            "path": ["Result"],
            "params": [{ "name": "T", "type": returns }, { "name": "E", "type": lang_error }],
            "def": { "variant": { "variants": [
                { "name": "Ok", "fields": [{ "type": returns }], "index": 0 },
                { "name": "Err", "fields": [{ "type": lang_error }], "index": 1 },
            ] } },
        }));
        json!({ "displayName": ["ink", "MessageResult"], "type": ty })
    }

    fn lang_error(&mut self) -> TypeId {
        self.ty(json!({
            "path": ["ink_primitives", "LangError"],
            "def": { "variant": { "variants": [{ "name": "CouldNotReadInput", "index": 1 }] } },
        }))
    }

    fn environment(&mut self) -> Value {
        let account = self.bytes32("AccountId");
        let hash = self.bytes32("Hash");
        let number = self.primitive(TypeDefPrimitive::U64);
        let balance = self.primitive(TypeDefPrimitive::U128);
        let extension = self.ty(json!({
            "path": ["ink_env", "types", "NoChainExtension"],
            "def": { "variant": {} },
        }));
        json!({
            "accountId": { "displayName": ["AccountId"], "type": account },
            "balance": { "displayName": ["Balance"], "type": balance },
            "blockNumber": { "displayName": ["BlockNumber"], "type": number },
            "chainExtension": { "displayName": ["ChainExtension"], "type": extension },
            "hash": { "displayName": ["Hash"], "type": hash },
            "maxEventTopics": hull_host_api::limits::MAX_TOPICS,
            "staticBufferSize": hull_host_api::limits::MAX_EVENT_DATA,
            "timestamp": { "displayName": ["Timestamp"], "type": number },
        })
    }

    fn bytes32(&mut self, name: &str) -> TypeId {
        let byte = self.primitive(TypeDefPrimitive::U8);
        let array = self.ty(json!({ "def": { "array": { "len": 32, "type": byte } } }));
        let path = ["ink_primitives", "types", name];
        // One that the contract uses itself may have documentation.
        let same = self
            .types
            .types
            .iter()
            .find(|it| it.ty.path.segments == path);
        if let Some(same) = same {
            return same.id;
        }
        self.ty(json!({
            "path": path,
            "def": { "composite": { "fields": [{ "type": array, "typeName": "[u8; 32]" }] } },
        }))
    }

    fn primitive(&mut self, it: TypeDefPrimitive) -> TypeId {
        self.ty(json!({ "def": { "primitive": it } }))
    }

    fn tuple(&mut self) -> TypeId {
        self.ty(json!({ "def": { "tuple": [] } }))
    }

    /// The index of a type, which is added if nothing equals it.
    fn ty(&mut self, form: Value) -> TypeId {
        let ty: Type<PortableForm> =
            serde_json::from_value(form).expect("written here in the registry's own form");
        let types = &mut self.types.types;
        if let Some(same) = types.iter().find(|it| it.ty == ty) {
            return same.id;
        }
        let id = types
            .iter()
            .map(|it| it.id)
            .max()
            .map_or(0, |last| last + 1);
        types.push(PortableType { id, ty });
        id
    }
}

fn path(segments: &[&str]) -> Path<PortableForm> {
    Path::from_segments_unchecked(segments.iter().map(|it| (*it).to_owned()))
}
